/// Rows of a batch, chosen by number.
#pragma once

#include <arrow/record_batch.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"

namespace icefield {

/// The rows `chosen` of `rows`, in the order given; numbers may repeat and must be rows of the
/// batch. Any type, nested ones too.
Result<std::shared_ptr<arrow::RecordBatch>> TakeRows(
    const std::shared_ptr<arrow::RecordBatch>& rows, const std::vector<int32_t>& chosen);

/// The values of `column` at `indices` (UInt32 or Int32, within it), null where an index is null.
/// ResourceExhausted where they do not fit one array. Any type.
Result<std::shared_ptr<arrow::Array>> TakeValues(const std::shared_ptr<arrow::Array>& column,
                                                 const arrow::Array& indices);

}  // namespace icefield
