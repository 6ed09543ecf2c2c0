#include "retrieval/deciding_batches.h"

#include <arrow/array/array_primitive.h>

#include <algorithm>
#include <utility>

#include "base/executor.h"
#include "model/metadata_columns.h"
#include "read/live_rows.h"
#include "read/row_filter_plan.h"

namespace icefield {
namespace {

// True if a file stores row lineage of its own: it was rewritten and keeps what its rows had.
// Elsewhere lineage follows the plan's order of files and the position, and need not be read (P6).
bool StoresLineage(const OpenScan& scan) {
  const auto is_lineage = [](const FileColumn& column) {
    return column.id == kRowIdColumn || column.id == kLastUpdatedColumn;
  };
  return std::any_of(scan.files.begin(), scan.files.end(), [&](const DataFileReader& file) {
    return std::any_of(file.columns().begin(), file.columns().end(), is_lineage);
  });
}

std::vector<RowLineage> ReadLineages(const arrow::Array& last_updated, const arrow::Array& row_id) {
  const auto& sequences = static_cast<const arrow::Int64Array&>(last_updated);
  const auto& ids = static_cast<const arrow::Int64Array&>(row_id);
  std::vector<RowLineage> lineages(static_cast<size_t>(ids.length()));
  for (int64_t row = 0; row < ids.length(); ++row) {
    RowLineage& lineage = lineages[static_cast<size_t>(row)];
    if (sequences.IsValid(row)) lineage.last_updated = sequences.Value(row);
    if (ids.IsValid(row)) lineage.row_id = ids.Value(row);
  }
  return lineages;
}

// The deciding columns, then the lineage where it is to be read.
ReadSchema ColumnsToRead(const ViewScan& scan, bool with_lineage) {
  ReadSchema read = DecidingColumns(scan.pinned);
  if (!with_lineage) return read;
  // By id: the table may have columns of their names.
  for (const Field& field : MetadataColumns(scan.pinned.source.table->metadata)) {
    if (field.id == kLastUpdatedColumn || field.id == kRowIdColumn)
      read.schema.columns.fields.push_back(field);
  }
  read.columns.push_back({kLastUpdatedColumn, "last updated"});
  read.columns.push_back({kRowIdColumn, "row id"});
  return read;
}

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
  const int lineage_at = key_count + (pinned.view.created_time ? 2 : 1);
  batch.lineages.clear();
  if (lineage_at < live.rows->num_columns()) {
    batch.lineages =
        ReadLineages(*live.rows->column(lineage_at), *live.rows->column(lineage_at + 1));
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

// Reads one row group.
Status ReadGroup(const ViewScan& scan, size_t number, LiveRows& rows, const ReadOptions& options,
                 const RowFilterPlan& filter, int worker, Totals& totals,
                 const std::function<Status(DecidingBatch&, int)>& take) {
  const RowGroupTask& task = scan.files.row_groups[number];
  ICEFIELD_ASSIGN(const int64_t bytes, rows.BytesOf(number));
  totals.bytes += bytes;
  ICEFIELD_ASSIGN(std::unique_ptr<LiveBatchStream> stream, rows.Read(number));
  DecidingBatch batch;
  batch.file = static_cast<uint32_t>(task.file);
  while (true) {
    ICEFIELD_TRY(CheckInterrupted(options, worker));
    ICEFIELD_ASSIGN(LiveBatch live, stream->Next());
    if (live.rows == nullptr) return {};
    ICEFIELD_TRY(filter.Apply(live));
    if (live.rows->num_rows() == 0) continue;
    Status decoded = Decode(scan.pinned, std::move(live), batch);
    if (!decoded.ok()) return std::move(decoded).error().At(scan.plan.tasks[task.file].file.path);
    totals.rows += batch.rows;
    ICEFIELD_TRY(take(batch, worker));
  }
}

}  // namespace

Status ForEachDecidingBatch(ViewScan& scan, TieOrder order, const ReadOptions& options,
                            const std::function<Status(DecidingBatch&, int)>& take) {
  ReadSchema read = ColumnsToRead(scan, order == TieOrder::kRead && StoresLineage(scan.files));
  const RowFilterPlan filter = RowFilterPlan::Make(scan.pinned.view.row_filter, read);
  LiveRows rows(scan.files, std::move(read), options);
  Totals totals;
  const std::vector<RowGroupTask>& tasks = scan.files.row_groups;
  ICEFIELD_TRY(ParallelFor(tasks.size(), ThreadCount(options.threads), [&](size_t at, int worker) {
    return ReadGroup(scan, at, rows, options, filter, worker, totals, take);
  }));
  scan.report.rows_seen = totals.rows;
  scan.report.bytes_read += totals.bytes;
  scan.report.rows_deleted_by_position = rows.deleted().by_position;
  scan.report.rows_deleted_by_equality = rows.deleted().by_equality;
  scan.report.row_groups_read = static_cast<int64_t>(tasks.size());
  std::vector<uint8_t> touched(scan.files.files.size(), 0);
  for (const RowGroupTask& task : tasks)
    scan.report.files_read += std::exchange(touched[task.file], 1) == 0 ? 1 : 0;
  return {};
}

}  // namespace icefield
