#include <charconv>
#include <cmath>

#include "base/checked.h"
#include "model/calendar.h"
#include "model/value.h"

namespace icefield {
namespace {

std::string UnscaledText(Int128 value, int32_t scale) {
  const bool negative = value < 0;
  auto magnitude = static_cast<unsigned __int128>(value);
  if (negative) magnitude = -magnitude;
  std::string digits;
  do {
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(magnitude % 10)));
    magnitude /= 10;
  } while (magnitude != 0);
  const auto places = static_cast<size_t>(scale);
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  if (places > 0) digits.insert(digits.size() - places, ".");
  return (negative ? "-" : "") + digits;
}

std::string HexText(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char byte : bytes) {
    out.push_back(kDigits[static_cast<unsigned char>(byte) >> 4]);
    out.push_back(kDigits[static_cast<unsigned char>(byte) & 15]);
  }
  return out;
}

std::string UuidText(std::string_view bytes) {
  std::string out = HexText(bytes);
  for (const size_t at : {20U, 16U, 12U, 8U}) {
    if (at < out.size()) out.insert(at, "-");
  }
  return out;
}

std::string TimestampText(PrimitiveKind kind, int64_t value) {
  const bool nanos = kind == PrimitiveKind::kTimestampNs || kind == PrimitiveKind::kTimestamptzNs;
  const bool zoned = kind == PrimitiveKind::kTimestamptz || kind == PrimitiveKind::kTimestamptzNs;
  const int64_t units_per_day = nanos ? kNanosPerDay : kMicrosPerDay;
  const int64_t days = FloorDivide(value, units_per_day);
  const int64_t rest = FloorRemainder(value, units_per_day);
  return StrCat(IsoDateText(days), "T", IsoTimeText(nanos ? rest : rest * 1000, nanos ? 9 : 6),
                zoned ? "+00:00" : "");
}

struct TextOf {
  const PrimitiveType& type;

  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(int32_t value) const {
    return type.kind == PrimitiveKind::kDate ? IsoDateText(value) : std::to_string(value);
  }
  std::string operator()(int64_t value) const {
    switch (type.kind) {
      case PrimitiveKind::kTime:
        return value >= 0 && value < kMicrosPerDay ? IsoTimeText(value * 1000, 6)
                                                   : std::to_string(value);
      case PrimitiveKind::kTimestamp:
      case PrimitiveKind::kTimestamptz:
      case PrimitiveKind::kTimestampNs:
      case PrimitiveKind::kTimestamptzNs:
        return TimestampText(type.kind, value);
      default:
        return std::to_string(value);
    }
  }
  std::string operator()(float value) const { return FloatingText(value); }
  std::string operator()(double value) const { return FloatingText(value); }
  std::string operator()(const std::string& value) const { return QuotedText(value); }
  std::string operator()(const Bytes& value) const {
    return type.kind == PrimitiveKind::kUuid ? UuidText(value.data) : "0x" + HexText(value.data);
  }
  std::string operator()(const Unscaled& value) const {
    return UnscaledText(value.value, type.scale);
  }
};

}  // namespace

std::string QuotedText(std::string_view text) {
  std::string out = "'";
  for (const char byte : text) {
    if (byte == '\'') out.push_back('\'');
    out.push_back(byte);
  }
  return out + "'";
}

template <typename Number>
std::string FloatingText(Number value) {
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof(buffer), value).ptr;
  std::string out(buffer, end);
  if (std::isfinite(value) && out.find_first_of(".e") == std::string::npos) out += ".0";
  return out;
}
template std::string FloatingText<float>(float);
template std::string FloatingText<double>(double);

std::string ValueText(const PrimitiveType& type, const Value& value) {
  return std::visit(TextOf{type}, value);
}

}  // namespace icefield
