/// Arrow arrays of a file's types turned into arrays of the table's types.
#pragma once

#include <arrow/array.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "read/column_plan.h"

namespace icefield {

/// Rows of a file: neighbours, or those at ascending positions.
struct FileRows {
  int64_t first_position = 0;
  int64_t count = 0;
  std::span<const int64_t> positions;  ///< Of each row; empty: neighbours.

  int64_t PositionOf(int64_t row) const {
    return positions.empty() ? first_position + row : positions[static_cast<size_t>(row)];
  }
};

/// The values of `source` from its array in the file (null: not in the file), of exactly
/// `source.type`, one for each of `rows`. CorruptData names `location` and the column where the
/// file's type cannot become the table's.
Result<std::shared_ptr<arrow::Array>> AssembleColumn(const ColumnPlan::Source& source,
                                                     const std::shared_ptr<arrow::Array>& from_file,
                                                     const FileRows& rows,
                                                     const std::string& location);

/// The array at the end of a path of struct members, null where a struct on the way is null.
Result<std::shared_ptr<arrow::Array>> DescendTo(const arrow::ArrayVector& roots,
                                                const std::vector<int>& path,
                                                const std::string& location);

}  // namespace icefield
