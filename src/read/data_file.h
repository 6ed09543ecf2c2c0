/// One data file of a scan: opened, its row groups chosen, its stored rows streamed.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "batch/batch_stream.h"
#include "batch/position_set.h"
#include "codec/parquet/page_index.h"
#include "codec/parquet/row_group.h"
#include "io/object_store.h"
#include "read/column_plan.h"
#include "read/name_mapping.h"
#include "scan/scan_plan.h"

namespace icefield {

/// Rows as a file stores them, deleted ones included, before they are made into asked columns.
struct StoredBatch {
  std::shared_ptr<arrow::RecordBatch> columns;  ///< Null where no leaf is read.
  int64_t rows = 0;                             ///< 0 at the end.
  int64_t first_position = 0;                   ///< File position of the first row.
};

/// What to read of a row group.
struct StoredRead {
  int row_group = 0;
  std::vector<int> leaves;     ///< Ascending; none: rows are only counted.
  int64_t batch_rows = 65536;  ///< At most so many rows in a batch.
  std::vector<RowRun> runs;    ///< The rows, within the row group, ascending; empty: all.
  int column_threads = 1;      ///< So many threads share the columns of a batch.
  ReadCounts* counts = nullptr;
};

/// Rows of one row group, in file order; a batch is of neighbouring rows. Used by one thread.
class StoredStream {
 public:
  /// `decoded` null: no leaf is read, rows are only counted. `runs` are file positions.
  StoredStream(std::vector<RowRun> runs, std::unique_ptr<BatchStream> decoded, int64_t batch_rows,
               std::string location);

  /// CorruptData names a file whose row group holds another number of rows than its footer says.
  Result<StoredBatch> Next();

 private:
  std::unique_ptr<BatchStream> decoded_;
  std::vector<RowRun> runs_;  // What is left of them.
  size_t at_ = 0;
  int64_t batch_rows_;
  std::string location_;
};

/// What a scan knows of all its files.
struct ScanSource {
  const ObjectStore* store = nullptr;
  const ScanPlan* plan = nullptr;
  /// The table's name mapping, or why it cannot be read: only files without field ids care.
  Result<NameMapping> name_mapping;
};

/// A data file with its footer read. Immutable and thread-safe; holds no open file.
class DataFileReader {
 public:
  /// Reads the footer. NotFound and CorruptData name the file; a file whose size or row count
  /// differs from the manifest's is CorruptData, as the manifest's positions would be wrong.
  /// Unsupported for a file without field ids in a table without a name mapping. `source` and
  /// `task` are borrowed.
  static Result<DataFileReader> Open(const ScanSource& source, const FileTask& task);

  const FileTask& task() const { return *task_; }
  const PartitionSpec& spec() const { return *spec_; }
  const ParquetFooter& footer() const { return footer_; }

  /// The file's columns; with the ids of the name mapping where the file has none.
  const std::vector<FileColumn>& columns() const { return columns_; }

  const RowGroupExtent& extent(int row_group) const {
    return footer_.row_groups()[static_cast<size_t>(row_group)];
  }

  /// The leaf of a column, a struct's member too, whose values are rows' own; null where the file
  /// has none or generates it.
  const FileColumn* FindLeaf(FieldId id) const;

  /// What the file's page index says of a leaf, see ReadPageStatistics.
  Result<PagesOfLeaf> ReadPages(int row_group, int leaf, const PrimitiveType& type) const;

  /// The values of a column of `type` that a row group may hold by its bloom filter; all where it
  /// has none.
  Result<std::vector<Value>> MayHold(int row_group, int leaf, const PrimitiveType& type,
                                     std::vector<Value> values) const;

  /// The row groups that may hold rows of `predicate`, ascending.
  std::vector<int> RowGroupsFor(const Predicate& predicate) const;

  /// How `read` is made from this file.
  Result<ColumnPlan> PlanColumns(const ReadSchema& read) const;

  /// Compressed bytes that reading `leaves` of a row group takes.
  int64_t BytesOf(int row_group, const std::vector<int>& leaves) const {
    return footer_.BytesOf(row_group, leaves);
  }

  /// What reading `leaves` of these rows of a row group takes, of each, see PlanChunkReads.
  Result<std::vector<ChunkRead>> PlanReads(int row_group, const std::vector<int>& leaves,
                                           const std::vector<RowRun>& runs) const;

  /// The stored rows of a row group.
  Result<std::unique_ptr<StoredStream>> ReadStored(const StoredRead& read) const;

  /// The rows at these positions in the file (ascending, in the row group, within read.runs), in
  /// batches of read.batch_rows; column by column (see PickRows). Null batches where no leaf is
  /// read.
  Result<std::vector<std::shared_ptr<arrow::RecordBatch>>> PickStored(
      const StoredRead& read, std::span<const int64_t> positions) const;

  /// Rows of a row group, chosen step by step by their numbers in it, within read.runs; see
  /// RowPicker.
  Result<std::unique_ptr<RowPicker>> OpenPicker(const StoredRead& read) const;

 private:
  Result<std::unique_ptr<BatchStream>> Decode(const StoredRead& read,
                                              const std::vector<int>& leaves) const;
  Result<RowGroupRead> MakeRead(const InputFile& file, const StoredRead& read, int64_t rows) const;

  const ScanSource* source_ = nullptr;
  const FileTask* task_ = nullptr;
  const PartitionSpec* spec_ = nullptr;
  ParquetFooter footer_;
  std::vector<FileColumn> columns_;
};

}  // namespace icefield
