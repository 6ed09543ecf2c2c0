#include "batch/zip_streams.h"

#include <arrow/type.h>

#include <algorithm>

#include "base/executor.h"

namespace icefield {
namespace {

using BatchPtr = std::shared_ptr<arrow::RecordBatch>;

class ZippedStream final : public BatchStream {
 public:
  ZippedStream(std::vector<std::unique_ptr<BatchStream>> parts, std::string location)
      : parts_(std::move(parts)), location_(std::move(location)), pending_(parts_.size()) {
    arrow::FieldVector fields;
    for (const std::unique_ptr<BatchStream>& part : parts_) {
      const arrow::FieldVector& more = part->schema()->fields();
      fields.insert(fields.end(), more.begin(), more.end());
    }
    schema_ = arrow::schema(std::move(fields));
  }

  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }

  Result<BatchPtr> Next() override {
    ICEFIELD_TRY(ParallelFor(parts_.size(), static_cast<int>(parts_.size()),
                             [&](size_t part, int) -> Status {
                               if (pending_[part] != nullptr) return {};
                               ICEFIELD_ASSIGN(pending_[part], parts_[part]->Next());
                               return {};
                             }));
    const auto ended = std::count(pending_.begin(), pending_.end(), nullptr);
    if (ended == static_cast<int64_t>(pending_.size())) return BatchPtr();
    if (ended > 0) return CorruptData(location_, ": its columns hold different numbers of rows");
    int64_t rows = pending_.front()->num_rows();
    for (const BatchPtr& batch : pending_) rows = std::min(rows, batch->num_rows());
    arrow::ArrayVector columns;
    for (BatchPtr& batch : pending_) {
      const BatchPtr taken = batch->num_rows() == rows ? batch : batch->Slice(0, rows);
      columns.insert(columns.end(), taken->columns().begin(), taken->columns().end());
      batch = batch->num_rows() == rows ? nullptr : batch->Slice(rows);
    }
    return arrow::RecordBatch::Make(schema_, rows, std::move(columns));
  }

 private:
  std::vector<std::unique_ptr<BatchStream>> parts_;
  std::string location_;
  std::vector<BatchPtr> pending_;  // Of each part what is not yet given.
  std::shared_ptr<arrow::Schema> schema_;
};

}  // namespace

std::unique_ptr<BatchStream> ZipStreams(std::vector<std::unique_ptr<BatchStream>> parts,
                                        std::string location) {
  return std::make_unique<ZippedStream>(std::move(parts), std::move(location));
}

}  // namespace icefield
