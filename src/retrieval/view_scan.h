/// One view of a retrieval: its table at its snapshot, its columns, its plan.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "catalog/catalog.h"
#include "feature/feature_view.h"
#include "pit/times.h"
#include "read/open_scan.h"
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
  std::optional<CommitTimes> commit_times;  ///< With the commit cut (P9).
};

/// Resolves the snapshot of a view and matches it with that snapshot's schema. Reads no file.
Result<PinnedView> PinView(const SourceTable& source, const FeatureViewSpec& spec);

/// The columns that deciding the winners needs, in the order keys, event time, created time.
ReadSchema DecidingColumns(const PinnedView& pinned);

/// The features, by their names, in order.
ReadSchema FeatureColumns(const PinnedView& pinned);

/// A pinned view with its files planned and opened. Not movable while readers point into it: kept
/// behind a pointer.
struct ViewScan {
  PinnedView pinned;
  ScanPlan plan;
  OpenScan files;
  ViewReport report;
};

/// Plans and opens the files that may hold rows of `predicate` (and of the view's row filter).
Result<std::unique_ptr<ViewScan>> OpenView(PinnedView pinned, Predicate predicate,
                                           const ReadOptions& options);

/// A report that names the view, table and snapshot and counts nothing yet.
ViewReport PinnedReport(const PinnedView& pinned);

/// The plan of an opened view for people: snapshot, files, row groups, pruning.
std::string ExplainScan(const ViewScan& scan);

}  // namespace icefield
