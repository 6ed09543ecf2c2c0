#include "batch/batch_stream.h"

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
    Result<std::shared_ptr<arrow::RecordBatch>> next = stream_->Next();
    if (!next.ok() || *next == nullptr) stream_.reset();
    if (!next.ok()) return ToArrow(next.error());
    *batch = *std::move(next);
    return arrow::Status::OK();
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
