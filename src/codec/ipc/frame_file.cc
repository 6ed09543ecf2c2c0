#include "codec/ipc/frame_file.h"

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/api.h>

#include "batch/arrow_status.h"
#include "io/write_descriptor.h"

namespace icefield {
namespace {

constexpr std::string_view kFileMagic = "ARROW1";

// Counts what it writes: a pipe has no position to ask for. Leaves the descriptor open.
class DescriptorOutput final : public arrow::io::OutputStream {
 public:
  using arrow::io::OutputStream::Write;

  DescriptorOutput(int descriptor, std::string_view name) : descriptor_(descriptor), name_(name) {}

  arrow::Status Write(const void* data, int64_t size) override {
    const std::string_view bytes(static_cast<const char*>(data), static_cast<size_t>(size));
    const Status status = WriteDescriptor(descriptor_, bytes, name_);
    if (!status.ok()) return ToArrow(status.error());
    position_ += size;
    return arrow::Status::OK();
  }

  arrow::Result<int64_t> Tell() const override { return position_; }

  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }

  bool closed() const override { return closed_; }

 private:
  int descriptor_;
  std::string_view name_;
  int64_t position_ = 0;
  bool closed_ = false;
};

// The file's offsets and lengths are taken as they stand there: they are checked before use.
Result<std::shared_ptr<arrow::Table>> Validated(std::shared_ptr<arrow::Table> table,
                                                const std::string& location) {
  ICEFIELD_ARROW_TRY(table->ValidateFull(), location, ErrorCode::kCorruptData);
  return table;
}

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
    return Validated(std::move(table), location);
  }
  ICEFIELD_ARROW_ASSIGN(std::shared_ptr<arrow::ipc::RecordBatchStreamReader> reader,
                        arrow::ipc::RecordBatchStreamReader::Open(input), location,
                        ErrorCode::kCorruptData);
  ICEFIELD_ARROW_ASSIGN(std::shared_ptr<arrow::Table> table, reader->ToTable(), location,
                        ErrorCode::kCorruptData);
  return Validated(std::move(table), location);
}

Status WriteIpcStream(BatchStream& stream, int descriptor, std::string_view name) {
  DescriptorOutput output(descriptor, name);
  ICEFIELD_ARROW_ASSIGN(std::shared_ptr<arrow::ipc::RecordBatchWriter> writer,
                        arrow::ipc::MakeStreamWriter(&output, stream.schema()), name);
  while (true) {
    ICEFIELD_ASSIGN(std::shared_ptr<arrow::RecordBatch> batch, stream.Next());
    if (batch == nullptr) break;
    ICEFIELD_ARROW_TRY(writer->WriteRecordBatch(*batch), name);
  }
  ICEFIELD_ARROW_TRY(writer->Close(), name);
  return {};
}

}  // namespace icefield
