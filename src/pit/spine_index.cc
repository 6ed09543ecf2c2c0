#include "pit/spine_index.h"

#include <algorithm>

#include "pit/dictionary.h"

namespace icefield {

SpineIndex BuildSpineIndex(const std::vector<uint32_t>& key_ids, uint32_t key_count,
                           const std::vector<std::optional<int64_t>>& times) {
  // Times grouped by key with a counting sort.
  std::vector<uint32_t> start(size_t{key_count} + 1, 0);
  for (size_t row = 0; row < key_ids.size(); ++row) {
    if (key_ids[row] != kNoId && times[row]) ++start[key_ids[row] + 1];
  }
  for (uint32_t key = 0; key < key_count; ++key) start[key + 1] += start[key];
  std::vector<int64_t> grouped(start.back());
  std::vector<uint32_t> next(start.begin(), start.end() - 1);
  for (size_t row = 0; row < key_ids.size(); ++row) {
    if (key_ids[row] != kNoId && times[row]) grouped[next[key_ids[row]]++] = *times[row];
  }

  SpineIndex index;
  index.first_slot.reserve(size_t{key_count} + 1);
  index.first_slot.push_back(0);
  for (uint32_t key = 0; key < key_count; ++key) {
    const auto begin = grouped.begin() + start[key];
    const auto end = grouped.begin() + start[key + 1];
    std::sort(begin, end);
    index.slot_times.insert(index.slot_times.end(), begin, std::unique(begin, end));
    index.first_slot.push_back(static_cast<uint32_t>(index.slot_times.size()));
  }

  index.slot_of_row.assign(key_ids.size(), kNoSlot);
  for (size_t row = 0; row < key_ids.size(); ++row) {
    if (key_ids[row] == kNoId || !times[row]) continue;
    const auto begin = index.slot_times.begin() + index.first_slot[key_ids[row]];
    const auto end = index.slot_times.begin() + index.first_slot[key_ids[row] + 1];
    index.slot_of_row[row] =
        static_cast<uint32_t>(std::lower_bound(begin, end, *times[row]) - index.slot_times.begin());
  }
  return index;
}

}  // namespace icefield
