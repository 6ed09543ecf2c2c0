#include "retrieval/explain.h"

#include <algorithm>

#include "base/checked.h"
#include "base/executor.h"
#include "codec/arrow/arrow_types.h"
#include "retrieval/progress_stages.h"
#include "retrieval/tied_rows.h"

namespace icefield {
namespace {

constexpr size_t kFilesMax = 20;

// Of an entity row on its way through a view: its slot, time, ids, winner.
constexpr int64_t kEntityRowBytes = 112;

// What is read of the planned row groups, in words.
std::string StrategyOf(const ViewScan& scan, PlanDepth depth) {
  const PinnedView& pinned = scan.pinned;
  std::string strategy = "keys and times of every planned row group";
  if (scan.report.decided_with) {
    const bool alone = !scan.gathered.columns.empty();
    strategy = StrCat(alone ? "keys and times" : "keys, times and features", " with those of view ",
                      *scan.report.decided_with);
  } else if (depth != PlanDepth::kManifests || pinned.view.created_time) {
    const TieReading ties = PlannedTies(scan);
    if (ties == TieReading::kAside) strategy += ", created times of rows that may win";
    if (ties == TieReading::kAllRows) strategy += " with what decides between rows that tie";
  }
  if (scan.gathered.columns.empty()) return strategy;
  return strategy + ", then the features of row groups that hold a winner";
}

Result<std::string> KeysText(const BoundView& view) {
  std::vector<std::string> texts;
  for (size_t at = 0; at < view.keys.size(); ++at) {
    ICEFIELD_ASSIGN(const std::shared_ptr<arrow::DataType> type, ToArrowType(view.keys[at].type));
    texts.push_back(StrCat(view.frame_keys[at], ": ", type->ToString()));
  }
  return Join(texts, ", ");
}

// Row groups as writers say where they start; nothing where any does not.
std::optional<int64_t> RowGroupsOf(const ViewScan& scan, PlanDepth depth) {
  if (depth != PlanDepth::kManifests) return static_cast<int64_t>(scan.files.row_groups.size());
  int64_t groups = 0;
  for (const FileTask& task : scan.plan.tasks) {
    if (task.file.split_offsets.empty()) return std::nullopt;
    groups += static_cast<int64_t>(task.file.split_offsets.size());
  }
  return groups;
}

// A winner lies in one page of every column.
std::optional<int64_t> GatheredPages(const ColumnSizes& gathered, int64_t winners_max) {
  const std::optional<int64_t> of_winners = CheckedMultiply(gathered.row_pages, winners_max);
  if (!gathered.pages || !of_winners) return gathered.pages;
  return std::min(*gathered.pages, *of_winners);
}

int64_t PerRow(int64_t bytes, int64_t rows) { return rows == 0 ? 0 : (bytes + rows - 1) / rows; }

ViewMemory MemoryOf(const ViewScan& scan, const ViewPlan& plan, const MemoryTerms& terms) {
  const int64_t pieces = plan.row_groups.value_or(plan.report.files_planned);
  const int64_t threads = std::min<int64_t>(ThreadCount(terms.read.threads), pieces);
  const int64_t batch_rows = std::min(terms.read.batch_rows, plan.rows);
  const auto reading = [&](const ColumnSizes& sizes) {
    return threads * (sizes.decoder + batch_rows * PerRow(sizes.decoded, plan.rows));
  };
  const int64_t winners = std::min(terms.entity_rows, plan.rows);
  ViewMemory memory;
  if (!scan.report.decided_with) memory.slots = terms.probes * terms.entity_rows * kEntityRowBytes;
  memory.decoders = std::max(reading(scan.deciding_sizes), reading(scan.gathered_sizes));
  memory.features = winners * PerRow(scan.gathered_sizes.decoded, plan.rows);
  return memory;
}

}  // namespace

int64_t RetrievalPlan::BytesToRead() const {
  int64_t bytes = 0;
  const auto add = [&](const ViewPlan& view) {
    bytes += view.report.bytes_planned + view.report.delete_bytes;
  };
  if (frame) std::for_each(frame->scans.begin(), frame->scans.end(), add);
  std::for_each(views.begin(), views.end(), add);
  return bytes;
}

int64_t RetrievalPlan::Work() const {
  int64_t work = 0;
  for (const ViewPlan& view : views)
    work += kHandledWeight * view.deciding_bytes + view.gathered_bytes;
  return work;
}

int64_t RetrievalPlan::PeakMemory() const {
  int64_t kept = frame ? frame->bytes : 0;
  for (const KeysPlan& shared : keys) kept += shared.bytes;
  int64_t peak = kept;
  for (const ViewPlan& view : views) {
    const ViewMemory& memory = view.memory;
    peak = std::max(peak, kept + memory.decoders + std::max(memory.slots, memory.features));
    kept += memory.features;
  }
  return std::min(peak, budget.bytes + (frame ? frame->bytes : 0));
}

Result<ViewPlan> DescribeView(const ViewScan& scan, PlanDepth depth, const MemoryTerms& terms) {
  ViewPlan plan{.report = scan.report,
                .strategy = StrategyOf(scan, depth),
                .filter = scan.plan.predicate.ToString(scan.plan.schema),
                .row_groups = RowGroupsOf(scan, depth),
                .deciding_bytes = scan.deciding_sizes.compressed,
                .gathered_bytes = scan.gathered_sizes.compressed,
                .deciding_pages = scan.deciding_sizes.pages,
                .gathered_pages = GatheredPages(scan.gathered_sizes, terms.entity_rows)};
  ICEFIELD_ASSIGN(plan.keys, KeysText(scan.pinned.view));
  for (const FileTask& task : scan.plan.tasks) {
    plan.rows += task.file.record_count;
    plan.file_bytes += task.file.size_bytes;
    if (plan.first_files.size() == kFilesMax) continue;
    plan.first_files.push_back({.path = task.file.path,
                                .rows = task.file.record_count,
                                .size_bytes = task.file.size_bytes,
                                .delete_files = static_cast<int64_t>(task.deletes.size())});
  }
  plan.memory = MemoryOf(scan, plan, terms);
  return plan;
}

std::vector<KeysPlan> GroupByKeys(const std::vector<ViewPlan>& views) {
  std::vector<KeysPlan> groups;
  for (const ViewPlan& view : views) {
    auto found = std::find_if(groups.begin(), groups.end(),
                              [&](const KeysPlan& group) { return group.keys == view.keys; });
    if (found == groups.end())
      found = groups.insert(groups.end(), KeysPlan{.keys = view.keys, .views = {}, .distinct = {}});
    found->views.push_back(view.report.view);
  }
  return groups;
}

}  // namespace icefield
