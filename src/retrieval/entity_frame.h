/// The entity frame, ready for the kernel: its times as instants, its keys in the tables' types.
#pragma once

#include <arrow/table.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "pit/times.h"

namespace icefield {

/// The caller's frame, with its entity times read. Immutable; keeps the caller's columns as they
/// came.
class EntityFrame {
 public:
  /// InvalidArgument names the column: missing (with the columns there are), of a type that is no
  /// time, or an unparsable text with its row (P10). Columns named twice are refused.
  /// `first_row` is the number that errors give to the first row.
  static Result<EntityFrame> Make(std::shared_ptr<arrow::Table> table,
                                  const std::string& time_column, int64_t first_row = 0);

  int64_t rows() const { return table_->num_rows(); }
  const arrow::Table& table() const { return *table_; }
  const std::shared_ptr<arrow::Schema>& schema() const { return table_->schema(); }
  const Times& times() const { return times_; }

  /// Bytes of its columns and times in memory.
  int64_t bytes() const;

  /// One contiguous array of the column's plain form: dictionaries decoded, large and view forms
  /// narrowed, extension types unwrapped to their storage. InvalidArgument names the column and
  /// `wanted_by`.
  Result<std::shared_ptr<arrow::Array>> PlainColumn(const std::string& name,
                                                    std::string_view wanted_by) const;

  /// Rows [start, start + count) of the caller's columns, as they came.
  Result<std::shared_ptr<arrow::RecordBatch>> Slice(int64_t start, int64_t count) const;

 private:
  std::shared_ptr<arrow::Table> table_;
  Times times_;
};

/// `values` of a frame column as values of the table's key type `target`, null where a value has no
/// equal there: integers of any width by value, floats where exactly integral, decimals by value,
/// instants in any unit exactly, dates as UTC midnight. InvalidArgument names both columns and both
/// types where they can never be equal (P2).
Result<std::shared_ptr<arrow::Array>> CastKeyColumn(const std::shared_ptr<arrow::Array>& values,
                                                    const std::shared_ptr<arrow::DataType>& target,
                                                    std::string_view frame_column,
                                                    std::string_view table_column);

}  // namespace icefield
