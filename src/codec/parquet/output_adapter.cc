#include "codec/parquet/output_adapter.h"

#include <string_view>

#include "batch/arrow_status.h"

namespace icefield {

arrow::Status AdaptedOutput::Close() {
  closed_ = true;
  return arrow::Status::OK();
}

arrow::Status AdaptedOutput::Write(const void* data, int64_t size_bytes) {
  if (!fault_) {
    Status written = file_->Write(
        std::string_view(static_cast<const char*>(data), static_cast<size_t>(size_bytes)));
    if (!written.ok()) fault_ = std::move(written).error();
  }
  return fault_ ? ToArrow(*fault_) : arrow::Status::OK();
}

void AdaptedOutput::Abandon(Error reason) {
  if (!fault_) fault_ = std::move(reason);
}

Status AdaptedOutput::CloseFile() {
  if (fault_) return *fault_;
  return file_->Close();
}

}  // namespace icefield
