#include "codec/ipc/frame_file.h"

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/api.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "batch/arrow_status.h"

namespace icefield {
namespace {

constexpr std::string_view kFileMagic = "ARROW1";

// Counts what it writes: a pipe has no position to ask for. Leaves the descriptor open.
class DescriptorOutput final : public arrow::io::OutputStream {
 public:
  using arrow::io::OutputStream::Write;

  explicit DescriptorOutput(int descriptor) : descriptor_(descriptor) {}

  arrow::Status Write(const void* data, int64_t size) override {
    const char* next = static_cast<const char*>(data);
    int64_t left = size;
    while (left > 0) {
      const ssize_t written = ::write(descriptor_, next, static_cast<size_t>(left));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return arrow::Status::IOError(std::generic_category().message(errno));
      next += written;
      left -= written;
    }
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

Status WriteIpcStream(BatchStream& stream, int descriptor) {
  DescriptorOutput output(descriptor);
  ICEFIELD_ARROW_ASSIGN(std::shared_ptr<arrow::ipc::RecordBatchWriter> writer,
                        arrow::ipc::MakeStreamWriter(&output, stream.schema()), "output",
                        ErrorCode::kUnavailable);
  while (true) {
    ICEFIELD_ASSIGN(std::shared_ptr<arrow::RecordBatch> batch, stream.Next());
    if (batch == nullptr) break;
    ICEFIELD_ARROW_TRY(writer->WriteRecordBatch(*batch), "output", ErrorCode::kUnavailable);
  }
  ICEFIELD_ARROW_TRY(writer->Close(), "output", ErrorCode::kUnavailable);
  return {};
}

}  // namespace icefield
