#include "retrieval/deciding_batches.h"

#include <utility>

#include "base/executor.h"
#include "base/row_order.h"
#include "read/row_filter_plan.h"

namespace icefield {
namespace {

// The parts of a live batch as the kernel takes them. `batch` keeps its vectors from call to call.
Status Decode(const PinnedView& pinned, LiveBatch live, DecidingBatch& batch) {
  const auto key_count = static_cast<int>(pinned.view.keys.size());
  batch.keys.clear();
  for (int column = 0; column < key_count; ++column)
    batch.keys.push_back(live.rows->column(column));
  ICEFIELD_TRY(
      ReadViewTimes(*live.rows->column(key_count), pinned.unit, batch.event_times, batch.no_time));
  batch.created_times.clear();
  if (pinned.view.created_time) {
    std::vector<uint8_t> no_created;
    ICEFIELD_TRY(ReadViewTimes(*live.rows->column(key_count + 1), pinned.unit, batch.created_times,
                               no_created));
    for (size_t row = 0; row < no_created.size(); ++row) {
      if (no_created[row] != 0) batch.created_times[row] = kNoCreatedTime;
    }
  }
  batch.rows = live.rows->num_rows();
  batch.first_position = live.first_position;
  batch.positions = std::move(live.positions);
  return {};
}

struct Totals {
  std::atomic<int64_t> rows{0};
  std::atomic<int64_t> bytes{0};
};

// Reads one row group. `columns` is the plan of its file.
Status ReadGroup(const ViewScan& scan, const RowGroupTask& task, const ColumnPlan& columns,
                 const ReadOptions& options, const RowFilterPlan& filter, int worker,
                 Totals& totals, const std::function<Status(DecidingBatch&, int)>& take) {
  const DataFileReader& file = scan.files.files[task.file];
  ICEFIELD_ASSIGN(std::unique_ptr<LiveBatchStream> stream,
                  file.Read(task.row_group, columns, options.batch_rows));
  totals.bytes += file.BytesOf(task.row_group, columns);
  DecidingBatch batch;
  batch.file = task.file;
  while (true) {
    ICEFIELD_TRY(CheckInterrupted(options, worker));
    ICEFIELD_ASSIGN(LiveBatch live, stream->Next());
    if (live.rows == nullptr) return {};
    ICEFIELD_TRY(filter.Apply(live));
    if (live.rows->num_rows() == 0) continue;
    Status decoded = Decode(scan.pinned, std::move(live), batch);
    if (!decoded.ok()) return std::move(decoded).error().At(file.task().file.path);
    totals.rows += batch.rows;
    ICEFIELD_TRY(take(batch, worker));
  }
}

}  // namespace

Status ForEachDecidingBatch(ViewScan& scan, const ReadOptions& options,
                            const std::function<Status(DecidingBatch&, int)>& take) {
  ReadSchema read = DecidingColumns(scan.pinned);
  const RowFilterPlan filter = RowFilterPlan::Make(scan.pinned.view.row_filter, read);
  ICEFIELD_ASSIGN(std::vector<ColumnPlan> columns, PlanColumnsOfFiles(scan.files, read, options));
  Totals totals;
  const std::vector<RowGroupTask>& tasks = scan.files.row_groups;
  ICEFIELD_TRY(ParallelFor(tasks.size(), ThreadCount(options.threads), [&](size_t at, int worker) {
    return ReadGroup(scan, tasks[at], columns[tasks[at].file], options, filter, worker, totals,
                     take);
  }));
  scan.report.rows_seen = totals.rows;
  scan.report.bytes_read += totals.bytes;
  scan.report.row_groups_read = static_cast<int64_t>(tasks.size());
  std::vector<uint8_t> touched(scan.files.files.size(), 0);
  for (const RowGroupTask& task : tasks)
    scan.report.files_read += std::exchange(touched[task.file], 1) == 0 ? 1 : 0;
  return {};
}

}  // namespace icefield
