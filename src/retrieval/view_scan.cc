#include "retrieval/view_scan.h"

#include "read/row_filter_plan.h"

namespace icefield {
namespace {

// Compressed bytes of all columns that the view needs, in the row groups to read.
Result<int64_t> NeededBytes(const ViewScan& scan, const ReadOptions& options) {
  ReadSchema needed = DecidingColumns(scan.pinned);
  for (const ReadColumn& feature : FeatureColumns(scan.pinned).columns)
    needed.columns.push_back(feature);
  RowFilterPlan::Make(scan.pinned.view.row_filter, needed);
  ICEFIELD_ASSIGN(std::vector<ColumnPlan> columns, PlanColumnsOfFiles(scan.files, needed, options));
  int64_t bytes = 0;
  for (const RowGroupTask& task : scan.files.row_groups) {
    bytes += scan.files.files[task.file].BytesOf(task.row_group, columns[task.file].leaves());
  }
  return bytes;
}

}  // namespace

Result<PinnedView> PinView(const SourceTable& source, const FeatureViewSpec& spec) {
  PinnedView pinned{.source = source};
  const std::string& name = source.table->name;
  ICEFIELD_ASSIGN(pinned.selected, SelectSnapshot(source.table->metadata, spec.snapshot, name));
  ICEFIELD_ASSIGN(pinned.view, BindView(spec, *pinned.selected.schema, name));
  const BoundView& view = pinned.view;
  const bool nanos = IsNanosecondType(view.event_time.type) ||
                     (view.created_time && IsNanosecondType(view.created_time->type));
  pinned.unit = nanos ? ViewUnit::kNanos : ViewUnit::kMicros;
  return pinned;
}

ReadSchema DecidingColumns(const PinnedView& pinned) {
  ReadSchema read{.schema = *pinned.selected.schema, .columns = {}};
  const auto add = [&](const Field& field) { read.columns.push_back({field.id, field.name}); };
  for (const Field& key : pinned.view.keys) add(key);
  add(pinned.view.event_time);
  if (pinned.view.created_time) add(*pinned.view.created_time);
  return read;
}

ReadSchema FeatureColumns(const PinnedView& pinned) {
  ReadSchema read{.schema = *pinned.selected.schema, .columns = {}};
  for (const BoundView::Feature& feature : pinned.view.features) {
    read.columns.push_back({feature.field.id, feature.name});
  }
  return read;
}

Result<std::unique_ptr<ViewScan>> OpenView(PinnedView pinned, Predicate predicate,
                                           const ReadOptions& options) {
  auto scan = std::make_unique<ViewScan>();
  scan->pinned = std::move(pinned);
  const LoadedTable& table = *scan->pinned.source.table;
  const ObjectStore& store = *scan->pinned.source.store;
  ICEFIELD_ASSIGN(scan->plan,
                  PlanScan(store, table.metadata,
                           {.table_name = table.name,
                            .selected = scan->pinned.selected,
                            .predicate = And(std::move(predicate), scan->pinned.view.row_filter),
                            .threads = options.threads}));
  ICEFIELD_ASSIGN(scan->files, OpenFiles(store, scan->plan, options));
  scan->report = PinnedReport(scan->pinned);
  scan->report.files_planned = static_cast<int64_t>(scan->plan.tasks.size());
  scan->report.pruned = scan->plan.counts;
  scan->report.row_groups_pruned = scan->files.row_groups_pruned;
  scan->report.rows_pruned = scan->files.rows_pruned;
  ICEFIELD_ASSIGN(scan->report.bytes_planned, NeededBytes(*scan, options));
  return scan;
}

ViewReport PinnedReport(const PinnedView& pinned) {
  ViewReport report{.view = pinned.view.name, .table = pinned.source.table->name};
  report.commit_cut = pinned.commit_times.has_value();
  if (pinned.selected.snapshot != nullptr) {
    report.snapshot_id = pinned.selected.snapshot->id;
    report.snapshot_time = pinned.selected.snapshot->timestamp;
  }
  return report;
}

std::string ExplainScan(const ViewScan& scan) {
  return StrCat(scan.plan.ToString(), "row groups: ", scan.files.row_groups.size(), " to read, ",
                scan.files.row_groups_pruned, " pruned, ", scan.files.rows_pruned,
                " rows left out by page indexes\n");
}

}  // namespace icefield
