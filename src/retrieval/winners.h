/// From slots to winners: what every entity row gets, and the rows that are read for it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/executor.h"
#include "base/result.h"
#include "base/row_order.h"
#include "pit/shared_bits.h"
#include "pit/slot_table.h"
#include "retrieval/entity_frame.h"
#include "retrieval/report.h"
#include "retrieval/view_scan.h"

namespace icefield {

/// Which rows win for the entity rows.
struct Winners {
  std::vector<RowLocator> locators;     ///< Ascending, distinct.
  std::vector<uint32_t> winner_of_row;  ///< kNoWinner for a miss.
};

/// What became of the entity rows of one view, in numbers.
struct DecisionCounts {
  OutcomeCounts outcomes;
  int64_t full_ties = 0;
  std::optional<int64_t> hits_not_yet_created;

  void Add(const DecisionCounts& other);

  /// Puts them into the view's report.
  void Report(ViewReport& report) const;
};

/// Every entity row's winner under one TTL.
struct ResolvedRows {
  DecisionCounts counts;
  std::vector<uint32_t> numbers;  ///< By entity row; kNoWinner for a miss.
  SharedBits winning;             ///< By number: a row of the view that wins.
};

/// Asks the slots, after Settle and Spread, for every entity row. They chose among `contenders`
/// rows. `ttl_us`: no more than the slots were made for; 0: none.
Result<ResolvedRows> ResolveRows(const SlotTable& slots, size_t contenders,
                                 const EntityFrame& frame, const PinnedView& pinned, int64_t ttl_us,
                                 const Workers& workers);

/// Of the contenders, by number, those that win.
Result<Winners> KeepWinners(ResolvedRows resolved, std::span<const RowLocator> contenders,
                            const Workers& workers);

}  // namespace icefield
