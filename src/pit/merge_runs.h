/// Sorted runs of distinct pairs as one (P14).
#pragma once

#include <arrow/record_batch.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/result.h"

namespace icefield {

/// The next rows of a run: key columns, then the time as int64. Null at the end.
using NextOfRun = std::function<Result<std::shared_ptr<arrow::RecordBatch>>()>;

/// Runs in the order of DistinctRows::Sort, merged; pairs that several runs have are given once.
/// Used by one thread. Memory: one batch of each run.
class MergedRuns {
 public:
  /// `schema` is that of the runs' batches, whose columns have no nulls.
  MergedRuns(std::shared_ptr<arrow::Schema> schema, std::vector<NextOfRun> runs);
  ~MergedRuns();

  /// The next pairs, `rows_max` of them or those that are left; null at the end.
  Result<std::shared_ptr<arrow::RecordBatch>> Next(int64_t rows_max);

 private:
  class Merge;
  std::unique_ptr<Merge> merge_;
};

}  // namespace icefield
