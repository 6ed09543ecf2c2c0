#include "codec/ipc/frame_file.h"

#include <arrow/buffer.h>
#include <arrow/io/file.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/api.h>

#include "batch/arrow_status.h"

namespace icefield {
namespace {

constexpr std::string_view kFileMagic = "ARROW1";

}  // namespace

Result<std::shared_ptr<arrow::Table>> ReadIpcFrame(std::string bytes, const std::string& location) {
  const bool is_file = std::string_view(bytes).starts_with(kFileMagic);
  const auto input =
      std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(std::move(bytes)));
  if (is_file) {
    ICEFIELD_ARROW_ASSIGN(std::shared_ptr<arrow::ipc::RecordBatchFileReader> reader,
                          arrow::ipc::RecordBatchFileReader::Open(input), location,
                          ErrorCode::kCorruptData);
    ICEFIELD_ARROW_ASSIGN(std::shared_ptr<arrow::Table> table, reader->ToTable(), location,
                          ErrorCode::kCorruptData);
    return table;
  }
  ICEFIELD_ARROW_ASSIGN(std::shared_ptr<arrow::ipc::RecordBatchStreamReader> reader,
                        arrow::ipc::RecordBatchStreamReader::Open(input), location,
                        ErrorCode::kCorruptData);
  ICEFIELD_ARROW_ASSIGN(std::shared_ptr<arrow::Table> table, reader->ToTable(), location,
                        ErrorCode::kCorruptData);
  return table;
}

Status WriteIpcStream(BatchStream& stream, int descriptor) {
  ICEFIELD_ARROW_ASSIGN(std::shared_ptr<arrow::io::FileOutputStream> output,
                        arrow::io::FileOutputStream::Open(descriptor), "output",
                        ErrorCode::kUnavailable);
  ICEFIELD_ARROW_ASSIGN(std::shared_ptr<arrow::ipc::RecordBatchWriter> writer,
                        arrow::ipc::MakeStreamWriter(output, stream.schema()), "output",
                        ErrorCode::kUnavailable);
  while (true) {
    ICEFIELD_ASSIGN(std::shared_ptr<arrow::RecordBatch> batch, stream.Next());
    if (batch == nullptr) break;
    ICEFIELD_ARROW_TRY(writer->WriteRecordBatch(*batch), "output", ErrorCode::kUnavailable);
  }
  ICEFIELD_ARROW_TRY(writer->Close(), "output", ErrorCode::kUnavailable);
  ICEFIELD_ARROW_TRY(output->Close(), "output", ErrorCode::kUnavailable);
  return {};
}

}  // namespace icefield
