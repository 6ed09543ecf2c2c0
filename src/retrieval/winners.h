/// From slots to winners: what every entity row gets, and the rows that are read for it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/executor.h"
#include "base/result.h"
#include "base/row_order.h"
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

/// An entity row and the row of the view that wins for it.
struct Hit {
  RowLocator winner;
  uint32_t row = 0;
};

/// Every entity row's winner under one TTL.
struct ResolvedRows {
  DecisionCounts counts;
  std::vector<std::vector<Hit>> hits;  ///< By ranges of entity rows.
};

/// Asks the slots, after Spread, for every entity row. `ttl_us`: no more than the slots were made
/// for; 0: none.
Result<ResolvedRows> ResolveRows(const SlotTable& slots, const EntityFrame& frame,
                                 const PinnedView& pinned, int64_t ttl_us, const Workers& workers);

/// Numbers the winners of `rows` entity rows in the order of their locators, which are of the files
/// of `tasks`.
Result<Winners> NumberWinners(std::vector<std::vector<Hit>> hits, size_t rows,
                              const std::vector<FileTask>& tasks, const Workers& workers);

}  // namespace icefield
