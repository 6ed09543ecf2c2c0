#include "batch/take_rows.h"

#include <arrow/array/array_primitive.h>
#include <arrow/compute/api_vector.h>

#include "batch/arrow_status.h"

namespace icefield {

Result<std::shared_ptr<arrow::RecordBatch>> TakeRows(
    const std::shared_ptr<arrow::RecordBatch>& rows, const std::vector<int32_t>& chosen) {
  const arrow::Int32Array indices(static_cast<int64_t>(chosen.size()), arrow::Buffer::Wrap(chosen));
  arrow::ArrayVector columns;
  for (const std::shared_ptr<arrow::Array>& column : rows->columns()) {
    ICEFIELD_ARROW_ASSIGN(
        columns.emplace_back(),
        arrow::compute::Take(*column, indices, arrow::compute::TakeOptions::NoBoundsCheck()),
        "choosing rows");
  }
  return arrow::RecordBatch::Make(rows->schema(), indices.length(), std::move(columns));
}

}  // namespace icefield
