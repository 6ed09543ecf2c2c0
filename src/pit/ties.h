/// Rows of one key and event time, set aside until it is known what decides between them (P5, P6).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "pit/candidate.h"
#include "pit/packed_row.h"

namespace icefield {

/// A row that had the event time of the best of its slot.
struct Tie {
  int64_t event_time;
  uint64_t row;  ///< Packed.
  uint64_t slot;
};

/// Puts ties in the order of their rows, and says where these lie.
inline std::vector<RowLocator> SortTies(std::vector<Tie>& ties, const RowPacking& packing) {
  std::sort(ties.begin(), ties.end(), [](const Tie& a, const Tie& b) { return a.row < b.row; });
  std::vector<RowLocator> rows;
  rows.reserve(ties.size());
  for (const Tie& tie : ties) rows.push_back(packing.Unpack(tie.row));
  return rows;
}

/// Decides between ties. `order_of` says how one of them, by its place, ranks; `put` gets the best
/// row of every slot that has ties.
template <typename OrderOf, typename Put>
void DecideTies(std::span<const Tie> ties, const OrderOf& order_of, const Put& put) {
  std::vector<size_t> by_slot(ties.size());
  std::iota(by_slot.begin(), by_slot.end(), size_t{0});
  std::sort(by_slot.begin(), by_slot.end(),
            [&](size_t a, size_t b) { return ties[a].slot < ties[b].slot; });
  for (size_t at = 0; at < by_slot.size();) {
    const uint64_t slot = ties[by_slot[at]].slot;
    Candidate best;
    for (; at < by_slot.size() && ties[by_slot[at]].slot == slot; ++at)
      best.Merge({order_of(by_slot[at]), false});
    put(slot, best);
  }
}

}  // namespace icefield
