#include "codec/parquet/nested_columns.h"

#include <arrow/array/concatenate.h>
#include <arrow/array/util.h>
#include <arrow/type.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "batch/arrow_status.h"
#include "batch/take_rows.h"
#include "codec/parquet/checked_pages.h"
#include "codec/parquet/guarded.h"
#include "codec/parquet/input_adapter.h"
#include "codec/parquet/row_group.h"

namespace icefield {
namespace {

using BatchPtr = std::shared_ptr<arrow::RecordBatch>;

// Every column has a buffer of its own: many columns get smaller ones.
parquet::ReaderProperties FileProperties(size_t columns) {
  constexpr size_t kBuffersBytes = size_t{8} << 20;
  constexpr size_t kBufferBytesMin = size_t{64} << 10;
  constexpr size_t kBufferBytesMax = size_t{256} << 10;
  parquet::ReaderProperties properties;
  properties.enable_buffered_stream();
  properties.set_buffer_size(static_cast<int64_t>(
      std::clamp(kBuffersBytes / std::max<size_t>(columns, 1), kBufferBytesMin, kBufferBytesMax)));
  properties.set_page_checksum_verification(true);
  return properties;
}

parquet::ArrowReaderProperties BatchProperties(int64_t batch_rows) {
  parquet::ArrowReaderProperties properties(/*use_threads=*/false);
  properties.set_pre_buffer(false);  // It keeps every chunk it has read.
  properties.set_batch_size(batch_rows);
  properties.set_coerce_int96_timestamp_unit(arrow::TimeUnit::MICRO);
  return properties;
}

class RowGroupBatches final : public BatchStream {
 public:
  RowGroupBatches(std::string location, std::unique_ptr<parquet::arrow::FileReader> file,
                  std::unique_ptr<arrow::RecordBatchReader> batches)
      : location_(std::move(location)),
        file_(std::move(file)),
        batches_(std::move(batches)),
        schema_(batches_->schema()) {}

  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }

  Result<BatchPtr> Next() override {
    return Guarded(location_, [&]() -> Result<BatchPtr> {
      BatchPtr batch;
      do {
        ICEFIELD_ARROW_TRY(batches_->ReadNext(&batch), location_, ErrorCode::kCorruptData);
      } while (batch != nullptr && batch->num_rows() == 0);
      return batch;
    });
  }

 private:
  std::string location_;
  std::unique_ptr<parquet::arrow::FileReader> file_;
  std::unique_ptr<arrow::RecordBatchReader> batches_;
  std::shared_ptr<arrow::Schema> schema_;
};

}  // namespace

Result<NestedColumns> NestedColumns::Open(const InputFile& file, std::string location,
                                          std::shared_ptr<parquet::FileMetaData> metadata,
                                          const RowGroupRead& read) {
  std::unique_ptr<parquet::ParquetFileReader> raw =
      OpenChecked(AdaptInput(file), FileProperties(read.leaves.size()), std::move(metadata));
  ICEFIELD_ARROW_ASSIGN(
      std::unique_ptr<parquet::arrow::FileReader> reader,
      parquet::arrow::FileReader::Make(arrow::default_memory_pool(), std::move(raw),
                                       BatchProperties(read.batch_rows)),
      location, ErrorCode::kCorruptData);
  ICEFIELD_ARROW_ASSIGN(std::unique_ptr<arrow::RecordBatchReader> batches,
                        reader->GetRecordBatchReader({read.row_group}, read.leaves), location,
                        ErrorCode::kCorruptData);
  auto stream = std::make_unique<RowGroupBatches>(location, std::move(reader), std::move(batches));
  return NestedColumns(std::move(stream), std::move(location));
}

Status NestedColumns::Enter(int64_t row) {
  while (row >= batch_end_) {
    ICEFIELD_ASSIGN(batch_, batches_->Next());
    if (batch_ == nullptr) {
      return CorruptData(location_,
                         ": a row group holds another number of rows than its footer says");
    }
    batch_first_ = batch_end_;
    batch_end_ += batch_->num_rows();
  }
  return {};
}

Result<BatchPtr> NestedColumns::Read(RowRun run) {
  ICEFIELD_TRY(Enter(run.first));
  return batch_->Slice(run.first - batch_first_, std::min(run.count, batch_end_ - run.first));
}

Result<BatchPtr> NestedColumns::Pick(std::span<const int64_t> rows) {
  std::vector<BatchPtr> pieces;
  std::vector<int32_t> chosen;
  for (size_t at = 0; at < rows.size();) {
    ICEFIELD_TRY(Enter(rows[at]));
    chosen.clear();
    for (; at < rows.size() && rows[at] < batch_end_; ++at)
      chosen.push_back(static_cast<int32_t>(rows[at] - batch_first_));
    ICEFIELD_ASSIGN(pieces.emplace_back(), TakeRows(batch_, chosen));
  }
  if (pieces.size() == 1) return pieces.front();
  arrow::ArrayVector columns;
  for (int column = 0; column < schema()->num_fields(); ++column) {
    arrow::ArrayVector parts;
    for (const BatchPtr& piece : pieces) parts.push_back(piece->column(column));
    if (parts.empty()) {
      ICEFIELD_ARROW_ASSIGN(columns.emplace_back(),
                            arrow::MakeEmptyArray(schema()->field(column)->type()), location_);
      continue;
    }
    ICEFIELD_ARROW_ASSIGN(columns.emplace_back(), arrow::Concatenate(parts), location_);
  }
  return arrow::RecordBatch::Make(schema(), static_cast<int64_t>(rows.size()), std::move(columns));
}

}  // namespace icefield
