/// The rows of a scan's files that exist: what deletes leave (P12).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
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
  /// `scan` is borrowed and must outlive this.
  LiveRows(const OpenScan& scan, ReadSchema read, const ReadOptions& options);

  /// The live rows of scan.row_groups[number], which may be read once. Plans the columns of its
  /// file (with the key columns of equality deletes beside them) and loads its deletes where that
  /// has not happened; both are forgotten with the last of its row groups. Batches hold at most
  /// options.batch_rows rows, fewer where rows are wide. `column_threads`: how many threads decode
  /// the columns of a batch.
  Result<std::unique_ptr<LiveBatchStream>> Read(size_t number, int column_threads = 1);

  /// About how many bytes reading scan.row_groups[number] keeps, beside its batches.
  Result<int64_t> DecoderBytesOf(size_t number);

  /// Compressed bytes of what reading scan.row_groups[number] needs, whole column chunks.
  Result<int64_t> BytesOf(size_t number);

  const DeletedRows& deleted() const { return deleted_; }

  /// What was read so far.
  const ReadCounts& counts() const { return counts_; }

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
  };
  using FilePlanPtr = std::shared_ptr<const FilePlan>;

  // A file while its row groups are read.
  struct FileInWork {
    std::mutex mutex;
    FilePlanPtr plan;
    std::atomic<int64_t> groups_left{0};
  };

  Result<FilePlanPtr> PlanOf(size_t file);
  Status PlanKeys(size_t file, FilePlan& plan) const;
  int64_t BatchRows(const RowGroupTask& task, const FilePlan& plan) const;
  void Finish(size_t file);

  const OpenScan& scan_;
  const ReadSchema read_;
  const ReadOptions options_;
  std::vector<FileInWork> files_;
  DeletedRows deleted_;
  ReadCounts counts_;
};

}  // namespace icefield
