#include "base/byte_size.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>

#include "base/checked.h"

namespace icefield {
namespace {

std::string_view Trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// What one of `unit` is; nothing for what is no unit.
std::optional<int64_t> UnitBytes(std::string_view unit) {
  std::string letters;
  for (const char letter : unit)
    letters += static_cast<char>(letter >= 'A' && letter <= 'Z' ? letter - 'A' + 'a' : letter);
  if (letters.ends_with('b')) letters.pop_back();
  int64_t step = 1000;
  if (letters.ends_with('i')) {
    letters.pop_back();
    step = 1024;
    if (letters.empty()) return std::nullopt;
  }
  if (letters.empty()) return 1;
  const size_t power = std::string_view("kmgtp").find(letters);
  if (letters.size() != 1 || power == std::string_view::npos) return std::nullopt;
  int64_t bytes = 1;
  for (size_t at = 0; at <= power; ++at) bytes *= step;
  return bytes;
}

// The whole number of bytes, or nothing.
std::optional<int64_t> Bytes(std::string_view text) {
  const size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
  const std::string_view number = text.substr(0, digits);
  const std::optional<int64_t> unit = UnitBytes(Trimmed(text.substr(digits)));
  if (!unit || number.empty()) return std::nullopt;
  const char* const last = number.data() + number.size();
  if (number.find('.') == std::string_view::npos) {
    int64_t count = 0;
    const auto [end, failure] = std::from_chars(number.data(), last, count);
    if (failure != std::errc() || end != last) return std::nullopt;
    return CheckedMultiply(count, *unit);
  }
  double count = 0;
  const auto [end, failure] = std::from_chars(number.data(), last, count);
  const double bytes = std::floor(count * static_cast<double>(*unit));
  if (failure != std::errc() || end != last || bytes >= 0x1p63) return std::nullopt;
  return static_cast<int64_t>(bytes);
}

}  // namespace

Result<int64_t> ParseByteSize(std::string_view text) {
  const std::optional<int64_t> bytes = Bytes(Trimmed(text));
  if (bytes) return *bytes;
  return InvalidArgument("'", text, "' is no number of bytes below 2^63; give one such as ",
                         "2147483648, 2GiB or 500MB");
}

}  // namespace icefield
