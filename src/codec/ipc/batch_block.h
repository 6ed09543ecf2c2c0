/// Batches as bytes that this process reads again.
#pragma once

#include <arrow/buffer.h>
#include <arrow/record_batch.h>

#include <memory>
#include <string_view>

#include "base/result.h"

namespace icefield {

/// `batch` as one Arrow IPC message, without its schema. Any type, nested ones and extensions too.
Result<std::shared_ptr<arrow::Buffer>> WriteBlock(const arrow::RecordBatch& batch);

/// The batch of `schema` that WriteBlock made bytes of; its columns lie in `bytes`. CorruptData
/// names `location` where they are not such a message. Does not look at values.
Result<std::shared_ptr<arrow::RecordBatch>> ReadBlock(std::shared_ptr<arrow::Buffer> bytes,
                                                      const std::shared_ptr<arrow::Schema>& schema,
                                                      std::string_view location);

}  // namespace icefield
