/// Single values of primitive types: bounds, partition values, literals of predicates.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "model/type.h"

namespace icefield {

__extension__ typedef __int128 Int128;

/// A decimal's unscaled number; its scale stands in the type.
struct Unscaled {
  Int128 value = 0;
  auto operator<=>(const Unscaled&) const = default;
};

/// A non-null value: bool (boolean), int32 (int, date: days), int64 (long, time, timestamps: in
/// their unit since the epoch), float, double, text (string), bytes as std::string in Bytes (uuid,
/// fixed, binary), Unscaled (decimal).
struct Bytes {
  std::string data;
  auto operator<=>(const Bytes&) const = default;
};
using Value = std::variant<bool, int32_t, int64_t, float, double, std::string, Bytes, Unscaled>;

/// Order of two values of one type (the same alternative): numbers by number, text and bytes by
/// unsigned byte. Unordered for NaN and for values of different alternatives.
std::partial_ordering CompareValues(const Value& a, const Value& b);

/// A total order, for values that are told apart rather than compared as SQL does: null is a value
/// and comes first; numbers by number, also across the widths that a promotion changes (int and
/// long, float and double); -0.0 before 0.0; every NaN is the same and comes after all numbers;
/// text and bytes by unsigned byte. Values of types that no promotion connects are never equal.
std::strong_ordering OrderValues(const std::optional<Value>& a, const std::optional<Value>& b);

/// True for a NaN of either width.
bool IsNan(const Value& value);

/// A value from the specification's single-value bytes (appendix D: bounds of manifests), which own
/// nothing of `bytes`. A column promoted since may be stored in its narrower form (iceberg-traps
/// 16): the length decides. CorruptData where the length fits no form of the type; Unsupported for
/// types without single values.
Result<Value> ParseSingleValue(const PrimitiveType& type, std::string_view bytes);

/// The specification's single-value bytes (appendix D) of a value that IsValueOf(type): the inverse
/// of ParseSingleValue. Decimals take the fewest bytes of two's complement, big-endian.
std::string SerializeSingleValue(const PrimitiveType& type, const Value& value);

/// `value` in the alternative that `type` uses, where it was written before its column was promoted
/// (int to long, float to double, date to timestamp); any other value comes back as it is.
/// CorruptData where it does not fit.
Result<Value> PromoteValue(const PrimitiveType& type, Value value);

/// True if `value` is in the alternative that `type` uses, of a length and size that it can have.
bool IsValueOf(const PrimitiveType& type, const Value& value);

/// 'text' with its quotes doubled.
std::string QuotedText(std::string_view text);

/// The shortest text that reads back as the same float or double; always with a point or an
/// exponent if finite.
template <typename Number>
std::string FloatingText(Number value);

/// For people: 2024-01-31, 2024-01-31T12:00:00.000000+00:00, 'text', 0x0a0b.
std::string ValueText(const PrimitiveType& type, const Value& value);

}  // namespace icefield
