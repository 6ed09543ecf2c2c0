/// Runs of rows copied out of a batch.
#pragma once

#include <arrow/record_batch.h>

#include <memory>
#include <span>

#include "base/result.h"
#include "batch/position_set.h"

namespace icefield {

/// The rows of `runs` (ascending, not overlapping, within the batch), in order, of any type, nested
/// ones too. One run of all rows gives `rows` back; one run is a slice without a copy.
Result<std::shared_ptr<arrow::RecordBatch>> KeepRuns(
    const std::shared_ptr<arrow::RecordBatch>& rows, std::span<const RowRun> runs);

}  // namespace icefield
