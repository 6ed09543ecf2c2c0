/// The rows of a made frame (P14) while they are collected: distinct and sorted, in memory or on
/// disk.
#pragma once

#include <arrow/record_batch.h>

#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/temporary_file.h"
#include "pit/distinct_rows.h"
#include "pit/merge_runs.h"

namespace icefield {

/// Distinct pairs of key and time. Beyond a limit they are sorted and written to a temporary file,
/// a run each time, and the runs are merged when they are read.
class FrameRows {
 public:
  struct Terms {
    int64_t bytes_max = 0;  ///< Of pairs in memory, about.
    std::string spill_directory;
  };

  /// For key columns of these types (no extension types).
  static Result<std::unique_ptr<FrameRows>> Make(
      const std::vector<std::shared_ptr<arrow::DataType>>& key_types, Terms terms);

  /// As DistinctRows::Observe.
  Result<int64_t> Observe(const arrow::ArrayVector& keys, std::span<const int64_t> times,
                          std::span<const uint32_t> wanted, DistinctRows::Scratch& scratch);

  /// After the last Observe, once. Pairs can be read then.
  Status Finish();

  /// The next pairs in order, in batches of keys and time; null at the end.
  Result<std::shared_ptr<arrow::RecordBatch>> Next();

  int64_t bytes_spilled() const { return bytes_spilled_; }

 private:
  struct Block {
    int64_t place;
    int64_t bytes;
  };
  using Blocks = std::vector<Block>;

  FrameRows(const std::vector<std::shared_ptr<arrow::DataType>>& key_types, Terms terms);

  Status Begin();
  Status Spill();
  Status MergeAll();
  Result<std::shared_ptr<arrow::RecordBatchReader>> TakeSorted();
  Status WriteBatch(const arrow::RecordBatch& batch, TemporaryFile& file, Blocks& run);
  std::unique_ptr<MergedRuns> Merged(const TemporaryFile& file, std::vector<Blocks> runs) const;

  const std::vector<std::shared_ptr<arrow::DataType>> types_;
  const std::shared_ptr<arrow::Schema> schema_;  // Keys, then the time.
  const Terms terms_;
  std::shared_mutex mutex_;             // Shared while pairs are observed.
  std::unique_ptr<DistinctRows> rows_;  // Null after Spill failed.
  Status failure_;                      // Of Spill.
  std::unique_ptr<TemporaryFile> file_;
  std::vector<Blocks> runs_;
  int64_t bytes_spilled_ = 0;
  std::shared_ptr<arrow::RecordBatchReader> in_memory_;  // Of these two one is read.
  std::unique_ptr<MergedRuns> merged_;
};

}  // namespace icefield
