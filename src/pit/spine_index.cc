#include "pit/spine_index.h"

#include <algorithm>
#include <atomic>
#include <numeric>

#include "pit/dictionary.h"

namespace icefield {
namespace {

// Counts up, with other threads, and gives what was there before.
uint32_t CountUp(uint32_t& count) {
  return std::atomic_ref(count).fetch_add(1, std::memory_order_relaxed);
}

class Builder {
 public:
  Builder(const std::vector<uint32_t>& key_ids, uint32_t key_count,
          const std::vector<std::optional<int64_t>>& times, const Workers& workers)
      : key_ids_(key_ids),
        times_(times),
        workers_(workers),
        rows_(key_ids.size(), workers.threads),
        keys_(key_count, workers.threads),
        start_(size_t{key_count} + 1, 0) {}

  Result<SpineIndex> Build() && {
    ICEFIELD_TRY(GroupTimes());
    ICEFIELD_TRY(KeepDistinct());
    ICEFIELD_TRY(FindSlots());
    return std::move(index_);
  }

 private:
  // take(row) for every row that has a key and a time.
  template <typename Take>
  Status ForRows(const Take& take) {
    return ParallelForRanges(rows_, workers_, [&](size_t, size_t first, size_t end) -> Status {
      for (size_t row = first; row < end; ++row)
        if (key_ids_[row] != kNoId && times_[row]) take(row);
      return {};
    });
  }

  template <typename Take>
  Status ForKeys(const Take& take) {
    return ParallelForRanges(keys_, workers_, [&](size_t, size_t first, size_t end) -> Status {
      for (size_t key = first; key < end; ++key) take(key);
      return {};
    });
  }

  // By key with a counting sort; those of one key lie in any order.
  Status GroupTimes() {
    ICEFIELD_TRY(ForRows([&](size_t row) { CountUp(start_[key_ids_[row] + 1]); }));
    std::partial_sum(start_.begin(), start_.end(), start_.begin());
    grouped_.resize(start_.back());
    std::vector<uint32_t> next(start_.begin(), start_.end() - 1);
    return ForRows([&](size_t row) { grouped_[CountUp(next[key_ids_[row]])] = *times_[row]; });
  }

  Status KeepDistinct() {
    index_.first_slot.assign(start_.size(), 0);
    ICEFIELD_TRY(ForKeys([&](size_t key) {
      const auto begin = grouped_.begin() + start_[key];
      const auto end = grouped_.begin() + start_[key + 1];
      std::sort(begin, end);
      index_.first_slot[key + 1] = static_cast<uint32_t>(std::unique(begin, end) - begin);
    }));
    std::partial_sum(index_.first_slot.begin(), index_.first_slot.end(), index_.first_slot.begin());
    index_.slot_times.resize(index_.first_slot.back());
    ICEFIELD_TRY(ForKeys([&](size_t key) {
      const uint32_t slot = index_.first_slot[key];
      std::copy_n(grouped_.begin() + start_[key], index_.first_slot[key + 1] - slot,
                  index_.slot_times.begin() + slot);
    }));
    std::vector<int64_t>().swap(grouped_);
    return {};
  }

  Status FindSlots() {
    index_.slot_of_row.assign(key_ids_.size(), kNoSlot);
    return ForRows([&](size_t row) {
      const auto begin = index_.slot_times.begin() + index_.first_slot[key_ids_[row]];
      const auto end = index_.slot_times.begin() + index_.first_slot[key_ids_[row] + 1];
      const auto slot = std::lower_bound(begin, end, *times_[row]);
      index_.slot_of_row[row] = static_cast<uint32_t>(slot - index_.slot_times.begin());
    });
  }

  const std::vector<uint32_t>& key_ids_;
  const std::vector<std::optional<int64_t>>& times_;
  const Workers& workers_;
  const Ranges rows_;
  const Ranges keys_;
  std::vector<uint32_t> start_;  // Of each key's times in `grouped_`; one more at the end.
  std::vector<int64_t> grouped_;
  SpineIndex index_;
};

}  // namespace

Result<SpineIndex> BuildSpineIndex(const std::vector<uint32_t>& key_ids, uint32_t key_count,
                                   const std::vector<std::optional<int64_t>>& times,
                                   const Workers& workers) {
  return Builder(key_ids, key_count, times, workers).Build();
}

}  // namespace icefield
