/// Features of winning rows, on disk in the order of the output.
#pragma once

#include <arrow/record_batch.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "io/temporary_file.h"
#include "retrieval/winner_features.h"

namespace icefield {

/// Rows of the output that follow one another, and how many are given out at once.
struct SpillTerms {
  int64_t row_bytes = 1;    ///< About the bytes of a winner's features.
  int64_t range_bytes = 1;  ///< About the most bytes of features that lie in memory at once.
  int64_t batch_rows = 1;   ///< Ranges are multiples of it, where that many rows are not too large.
};

/// Rows that were gathered: those of the winners `first`, `first` + 1, ...
struct GatheredPiece {
  uint32_t first = 0;
  std::shared_ptr<arrow::RecordBatch> rows;
};

/// The output cut into ranges of rows. What a range needs of the winners lies in blocks of a
/// temporary file; a winner that several ranges need lies there several times. One range is in
/// memory at a time. First written, then read from its first row to its last.
class SpilledFeatures {
 public:
  /// `schema` has nullable fields alone. `winner_of_row` (kNoWinner for none) and `file` are
  /// borrowed and must outlive this.
  SpilledFeatures(std::shared_ptr<arrow::Schema> schema, std::span<const uint32_t> winner_of_row,
                  const SpillTerms& terms, TemporaryFile& file);

  size_t ranges() const { return ranges_.size(); }

  /// Writes what a range needs of `pieces`, which ascend. Of all calls for a range each winner may
  /// be in one. Ranges may be written by several threads at once.
  Status Write(size_t range, std::span<const GatheredPiece> pieces);

  /// After the last Write, once.
  void FinishWriting();

  /// How many rows from `row` on Take can give at once.
  int64_t RowsFrom(int64_t row) const;

  /// The features of the rows [first, first + rows), of which there are at most RowsFrom(first).
  /// As WinnerFeatures::Take.
  Result<arrow::ArrayVector> Take(int64_t first, int64_t rows, int threads);

  /// Bytes written.
  int64_t bytes() const;

 private:
  // Rows of a range, by the ranks of their winners among those that the range needs.
  struct Block {
    uint32_t first_rank = 0;
    uint32_t rows = 0;
    int64_t place = 0;
    int64_t bytes = 0;
  };
  struct Range {
    int64_t first_row = 0;
    int64_t end_row = 0;
    std::vector<uint32_t> winners;  // Ascending, distinct; while it is written.
    std::vector<Block> blocks;
    int64_t bytes = 0;
    int64_t step_rows = 0;  // So many rows are read into memory at once.
  };
  struct Loaded {
    int64_t first_row = 0;
    int64_t end_row = 0;
    std::vector<uint32_t> winners;
    WinnerFeatures features;
  };

  void CutRanges(const SpillTerms& terms);
  std::vector<uint32_t> WinnersOf(int64_t first_row, int64_t end_row) const;
  Status WriteBlocks(Range& range, uint32_t first_rank,
                     std::vector<std::shared_ptr<arrow::RecordBatch>>& parts);
  const Range& RangeOf(int64_t row) const;
  Status Load(int64_t row, int threads);
  Result<std::vector<std::shared_ptr<arrow::RecordBatch>>> ReadRows(
      const Range& range, std::span<const uint32_t> winners) const;
  Result<std::shared_ptr<arrow::RecordBatch>> ReadBlockOf(const Block& block) const;

  const std::shared_ptr<arrow::Schema> schema_;
  const std::span<const uint32_t> winner_of_row_;
  const SpillTerms terms_;
  TemporaryFile& file_;
  std::vector<Range> ranges_;
  std::optional<Loaded> loaded_;
};

}  // namespace icefield
