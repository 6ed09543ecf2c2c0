/// Lengths of time for people.
#pragma once

#include <cstdint>
#include <string>

namespace icefield {

/// The time from one tick to another: "2d 3h", "15m", "1.000001s", "0s".
std::string DurationText(int64_t from, int64_t to, int64_t ticks_per_second);

}  // namespace icefield
