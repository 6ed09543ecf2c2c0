/// Result<T>: a value or an Error. The way every fallible function of Icefield answers.
#pragma once

#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/error.h"
#include "base/strings.h"

namespace icefield {

/// A T or an Error. Reading the side that is not there is a fault of the caller (checked by the
/// variant). Does not: hold references, or convert between Ts.
template <typename T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  // NOLINTNEXTLINE(google-explicit-constructor): `return value;`
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  // NOLINTNEXTLINE(google-explicit-constructor): `return error;`
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  const T& operator*() const& { return std::get<0>(state_); }
  T& operator*() & { return std::get<0>(state_); }
  T&& operator*() && { return std::get<0>(std::move(state_)); }
  const T* operator->() const { return &std::get<0>(state_); }
  T* operator->() { return &std::get<0>(state_); }
  T value_or(T other) && { return ok() ? std::get<0>(std::move(state_)) : std::move(other); }

  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

/// Success, or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): `return error;`
  Result(Error error) : error_(std::move(error)) {}

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }

  const Error& error() const& { return *error_; }
  Error&& error() && { return *std::move(error_); }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

/// An Error whose message is the pieces joined: Fail(ErrorCode::kNotFound, "table ", name, " does
/// not exist").
template <typename... Pieces>
Error Fail(ErrorCode code, const Pieces&... pieces) {
  return Error{code, StrCat(pieces...)};
}
template <typename... Pieces>
Error InvalidArgument(const Pieces&... pieces) {
  return Fail(ErrorCode::kInvalidArgument, pieces...);
}
template <typename... Pieces>
Error NotFound(const Pieces&... pieces) {
  return Fail(ErrorCode::kNotFound, pieces...);
}
template <typename... Pieces>
Error CorruptData(const Pieces&... pieces) {
  return Fail(ErrorCode::kCorruptData, pieces...);
}
template <typename... Pieces>
Error Unsupported(const Pieces&... pieces) {
  return Fail(ErrorCode::kUnsupported, pieces...);
}
template <typename... Pieces>
Error Internal(const Pieces&... pieces) {
  return Fail(ErrorCode::kInternal, pieces...);
}

}  // namespace icefield

#define ICEFIELD_CONCAT_INNER(a, b) a##b
#define ICEFIELD_CONCAT(a, b) ICEFIELD_CONCAT_INNER(a, b)

/// Returns the Error of `expression` from the surrounding function, or goes on.
#define ICEFIELD_TRY(expression)                                      \
  do {                                                                \
    if (auto icefield_status = (expression); !icefield_status.ok()) { \
      return std::move(icefield_status).error();                      \
    }                                                                 \
  } while (false)

#define ICEFIELD_ASSIGN_INNER(result, declaration, expression) \
  auto result = (expression);                                  \
  if (!result.ok()) return std::move(result).error();          \
  declaration = *std::move(result)

/// Declares or assigns `declaration` from a Result, or returns its Error:
/// ICEFIELD_ASSIGN(auto plan, PlanFiles(...));
#define ICEFIELD_ASSIGN(declaration, expression) \
  ICEFIELD_ASSIGN_INNER(ICEFIELD_CONCAT(icefield_result_, __COUNTER__), declaration, expression)
