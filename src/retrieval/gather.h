/// From winning rows to their features: the second pass over a view's files.
#pragma once

#include <arrow/record_batch.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/row_order.h"
#include "retrieval/view_scan.h"

namespace icefield {

/// Takes rows that were gathered: those of the winners `first`, `first` + 1, ... Called by several
/// threads at once, in no order.
using TakeGathered = std::function<Status(size_t first, std::shared_ptr<arrow::RecordBatch> rows)>;

/// What is read of the winners, and how.
struct GatherTerms {
  ReadSchema columns;
  /// About the most bytes of rows that one thread holds before it gives them away. A row group with
  /// more of them is read in steps.
  int64_t thread_bytes = 0;
  ReadOptions read;
  int64_t work = 0;  ///< What ReadAll adds to the progress, expected already.
};

/// Reads winners (ascending, distinct), in parallel; row groups without a winner are not touched.
class WinnerReader {
 public:
  /// `files` and `winners` are borrowed and must outlive this.
  static Result<std::unique_ptr<WinnerReader>> Make(const OpenScan& files,
                                                    std::span<const RowLocator> winners,
                                                    GatherTerms terms);

  /// Reads all winners. A schema without columns reads nothing and gives nothing.
  Status ReadAll(const TakeGathered& take);

  /// Reads the next winners, of a few row groups for each thread but of at most about `bytes`, and
  /// of one winner at least. Returns how many.
  Result<size_t> ReadSome(int64_t bytes, const TakeGathered& take);

  int64_t bytes_read() const { return counts_.bytes; }
  int64_t pages_read() const { return counts_.pages; }

 private:
  // The winners of one row group: of all, those from `first` on.
  struct Group {
    RowGroupTask task;
    size_t first = 0;
    size_t count = 0;
    size_t done = 0;
    std::unique_ptr<RowPicker> picker;  // Where a part of them was read.
  };
  struct Part {
    Group* group;
    size_t count;
  };

  WinnerReader(const OpenScan& files, std::span<const RowLocator> winners, GatherTerms terms,
               std::vector<ColumnPlan> plans);

  Status GroupByRowGroup();
  int64_t RowBytes(const Group& group) const;
  std::vector<Part> ChooseParts(int64_t bytes);
  Status ReadPart(const Part& part, int worker, const TakeGathered& take);
  Status ReadStep(Group& group, size_t count, const TakeGathered& take);
  Status ReadByColumn(const Group& group, std::span<const int64_t> positions,
                      const TakeGathered& take);
  Status ReadByPicker(Group& group, std::span<const int64_t> positions, const TakeGathered& take);
  Status Give(size_t first, std::shared_ptr<arrow::RecordBatch> rows, const TakeGathered& take);

  const OpenScan& files_;
  const std::span<const RowLocator> winners_;
  const GatherTerms terms_;
  const std::vector<ColumnPlan> plans_;  // By file.
  std::vector<Group> groups_;
  size_t next_group_ = 0;  // Of ReadSome.
  ReadCounts counts_;
  std::atomic<int64_t> rows_given_{0};
  std::atomic<int64_t> bytes_given_{0};
};

/// Reads all `winners` (ascending, distinct) of a scan with `columns`, and gives them to `take`.
/// Adds to the report's bytes and pages, and GatheringWork to the progress. A thread holds about
/// `thread_bytes` at most.
Status ReadWinners(ViewScan& scan, std::span<const RowLocator> winners, ReadSchema columns,
                   int64_t thread_bytes, const ReadOptions& options, const TakeGathered& take);

}  // namespace icefield
