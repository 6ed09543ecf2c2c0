#include "model/value.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "base/checked.h"
#include "model/calendar.h"

namespace icefield {
namespace {

static_assert(std::endian::native == std::endian::little, "single values are little-endian");

constexpr size_t kDecimalBytesMax = 16;
constexpr size_t kUuidBytes = 16;

// `bytes` holds at least a Number.
template <typename Number>
Number LoadLittleEndian(std::string_view bytes) {
  Number number;
  std::memcpy(&number, bytes.data(), sizeof(number));
  return number;
}

template <typename Number>
std::string StoreLittleEndian(Number number) {
  std::string bytes(sizeof(number), '\0');
  std::memcpy(bytes.data(), &number, sizeof(number));
  return bytes;
}

// The fewest bytes of two's complement that hold `value`, most significant first.
std::string MinimalBigEndian(Int128 value) {
  std::string out;
  Int128 rest = value;
  bool complete = false;
  while (!complete) {
    const auto byte = static_cast<signed char>(rest & 0xff);
    out.insert(out.begin(), static_cast<char>(byte));
    rest >>= 8;
    complete = (rest == 0 && byte >= 0) || (rest == -1 && byte < 0);
  }
  return out;
}

// The bytes of each alternative, which are the same for all types that use it.
struct SingleValueBytes {
  std::string operator()(bool value) const { return {value ? '\1' : '\0'}; }
  std::string operator()(const std::string& value) const { return value; }
  std::string operator()(const Bytes& value) const { return value.data; }
  std::string operator()(const Unscaled& value) const { return MinimalBigEndian(value.value); }
  template <typename Number>
  std::string operator()(Number value) const {
    return StoreLittleEndian(value);
  }
};

std::strong_ordering OrderFloating(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) <=> std::isnan(b);
  if (a != b) return a < b ? std::strong_ordering::less : std::strong_ordering::greater;
  return std::signbit(b) <=> std::signbit(a);
}

template <typename Held>
constexpr bool kIsInteger = std::is_same_v<Held, int32_t> || std::is_same_v<Held, int64_t>;

struct OrderHeld {
  std::strong_ordering of_alternatives;

  template <typename A, typename B>
  std::strong_ordering operator()(const A& a, const B& b) const {
    if constexpr (std::is_floating_point_v<A> && std::is_floating_point_v<B>) {
      return OrderFloating(a, b);
    } else if constexpr (kIsInteger<A> && kIsInteger<B>) {
      return int64_t{a} <=> int64_t{b};
    } else if constexpr (std::is_same_v<A, B>) {
      return a <=> b;
    } else {
      return of_alternatives;
    }
  }
};

Error WrongLength(const PrimitiveType& type, std::string_view bytes) {
  return CorruptData("a single value of ", bytes.size(), " bytes is not a ",
                     PrimitiveTypeText(type));
}

Result<Value> ParseDecimal(const PrimitiveType& type, std::string_view bytes) {
  if (bytes.empty() || bytes.size() > kDecimalBytesMax) return WrongLength(type, bytes);
  auto bits = static_cast<unsigned __int128>(static_cast<signed char>(bytes.front()));
  for (const char byte : bytes.substr(1)) bits = (bits << 8) | static_cast<unsigned char>(byte);
  return Value(Unscaled{static_cast<Int128>(bits)});
}

// A long-based type; one that a narrower column was promoted to may be stored in that column's four
// bytes.
Result<Value> ParseLong(const PrimitiveType& type, std::string_view bytes) {
  if (bytes.size() == sizeof(int64_t)) return Value(LoadLittleEndian<int64_t>(bytes));
  if (bytes.size() != sizeof(int32_t)) return WrongLength(type, bytes);
  return PromoteValue(type, Value(LoadLittleEndian<int32_t>(bytes)));
}

}  // namespace

std::partial_ordering CompareValues(const Value& a, const Value& b) {
  if (a.index() != b.index()) return std::partial_ordering::unordered;
  return std::visit(
      [&b](const auto& left) -> std::partial_ordering {
        return left <=> *std::get_if<std::decay_t<decltype(left)>>(&b);
      },
      a);
}

std::strong_ordering OrderValues(const std::optional<Value>& a, const std::optional<Value>& b) {
  if (!a || !b) return a.has_value() <=> b.has_value();
  return std::visit(OrderHeld{a->index() <=> b->index()}, *a, *b);
}

bool IsNan(const Value& value) {
  if (const auto* number = std::get_if<double>(&value)) return std::isnan(*number);
  if (const auto* number = std::get_if<float>(&value)) return std::isnan(*number);
  return false;
}

Result<Value> PromoteValue(const PrimitiveType& type, Value value) {
  const auto* number = std::get_if<int32_t>(&value);
  switch (type.kind) {
    case PrimitiveKind::kLong:
      if (number != nullptr) return Value(int64_t{*number});
      return value;
    case PrimitiveKind::kDouble:
      if (const auto* narrow = std::get_if<float>(&value)) return Value(double{*narrow});
      return value;
    case PrimitiveKind::kTimestamp:
    case PrimitiveKind::kTimestampNs: {
      if (number == nullptr) return value;
      const int64_t unit = type.kind == PrimitiveKind::kTimestamp ? kMicrosPerDay : kNanosPerDay;
      const std::optional<int64_t> instant = CheckedMultiply<int64_t>(*number, unit);
      if (!instant)
        return CorruptData("day ", *number, " does not fit a ", PrimitiveTypeText(type));
      return Value(*instant);
    }
    default:
      if (number != nullptr &&
          (type.kind == PrimitiveKind::kTime || type.kind == PrimitiveKind::kTimestamptz ||
           type.kind == PrimitiveKind::kTimestamptzNs)) {
        return CorruptData("a value of 4 bytes is not a ", PrimitiveTypeText(type));
      }
      return value;
  }
}

bool IsValueOf(const PrimitiveType& type, const Value& value) {
  switch (type.kind) {
    case PrimitiveKind::kBoolean:
      return std::holds_alternative<bool>(value);
    case PrimitiveKind::kInt:
    case PrimitiveKind::kDate:
      return std::holds_alternative<int32_t>(value);
    case PrimitiveKind::kLong:
    case PrimitiveKind::kTime:
    case PrimitiveKind::kTimestamp:
    case PrimitiveKind::kTimestamptz:
    case PrimitiveKind::kTimestampNs:
    case PrimitiveKind::kTimestamptzNs:
      return std::holds_alternative<int64_t>(value);
    case PrimitiveKind::kFloat:
      return std::holds_alternative<float>(value);
    case PrimitiveKind::kDouble:
      return std::holds_alternative<double>(value);
    case PrimitiveKind::kDecimal:
      return std::holds_alternative<Unscaled>(value);
    case PrimitiveKind::kString:
      return std::holds_alternative<std::string>(value);
    case PrimitiveKind::kUuid:
    case PrimitiveKind::kFixed:
    case PrimitiveKind::kBinary: {
      const auto* bytes = std::get_if<Bytes>(&value);
      if (bytes == nullptr || type.kind == PrimitiveKind::kBinary) return bytes != nullptr;
      constexpr size_t kUuidBytes = 16;
      return bytes->data.size() ==
             (type.kind == PrimitiveKind::kUuid ? kUuidBytes : static_cast<size_t>(type.length));
    }
    default:
      return false;
  }
}

Result<Value> ParseSingleValue(const PrimitiveType& type, std::string_view bytes) {
  switch (type.kind) {
    case PrimitiveKind::kBoolean:
      if (bytes.size() != 1) return WrongLength(type, bytes);
      return Value(bytes.front() != '\0');
    case PrimitiveKind::kInt:
    case PrimitiveKind::kDate:
      if (bytes.size() != sizeof(int32_t)) return WrongLength(type, bytes);
      return Value(LoadLittleEndian<int32_t>(bytes));
    case PrimitiveKind::kLong:
    case PrimitiveKind::kTime:
    case PrimitiveKind::kTimestamp:
    case PrimitiveKind::kTimestamptz:
    case PrimitiveKind::kTimestampNs:
    case PrimitiveKind::kTimestamptzNs:
      return ParseLong(type, bytes);
    case PrimitiveKind::kFloat:
      if (bytes.size() != sizeof(float)) return WrongLength(type, bytes);
      return Value(LoadLittleEndian<float>(bytes));
    case PrimitiveKind::kDouble:
      if (bytes.size() == sizeof(float)) return Value(double{LoadLittleEndian<float>(bytes)});
      if (bytes.size() != sizeof(double)) return WrongLength(type, bytes);
      return Value(LoadLittleEndian<double>(bytes));
    case PrimitiveKind::kDecimal:
      return ParseDecimal(type, bytes);
    case PrimitiveKind::kString:
      return Value(std::string(bytes));
    case PrimitiveKind::kUuid:
      if (bytes.size() != kUuidBytes) return WrongLength(type, bytes);
      return Value(Bytes{std::string(bytes)});
    case PrimitiveKind::kFixed:
      // Bounds of fixed columns may be truncated, so they may be shorter than the column's values.
      if (bytes.size() > static_cast<size_t>(type.length)) return WrongLength(type, bytes);
      return Value(Bytes{std::string(bytes)});
    case PrimitiveKind::kBinary:
      return Value(Bytes{std::string(bytes)});
    case PrimitiveKind::kUnknown:
    case PrimitiveKind::kVariant:
    case PrimitiveKind::kGeometry:
    case PrimitiveKind::kGeography:
      break;
  }
  return Unsupported("type ", PrimitiveTypeText(type), " has no single values");
}

std::string SerializeSingleValue(const PrimitiveType& /*type*/, const Value& value) {
  return std::visit(SingleValueBytes{}, value);
}

}  // namespace icefield
