/// A scan ready to be read: footers parsed, row groups chosen, deletes at hand.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/executor.h"
#include "base/progress.h"
#include "base/result.h"
#include "batch/position_set.h"
#include "io/object_store.h"
#include "read/data_file.h"
#include "read/scan_deletes.h"
#include "scan/scan_plan.h"

namespace icefield {

/// How reading uses the machine. Answers never depend on it.
struct ReadOptions {
  int threads = 0;             ///< 0: all cores.
  int64_t batch_rows = 65536;  ///< Most rows in a batch; at least 1.
  /// Asked now and then on the calling thread; true stops the work with Cancelled. May be empty.
  std::function<bool()> interrupted;
  /// Most bytes that one read may be planned to take: compressed columns of data files, and delete
  /// files. None: no limit.
  std::optional<int64_t> bytes_max;
  /// Told how far reading has come, in weighed bytes of columns; borrowed. Null: nobody looks.
  Progress* progress = nullptr;
};

/// InvalidArgument for options that make no sense.
Status CheckReadOptions(const ReadOptions& options);

/// The threads of a read, and who may stop it.
Workers WorkersOf(const ReadOptions& options);

/// Cancelled if the caller asks to stop; only worker 0 runs on the calling thread and may ask. The
/// others are told by ParallelFor.
Status CheckInterrupted(const ReadOptions& options, int worker);

/// Work over a whole frame on the calling thread asks CheckInterrupted after so many rows.
inline constexpr int64_t kRowsPerAsk = int64_t{1} << 18;

/// ResourceExhausted where more than options.bytes_max are planned: `what` names what plans it,
/// `way_out` how to plan less.
Status CheckPlannedBytes(const ReadOptions& options, int64_t bytes_planned, std::string_view what,
                         std::string_view way_out);

/// One row group to read.
struct RowGroupTask {
  size_t file = 0;  ///< Index in the plan's tasks: its rank among full ties (P6).
  int row_group = 0;
  std::vector<RowRun> runs;  ///< Its rows, numbered in it, ascending; empty: all.
  bool operator==(const RowGroupTask&) const = default;
};

/// The files of a plan with their footers, and the row groups to read, in file order.
struct OpenScan {
  std::unique_ptr<const ScanSource> source;  ///< Of all files.
  std::vector<DataFileReader> files;
  std::unique_ptr<ScanDeletes> deletes;
  std::vector<RowGroupTask> row_groups;
  int64_t row_groups_pruned = 0;
  int64_t rows_pruned = 0;  ///< Of the row groups to read, by the page index.

  /// How many rows of a row group are to be read, deleted ones among them.
  int64_t RowsOf(const RowGroupTask& task) const;
  /// The same of all.
  int64_t rows() const;
};

/// Reads all footers, in parallel, and prunes row groups, and rows of them where files have a page
/// index, by the plan's predicate. Delete files are
/// read when rows are. NotFound and CorruptData name the table, the snapshot and the file. `store`
/// and `plan` are borrowed and must outlive the result.
Result<OpenScan> OpenFiles(const ObjectStore& store, const ScanPlan& plan,
                           const ReadOptions& options);

/// `read` as made from each file, in parallel.
Result<std::vector<ColumnPlan>> PlanColumnsOfFiles(const OpenScan& scan, const ReadSchema& read,
                                                   const ReadOptions& options);

}  // namespace icefield
