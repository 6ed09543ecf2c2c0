#include "retrieval/duration_text.h"

#include <vector>

#include "base/strings.h"

namespace icefield {

std::string DurationText(int64_t from, int64_t to, int64_t ticks_per_second) {
  // Whatever the signs, the distance of two ticks fits an unsigned number.
  const uint64_t ticks = to >= from ? static_cast<uint64_t>(to) - static_cast<uint64_t>(from)
                                    : static_cast<uint64_t>(from) - static_cast<uint64_t>(to);
  const auto rate = static_cast<uint64_t>(ticks_per_second);
  const uint64_t seconds = ticks / rate;
  std::vector<std::string> parts;
  const auto add = [&](uint64_t count, char unit) {
    if (count > 0) parts.push_back(StrCat(count, unit));
  };
  add(seconds / 86400, 'd');
  add(seconds / 3600 % 24, 'h');
  add(seconds / 60 % 60, 'm');
  if (const uint64_t fraction = ticks % rate; fraction > 0) {
    std::string digits = StrCat(rate + fraction).substr(1);
    digits.erase(digits.find_last_not_of('0') + 1);
    parts.push_back(StrCat(seconds % 60, ".", digits, "s"));
  } else if (seconds % 60 > 0 || parts.empty()) {
    add(seconds % 60, 's');
    if (parts.empty()) parts.emplace_back("0s");
  }
  return Join(parts, " ");
}

}  // namespace icefield
