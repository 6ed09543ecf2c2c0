#include "retrieval/frame_rows.h"

#include <arrow/array/array_primitive.h>
#include <arrow/buffer.h>
#include <arrow/table.h>
#include <arrow/util/byte_size.h>

#include <mutex>
#include <utility>

#include "base/executor.h"
#include "batch/arrow_status.h"
#include "codec/ipc/batch_block.h"

namespace icefield {
namespace {

using BatchPtr = std::shared_ptr<arrow::RecordBatch>;

constexpr int64_t kBatchRows = 65536;
// One block of every run is in memory while runs are merged. More runs are made one first.
constexpr int64_t kBlockBytes = int64_t{128} << 10;
constexpr size_t kRunsMax = 64;

std::shared_ptr<arrow::Schema> PairSchema(
    const std::vector<std::shared_ptr<arrow::DataType>>& key_types) {
  arrow::FieldVector fields;
  for (const std::shared_ptr<arrow::DataType>& type : key_types)
    fields.push_back(arrow::field("", type));
  fields.push_back(arrow::field("", arrow::int64()));
  return arrow::schema(std::move(fields));
}

}  // namespace

FrameRows::FrameRows(const std::vector<std::shared_ptr<arrow::DataType>>& key_types, Terms terms)
    : types_(key_types), schema_(PairSchema(key_types)), terms_(std::move(terms)) {}

Result<std::unique_ptr<FrameRows>> FrameRows::Make(
    const std::vector<std::shared_ptr<arrow::DataType>>& key_types, Terms terms) {
  std::unique_ptr<FrameRows> rows(new FrameRows(key_types, std::move(terms)));
  ICEFIELD_TRY(rows->Begin());
  return rows;
}

Status FrameRows::Begin() {
  ICEFIELD_ASSIGN(DistinctRows rows, DistinctRows::Make(types_));
  rows_ = std::make_unique<DistinctRows>(std::move(rows));
  return {};
}

Result<int64_t> FrameRows::Observe(const arrow::ArrayVector& keys, std::span<const int64_t> times,
                                   std::span<const uint32_t> wanted,
                                   DistinctRows::Scratch& scratch) {
  std::shared_lock lock(mutex_);
  ICEFIELD_TRY(failure_);
  ICEFIELD_ASSIGN(const int64_t keyless, rows_->Observe(keys, times, wanted, scratch));
  if (rows_->bytes() <= terms_.bytes_max) return keyless;
  lock.unlock();
  const std::unique_lock alone(mutex_);
  ICEFIELD_TRY(failure_);
  // Another thread may have been faster.
  if (rows_->bytes() > terms_.bytes_max) failure_ = Caught([this] { return Spill(); });
  ICEFIELD_TRY(failure_);
  return keyless;
}

// The pairs at hand, sorted; there are none after that.
Result<std::shared_ptr<arrow::RecordBatchReader>> FrameRows::TakeSorted() {
  ICEFIELD_ASSIGN(DistinctRows::Sorted sorted, rows_->Sort());
  rows_.reset();
  arrow::ChunkedArrayVector columns = std::move(sorted.keys);
  const auto count = static_cast<int64_t>(sorted.times.size());
  columns.push_back(std::make_shared<arrow::ChunkedArray>(std::make_shared<arrow::Int64Array>(
      count, arrow::Buffer::FromVector(std::move(sorted.times)))));
  const auto reader = std::make_shared<arrow::TableBatchReader>(
      arrow::Table::Make(schema_, std::move(columns), count));
  reader->set_chunksize(kBatchRows);
  return std::shared_ptr<arrow::RecordBatchReader>(reader);
}

Status FrameRows::WriteBatch(const arrow::RecordBatch& batch, TemporaryFile& file, Blocks& run) {
  ICEFIELD_ARROW_ASSIGN(const int64_t bytes, arrow::util::ReferencedBufferSize(batch), "frame");
  const int64_t rows = batch.num_rows() / (bytes / kBlockBytes + 1) + 1;
  for (int64_t row = 0; row < batch.num_rows(); row += rows) {
    ICEFIELD_ASSIGN(const std::shared_ptr<arrow::Buffer> block,
                    WriteBlock(*batch.Slice(row, rows)));
    ICEFIELD_ASSIGN(const int64_t place, file.Append(std::string_view(*block)));
    run.push_back({place, block->size()});
    bytes_spilled_ += block->size();
  }
  return {};
}

Status FrameRows::Spill() {
  if (file_ == nullptr) file_ = std::make_unique<TemporaryFile>(terms_.spill_directory);
  if (runs_.size() == kRunsMax) ICEFIELD_TRY(MergeAll());
  ICEFIELD_ASSIGN(const std::shared_ptr<arrow::RecordBatchReader> sorted, TakeSorted());
  Blocks run;
  while (true) {
    ICEFIELD_ARROW_ASSIGN(const BatchPtr batch, sorted->Next(), "entity frame");
    if (batch == nullptr) break;
    ICEFIELD_TRY(WriteBatch(*batch, *file_, run));
  }
  runs_.push_back(std::move(run));
  return Begin();
}

std::unique_ptr<MergedRuns> FrameRows::Merged(const TemporaryFile& file,
                                              std::vector<Blocks> runs) const {
  std::vector<NextOfRun> readers;
  for (Blocks& run : runs) {
    readers.push_back([&file, schema = schema_, run = std::move(run),
                       next = size_t{0}]() mutable -> Result<BatchPtr> {
      if (next == run.size()) return BatchPtr();
      const Block& block = run[next++];
      ICEFIELD_ARROW_ASSIGN(std::shared_ptr<arrow::Buffer> bytes,
                            arrow::AllocateBuffer(block.bytes), "entity frame");
      ICEFIELD_TRY(file.ReadAt(block.place, {reinterpret_cast<char*>(bytes->mutable_data()),
                                             static_cast<size_t>(block.bytes)}));
      return ReadBlock(std::move(bytes), schema, file.directory());
    });
  }
  return std::make_unique<MergedRuns>(schema_, std::move(readers));
}

// Makes one run of all, in a file of its own.
Status FrameRows::MergeAll() {
  auto file = std::make_unique<TemporaryFile>(terms_.spill_directory);
  const std::unique_ptr<MergedRuns> merged = Merged(*file_, std::move(runs_));
  Blocks run;
  while (true) {
    ICEFIELD_ASSIGN(const BatchPtr batch, merged->Next(kBatchRows));
    if (batch == nullptr) break;
    ICEFIELD_TRY(WriteBatch(*batch, *file, run));
  }
  runs_.clear();
  runs_.push_back(std::move(run));
  file_ = std::move(file);
  return {};
}

Status FrameRows::Finish() {
  if (runs_.empty()) {
    ICEFIELD_ASSIGN(in_memory_, TakeSorted());
    return {};
  }
  ICEFIELD_TRY(Spill());
  rows_.reset();
  merged_ = Merged(*file_, std::move(runs_));
  return {};
}

Result<BatchPtr> FrameRows::Next() {
  if (merged_ != nullptr) return merged_->Next(kBatchRows);
  ICEFIELD_ARROW_ASSIGN(BatchPtr batch, in_memory_->Next(), "entity frame");
  return batch;
}

}  // namespace icefield
