#include "retrieval/view_scan.h"

#include <limits>

#include "base/checked.h"
#include "read/row_filter_plan.h"
#include "retrieval/deciding_batches.h"
#include "retrieval/progress_stages.h"
#include "retrieval/provenance.h"
#include "retrieval/tied_rows.h"
#include "scan/append_history.h"

namespace icefield {
namespace {

// Keys; of rows whose keys are asked for times, what decides between rows that tie (as if all did)
// and what the row filter looks at, be it a key.
std::vector<ReadSchema> DecidingSteps(const ViewScan& scan) {
  ReadSchema keys = DecidingColumns(scan.pinned);
  const auto times = keys.columns.begin() + std::ssize(scan.pinned.view.keys);
  ReadSchema rest{.schema = keys.schema, .columns = {times, keys.columns.end()}};
  keys.columns.erase(times, keys.columns.end());
  if (PlannedTies(scan) != TieReading::kNone && StoresLineage(scan.files))
    AddLineage(scan.pinned, rest);
  RowFilterPlan::Make(scan.pinned.view.row_filter, rest);
  return {std::move(keys), std::move(rest)};
}

Result<std::vector<ColumnSizes>> Measure(const ViewScan& scan, const std::vector<ReadSchema>& reads,
                                         const ReadOptions& options, PlanDepth depth) {
  if (depth != PlanDepth::kManifests) {
    const bool counts = depth == PlanDepth::kPageIndexes;
    return SizesByFooters(scan.files, reads, options,
                          counts ? PageCount::kByIndex : PageCount::kLeftOut);
  }
  std::vector<ColumnSizes> sizes;
  for (const ReadSchema& read : reads) sizes.push_back(SizesByManifests(scan.plan, read));
  return sizes;
}

// Of both passes.
Status MeasureColumns(ViewScan& scan, const ReadOptions& options, PlanDepth depth) {
  std::vector<ReadSchema> reads = DecidingSteps(scan);
  reads.push_back(scan.gathered);
  ICEFIELD_ASSIGN(const std::vector<ColumnSizes> sizes, Measure(scan, reads, options, depth));
  scan.deciding_sizes = Together(sizes[0], sizes[1]);
  scan.gathered_sizes = sizes[2];
  scan.report.bytes_planned = scan.deciding_sizes.compressed + scan.gathered_sizes.compressed;
  scan.report.delete_bytes = scan.plan.DeleteBytes();
  return {};
}

}  // namespace

Status PlannedBytes::Add(const ViewReport& view) {
  bytes_ += view.bytes_planned + view.delete_bytes;
  const std::string_view together = views_++ == 0 ? "" : ", with the views before it,";
  return CheckPlannedBytes(
      options_, bytes_, StrCat("feature view '", view.view, "' of table ", view.table, together),
      "ask for fewer features, give the view a shorter ttl or row filter, or split the entity "
      "frame by time (explain() shows the plan)");
}

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

Result<PinnedView> AppendedSince(PinnedView pinned, SnapshotId since) {
  const LoadedTable& table = *pinned.source.table;
  Result<std::vector<const Snapshot*>> history =
      AppendsSince(table.metadata, pinned.selected.snapshot, since);
  if (!history.ok()) return std::move(history).error().At(StrCat("table ", table.name));
  pinned.appended_since = since;
  return pinned;
}

Result<int64_t> CommitTick(const PinnedView& pinned, const FileTask& task, int64_t last_updated) {
  ICEFIELD_ASSIGN(const SnapshotTime time, pinned.commit_times->Of(task, last_updated));
  return MicrosToTick(
      CheckedMultiply<int64_t>(time.value, 1000).value_or(std::numeric_limits<int64_t>::max()),
      pinned.unit);
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
  if (pinned.provenance) {
    for (ReadColumn& time : ProvenanceTimes(pinned)) read.columns.push_back(std::move(time));
  }
  return read;
}

Result<std::unique_ptr<ViewScan>> OpenView(PinnedView pinned, ViewNeed need,
                                           const ReadOptions& options, PlanDepth depth) {
  EnterStage(options, "planning", pinned.view.name);
  auto scan = std::make_unique<ViewScan>();
  scan->pinned = std::move(pinned);
  scan->gathered = std::move(need.gathered);
  const LoadedTable& table = *scan->pinned.source.table;
  const ObjectStore& store = *scan->pinned.source.store;
  // In the order of ViewPart.
  std::vector<Predicate> parts{std::move(need.span), std::move(need.keys),
                               scan->pinned.view.row_filter};
  ICEFIELD_ASSIGN(scan->plan, PlanScan(store, table.metadata,
                                       {.table_name = table.name,
                                        .selected = scan->pinned.selected,
                                        .predicate = And(And(parts[0], parts[1]), parts[2]),
                                        .threads = options.threads,
                                        .parts = parts,
                                        .appended_since = scan->pinned.appended_since,
                                        .interrupted = options.interrupted}));
  scan->report = PinnedReport(scan->pinned);
  scan->report.cut = need.cut;
  scan->report.files_planned = static_cast<int64_t>(scan->plan.tasks.size());
  scan->report.pruned = scan->plan.counts;
  if (depth != PlanDepth::kManifests) {
    ICEFIELD_ASSIGN(scan->files, OpenFiles(store, scan->plan, options));
    scan->report.row_groups_pruned = scan->files.row_groups_pruned;
    scan->report.rows_pruned = scan->files.rows_pruned;
  }
  ICEFIELD_TRY(MeasureColumns(*scan, options, depth));
  return scan;
}

void ViewScan::LeaveDeciding(const std::string& decider) {
  report.decided_with = decider;
  report.bytes_planned -= deciding_sizes.compressed;
  report.delete_bytes = 0;
  deciding_sizes = {.pages = 0};
}

Status TurnToView(ViewScan& scan, PinnedView pinned, std::optional<ReadSchema> gathered,
                  const ReadOptions& options, PlanDepth depth) {
  const ViewReport before = scan.report;
  scan.LeaveDeciding(before.decided_with.value_or(before.view));
  scan.report.view = pinned.view.name;
  scan.pinned = std::move(pinned);
  scan.gathered = {.schema = *scan.pinned.selected.schema, .columns = {}};
  scan.gathered_sizes = {.pages = 0};
  if (gathered) {
    scan.gathered = *std::move(gathered);
    ICEFIELD_ASSIGN(const std::vector<ColumnSizes> sizes,
                    Measure(scan, {scan.gathered}, options, depth));
    scan.gathered_sizes = sizes.front();
  }
  scan.report.bytes_planned = scan.gathered_sizes.compressed;
  return {};
}

ViewReport PinnedReport(const PinnedView& pinned) {
  ViewReport report{.view = pinned.view.name, .table = pinned.source.table->name};
  report.commit_cut = pinned.commit_times.has_value();
  report.appended_since = pinned.appended_since;
  if (pinned.selected.snapshot != nullptr) {
    report.snapshot_id = pinned.selected.snapshot->id;
    report.snapshot_time = pinned.selected.snapshot->timestamp;
  }
  return report;
}

std::vector<ViewReport> PinnedReports(const std::vector<PinnedView>& views) {
  std::vector<ViewReport> reports;
  for (const PinnedView& view : views) reports.push_back(PinnedReport(view));
  return reports;
}

}  // namespace icefield
