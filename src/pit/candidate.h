/// A key's best row, and the one rule that decides between two of them.
#pragma once

#include <cstdint>

#include "base/row_order.h"

namespace icefield {

/// The best row as seen so far: its order, and whether another row tied with it in all but the P6.
struct Candidate {
  RowOrder order{.event_time = INT64_MIN};
  bool tied = false;

  bool operator==(const Candidate&) const = default;

  /// True before any row was merged in.
  bool empty() const { return order.locator.file == RowLocator::kNoFile; }

  /// Takes `other` in: the maximum by P4-P6, in any order of calls.
  void Merge(const Candidate& other) {
    if (other.empty()) return;
    if (empty()) {
      *this = other;
      return;
    }
    const bool greater = other.order > order;
    if (order.TiesWith(other.order)) {
      tied = true;
    } else if (greater) {
      tied = other.tied;
    }
    if (greater) order = other.order;
  }
};

}  // namespace icefield
