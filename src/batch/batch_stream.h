/// Streams of Arrow batches inside the engine.
#pragma once

#include <arrow/record_batch.h>

#include <memory>

#include "base/result.h"

namespace icefield {

/// Batches of one schema, in order. Used by one thread at a time.
class BatchStream {
 public:
  virtual ~BatchStream() = default;
  virtual const std::shared_ptr<arrow::Schema>& schema() const = 0;

  /// The next batch, never empty of rows; null at the end. After an error or the end, no further
  /// call.
  virtual Result<std::shared_ptr<arrow::RecordBatch>> Next() = 0;
};

/// The stream as Arrow hands it to others. Errors pass through ToArrow.
std::shared_ptr<arrow::RecordBatchReader> ToArrowReader(std::unique_ptr<BatchStream> stream);

}  // namespace icefield
