#include "write/data_writer.h"

#include <arrow/table.h>
#include <arrow/util/byte_size.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "base/uuid.h"
#include "batch/arrow_status.h"
#include "batch/take_rows.h"
#include "codec/json/schema_writer.h"
#include "write/sort_rows.h"

namespace icefield {
namespace {

using BatchPtr = std::shared_ptr<arrow::RecordBatch>;

// Rows that are numbered by 32 bits while they are sorted.
constexpr int64_t kRowsAtOnceMax = std::numeric_limits<int32_t>::max();

std::string FileNumber(size_t number) {
  std::string digits = std::to_string(number);
  return std::string(digits.size() < 5 ? 5 - digits.size() : 0, '0') + digits;
}

int64_t BytesOf(const arrow::RecordBatch& rows) {
  const arrow::Result<int64_t> bytes = arrow::util::ReferencedBufferSize(rows);
  return bytes.ok() ? *bytes : arrow::util::TotalBufferSize(rows);
}

// The order as Parquet can state it: columns up to the first that is transformed.
std::vector<SortedLeaf> SortedLeaves(const SortOrder& order) {
  std::vector<SortedLeaf> leaves;
  for (const SortField& field : order.fields) {
    if (field.transform.kind != TransformKind::kIdentity) break;
    leaves.push_back({field.source_id, !field.ascending, field.nulls_first});
  }
  return leaves;
}

}  // namespace

DataWriter::DataWriter(DataWriterRequest request, PartitionAssigner assigner)
    : request_(std::move(request)), assigner_(std::move(assigner)), write_id_(RandomUuid()) {}

Result<std::unique_ptr<DataWriter>> DataWriter::Make(DataWriterRequest request) {
  ICEFIELD_ASSIGN(PartitionAssigner assigner,
                  PartitionAssigner::Make(request.schema, request.spec));
  request.options.parquet.sorted_by = SortedLeaves(request.order);
  request.options.parquet.footer_metadata["iceberg.schema"] = SchemaJson(request.schema);
  return std::unique_ptr<DataWriter>(new DataWriter(std::move(request), std::move(assigner)));
}

DataWriter::~DataWriter() {
  open_.reset();
  std::vector<std::string> locations;
  for (const WrittenFile& each : written_) locations.push_back(each.file.path);
  DeleteFiles(*request_.store, locations);
}

Status DataWriter::Write(const BatchPtr& rows) {
  if (rows->num_rows() == 0) return {};
  if (request_.spec.fields.empty() && request_.order.fields.empty()) return WriteThrough(*rows);
  return Distribute(rows);
}

Status DataWriter::WriteThrough(const arrow::RecordBatch& rows) {
  if (open_ == nullptr) {
    ICEFIELD_ASSIGN(const std::vector<int32_t> partition, assigner_.Assign(*rows.Slice(0, 1)));
    ICEFIELD_TRY(OpenFile(partition.front()));
  }
  ICEFIELD_TRY(open_->Write(rows));
  return open_->size_bytes() >= request_.options.target_file_bytes ? CloseFile() : Status();
}

Status DataWriter::Distribute(const BatchPtr& rows) {
  ICEFIELD_ASSIGN(const std::vector<int32_t> partitions, assigner_.Assign(*rows));
  const bool is_one = std::all_of(partitions.begin(), partitions.end(),
                                  [&](int32_t each) { return each == partitions.front(); });
  if (is_one) return Keep(partitions.front(), rows);
  std::map<int32_t, std::vector<int32_t>> by_partition;
  for (size_t row = 0; row < partitions.size(); ++row)
    by_partition[partitions[row]].push_back(static_cast<int32_t>(row));
  for (const auto& [partition, chosen] : by_partition) {
    ICEFIELD_ASSIGN(BatchPtr taken, TakeRows(rows, chosen));
    ICEFIELD_TRY(Keep(partition, std::move(taken)));
  }
  return {};
}

Status DataWriter::Keep(int32_t partition, BatchPtr rows) {
  Lane& lane = lanes_[partition];
  const int64_t bytes = BytesOf(*rows);
  lane.bytes += bytes;
  lane_bytes_ += bytes;
  lane.batches.push_back(std::move(rows));
  if (lane.bytes >= request_.options.target_file_bytes) return Flush(partition);
  if (lane_bytes_ < request_.buffered_bytes_max) return {};
  const auto largest = std::max_element(
      lanes_.begin(), lanes_.end(),
      [](const auto& a, const auto& b) { return a.second.bytes < b.second.bytes; });
  return Flush(largest->first);
}

// Writes the rows that wait for a partition, as a file of its own.
Status DataWriter::Flush(int32_t partition) {
  Lane lane = std::move(lanes_.extract(partition).mapped());
  lane_bytes_ -= lane.bytes;
  ICEFIELD_TRY(OpenFile(partition));
  if (request_.order.fields.empty()) {
    for (const BatchPtr& rows : lane.batches) ICEFIELD_TRY(open_->Write(*rows));
    return CloseFile();
  }
  ICEFIELD_ASSIGN(const BatchPtr sorted, SortedLane(std::move(lane)));
  ICEFIELD_TRY(open_->Write(*sorted));
  return CloseFile();
}

Result<BatchPtr> DataWriter::SortedLane(Lane lane) const {
  ICEFIELD_ARROW_ASSIGN(const std::shared_ptr<arrow::Table> table,
                        arrow::Table::FromRecordBatches(lane.batches), "sorting rows");
  lane.batches.clear();
  if (table->num_rows() > kRowsAtOnceMax)
    return Fail(ErrorCode::kResourceExhausted, "too many rows in one partition to sort at once");
  ICEFIELD_ARROW_ASSIGN(const BatchPtr rows, table->CombineChunksToBatch(), "sorting rows");
  ICEFIELD_ASSIGN(const std::vector<int32_t> sorted,
                  SortedRows(*rows, request_.schema, request_.order));
  return TakeRows(rows, sorted);
}

Status DataWriter::OpenFile(int32_t partition) {
  const std::string folder = PartitionPath(request_.spec, assigner_.types(),
                                           assigner_.tuples()[static_cast<size_t>(partition)]);
  const std::string location =
      StrCat(request_.options.data_location, "/", folder, folder.empty() ? "" : "/",
             FileNumber(written_.size()), "-", write_id_, ".parquet");
  ICEFIELD_ASSIGN(std::unique_ptr<OutputFile> file, request_.store->Create(location));
  ICEFIELD_ASSIGN(open_,
                  MakeParquetWriter(std::move(file), request_.schema, request_.options.parquet));
  open_partition_ = partition;
  return {};
}

Status DataWriter::CloseFile() {
  const std::unique_ptr<ParquetWriter> closing = std::move(open_);
  ICEFIELD_ASSIGN(DataFile file, closing->Close());
  file.partition = assigner_.tuples()[static_cast<size_t>(open_partition_)];
  file.sort_order_id = request_.order.fields.empty() ? 0 : request_.order.id;
  written_.push_back({std::move(file), request_.spec.id});
  return {};
}

Result<std::vector<WrittenFile>> DataWriter::Finish() {
  while (!lanes_.empty()) ICEFIELD_TRY(Flush(lanes_.begin()->first));
  if (open_ != nullptr) ICEFIELD_TRY(CloseFile());
  return std::exchange(written_, {});
}

void DeleteFiles(const ObjectStore& store, const std::vector<std::string>& locations) {
  for (const std::string& location : locations) {
    const Status ignored = store.Delete(location);  // An orphan, where it fails.
  }
}

}  // namespace icefield
