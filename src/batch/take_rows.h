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

}  // namespace icefield
