#include "codec/parquet/input_adapter.h"

#include <arrow/buffer.h>

#include <algorithm>
#include <span>

#include "batch/arrow_status.h"

namespace icefield {
namespace {

class AdaptedInput final : public arrow::io::RandomAccessFile {
 public:
  AdaptedInput(const InputFile* file, std::unique_ptr<InputFile> owned)
      : owned_(std::move(owned)), file_(file) {}

  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  bool closed() const override { return closed_; }
  arrow::Result<int64_t> Tell() const override { return position_; }
  arrow::Result<int64_t> GetSize() override { return file_->size_bytes(); }
  arrow::Status Seek(int64_t position) override {
    position_ = position;
    return arrow::Status::OK();
  }

  arrow::Result<int64_t> Read(int64_t count, void* out) override {
    ARROW_ASSIGN_OR_RAISE(int64_t read, ReadAt(position_, count, out));
    position_ += read;
    return read;
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t count) override {
    ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> buffer, ReadAt(position_, count));
    position_ += buffer->size();
    return buffer;
  }

  arrow::Result<int64_t> ReadAt(int64_t position, int64_t count, void* out) override {
    if (position < 0 || count < 0 || position > file_->size_bytes()) {
      return arrow::Status::Invalid("a read at byte ", position, " lies outside the file of ",
                                    file_->size_bytes(), " bytes");
    }
    count = std::min(count, file_->size_bytes() - position);
    Status status =
        file_->ReadAt(position, {static_cast<std::byte*>(out), static_cast<size_t>(count)});
    if (!status.ok()) return ToArrow(status.error());
    return count;
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(int64_t position, int64_t count) override {
    count = std::clamp<int64_t>(file_->size_bytes() - position, 0, count);
    ARROW_ASSIGN_OR_RAISE(std::unique_ptr<arrow::Buffer> buffer, arrow::AllocateBuffer(count));
    ARROW_RETURN_NOT_OK(ReadAt(position, count, buffer->mutable_data()));
    return std::shared_ptr<arrow::Buffer>(std::move(buffer));
  }

 private:
  std::unique_ptr<InputFile> owned_;
  const InputFile* file_;
  int64_t position_ = 0;
  bool closed_ = false;
};

}  // namespace

std::shared_ptr<arrow::io::RandomAccessFile> AdaptInput(const InputFile& file) {
  return std::make_shared<AdaptedInput>(&file, nullptr);
}

std::shared_ptr<arrow::io::RandomAccessFile> AdaptInput(std::unique_ptr<InputFile> file) {
  const InputFile* borrowed = file.get();
  return std::make_shared<AdaptedInput>(borrowed, std::move(file));
}

}  // namespace icefield
