/// The rows of a scan's files that exist: what deletes leave (P12).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "batch/position_set.h"
#include "read/open_scan.h"

namespace icefield {

/// Rows of a data file and where they stand in it.
struct LiveBatch {
  std::shared_ptr<arrow::RecordBatch> rows;  ///< Null at the end of a stream.
  int64_t first_position = 0;      ///< File position of the first row, where they are contiguous.
  std::vector<int64_t> positions;  ///< File position of each row; empty where they are contiguous.

  int64_t PositionOf(int64_t row) const {
    return positions.empty() ? first_position + row : positions[static_cast<size_t>(row)];
  }

  /// Keeps the rows of `runs` (ascending, within the batch), with their positions.
  Status Keep(const std::vector<RowRun>& runs);
};

/// Live rows of one row group, in file order. Used by one thread.
class LiveBatchStream {
 public:
  virtual ~LiveBatchStream() = default;
  /// The next batch with at least one row; `rows` null at the end.
  virtual Result<LiveBatch> Next() = 0;
};

/// How many rows deletes took away.
struct DeletedRows {
  std::atomic<int64_t> by_position{0};  ///< Position-delete files and deletion vectors.
  std::atomic<int64_t> by_equality{0};
};

/// The live rows of all row groups of a scan, as columns of one ReadSchema. Row groups that no
/// delete bears on are read as if there were none. Thread-safe.
class LiveRows {
 public:
  /// Plans the columns of every file, in parallel, with the key columns of equality deletes beside
  /// them. `scan` is borrowed and must outlive the result.
  static Result<std::unique_ptr<LiveRows>> Make(const OpenScan& scan, const ReadSchema& read,
                                                const ReadOptions& options);

  /// The live rows of scan.row_groups[number], which may be read once. Loads the deletes of its
  /// file where that has not happened. Batches hold at most options.batch_rows rows, fewer where
  /// rows are wide.
  /// `column_threads`: how many threads decode the columns of a batch.
  Result<std::unique_ptr<LiveBatchStream>> Read(size_t number, int column_threads = 1);

  /// About how many bytes reading scan.row_groups[number] keeps, beside its batches.
  int64_t DecoderBytesOf(size_t number) const;

  /// Compressed bytes that reading scan.row_groups[number] takes.
  int64_t BytesOf(size_t number) const;

  const DeletedRows& deleted() const { return deleted_; }

 private:
  friend class LiveGroupStream;

  // The keys of one group of equality deletes among the key columns of a file.
  struct Probe {
    uint32_t group = 0;
    std::vector<int> columns;
  };

  // How one file is read.
  struct FilePlan {
    ColumnPlan asked;
    std::optional<ColumnPlan> keys;  // Where equality deletes bear on the file.
    std::vector<Probe> probes;
    std::vector<int> leaves;  // Of both.
    std::atomic<int64_t> groups_left{0};
  };

  LiveRows(const OpenScan& scan, const ReadOptions& options)
      : scan_(scan), options_(options), plans_(scan.files.size()) {}
  Status PlanFile(const ReadSchema& read, size_t file);
  Status PlanKeys(size_t file);
  int64_t BatchRows(const RowGroupTask& task) const;
  void Finish(size_t file);

  const OpenScan& scan_;
  const ReadOptions options_;
  std::vector<FilePlan> plans_;
  DeletedRows deleted_;
};

}  // namespace icefield
