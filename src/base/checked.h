/// Arithmetic that says when a number does not fit.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>

namespace icefield {

/// a * b, or nothing where it does not fit.
template <std::integral Number>
std::optional<Number> CheckedMultiply(Number a, Number b) {
  Number out;
  if (__builtin_mul_overflow(a, b, &out)) return std::nullopt;
  return out;
}

/// a + b, or nothing where it does not fit.
template <std::integral Number>
std::optional<Number> CheckedAdd(Number a, Number b) {
  Number out;
  if (__builtin_add_overflow(a, b, &out)) return std::nullopt;
  return out;
}

/// Adds to a sum, of which nothing is known where a part of it is not.
template <typename Number>
void AddKnown(std::optional<Number>& total, const std::optional<Number>& part) {
  if (total && part) {
    *total += *part;
  } else {
    total.reset();
  }
}

/// a / b rounded towards minus infinity; b > 0.
template <typename Number>
constexpr Number FloorDivide(Number a, Number b) {
  return a / b - static_cast<Number>(a % b < 0);
}

/// What FloorDivide leaves, from 0 to b - 1; b > 0.
template <typename Number>
constexpr Number FloorRemainder(Number a, Number b) {
  return a % b < 0 ? a % b + b : a % b;
}

/// a / b rounded towards plus infinity; b > 0.
template <typename Number>
constexpr Number CeilDivide(Number a, Number b) {
  return a / b + static_cast<Number>(a % b > 0);
}

}  // namespace icefield
