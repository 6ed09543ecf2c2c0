/// Rows of one key and event time, set aside until it is known what decides between them (P5, P6).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "pit/candidate.h"
#include "pit/contenders.h"

namespace icefield {

/// A row that had the event time of the best of its slot.
struct Tie {
  int64_t event_time;
  uint64_t row;  ///< Packed.
  uint64_t slot;
};

/// How a tie ranks, whose row has this number.
inline RowOrder OrderOfTie(const Tie& tie, uint32_t number, const FoundRows& found) {
  RowOrder order{.event_time = tie.event_time, .locator = {.file = 0, .position = number}};
  if (!found.created_times.empty()) order.created_time = found.created_times[number];
  if (!found.lineages.empty()) order.lineage = found.lineages[number];
  return order;
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
