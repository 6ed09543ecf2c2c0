#include "pit/slot_finder.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace icefield {
namespace {

// Slots of a cell on average, for keys that have many.
constexpr uint32_t kSlotsOfCell = 4;
// Later than all coarse times, and not so late that -1 before it is out of range.
constexpr int32_t kAfterAll = std::numeric_limits<int32_t>::max() - 1;

// Bit i: the i-th of eight values is less than `bound`.
inline uint32_t LessThan(const int32_t* values, int32_t bound) {
#ifdef __SSE2__
  const __m128i bounds = _mm_set1_epi32(bound);
  const auto less = [&](const int32_t* four) {
    const __m128i loaded = _mm_loadu_si128(reinterpret_cast<const __m128i*>(four));
    return static_cast<uint32_t>(
        _mm_movemask_ps(_mm_castsi128_ps(_mm_cmplt_epi32(loaded, bounds))));
  };
  return less(values) | less(values + 4) << 4;
#else
  uint32_t less = 0;
  for (uint32_t at = 0; at < 8; ++at) less |= uint32_t{values[at] < bound} << at;
  return less;
#endif
}

}  // namespace

inline int32_t SlotFinder::CoarseOf(int64_t time) const {
  const uint64_t ticks =
      (static_cast<uint64_t>(time) - static_cast<uint64_t>(first_time_)) >> coarse_shift_;
  const auto coarse = static_cast<int32_t>(std::min<uint64_t>(ticks, kCoarseEnd));
  return time < first_time_ ? -1 : coarse;
}

SlotFinder::SlotFinder(const SpineIndex& index, int64_t ttl) : index_(index) {
  const std::vector<int64_t>& times = index.slot_times;
  if (!times.empty()) {
    const auto [least, greatest] = std::minmax_element(times.begin(), times.end());
    first_time_ = *least;
    const uint64_t span = static_cast<uint64_t>(*greatest) - static_cast<uint64_t>(*least);
    coarse_shift_ = std::max(0, static_cast<int>(std::bit_width(span)) - 29);
  }
  // Coarse ticks that differ by n are times that differ by more than n - 1 ticks. Without a TTL
  // only last places are so far away.
  useless_from_ = kCoarseEnd + 1;
  const uint64_t coarse_ttl = static_cast<uint64_t>(ttl) >> coarse_shift_;
  if (ttl > 0 && coarse_ttl < kCoarseEnd) useless_from_ = static_cast<int32_t>(coarse_ttl) + 2;

  const uint32_t keys = index.key_count();
  cells_of_key_.reserve(size_t{keys} + 1);
  coarse_times_.reserve(times.size() + keys + kWindow);
  for (uint32_t key = 0; key < keys; ++key) {
    const uint32_t first = index.first_slot[key];
    const uint32_t count = index.first_slot[key + 1] - first;
    const uint32_t cells = std::max<uint32_t>(1, count / kSlotsOfCell);
    cells_of_key_.push_back(static_cast<uint32_t>(place_of_cell_.size()));
    uint32_t cell = 0;
    for (uint32_t slot = first; slot < first + count; ++slot) {
      const int32_t coarse = CoarseOf(times[slot]);
      const auto own = static_cast<uint32_t>((static_cast<uint64_t>(coarse) * cells) >> 29);
      for (; cell <= own; ++cell) place_of_cell_.push_back(slot + key);
      coarse_times_.push_back(coarse);
    }
    for (; cell < cells; ++cell) place_of_cell_.push_back(first + count + key);
    coarse_times_.push_back(kAfterAll);
  }
  cells_of_key_.push_back(static_cast<uint32_t>(place_of_cell_.size()));
  coarse_times_.insert(coarse_times_.end(), kWindow, kAfterAll);
}

inline uint32_t SlotFinder::CellOf(uint32_t key, int32_t coarse) const {
  const uint32_t first = cells_of_key_[key];
  const uint64_t cells = cells_of_key_[key + 1] - first;
  const auto within = static_cast<uint64_t>(std::clamp(coarse, 0, kCoarseEnd - 1));
  return first + static_cast<uint32_t>((within * cells) >> 29);
}

void SlotFinder::Prefetch(std::span<const uint32_t> keys) const {
  for (const uint32_t key : keys) __builtin_prefetch(&cells_of_key_[key]);
}

void SlotFinder::Coarsen(std::span<const int64_t> times, int32_t* coarse) const {
  for (size_t row = 0; row < times.size(); ++row) coarse[row] = CoarseOf(times[row]);
}

// From the first place of the row's cell to the row's own.
inline void SlotFinder::FindInWindow(uint32_t key, int64_t time, int32_t coarse,
                                     Place& place) const {
  const int32_t* values = coarse_times_.data();
  const uint32_t less = LessThan(values + place, coarse);
  if (less == 255) {
    // A cell of many slots: the frame's times are crowded.
    const int32_t* last = values + index_.first_slot[key + 1] + key;
    place = static_cast<Place>(std::lower_bound(values + place + kWindow, last, coarse) - values);
  } else {
    place += static_cast<uint32_t>(std::countr_one(less));
  }
  if (values[place] != coarse) return;
  const auto slots = index_.slot_times.begin();
  const uint32_t slot = place - key;
  if (slots[slot] >= time) return;
  place =
      static_cast<Place>(
          std::lower_bound(slots + slot + 1, slots + index_.first_slot[key + 1], time) - slots) +
      key;
}

void SlotFinder::Find(std::span<const uint32_t> keys, const int64_t* times, const int32_t* coarse,
                      Place* places) const {
  std::array<uint32_t, kBlock> cells;
  const size_t rows = keys.size();
  for (size_t row = 0; row < rows; ++row) {
    cells[row] = CellOf(keys[row], coarse[row]);
    __builtin_prefetch(&place_of_cell_[cells[row]]);
  }
  for (size_t row = 0; row < rows; ++row) {
    places[row] = place_of_cell_[cells[row]];
    __builtin_prefetch(&coarse_times_[places[row]]);
    __builtin_prefetch(&coarse_times_[places[row] + kWindow - 1]);
  }
  for (size_t row = 0; row < rows; ++row)
    FindInWindow(keys[row], times[row], coarse[row], places[row]);
}

}  // namespace icefield
