/// Times in 16 bits.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

namespace icefield {

/// Makes times coarse so that no greater one becomes a less one. Those of a range are told apart
/// best; those before it are equal, and those behind it.
class CoarseTimes {
 public:
  CoarseTimes(int64_t first, int64_t last)
      : first_(first),
        shift_(std::max(0, static_cast<int>(std::bit_width(Distance(first, last))) - kBits)) {}

  uint16_t Of(int64_t time) const {
    if (time <= first_) return 0;
    return static_cast<uint16_t>(
        std::min<uint64_t>(Distance(first_, time) >> shift_, (uint64_t{1} << kBits) - 1));
  }

 private:
  static constexpr int kBits = 16;

  static uint64_t Distance(int64_t from, int64_t to) {
    return from < to ? static_cast<uint64_t>(to) - static_cast<uint64_t>(from) : 0;
  }

  int64_t first_;
  int shift_;
};

}  // namespace icefield
