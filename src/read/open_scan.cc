#include "read/open_scan.h"

#include <optional>

#include "base/executor.h"
#include "codec/json/name_mapping_reader.h"
#include "read/page_pruning.h"
#include "scan/file_statistics.h"
#include "scan/partition_projection.h"

namespace icefield {
namespace {

constexpr int kThreadsMax = 1024;

Result<std::vector<RowGroupTask>> ChooseRowGroups(const DataFileReader& reader, size_t file,
                                                  const Predicate& predicate) {
  std::vector<RowGroupTask> tasks;
  const Predicate in_partition =
      NarrowToPartition(predicate, reader.spec(), PartitionTuple(reader.task().file.partition));
  for (const int row_group : reader.RowGroupsFor(in_partition)) {
    ICEFIELD_ASSIGN(const Predicate possible, WithoutAbsentValues(reader, row_group, in_partition));
    if (possible.op == PredicateOp::kFalse) continue;
    ICEFIELD_ASSIGN(std::optional<std::vector<RowRun>> runs, RunsFor(reader, row_group, possible));
    if (runs && runs->empty()) continue;
    tasks.push_back({.file = file, .row_group = row_group, .runs = {}});
    if (runs) tasks.back().runs = *std::move(runs);
  }
  return tasks;
}

}  // namespace

int64_t OpenScan::RowsOf(const RowGroupTask& task) const {
  if (task.runs.empty()) return files[task.file].extent(task.row_group).rows;
  int64_t rows = 0;
  for (const RowRun& run : task.runs) rows += run.count;
  return rows;
}

int64_t OpenScan::rows() const {
  int64_t rows = 0;
  for (const RowGroupTask& task : row_groups) rows += RowsOf(task);
  return rows;
}

Status CheckReadOptions(const ReadOptions& options) {
  if (options.threads < 0)
    return InvalidArgument("threads is ", options.threads, "; give 1 or more, or 0 for all cores");
  if (options.threads > kThreadsMax) {
    return InvalidArgument("threads is ", options.threads, "; give at most ", kThreadsMax);
  }
  if (options.batch_rows < 1)
    return InvalidArgument("batch_size is ", options.batch_rows, "; give 1 or more");
  if (options.bytes_max && *options.bytes_max < 0)
    return InvalidArgument("max_bytes is ", *options.bytes_max, "; give 0 or more");
  return {};
}

Workers WorkersOf(const ReadOptions& options) {
  return {.threads = ThreadCount(options.threads), .interrupted = options.interrupted};
}

Status CheckInterrupted(const ReadOptions& options, int worker) {
  if (worker == 0 && options.interrupted && options.interrupted()) {
    return Fail(ErrorCode::kCancelled, "stopped by the caller");
  }
  return worker == 0 ? Status() : CheckStopped();
}

Status CheckPlannedBytes(const ReadOptions& options, int64_t bytes_planned, std::string_view what,
                         std::string_view way_out) {
  if (!options.bytes_max || bytes_planned <= *options.bytes_max) return {};
  return Fail(ErrorCode::kResourceExhausted, what, " is planned to read ", bytes_planned,
              " bytes, more than max_bytes allows (", *options.bytes_max, "); ", way_out,
              ", or raise max_bytes");
}

Result<OpenScan> OpenFiles(const ObjectStore& store, const ScanPlan& plan,
                           const ReadOptions& options) {
  OpenScan scan;
  scan.source = std::make_unique<const ScanSource>(
      ScanSource{&store, &plan, ReadNameMapping(plan.name_mapping_json)});
  ICEFIELD_ASSIGN(scan.deletes, ScanDeletes::Make(store, plan));
  std::vector<std::optional<DataFileReader>> opened(plan.tasks.size());
  std::vector<std::vector<RowGroupTask>> chosen(plan.tasks.size());
  ICEFIELD_TRY(ParallelFor(
      plan.tasks.size(), ThreadCount(options.threads),
      [&](size_t file, int worker) -> Status {
        ICEFIELD_TRY(CheckInterrupted(options, worker));
        Result<DataFileReader> reader = DataFileReader::Open(*scan.source, plan.tasks[file]);
        if (!reader.ok())
          return std::move(reader).error().At(plan.OriginOf(plan.tasks[file].manifest));
        opened[file] = *std::move(reader);
        ICEFIELD_ASSIGN(chosen[file], ChooseRowGroups(*opened[file], file, plan.predicate));
        return {};
      },
      options.interrupted));
  for (size_t file = 0; file < opened.size(); ++file) {
    const size_t groups = opened[file]->footer().row_groups().size();
    scan.row_groups_pruned += static_cast<int64_t>(groups - chosen[file].size());
    for (RowGroupTask& task : chosen[file]) {
      if (!task.runs.empty()) scan.rows_pruned += opened[file]->extent(task.row_group).rows;
      for (const RowRun& run : task.runs) scan.rows_pruned -= run.count;
      scan.row_groups.push_back(std::move(task));
    }
    scan.files.push_back(*std::move(opened[file]));
  }
  return scan;
}

Result<std::vector<ColumnPlan>> PlanColumnsOfFiles(const OpenScan& scan, const ReadSchema& read,
                                                   const ReadOptions& options) {
  std::vector<ColumnPlan> plans(scan.files.size());
  ICEFIELD_TRY(
      ParallelFor(scan.files.size(), ThreadCount(options.threads), [&](size_t file, int) -> Status {
        ICEFIELD_ASSIGN(plans[file], scan.files[file].PlanColumns(read));
        return {};
      }));
  return plans;
}

}  // namespace icefield
