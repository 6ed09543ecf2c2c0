/// Features of winning rows, in memory.
#pragma once

#include <arrow/record_batch.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"

namespace icefield {

/// The number of no winner.
inline constexpr uint32_t kNoWinner = UINT32_MAX;

/// `schema` with every field nullable: a miss is null (P7).
std::shared_ptr<arrow::Schema> Nullable(const arrow::Schema& schema);

/// The rows of `pieces`, all of `schema`, as one batch, column by column on so many threads. At
/// least one piece.
Result<std::shared_ptr<arrow::RecordBatch>> ConcatenateBatches(
    const std::shared_ptr<arrow::Schema>& schema,
    const std::vector<std::shared_ptr<arrow::RecordBatch>>& pieces, int threads = 1);

/// What is joined to one array: well below the 2 GiB that the offsets of an Arrow text column
/// reach.
inline constexpr int64_t kSegmentBytesMax = int64_t{1} << 30;

/// Numbers of winners as Arrow has indices: null for kNoWinner.
Result<std::shared_ptr<arrow::Array>> OrderOf(std::span<const uint32_t> winners);

/// The values of one feature in the order of OrderOf. ResourceExhausted names the feature where
/// they do not fit one array.
Result<std::shared_ptr<arrow::Array>> TakeFeature(const arrow::Field& feature,
                                                  const std::shared_ptr<arrow::Array>& values,
                                                  const arrow::Array& order);

/// The features of distinct winners in the order of their locators, in a few long segments.
class WinnerFeatures {
 public:
  /// `schema` has nullable fields alone. Joins `pieces`, in order, into segments of at most 1 GiB
  /// where pieces are not larger, and lets go of each piece on the way.
  static Result<WinnerFeatures> Make(std::shared_ptr<arrow::Schema> schema,
                                     std::vector<std::shared_ptr<arrow::RecordBatch>> pieces,
                                     int threads);

  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }

  /// Bytes of all segments.
  int64_t bytes() const { return bytes_; }

  /// One row for each of `winners` (numbers in the order of their locators; kNoWinner gives nulls),
  /// column by column, on so many threads. ResourceExhausted names a feature whose values do not
  /// fit one Arrow array (2 GiB).
  Result<arrow::ArrayVector> Take(const std::vector<uint32_t>& winners, int threads = 1) const;

 private:
  /// Rows that hold all asked winners, and for each asked one its row among them (or kNoWinner).
  struct Choice {
    std::shared_ptr<arrow::RecordBatch> rows;  ///< Null where no winner is asked.
    std::vector<uint32_t> order;
  };
  explicit WinnerFeatures(std::shared_ptr<arrow::Schema> schema);
  void Add(std::shared_ptr<arrow::RecordBatch> segment);
  Result<std::shared_ptr<arrow::Array>> TakeColumn(const Choice& choice, int column,
                                                   const arrow::Array& order) const;
  Result<Choice> Choose(const std::vector<uint32_t>& winners) const;
  size_t SegmentOf(uint32_t winner) const;

  std::shared_ptr<arrow::Schema> schema_;
  std::vector<std::shared_ptr<arrow::RecordBatch>> segments_;
  std::vector<uint32_t>
      segment_starts_;  ///< First winner of each segment; one more entry at the end.
  int64_t bytes_ = 0;
};

}  // namespace icefield
