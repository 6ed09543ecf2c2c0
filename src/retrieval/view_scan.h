/// One view of a retrieval: its table at its snapshot, its columns, its plan.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "catalog/catalog.h"
#include "feature/feature_view.h"
#include "pit/times.h"
#include "read/open_scan.h"
#include "retrieval/column_sizes.h"
#include "retrieval/commit_times.h"
#include "retrieval/report.h"

namespace icefield {

/// A table and where its files lie, held by value: later commits change nothing (P11).
struct SourceTable {
  std::shared_ptr<const ObjectStore> store;
  std::shared_ptr<const LoadedTable> table;
};

/// A view with its snapshot resolved.
struct PinnedView {
  SourceTable source;
  SelectedSnapshot selected;  ///< Points into source.table.
  BoundView view;
  ViewUnit unit = ViewUnit::kMicros;
  std::optional<CommitTimes> commit_times;   ///< With the commit cut (P9).
  bool provenance = false;                   ///< Say where winners come from.
  std::optional<SnapshotId> appended_since;  ///< Read only rows that were appended after it.
};

/// Resolves the snapshot of a view and matches it with that snapshot's schema. Reads no file.
Result<PinnedView> PinView(const SourceTable& source, const FeatureViewSpec& spec);

/// The same view of only the rows that were appended after a snapshot. NotFound, InvalidArgument
/// and Unsupported as AppendsSince, with the table's name. Reads no file.
Result<PinnedView> AppendedSince(PinnedView pinned, SnapshotId since);

/// When a row of `task` was committed (P9), in ticks of the view's unit; see CommitTimes::Of.
Result<int64_t> CommitTick(const PinnedView& pinned, const FileTask& task, int64_t last_updated);

/// The columns that deciding the winners needs, in the order keys, event time, created time.
ReadSchema DecidingColumns(const PinnedView& pinned);

/// The features, by their names, in order; with provenance the winners' times behind them.
ReadSchema FeatureColumns(const PinnedView& pinned);

/// Which rows of a view can matter, and what is read of those that win.
struct ViewNeed {
  Predicate span;       ///< By event time.
  Predicate keys;       ///< By join keys.
  ReadSchema gathered;  ///< The winners' columns; may be none.
  CutEffect cut = CutEffect::kNotAsked;
};

/// The parts of a view's predicate, by which ScanCounts::by_part counts.
enum class ViewPart : uint8_t { kTimeRange, kKeys, kRowFilter };

/// How much planning reads.
enum class PlanDepth : uint8_t {
  kManifests,  ///< Row groups are not known, sizes of columns are as manifests have them.
  kFooters,
  kPageIndexes,  ///< Footers, and the page index of every row group: pages are counted.
};

/// A pinned view with its files planned and opened. Not movable while readers point into it: kept
/// behind a pointer.
struct ViewScan {
  PinnedView pinned;
  ReadSchema gathered;
  ScanPlan plan;
  OpenScan files;  ///< None opened where manifests alone were read.
  ColumnSizes deciding_sizes;
  ColumnSizes gathered_sizes;
  ViewReport report;

  /// Keys, times and deletes are read with those of the view `decider`.
  void LeaveDeciding(const std::string& decider);
};

/// Plans and opens the files that may hold rows that `need` speaks of and the view's row filter
/// lets pass. With PlanDepth::kManifests they are not opened: such a scan is only looked at.
Result<std::unique_ptr<ViewScan>> OpenView(PinnedView pinned, ViewNeed need,
                                           const ReadOptions& options,
                                           PlanDepth depth = PlanDepth::kFooters);

/// Makes the scan of a view that decides (OpenView, to `depth`) that of another one which it
/// decides for (see ViewGroups): files stay as they were opened. `gathered` none: its features are
/// read with those of another view too. Such a scan is only looked at.
Status TurnToView(ViewScan& scan, PinnedView pinned, std::optional<ReadSchema> gathered,
                  const ReadOptions& options, PlanDepth depth);

/// What the views of one retrieval are planned to read, against ReadOptions::bytes_max. Borrows the
/// options.
class PlannedBytes {
 public:
  explicit PlannedBytes(const ReadOptions& options) : options_(options) {}

  /// Counts an opened view in. ResourceExhausted names it, its table, the bytes and the limit.
  Status Add(const ViewReport& view);

 private:
  const ReadOptions& options_;
  int64_t bytes_ = 0;
  int views_ = 0;
};

/// A report that names the view, table and snapshot and counts nothing yet.
ViewReport PinnedReport(const PinnedView& pinned);

/// The same of several.
std::vector<ViewReport> PinnedReports(const std::vector<PinnedView>& views);

}  // namespace icefield
