#include "batch/batch_stream.h"

#include "base/executor.h"
#include "batch/arrow_status.h"

namespace icefield {
namespace {

class StreamReader final : public arrow::RecordBatchReader {
 public:
  explicit StreamReader(std::unique_ptr<BatchStream> stream)
      : schema_(stream->schema()), stream_(std::move(stream)) {}

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    batch->reset();
    if (stream_ == nullptr) return arrow::Status::OK();
    const Status status = Caught([&]() -> Status {
      ICEFIELD_ASSIGN(*batch, stream_->Next());
      return {};
    });
    if (*batch == nullptr) stream_.reset();
    return status.ok() ? arrow::Status::OK() : ToArrow(status.error());
  }

  arrow::Status Close() override {
    stream_.reset();
    return arrow::Status::OK();
  }

 private:
  std::shared_ptr<arrow::Schema> schema_;
  std::unique_ptr<BatchStream> stream_;
};

}  // namespace

std::shared_ptr<arrow::RecordBatchReader> ToArrowReader(std::unique_ptr<BatchStream> stream) {
  return std::make_shared<StreamReader>(std::move(stream));
}

}  // namespace icefield
