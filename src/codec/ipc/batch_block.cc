#include "codec/ipc/batch_block.h"

#include <arrow/io/memory.h>
#include <arrow/ipc/dictionary.h>
#include <arrow/ipc/options.h>
#include <arrow/ipc/reader.h>
#include <arrow/ipc/writer.h>

#include <limits>

#include "batch/arrow_status.h"

namespace icefield {
namespace {

// Tables nest as deep as they like.
constexpr int kNestingMax = std::numeric_limits<int>::max();

}  // namespace

Result<std::shared_ptr<arrow::Buffer>> WriteBlock(const arrow::RecordBatch& batch) {
  arrow::ipc::IpcWriteOptions options = arrow::ipc::IpcWriteOptions::Defaults();
  options.max_recursion_depth = kNestingMax;
  options.use_threads = false;
  ICEFIELD_ARROW_ASSIGN(std::shared_ptr<arrow::Buffer> bytes,
                        arrow::ipc::SerializeRecordBatch(batch, options), "a block of rows");
  return bytes;
}

Result<std::shared_ptr<arrow::RecordBatch>> ReadBlock(std::shared_ptr<arrow::Buffer> bytes,
                                                      const std::shared_ptr<arrow::Schema>& schema,
                                                      std::string_view location) {
  arrow::ipc::IpcReadOptions options = arrow::ipc::IpcReadOptions::Defaults();
  options.max_recursion_depth = kNestingMax;
  options.use_threads = false;
  arrow::io::BufferReader input(std::move(bytes));
  const arrow::ipc::DictionaryMemo no_dictionaries;
  ICEFIELD_ARROW_ASSIGN(std::shared_ptr<arrow::RecordBatch> batch,
                        arrow::ipc::ReadRecordBatch(schema, &no_dictionaries, options, &input),
                        location, ErrorCode::kCorruptData);
  return batch;
}

}  // namespace icefield
