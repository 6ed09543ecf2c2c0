/// Sorted runs of distinct pairs as one (P14).
#pragma once

#include <arrow/record_batch.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/result.h"
#include "pit/key_order.h"

namespace icefield {

/// The next rows of a run: key columns, then the time as int64. Null at the end.
using NextOfRun = std::function<Result<std::shared_ptr<arrow::RecordBatch>>()>;

/// Runs in the order of DistinctRows::Sort, merged; pairs that several runs have are given once.
/// Used by one thread. Memory: one batch of each run.
class MergedRuns {
 public:
  /// `schema` is that of the runs' batches, whose columns have no nulls.
  MergedRuns(std::shared_ptr<arrow::Schema> schema, std::vector<NextOfRun> runs);

  /// The next pairs, `rows_max` of them or those that are left; null at the end.
  Result<std::shared_ptr<arrow::RecordBatch>> Next(int64_t rows_max);

 private:
  // A batch with its columns ready to be compared.
  struct Pairs {
    std::shared_ptr<arrow::RecordBatch> batch;
    std::vector<OrderedColumn> keys;
    const int64_t* times = nullptr;
  };
  struct Place {
    std::shared_ptr<const Pairs> pairs;  // Null at a run's end, and before the first pair.
    int64_t row = 0;
  };
  struct Run {
    NextOfRun next;
    Place at;
  };

  Status Start();
  static Status ReadBatch(Run& run);
  static std::strong_ordering Compare(const Place& a, const Place& b);
  static bool IsLater(const Run* a, const Run* b);
  Status Advance();
  Result<std::shared_ptr<arrow::RecordBatch>> Copy(const std::vector<Place>& chosen) const;

  std::shared_ptr<arrow::Schema> schema_;
  std::vector<Run> runs_;
  std::vector<Run*>
      heap_;  // The run with the least pair first; those that have ended are not in it.
  bool is_started_ = false;
  Place last_;  // What was given last.
};

}  // namespace icefield
