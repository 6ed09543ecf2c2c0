#include "model/literal.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "base/checked.h"
#include "model/calendar.h"

namespace icefield {
namespace {

constexpr size_t kUuidBytes = 16;
constexpr size_t kInt128Digits = 38;  // Every number of so many digits fits an Int128.

Error DoesNotFit(const Literal& literal, const PrimitiveType& type, std::string_view wanted) {
  return InvalidArgument("literal ", LiteralText(literal), " does not go with type ",
                         PrimitiveTypeText(type), "; write ", wanted);
}

// A decimal numeral: digits * 10^exponent, with no leading zeros; zero has no digits.
struct Numeral {
  bool negative = false;
  std::string digits;
  int64_t exponent = 0;
};

std::optional<Numeral> ParseNumeral(std::string_view text) {
  Numeral numeral;
  size_t at = 0;
  if (at < text.size() && (text[at] == '+' || text[at] == '-'))
    numeral.negative = text[at++] == '-';
  bool after_point = false;
  bool any_digit = false;
  for (; at < text.size(); ++at) {
    if (text[at] == '.' && !after_point) {
      after_point = true;
      continue;
    }
    if (text[at] < '0' || text[at] > '9') break;
    any_digit = true;
    numeral.exponent -= static_cast<int64_t>(after_point);
    if (text[at] != '0' || !numeral.digits.empty()) numeral.digits.push_back(text[at]);
  }
  if (!any_digit) return std::nullopt;
  if (at == text.size()) return numeral;
  if (text[at] != 'e' && text[at] != 'E') return std::nullopt;
  if (++at < text.size() && text[at] == '+') ++at;
  int32_t exponent = 0;
  const auto [end, failure] =
      std::from_chars(text.data() + at, text.data() + text.size(), exponent);
  if (failure != std::errc() || end != text.data() + text.size() || at == text.size())
    return std::nullopt;
  numeral.exponent += exponent;
  return numeral;
}

struct ScaledNumeral {
  LiteralFit fit = LiteralFit::kExact;
  Int128 floor = 0;
};

// The numeral times 10^scale, rounded down.
ScaledNumeral ScaleNumeral(const Numeral& numeral, int32_t scale) {
  const int64_t shift = numeral.exponent + scale;
  const int64_t whole_digits = static_cast<int64_t>(numeral.digits.size()) + shift;
  if (numeral.digits.empty()) return {};
  if (whole_digits > static_cast<int64_t>(kInt128Digits)) {
    return {numeral.negative ? LiteralFit::kBelowAll : LiteralFit::kAboveAll};
  }
  Int128 magnitude = 0;
  for (int64_t at = 0; at < whole_digits; ++at) {
    const bool stated = at < static_cast<int64_t>(numeral.digits.size());
    magnitude = magnitude * 10 + (stated ? numeral.digits[static_cast<size_t>(at)] - '0' : 0);
  }
  const size_t kept = static_cast<size_t>(std::max<int64_t>(whole_digits, 0));
  const bool exact = numeral.digits.find_first_not_of('0', kept) == std::string::npos;
  if (exact) return {LiteralFit::kExact, numeral.negative ? -magnitude : magnitude};
  return {LiteralFit::kBetween, numeral.negative ? -magnitude - 1 : magnitude};
}

// `scaled` as a value made by `make`, if it lies in [min, max].
template <typename Make>
FittedLiteral InRange(const ScaledNumeral& scaled, Int128 min, Int128 max, Make make) {
  if (scaled.fit == LiteralFit::kBelowAll || scaled.fit == LiteralFit::kAboveAll)
    return {scaled.fit, {}};
  if (scaled.floor < min) return {LiteralFit::kBelowAll, {}};
  if (scaled.floor > max) return {LiteralFit::kAboveAll, {}};
  if (scaled.floor == max && scaled.fit == LiteralFit::kBetween) return {LiteralFit::kAboveAll, {}};
  return {scaled.fit, make(scaled.floor)};
}

std::optional<Numeral> NumeralOf(const Literal& literal) {
  if (const auto* number = std::get_if<int64_t>(&literal))
    return ParseNumeral(std::to_string(*number));
  if (const auto* text = std::get_if<std::string>(&literal)) return ParseNumeral(*text);
  if (const auto* number = std::get_if<double>(&literal))
    return ParseNumeral(FloatingText(*number));
  return std::nullopt;
}

// Infinities lie beyond every exact number.
std::optional<FittedLiteral> FitInfinity(const Literal& literal) {
  const auto* number = std::get_if<double>(&literal);
  if (number == nullptr || !std::isinf(*number)) return std::nullopt;
  return FittedLiteral{*number < 0 ? LiteralFit::kBelowAll : LiteralFit::kAboveAll, {}};
}

// The exact value of a double that is not an integer of 64 bits need not be that of its shortest
// text.
ScaledNumeral IntegerOf(const Literal& literal, const Numeral& numeral) {
  const auto* number = std::get_if<double>(&literal);
  if (number == nullptr || std::abs(*number) >= 0x1p126) return ScaleNumeral(numeral, 0);
  const double floor = std::floor(*number);
  return {floor == *number ? LiteralFit::kExact : LiteralFit::kBetween, static_cast<Int128>(floor)};
}

template <typename Number>
Result<FittedLiteral> FitInteger(const Literal& literal, const PrimitiveType& type) {
  if (const std::optional<FittedLiteral> infinite = FitInfinity(literal)) return *infinite;
  const std::optional<Numeral> numeral = NumeralOf(literal);
  if (!numeral) return DoesNotFit(literal, type, "a number");
  return InRange(IntegerOf(literal, *numeral), std::numeric_limits<Number>::min(),
                 std::numeric_limits<Number>::max(),
                 [](Int128 value) -> Value { return static_cast<Number>(value); });
}

Result<FittedLiteral> FitDecimal(const Literal& literal, const PrimitiveType& type) {
  if (const std::optional<FittedLiteral> infinite = FitInfinity(literal)) return *infinite;
  const std::optional<Numeral> numeral = NumeralOf(literal);
  if (!numeral) return DoesNotFit(literal, type, "a number");
  Int128 max = 1;
  for (int32_t digit = 0; digit < type.precision; ++digit) max *= 10;
  max -= 1;
  return InRange(ScaleNumeral(*numeral, type.scale), -max, max,
                 [](Int128 value) -> Value { return Unscaled{value}; });
}

// Beyond the finite values: above the greatest of them, or above minus infinity.
template <typename Number>
FittedLiteral FitOverflow(bool negative) {
  const Number below =
      negative ? -std::numeric_limits<Number>::infinity() : std::numeric_limits<Number>::max();
  return {LiteralFit::kBetween, below};
}

std::optional<double> SpecialNumber(std::string_view text) {
  double number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size() || std::isfinite(number))
    return std::nullopt;
  return number;
}

template <typename Number>
Result<FittedLiteral> FitFloating(const Literal& literal, const PrimitiveType& type) {
  double number = 0;
  if (const auto* integer = std::get_if<int64_t>(&literal)) {
    return FittedLiteral{LiteralFit::kExact, static_cast<Number>(*integer)};
  }
  if (const auto* stated = std::get_if<double>(&literal)) {
    number = *stated;
  } else if (const auto* text = std::get_if<std::string>(&literal)) {
    const std::string_view digits = std::string_view(*text).substr(text->starts_with('+') ? 1 : 0);
    const std::optional<Numeral> numeral = ParseNumeral(*text);
    const std::optional<double> special = SpecialNumber(digits);
    if (!numeral && !special) return DoesNotFit(literal, type, "a number");
    if (special) {
      number = *special;
    } else if (std::from_chars(digits.data(), digits.data() + digits.size(), number).ec !=
               std::errc()) {
      const bool large = static_cast<int64_t>(numeral->digits.size()) + numeral->exponent > 0;
      if (large) return FitOverflow<Number>(numeral->negative);
      number = numeral->negative ? -0.0 : 0.0;
    }
  } else {
    return DoesNotFit(literal, type, "a number");
  }
  if (std::isnan(number)) return DoesNotFit(literal, type, "'is nan' or 'is not nan'");
  const auto nearest = static_cast<Number>(number);
  if (std::isinf(nearest) && !std::isinf(number)) return FitOverflow<Number>(number < 0);
  return FittedLiteral{LiteralFit::kExact, nearest};
}

// `nanos` in units of `unit` nanoseconds.
template <typename Number>
FittedLiteral FitInstant(Int128 nanos, int64_t unit) {
  const auto floor = FloorDivide<Int128>(nanos, unit);
  const LiteralFit fit = floor * unit == nanos ? LiteralFit::kExact : LiteralFit::kBetween;
  return InRange({fit, floor}, std::numeric_limits<Number>::min(),
                 std::numeric_limits<Number>::max(),
                 [](Int128 value) -> Value { return static_cast<Number>(value); });
}

Result<FittedLiteral> FitTime(const Literal& literal, const PrimitiveType& type) {
  const auto* text = std::get_if<std::string>(&literal);
  if (type.kind == PrimitiveKind::kTime) {
    const std::optional<int64_t> nanos = text != nullptr ? ParseIsoTimeOfDay(*text) : std::nullopt;
    if (!nanos) return DoesNotFit(literal, type, "an ISO-8601 time such as '12:34:56.789'");
    return FitInstant<int64_t>(*nanos, 1000);
  }
  const std::optional<IsoInstant> instant = text != nullptr ? ParseIsoInstant(*text) : std::nullopt;
  const bool zoned =
      type.kind == PrimitiveKind::kTimestamptz || type.kind == PrimitiveKind::kTimestamptzNs;
  if (!instant) {
    return DoesNotFit(literal, type,
                      type.kind == PrimitiveKind::kDate
                          ? "an ISO-8601 date such as '2024-01-31'"
                          : "an ISO-8601 time such as '2024-01-31T12:34:56'");
  }
  if (instant->has_zone && !zoned) return DoesNotFit(literal, type, "it without a zone");
  if (type.kind == PrimitiveKind::kDate) return FitInstant<int32_t>(instant->nanos, kNanosPerDay);
  const bool nanos =
      type.kind == PrimitiveKind::kTimestampNs || type.kind == PrimitiveKind::kTimestamptzNs;
  return FitInstant<int64_t>(instant->nanos, nanos ? 1 : 1000);
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> ParseHex(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (size_t at = 0; at < text.size(); at += 2) {
    const int high = HexDigit(text[at]);
    const int low = HexDigit(text[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<char>(high * 16 + low));
  }
  return bytes;
}

// The sixteen bytes of "f79c3e09-677c-4bbd-a479-3f349cb785e7".
std::optional<std::string> ParseUuid(std::string_view text) {
  constexpr size_t kTextLength = 36;
  constexpr size_t kHyphens[] = {8, 13, 18, 23};
  if (text.size() != kTextLength) return std::nullopt;
  std::string hex;
  size_t start = 0;
  for (const size_t hyphen : kHyphens) {
    if (text[hyphen] != '-') return std::nullopt;
    hex += text.substr(start, hyphen - start);
    start = hyphen + 1;
  }
  hex += text.substr(start);
  return ParseHex(hex);
}

Result<FittedLiteral> FitBytes(const Literal& literal, const PrimitiveType& type) {
  const bool is_uuid = type.kind == PrimitiveKind::kUuid;
  std::optional<std::string> bytes;
  if (const auto* text = std::get_if<std::string>(&literal)) {
    bytes = ParseUuid(*text);
    if (!bytes) bytes = ParseHex(*text);
  }
  const size_t length = is_uuid ? kUuidBytes : static_cast<size_t>(type.length);
  if (!bytes || (type.kind != PrimitiveKind::kBinary && bytes->size() != length)) {
    return DoesNotFit(literal, type,
                      is_uuid ? "a UUID such as 'f79c3e09-677c-4bbd-a479-3f349cb785e7'"
                              : "its bytes as a hexadecimal text such as '0a0b'");
  }
  return FittedLiteral{LiteralFit::kExact, Bytes{*std::move(bytes)}};
}

Result<FittedLiteral> FitBoolean(const Literal& literal, const PrimitiveType& type) {
  if (const auto* flag = std::get_if<bool>(&literal))
    return FittedLiteral{LiteralFit::kExact, *flag};
  return DoesNotFit(literal, type, "true or false");
}

}  // namespace

Result<FittedLiteral> FitLiteral(const Literal& literal, const PrimitiveType& type) {
  switch (type.kind) {
    case PrimitiveKind::kBoolean:
      return FitBoolean(literal, type);
    case PrimitiveKind::kInt:
      return FitInteger<int32_t>(literal, type);
    case PrimitiveKind::kLong:
      return FitInteger<int64_t>(literal, type);
    case PrimitiveKind::kFloat:
      return FitFloating<float>(literal, type);
    case PrimitiveKind::kDouble:
      return FitFloating<double>(literal, type);
    case PrimitiveKind::kDecimal:
      return FitDecimal(literal, type);
    case PrimitiveKind::kDate:
    case PrimitiveKind::kTime:
    case PrimitiveKind::kTimestamp:
    case PrimitiveKind::kTimestamptz:
    case PrimitiveKind::kTimestampNs:
    case PrimitiveKind::kTimestamptzNs:
      return FitTime(literal, type);
    case PrimitiveKind::kString:
      if (const auto* text = std::get_if<std::string>(&literal))
        return FittedLiteral{LiteralFit::kExact, *text};
      return DoesNotFit(literal, type, "a text in single quotes");
    case PrimitiveKind::kUuid:
    case PrimitiveKind::kFixed:
    case PrimitiveKind::kBinary:
      return FitBytes(literal, type);
    case PrimitiveKind::kUnknown:
    case PrimitiveKind::kVariant:
    case PrimitiveKind::kGeometry:
    case PrimitiveKind::kGeography:
      break;
  }
  return InvalidArgument("columns of type ", PrimitiveTypeText(type), " cannot be compared");
}

}  // namespace icefield
