#include "read/data_file.h"

#include <algorithm>

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
  RowGroupStatistics(const ParquetFooter& footer, int row_group)
      : footer_(footer), row_group_(row_group) {}

  ColumnStatistics Find(FieldId field_id, const PrimitiveType& type) const override {
    const FileColumn* leaf = FindLeaf(footer_.columns(), field_id);
    if (leaf == nullptr) return {};
    return footer_.Statistics(row_group_, leaf->leaf, type);
  }

 private:
  const ParquetFooter& footer_;
  int row_group_;
};

// Where no column lies in the file, rows still count.
class CountedStream final : public LiveBatchStream {
 public:
  CountedStream(RowGroupExtent extent, const ColumnPlan& columns, int64_t batch_rows)
      : columns_(columns),
        next_(extent.first_row),
        end_(extent.first_row + extent.rows),
        batch_rows_(batch_rows) {}

  Result<LiveBatch> Next() override {
    LiveBatch batch{.rows = nullptr, .first_position = next_, .positions = {}};
    const int64_t rows = std::min(batch_rows_, end_ - next_);
    if (rows == 0) return batch;
    ICEFIELD_ASSIGN(batch.rows, columns_.Assemble(nullptr, rows));
    next_ += rows;
    return batch;
  }

 private:
  const ColumnPlan& columns_;
  int64_t next_;
  int64_t end_;
  int64_t batch_rows_;
};

class DecodedStream final : public LiveBatchStream {
 public:
  DecodedStream(RowGroupExtent extent, const ColumnPlan& columns,
                std::unique_ptr<BatchStream> decoded, const std::string& location)
      : columns_(columns),
        decoded_(std::move(decoded)),
        next_(extent.first_row),
        end_(extent.first_row + extent.rows),
        location_(location) {}

  Result<LiveBatch> Next() override {
    LiveBatch batch{.rows = nullptr, .first_position = next_, .positions = {}};
    ICEFIELD_ASSIGN(std::shared_ptr<arrow::RecordBatch> decoded, decoded_->Next());
    const int64_t rows = decoded == nullptr ? 0 : decoded->num_rows();
    if (next_ + rows > end_ || (decoded == nullptr && next_ != end_)) {
      return CorruptData(location_,
                         ": a row group holds another number of rows than its footer says");
    }
    if (decoded == nullptr) return batch;
    ICEFIELD_ASSIGN(batch.rows, columns_.Assemble(decoded, rows));
    next_ += rows;
    return batch;
  }

 private:
  const ColumnPlan& columns_;
  std::unique_ptr<BatchStream> decoded_;
  int64_t next_;
  int64_t end_;
  const std::string& location_;
};

}  // namespace

Result<DataFileReader> DataFileReader::Open(const ObjectStore& store, const FileTask& task) {
  DataFileReader reader;
  reader.store_ = &store;
  reader.task_ = &task;
  ICEFIELD_ASSIGN(std::unique_ptr<InputFile> file, store.Open(task.file.path));
  ICEFIELD_ASSIGN(reader.footer_, ParquetFooter::Read(*file));
  int64_t rows = 0;
  for (const RowGroupExtent& extent : reader.footer_.row_groups()) rows += extent.rows;
  if (rows != task.file.record_count) {
    return CorruptData(task.file.path, " holds ", rows, " rows, its manifest says ",
                       task.file.record_count, "; the file was replaced or the manifest is wrong");
  }
  return reader;
}

std::vector<int> DataFileReader::RowGroupsFor(const Predicate& predicate) const {
  std::vector<int> chosen;
  for (size_t group = 0; group < footer_.row_groups().size(); ++group) {
    const auto number = static_cast<int>(group);
    if (footer_.row_groups()[group].rows == 0) continue;
    if (MayMatch(predicate, RowGroupStatistics(footer_, number))) chosen.push_back(number);
  }
  return chosen;
}

Result<ColumnPlan> DataFileReader::PlanColumns(const ReadSchema& read) const {
  return ColumnPlan::Make(read, footer_.columns(), task_->constants, task_->file.path);
}

int64_t DataFileReader::BytesOf(int row_group, const ColumnPlan& columns) const {
  return footer_.BytesOf(row_group, columns.leaves());
}

Result<std::unique_ptr<LiveBatchStream>> DataFileReader::Read(int row_group,
                                                              const ColumnPlan& columns,
                                                              int64_t batch_rows) const {
  const RowGroupExtent& extent = footer_.row_groups()[static_cast<size_t>(row_group)];
  if (columns.leaves().empty()) {
    return std::unique_ptr<LiveBatchStream>(
        std::make_unique<CountedStream>(extent, columns, batch_rows));
  }
  ICEFIELD_ASSIGN(std::unique_ptr<InputFile> file, store_->Open(task_->file.path));
  ICEFIELD_ASSIGN(
      std::unique_ptr<BatchStream> decoded,
      ReadRowGroup(std::move(file), footer_,
                   {.row_group = row_group, .leaves = columns.leaves(), .batch_rows = batch_rows}));
  return std::unique_ptr<LiveBatchStream>(
      std::make_unique<DecodedStream>(extent, columns, std::move(decoded), task_->file.path));
}

}  // namespace icefield
