/// What a retrieval would read, told before it does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "retrieval/report.h"
#include "retrieval/view_scan.h"

namespace icefield {

/// About how many bytes of memory one view needs while it is joined.
struct ViewMemory {
  int64_t slots = 0;     ///< The best row so far of every key and entity time.
  int64_t decoders = 0;  ///< Pages, dictionaries and batches of all threads.
  int64_t features = 0;  ///< Of the winners, until their rows have been given out.
  bool operator==(const ViewMemory&) const = default;
};

/// A planned data file.
struct PlannedFile {
  std::string path;
  int64_t rows = 0;
  int64_t size_bytes = 0;
  int64_t delete_files = 0;  ///< That apply to it.
  bool operator==(const PlannedFile&) const = default;
};

/// One view's part of a plan.
struct ViewPlan {
  ViewReport report;     ///< Its counts of reading are zero.
  std::string strategy;  ///< In words.
  std::string filter;    ///< What rows have to pass, by the columns of the table.
  std::string keys;      ///< "driver_id: int64, zone: string", as the frame names them.
  int64_t rows = 0;      ///< Of the planned files, deleted ones included.
  int64_t file_bytes = 0;
  std::optional<int64_t> row_groups;  ///< None: footers were not read and manifests do not say.
  int64_t deciding_bytes = 0;         ///< Compressed: keys, times and what the row filter needs.
  int64_t gathered_bytes = 0;         ///< Compressed: the winners' columns.
  /// Data pages of columns without nesting, at most: as ViewReport::pages_read counts them. None:
  /// not counted, or files have no page index.
  std::optional<int64_t> deciding_pages;
  std::optional<int64_t> gathered_pages;
  std::vector<PlannedFile> first_files;  ///< In the plan's order, a few.
  ViewMemory memory;
  bool operator==(const ViewPlan&) const = default;
};

/// Key columns of the frame that are encoded once, for all views that share them.
struct KeysPlan {
  std::string keys;  ///< As ViewPlan::keys.
  std::vector<std::string> views;
  std::optional<int64_t> distinct;  ///< None: the frame is not known yet.
  int64_t bytes = 0;                ///< About, in memory.
  bool operator==(const KeysPlan&) const = default;
};

/// The entity frame of a plan.
struct FramePlan {
  int64_t rows = 0;                 ///< At most so many where `scans` make it.
  int64_t bytes = 0;                ///< In memory; about where `scans` make it.
  std::optional<int64_t> start_us;  ///< Of event times, where `scans` make it.
  std::optional<int64_t> end_us;
  std::vector<ViewPlan> scans;
  bool operator==(const FramePlan&) const = default;
};

/// What a plan says of the memory budget.
struct BudgetPlan {
  int64_t bytes = 0;
  int64_t passes = 1;                ///< Parts of the frame that are joined one after the other.
  std::optional<int64_t> pass_rows;  ///< Entity rows of a pass at most; none: not known yet.
  bool operator==(const BudgetPlan&) const = default;
};

/// A retrieval that was planned and not run. Of several passes bytes, rows, files and what was
/// pruned are sums, and memory is that of the pass that needs most.
struct RetrievalPlan {
  PlanDepth depth = PlanDepth::kManifests;
  BudgetPlan budget;
  std::optional<FramePlan> frame;  ///< None: latest rows, which need none.
  std::vector<KeysPlan> keys;
  std::vector<ViewPlan> views;
  bool operator==(const RetrievalPlan&) const = default;

  /// Adds another pass, over the next rows of the frame.
  void AddPass(const RetrievalPlan& pass);

  /// Bytes to read: compressed columns, delete files, and what a made frame takes.
  int64_t BytesToRead() const;

  /// The same as a progress counts it; see progress_stages.h.
  int64_t Work() const;

  /// About the bytes of memory at the peak, beside the process and the batches given out. No more
  /// than the frame and the budget: features beyond it are spilled.
  int64_t PeakMemory() const;

  /// For people.
  std::string ToString() const;

  /// One JSON object on one line.
  std::string ToJson() const;
};

/// What a view's memory depends on.
struct MemoryTerms {
  int64_t entity_rows = 0;  ///< Slots and winners: at most so many.
  int64_t probes = 1;       ///< Whose slots are there at once.
  ReadOptions read;
};

/// The plan of a view that OpenView opened to `depth`.
Result<ViewPlan> DescribeView(const ViewScan& scan, PlanDepth depth, const MemoryTerms& terms);

/// Groups the views by the keys that they share; `distinct` and `bytes` are left to the caller.
std::vector<KeysPlan> GroupByKeys(const std::vector<ViewPlan>& views);

}  // namespace icefield
