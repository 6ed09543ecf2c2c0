#include "codec/variant/json_form.h"

#include <arrow/util/base64.h>
#include <arrow/util/utf8.h>

#include <algorithm>
#include <cmath>

#include "base/json.h"
#include "model/calendar.h"

namespace icefield::variant {
namespace {

bool NeedsEscape(char byte) {
  return static_cast<uint8_t>(byte) < 0x20 || byte == '"' || byte == '\\';
}

void AppendQuoted(std::string_view text, std::string& out) {
  out += '"';
  out += text;
  out += '"';
}

}  // namespace

bool IsUtf8(std::string_view text) {
  static const bool kReady = (arrow::util::InitializeUTF8(), true);
  return kReady && arrow::util::ValidateUTF8(text);
}

Status AppendText(std::string_view text, std::string& out) {
  if (!IsUtf8(text)) return CorruptData("a string of ", text.size(), " bytes is not UTF-8");
  AppendUtf8(text, out);
  return {};
}

void AppendUtf8(std::string_view text, std::string& out) {
  if (std::any_of(text.begin(), text.end(), NeedsEscape)) {
    out += JsonQuote(text);
  } else {
    AppendQuoted(text, out);
  }
}

void AppendBinary(std::string_view bytes, std::string& out) {
  AppendQuoted(arrow::util::base64_encode(bytes), out);
}

void AppendUuid(std::string_view bytes, std::string& out) {
  AppendQuoted(ValueText({PrimitiveKind::kUuid}, Bytes{std::string(bytes)}), out);
}

template <typename Number>
void AppendFloating(Number number, std::string& out) {
  if (std::isnan(number)) {
    out += "\"NaN\"";
  } else if (std::isinf(number)) {
    out += number > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  } else {
    out += FloatingText(number);
  }
}
template void AppendFloating<float>(float, std::string&);
template void AppendFloating<double>(double, std::string&);

void AppendDecimal(Int128 unscaled, int32_t scale, std::string& out) {
  out += ValueText({.kind = PrimitiveKind::kDecimal, .scale = scale}, Unscaled{unscaled});
}

void AppendDate(int32_t days, std::string& out) {
  AppendQuoted(ValueText({PrimitiveKind::kDate}, days), out);
}

Status AppendTime(int64_t micros, std::string& out) {
  if (micros < 0 || micros >= kMicrosPerDay) {
    return CorruptData(micros, " microseconds are no time of a day");
  }
  AppendQuoted(ValueText({PrimitiveKind::kTime}, micros), out);
  return {};
}

void AppendTimestamp(PrimitiveKind kind, int64_t ticks, std::string& out) {
  AppendQuoted(ValueText({kind}, ticks), out);
}

}  // namespace icefield::variant
