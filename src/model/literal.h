/// What a literal of a row filter means to a column of a type.
#pragma once

#include "base/result.h"
#include "model/predicate.h"

namespace icefield {

/// Where a literal lies among the values of a type.
enum class LiteralFit : uint8_t {
  kExact,     ///< `value` is the literal.
  kBetween,   ///< No value equals it; `value` is the greatest below it.
  kBelowAll,  ///< Less than every value of the type; `value` means nothing.
  kAboveAll,  ///< Greater than every value of the type; `value` means nothing.
};

struct FittedLiteral {
  LiteralFit fit = LiteralFit::kExact;
  Value value;
  bool operator==(const FittedLiteral&) const = default;
};

/// Fits `literal` to `type` without rounding, but for float and double, which take their nearest
/// value. Times without a zone are UTC for timestamptz; a time with a zone does not fit a
/// timestamp. InvalidArgument states the literal and the type where they do not go together, and
/// for NaN.
Result<FittedLiteral> FitLiteral(const Literal& literal, const PrimitiveType& type);

}  // namespace icefield
