/// What one view gives to every row of the output, in memory or on disk.
#pragma once

#include <arrow/record_batch.h>

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <variant>
#include <vector>

#include "base/result.h"
#include "io/temporary_file.h"
#include "retrieval/row_features.h"
#include "retrieval/spilled_features.h"
#include "retrieval/winner_features.h"

namespace icefield {

/// The features of one view for every row of the output. Read from the first row to the last; used
/// by one thread.
class ViewFeatures {
 public:
  /// Per row of the output its winner; kNoWinner for a miss. Only where the terms keep them.
  const std::vector<uint32_t>& winner_of_row() const { return winner_of_row_; }

  /// How many rows from `row` on Take can give at once.
  int64_t RowsFrom(int64_t row) const;

  /// The features of the rows [first, first + rows), of which there are at most RowsFrom(first).
  /// As WinnerFeatures::Take.
  Result<arrow::ArrayVector> Take(int64_t first, int64_t rows, int threads = 1);

  /// Bytes of features in memory, of those that are on disk at most about.
  int64_t bytes_held() const { return bytes_held_; }

  /// About the bytes of the features of one row that has a winner.
  int64_t row_bytes() const { return row_bytes_; }

  /// Bytes of features on disk.
  int64_t bytes_spilled() const;

 private:
  friend class FeatureCollector;
  using Features = std::variant<RowFeatures, WinnerFeatures, std::unique_ptr<SpilledFeatures>>;

  ViewFeatures(std::vector<uint32_t> winner_of_row, Features features, int64_t bytes_held,
               int64_t row_bytes);

  void ForgetWinners();

  int64_t rows_;
  std::vector<uint32_t> winner_of_row_;
  Features features_;
  int64_t bytes_held_ = 0;
  int64_t row_bytes_ = 0;
};

/// Pieces on their way to the disk, range by range.
struct FeatureFlush {
  std::vector<GatheredPiece> pieces;
  size_t next_range = 0;
  int writers = 0;
};

/// Collects what is gathered for one view, and spills it where it outgrows its share of memory.
class FeatureCollector {
 public:
  struct Terms {
    int64_t bytes_max = 0;  ///< The view's share.
    int64_t batch_rows = 1;
    int threads = 1;
    bool keep_winners = false;  ///< Somebody asks for them.
  };

  /// `columns` are those of a file: the result's are nullable. `file` is borrowed; it must outlive
  /// the result.
  FeatureCollector(const arrow::Schema& columns, std::vector<uint32_t> winner_of_row,
                   const Terms& terms, TemporaryFile& file);

  /// As TakeGathered. Who brings more than fits helps to write it out.
  Status Take(size_t first, std::shared_ptr<arrow::RecordBatch> rows);

  /// After the last Take, once.
  Result<ViewFeatures> Finish();

 private:
  int64_t RowBytes() const;
  Status HelpToWrite(std::unique_lock<std::mutex>& lock);
  void StartWriting();
  Result<ViewFeatures> FinishInMemory();
  Result<ViewFeatures> FinishOnDisk();

  const std::shared_ptr<arrow::Schema> schema_;
  std::vector<uint32_t> winner_of_row_;
  const Terms terms_;
  TemporaryFile& file_;
  std::mutex mutex_;  // Of all below.
  std::condition_variable written_;
  std::vector<GatheredPiece> pieces_;
  int64_t bytes_ = 0;      // Of them.
  int64_t all_bytes_ = 0;  // Of all that were taken.
  int64_t all_rows_ = 0;
  std::optional<FeatureFlush> flush_;
  Status failure_;
  std::unique_ptr<SpilledFeatures> spilled_;  // From the first flush on.
};

}  // namespace icefield
