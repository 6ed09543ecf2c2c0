/// One data file of a scan: opened, its row groups chosen, its live rows streamed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"
#include "batch/batch_stream.h"
#include "codec/parquet/parquet_file.h"
#include "io/object_store.h"
#include "read/column_plan.h"
#include "scan/scan_plan.h"

namespace icefield {

/// Rows of a data file and where they stand in it.
struct LiveBatch {
  std::shared_ptr<arrow::RecordBatch> rows;  ///< Null at the end of a stream.
  int64_t first_position = 0;      ///< File position of the first row, where they are contiguous.
  std::vector<int64_t> positions;  ///< File position of each row; empty where they are contiguous.

  int64_t PositionOf(int64_t row) const {
    return positions.empty() ? first_position + row : positions[static_cast<size_t>(row)];
  }

  /// The row at a file position that the batch holds, at or after row `from`.
  int64_t RowAt(int64_t position, int64_t from) const {
    if (positions.empty()) return position - first_position;
    return std::lower_bound(positions.begin() + from, positions.end(), position) -
           positions.begin();
  }
};

/// Live rows of one row group, in file order. Used by one thread.
class LiveBatchStream {
 public:
  virtual ~LiveBatchStream() = default;
  /// The next batch with at least one row; `rows` null at the end.
  virtual Result<LiveBatch> Next() = 0;
};

/// A data file with its footer read. Immutable and thread-safe; holds no open file.
class DataFileReader {
 public:
  /// Reads the footer. NotFound and CorruptData name the file; a footer whose row count differs
  /// from the manifest's is CorruptData, as the manifest's positions would be wrong.
  static Result<DataFileReader> Open(const ObjectStore& store, const FileTask& task);

  const FileTask& task() const { return *task_; }
  const ParquetFooter& footer() const { return footer_; }

  /// The row groups that may hold rows of `predicate`, ascending.
  std::vector<int> RowGroupsFor(const Predicate& predicate) const;

  /// How `read` is made from this file.
  Result<ColumnPlan> PlanColumns(const ReadSchema& read) const;

  /// Compressed bytes that reading `columns` of a row group takes.
  int64_t BytesOf(int row_group, const ColumnPlan& columns) const;

  /// The live rows of a row group as batches of `columns`' output schema.
  Result<std::unique_ptr<LiveBatchStream>> Read(int row_group, const ColumnPlan& columns,
                                                int64_t batch_rows) const;

 private:
  const ObjectStore* store_ = nullptr;
  const FileTask* task_ = nullptr;
  ParquetFooter footer_;
};

}  // namespace icefield
