/// A row filter on a stream of live batches: reads what the filter needs beside what was asked,
/// drops rows, drops the extra columns.
#pragma once

#include <vector>

#include "base/result.h"
#include "model/predicate.h"
#include "read/column_plan.h"
#include "read/live_rows.h"
#include "read/row_filter.h"

namespace icefield {

/// Immutable, thread-safe.
class RowFilterPlan {
 public:
  /// Appends the columns of `predicate` that `read` lacks to `read`.
  static RowFilterPlan Make(Predicate predicate, ReadSchema& read);

  /// Keeps the rows that pass (possibly none), with their positions, and the columns that were
  /// asked for.
  Status Apply(LiveBatch& batch) const;

 private:
  static Status Keep(const std::vector<uint8_t>& passes, LiveBatch& batch);

  Predicate predicate_;
  ColumnPaths paths_;
  int asked_columns_ = 0;
};

}  // namespace icefield
