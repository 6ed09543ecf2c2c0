#include "read/data_file.h"

#include <algorithm>

#include "batch/zip_streams.h"
#include "codec/parquet/bloom_filter.h"
#include "model/metadata_columns.h"
#include "read/file_check.h"

namespace icefield {
namespace {

const FileColumn* FindLeafIn(const std::vector<FileColumn>& columns, FieldId id) {
  for (const FileColumn& column : columns) {
    if (column.id == id && column.kind == FileColumn::Kind::kLeaf) return &column;
    // Statistics of leaves below lists and maps speak of elements, not of rows.
    if (column.kind != FileColumn::Kind::kStruct) continue;
    if (const FileColumn* found = FindLeafIn(column.children, id)) return found;
  }
  return nullptr;
}

class RowGroupStatistics final : public StatisticsSource {
 public:
  RowGroupStatistics(const DataFileReader& file, int row_group)
      : file_(file), row_group_(row_group) {}

  ColumnStatistics Find(FieldId field_id, const PrimitiveType& type) const override {
    const FileColumn* leaf = file_.FindLeaf(field_id);
    if (leaf == nullptr) return {};
    return file_.footer().Statistics(row_group_, leaf->leaf, type);
  }

 private:
  const DataFileReader& file_;
  int row_group_;
};

const PartitionSpec* FindSpec(const ScanPlan& plan, SpecId id) {
  const auto found = std::find_if(plan.specs.begin(), plan.specs.end(),
                                  [&](const PartitionSpec& spec) { return spec.id == id; });
  return found == plan.specs.end() ? nullptr : &*found;
}

int LastLeaf(const FileColumn& column) {
  int last = column.leaf;
  for (const FileColumn& child : column.children) last = std::max(last, LastLeaf(child));
  return last;
}

// Ascending leaves cut into about `deals` runs of whole top-level columns.
std::vector<std::vector<int>> DealLeaves(const std::vector<FileColumn>& columns,
                                         const std::vector<int>& leaves, int deals) {
  const size_t share = leaves.size() / static_cast<size_t>(std::max(deals, 1)) + 1;
  std::vector<std::vector<int>> dealt;
  auto next = leaves.begin();
  for (const FileColumn& column : columns) {
    const auto end = std::upper_bound(next, leaves.end(), LastLeaf(column));
    if (next == end) continue;
    if (dealt.empty() || dealt.back().size() >= share) dealt.emplace_back();
    dealt.back().insert(dealt.back().end(), next, end);
    next = end;
  }
  return dealt;
}

}  // namespace

StoredStream::StoredStream(std::vector<RowRun> runs, std::unique_ptr<BatchStream> decoded,
                           int64_t batch_rows, std::string location)
    : decoded_(std::move(decoded)),
      runs_(std::move(runs)),
      batch_rows_(batch_rows),
      location_(std::move(location)) {}

Result<StoredBatch> StoredStream::Next() {
  while (at_ < runs_.size() && runs_[at_].count == 0) ++at_;
  if (at_ == runs_.size()) return StoredBatch{};
  RowRun& run = runs_[at_];
  StoredBatch batch{.columns = nullptr, .rows = 0, .first_position = run.first};
  if (decoded_ == nullptr) {
    batch.rows = std::min(batch_rows_, run.count);
  } else {
    ICEFIELD_ASSIGN(batch.columns, decoded_->Next());
    if (batch.columns == nullptr || batch.columns->num_rows() > run.count) {
      return CorruptData(location_,
                         ": a row group holds another number of rows than its footer says");
    }
    batch.rows = batch.columns->num_rows();
  }
  run.first += batch.rows;
  run.count -= batch.rows;
  return batch;
}

Result<DataFileReader> DataFileReader::Open(const ScanSource& source, const FileTask& task) {
  DataFileReader reader;
  reader.source_ = &source;
  reader.task_ = &task;
  reader.spec_ = FindSpec(*source.plan, task.spec_id);
  if (reader.spec_ == nullptr) return Internal("the plan lacks spec ", task.spec_id.value);
  ICEFIELD_ASSIGN(std::unique_ptr<InputFile> file, source.store->Open(task.file.path));
  ICEFIELD_ASSIGN(reader.footer_, ParquetFooter::Read(*file));
  ICEFIELD_ASSIGN(reader.columns_,
                  WithFieldIds(reader.footer_.columns(), source.name_mapping, task.file.path));
  // A name mapping may give ids otherwise today than when the manifest was written.
  ICEFIELD_TRY(CheckFile(reader.footer_, reader.footer_.columns(), file->size_bytes(), task.file,
                         source.plan->every_field));
  return reader;
}

const FileColumn* DataFileReader::FindLeaf(FieldId id) const {
  return IsMetadataColumn(id) ? nullptr : FindLeafIn(columns_, id);
}

Result<PagesOfLeaf> DataFileReader::ReadPages(int row_group, int leaf,
                                              const PrimitiveType& type) const {
  ICEFIELD_ASSIGN(const std::unique_ptr<InputFile> file, source_->store->Open(task_->file.path));
  return ReadPageStatistics(*file, footer_, row_group, leaf, type);
}

Result<std::vector<Value>> DataFileReader::MayHold(int row_group, int leaf,
                                                   const PrimitiveType& type,
                                                   std::vector<Value> values) const {
  if (!HasBloomFilter(footer_, row_group, leaf, type)) return values;
  ICEFIELD_ASSIGN(const std::unique_ptr<InputFile> file, source_->store->Open(task_->file.path));
  return icefield::MayHold(*file, footer_, row_group, leaf, std::move(values));
}

std::vector<int> DataFileReader::RowGroupsFor(const Predicate& predicate) const {
  std::vector<int> chosen;
  for (size_t group = 0; group < footer_.row_groups().size(); ++group) {
    const auto number = static_cast<int>(group);
    if (footer_.row_groups()[group].rows == 0) continue;
    if (MayMatch(predicate, RowGroupStatistics(*this, number))) chosen.push_back(number);
  }
  return chosen;
}

Result<ColumnPlan> DataFileReader::PlanColumns(const ReadSchema& read) const {
  return ColumnPlan::Make(
      read, columns_,
      {.task = task_, .spec = spec_, .own_field_ids = AnyFieldId(footer_.columns())});
}

Result<std::vector<ChunkRead>> DataFileReader::PlanReads(int row_group,
                                                         const std::vector<int>& leaves,
                                                         const std::vector<RowRun>& runs) const {
  if (leaves.empty()) return std::vector<ChunkRead>();
  ICEFIELD_ASSIGN(const std::unique_ptr<InputFile> file, source_->store->Open(task_->file.path));
  return PlanChunkReads(*file, footer_, row_group, leaves, runs);
}

// The pages' places are looked up where at most `rows` rows are wanted and these are few, or where
// the index has left rows out: then pages need not be read.
Result<RowGroupRead> DataFileReader::MakeRead(const InputFile& file, const StoredRead& read,
                                              int64_t rows) const {
  constexpr int64_t kFewRows = 64;  // One of so many.
  RowGroupRead out{.row_group = read.row_group,
                   .leaves = read.leaves,
                   .batch_rows = read.batch_rows,
                   .runs = read.runs,
                   .places = {},
                   .counts = read.counts};
  if (read.runs.empty() && rows > extent(read.row_group).rows / kFewRows) return out;
  ICEFIELD_ASSIGN(out.places, ReadPagePlaces(file, footer_, read.row_group, read.leaves));
  return out;
}

Result<std::unique_ptr<BatchStream>> DataFileReader::Decode(const StoredRead& read,
                                                            const std::vector<int>& leaves) const {
  ICEFIELD_ASSIGN(std::unique_ptr<InputFile> file, source_->store->Open(task_->file.path));
  StoredRead part = read;
  part.leaves = leaves;
  ICEFIELD_ASSIGN(const RowGroupRead group, MakeRead(*file, part, extent(read.row_group).rows));
  return ReadRowGroup(std::move(file), footer_, group);
}

Result<std::unique_ptr<StoredStream>> DataFileReader::ReadStored(const StoredRead& read) const {
  const std::vector<std::vector<int>> deals =
      DealLeaves(columns_, read.leaves, read.column_threads);
  std::unique_ptr<BatchStream> decoded;
  if (deals.size() == 1) {
    ICEFIELD_ASSIGN(decoded, Decode(read, read.leaves));
  } else if (!deals.empty()) {
    std::vector<std::unique_ptr<BatchStream>> parts;
    for (const std::vector<int>& deal : deals) {
      ICEFIELD_ASSIGN(parts.emplace_back(), Decode(read, deal));
    }
    decoded = ZipStreams(std::move(parts), task_->file.path);
  }
  const RowGroupExtent& group = extent(read.row_group);
  std::vector<RowRun> runs = read.runs;
  if (runs.empty()) runs.push_back({0, group.rows});
  for (RowRun& run : runs) run.first += group.first_row;
  return std::make_unique<StoredStream>(std::move(runs), std::move(decoded), read.batch_rows,
                                        task_->file.path);
}

Result<std::vector<std::shared_ptr<arrow::RecordBatch>>> DataFileReader::PickStored(
    const StoredRead& read, std::span<const int64_t> positions) const {
  const auto slice = static_cast<size_t>(read.batch_rows);
  if (read.leaves.empty())
    return std::vector<std::shared_ptr<arrow::RecordBatch>>((positions.size() + slice - 1) / slice);
  std::vector<int64_t> rows(positions.begin(), positions.end());
  for (int64_t& row : rows) row -= extent(read.row_group).first_row;
  ICEFIELD_ASSIGN(std::unique_ptr<InputFile> file, source_->store->Open(task_->file.path));
  ICEFIELD_ASSIGN(RowGroupRead group, MakeRead(*file, read, static_cast<int64_t>(rows.size())));
  group.runs.clear();
  return PickRows(std::move(file), footer_, group, rows);
}

Result<std::unique_ptr<RowPicker>> DataFileReader::OpenPicker(const StoredRead& read) const {
  ICEFIELD_ASSIGN(std::unique_ptr<InputFile> file, source_->store->Open(task_->file.path));
  ICEFIELD_ASSIGN(RowGroupRead group, MakeRead(*file, read, extent(read.row_group).rows));
  group.runs.clear();
  return icefield::OpenPicker(std::move(file), footer_, group);
}

}  // namespace icefield
