#include "model/transform.h"

#include <array>
#include <charconv>
#include <limits>

#include "base/checked.h"
#include "model/calendar.h"
#include "model/murmur3.h"

namespace icefield {
namespace {

constexpr int64_t kMicrosPerHour = 3'600'000'000;
constexpr int64_t kEpochYear = 1970;

struct PlainTransform {
  std::string_view name;
  TransformKind kind;
};

constexpr std::array<PlainTransform, 6> kPlainTransforms{{
    {"identity", TransformKind::kIdentity},
    {"year", TransformKind::kYear},
    {"month", TransformKind::kMonth},
    {"day", TransformKind::kDay},
    {"hour", TransformKind::kHour},
    {"void", TransformKind::kVoid},
}};

bool IsTimestamp(PrimitiveKind kind) {
  return kind == PrimitiveKind::kTimestamp || kind == PrimitiveKind::kTimestamptz ||
         kind == PrimitiveKind::kTimestampNs || kind == PrimitiveKind::kTimestamptzNs;
}

bool IsNanoseconds(PrimitiveKind kind) {
  return kind == PrimitiveKind::kTimestampNs || kind == PrimitiveKind::kTimestamptzNs;
}

bool CanBucket(PrimitiveKind kind) {
  switch (kind) {
    case PrimitiveKind::kInt:
    case PrimitiveKind::kLong:
    case PrimitiveKind::kDecimal:
    case PrimitiveKind::kDate:
    case PrimitiveKind::kTime:
    case PrimitiveKind::kString:
    case PrimitiveKind::kUuid:
    case PrimitiveKind::kFixed:
    case PrimitiveKind::kBinary:
      return true;
    default:
      return IsTimestamp(kind);
  }
}

bool CanTruncate(PrimitiveKind kind) {
  return kind == PrimitiveKind::kInt || kind == PrimitiveKind::kLong ||
         kind == PrimitiveKind::kDecimal || kind == PrimitiveKind::kString ||
         kind == PrimitiveKind::kBinary;
}

std::string_view AsBytes(const int64_t& number) {
  return {reinterpret_cast<const char*>(&number), sizeof(number)};
}

struct HashOf {
  PrimitiveKind kind;

  uint32_t operator()(int32_t value) const { return (*this)(int64_t{value}); }
  uint32_t operator()(int64_t value) const {
    return Murmur3(AsBytes(IsNanoseconds(kind) ? FloorDivide<int64_t>(value, 1000) : value));
  }
  uint32_t operator()(const std::string& value) const { return Murmur3(value); }
  uint32_t operator()(const Bytes& value) const { return Murmur3(value.data); }
  uint32_t operator()(const Unscaled& value) const {
    return Murmur3(SerializeSingleValue({PrimitiveKind::kDecimal}, value));
  }
  template <typename Other>
  uint32_t operator()(Other) const {
    return 0;  // boolean and floating types: refused by TransformResultType
  }
};

// value - (value mod width), the remainder taken as positive. Near the smallest number the result
// wraps around, as it does in the writers of the tables.
template <typename Number, typename Unsigned>
Number TruncateNumber(Number value, int32_t width) {
  const Number remainder = ((value % width) + width) % width;
  return static_cast<Number>(static_cast<Unsigned>(value) - static_cast<Unsigned>(remainder));
}

struct TruncateTo {
  int32_t width;

  Value operator()(int32_t value) const {
    const auto remainder = static_cast<int32_t>(((int64_t{value} % width) + width) % width);
    return static_cast<int32_t>(static_cast<uint32_t>(value) - static_cast<uint32_t>(remainder));
  }
  Value operator()(int64_t value) const { return TruncateNumber<int64_t, uint64_t>(value, width); }
  Value operator()(const Unscaled& value) const {
    return Unscaled{TruncateNumber<Int128, unsigned __int128>(value.value, width)};
  }
  Value operator()(const std::string& value) const {
    return value.substr(0, CodePointOffset(value, static_cast<size_t>(width)));
  }
  Value operator()(const Bytes& value) const {
    return Bytes{value.data.substr(0, static_cast<size_t>(width))};
  }
  template <typename Other>
  Value operator()(Other value) const {
    return value;  // other types: refused by TransformResultType
  }
};

Result<std::optional<Value>> ApplyTime(TransformKind kind, const PrimitiveType& source,
                                       const Value& value) {
  int64_t hours = 0;
  int64_t days = 0;
  int64_t result = 0;
  if (const auto* day = std::get_if<int32_t>(&value)) {
    days = *day;
  } else if (const auto* instant = std::get_if<int64_t>(&value)) {
    const int64_t per_micro = IsNanoseconds(source.kind) ? 1000 : 1;
    days = FloorDivide(*instant, kMicrosPerDay * per_micro);
    hours = FloorDivide(*instant, kMicrosPerHour * per_micro);
  } else {
    return Internal("a time transform of a value that is not of type ", PrimitiveTypeText(source));
  }
  const CivilDate date = CivilFromDays(days);
  switch (kind) {
    case TransformKind::kYear:
      result = date.year - kEpochYear;
      break;
    case TransformKind::kMonth:
      result = (date.year - kEpochYear) * 12 + date.month - 1;
      break;
    case TransformKind::kDay:
      result = days;
      break;
    default:
      result = hours;
  }
  if (result > std::numeric_limits<int32_t>::max() ||
      result < std::numeric_limits<int32_t>::min()) {
    return InvalidArgument(ValueText(source, value), " has no ", TransformText({.kind = kind}),
                           " partition value");
  }
  return std::optional<Value>(static_cast<int32_t>(result));
}

// The number between "name[" and "]"; nothing where `text` is not "name" or "name[...]".
Result<std::optional<int32_t>> ParseParameter(std::string_view text, std::string_view name) {
  if (!text.starts_with(name)) return std::optional<int32_t>();
  std::string_view rest = text.substr(name.size());
  if (!rest.empty() && rest.front() != '[') return std::optional<int32_t>();
  int32_t number = 0;
  const bool bracketed = rest.size() >= 3 && rest.back() == ']';
  if (bracketed) rest = rest.substr(1, rest.size() - 2);
  const auto [end, failure] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (!bracketed || failure != std::errc() || end != rest.data() + rest.size() || number <= 0) {
    return CorruptData("transform '", text, "' needs a positive number: ", name, "[n]");
  }
  return std::optional<int32_t>(number);
}

}  // namespace

size_t CodePointOffset(std::string_view text, size_t code_points) {
  size_t at = 0;
  for (; at < text.size(); ++at) {
    const bool starts_one = (static_cast<unsigned char>(text[at]) & 0xc0) != 0x80;
    if (starts_one && code_points-- == 0) break;
  }
  return at;
}

Result<Transform> ParseTransform(std::string_view text) {
  for (const PlainTransform& plain : kPlainTransforms) {
    if (text == plain.name) return Transform{plain.kind, 0, std::string(text)};
  }
  ICEFIELD_ASSIGN(const std::optional<int32_t> buckets, ParseParameter(text, "bucket"));
  if (buckets) return Transform{TransformKind::kBucket, *buckets, std::string(text)};
  ICEFIELD_ASSIGN(const std::optional<int32_t> width, ParseParameter(text, "truncate"));
  if (width) return Transform{TransformKind::kTruncate, *width, std::string(text)};
  return Transform{TransformKind::kUnknown, 0, std::string(text)};
}

std::string TransformText(const Transform& transform) {
  for (const PlainTransform& plain : kPlainTransforms) {
    if (transform.kind == plain.kind) return std::string(plain.name);
  }
  if (transform.kind == TransformKind::kBucket) return StrCat("bucket[", transform.parameter, "]");
  if (transform.kind == TransformKind::kTruncate)
    return StrCat("truncate[", transform.parameter, "]");
  return transform.text;
}

Result<PrimitiveType> TransformResultType(const Transform& transform, const PrimitiveType& source) {
  const bool has_days = source.kind == PrimitiveKind::kDate || IsTimestamp(source.kind);
  switch (transform.kind) {
    case TransformKind::kIdentity:
      if (source.kind != PrimitiveKind::kGeometry && source.kind != PrimitiveKind::kGeography)
        return source;
      break;
    case TransformKind::kVoid:
      return source;
    case TransformKind::kBucket:
      if (transform.parameter > 0 && CanBucket(source.kind))
        return PrimitiveType{PrimitiveKind::kInt};
      break;
    case TransformKind::kTruncate:
      if (transform.parameter > 0 && CanTruncate(source.kind)) return source;
      break;
    case TransformKind::kYear:
    case TransformKind::kMonth:
      if (has_days) return PrimitiveType{PrimitiveKind::kInt};
      break;
    case TransformKind::kDay:
      if (has_days) return PrimitiveType{PrimitiveKind::kDate};
      break;
    case TransformKind::kHour:
      if (IsTimestamp(source.kind)) return PrimitiveType{PrimitiveKind::kInt};
      break;
    case TransformKind::kUnknown:
      break;
  }
  return InvalidArgument("transform ", TransformText(transform), " does not apply to a ",
                         PrimitiveTypeText(source));
}

Result<std::optional<Value>> ApplyTransform(const Transform& transform, const PrimitiveType& source,
                                            const Value& value) {
  ICEFIELD_TRY(TransformResultType(transform, source));
  switch (transform.kind) {
    case TransformKind::kIdentity:
      return std::optional<Value>(value);
    case TransformKind::kBucket: {
      const uint32_t hash = std::visit(HashOf{source.kind}, value);
      return std::optional<Value>(static_cast<int32_t>(hash & 0x7fffffffU) % transform.parameter);
    }
    case TransformKind::kTruncate:
      return std::optional<Value>(std::visit(TruncateTo{transform.parameter}, value));
    case TransformKind::kYear:
    case TransformKind::kMonth:
    case TransformKind::kDay:
    case TransformKind::kHour:
      return ApplyTime(transform.kind, source, value);
    case TransformKind::kVoid:
    case TransformKind::kUnknown:
      break;
  }
  return std::optional<Value>();
}

}  // namespace icefield
