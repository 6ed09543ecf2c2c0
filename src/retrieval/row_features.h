/// Features of one view in the order of the output's rows.
#pragma once

#include <arrow/record_batch.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"

namespace icefield {

/// The features of distinct winners, put into the order of the rows that they win for: what is
/// given are slices, and nothing is held beside them. Columns that would grow by it (values that
/// many rows share, nested ones) stay as they are, to be taken from.
class RowFeatures {
 public:
  /// True where so many bytes of so many winners may be put into the order of `rows` rows: few rows
  /// share a winner, and what it makes fits one Arrow array and half of `bytes_max`.
  static bool IsFit(int64_t bytes, int64_t winners, int64_t rows, int64_t bytes_max);

  /// Joins `pieces` (at least one, of nullable `schema`, in the order of the winners) column by
  /// column, letting go of each on the way.
  static Result<RowFeatures> Make(std::shared_ptr<arrow::Schema> schema,
                                  std::vector<std::shared_ptr<arrow::RecordBatch>> pieces,
                                  std::span<const uint32_t> winner_of_row, int threads);

  int64_t bytes() const;

  /// All columns lie in the order of rows: Slice gives them, and no winner is asked for.
  bool is_whole() const;

  /// Of whole features those of the rows [first, first + rows).
  arrow::ArrayVector Slice(int64_t first, int64_t rows) const;

  /// The features of the rows from `first` on, of which `winners` are the winners. As
  /// WinnerFeatures::Take.
  Result<arrow::ArrayVector> Take(std::span<const uint32_t> winners, int64_t first,
                                  int threads) const;

 private:
  struct Column {
    std::shared_ptr<arrow::Array> values;
    bool by_row = false;  ///< In the order of rows, not of winners.
  };

  std::shared_ptr<arrow::Schema> schema_;
  std::vector<Column> columns_;
};

}  // namespace icefield
