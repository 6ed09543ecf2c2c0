#include "read/data_file.h"

#include <algorithm>

#include "batch/zip_streams.h"
#include "model/metadata_columns.h"
#include "read/file_check.h"

namespace icefield {
namespace {

const FileColumn* FindLeaf(const std::vector<FileColumn>& columns, FieldId id) {
  for (const FileColumn& column : columns) {
    if (column.id == id && column.kind == FileColumn::Kind::kLeaf) return &column;
    // Statistics of leaves below lists and maps speak of elements, not of rows.
    if (column.kind != FileColumn::Kind::kStruct) continue;
    if (const FileColumn* found = FindLeaf(column.children, id)) return found;
  }
  return nullptr;
}

class RowGroupStatistics final : public StatisticsSource {
 public:
  RowGroupStatistics(const DataFileReader& file, int row_group)
      : file_(file), row_group_(row_group) {}

  ColumnStatistics Find(FieldId field_id, const PrimitiveType& type) const override {
    const FileColumn* leaf = FindLeaf(file_.columns(), field_id);
    if (leaf == nullptr || IsMetadataColumn(field_id)) return {};
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

StoredStream::StoredStream(RowGroupExtent extent, std::unique_ptr<BatchStream> decoded,
                           int64_t batch_rows, std::string location)
    : decoded_(std::move(decoded)),
      next_(extent.first_row),
      end_(extent.first_row + extent.rows),
      batch_rows_(batch_rows),
      location_(std::move(location)) {}

Result<StoredBatch> StoredStream::Next() {
  StoredBatch batch{.columns = nullptr, .rows = 0, .first_position = next_};
  if (decoded_ == nullptr) {
    batch.rows = std::min(batch_rows_, end_ - next_);
  } else {
    ICEFIELD_ASSIGN(batch.columns, decoded_->Next());
    batch.rows = batch.columns == nullptr ? 0 : batch.columns->num_rows();
    if (next_ + batch.rows > end_ || (batch.columns == nullptr && next_ != end_)) {
      return CorruptData(location_,
                         ": a row group holds another number of rows than its footer says");
    }
  }
  next_ += batch.rows;
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

Result<std::unique_ptr<BatchStream>> DataFileReader::Decode(int row_group,
                                                            const std::vector<int>& leaves,
                                                            int64_t batch_rows) const {
  ICEFIELD_ASSIGN(std::unique_ptr<InputFile> file, source_->store->Open(task_->file.path));
  return ReadRowGroup(std::move(file), footer_,
                      {.row_group = row_group, .leaves = leaves, .batch_rows = batch_rows});
}

Result<std::unique_ptr<StoredStream>> DataFileReader::ReadStored(int row_group,
                                                                 const std::vector<int>& leaves,
                                                                 int64_t batch_rows,
                                                                 int column_threads) const {
  const std::vector<std::vector<int>> deals = DealLeaves(columns_, leaves, column_threads);
  std::unique_ptr<BatchStream> decoded;
  if (deals.size() == 1) {
    ICEFIELD_ASSIGN(decoded, Decode(row_group, leaves, batch_rows));
  } else if (!deals.empty()) {
    std::vector<std::unique_ptr<BatchStream>> parts;
    for (const std::vector<int>& deal : deals) {
      ICEFIELD_ASSIGN(parts.emplace_back(), Decode(row_group, deal, batch_rows));
    }
    decoded = ZipStreams(std::move(parts), task_->file.path);
  }
  return std::make_unique<StoredStream>(extent(row_group), std::move(decoded), batch_rows,
                                        task_->file.path);
}

}  // namespace icefield
