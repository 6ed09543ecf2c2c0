#include "retrieval/deciding_batches.h"

#include <arrow/array/array_primitive.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>

#include "base/executor.h"
#include "base/progress.h"
#include "model/metadata_columns.h"
#include "read/live_rows.h"
#include "read/picked_rows.h"
#include "read/row_filter_plan.h"
#include "retrieval/progress_stages.h"
#include "retrieval/tied_rows.h"

namespace icefield {
namespace {

// Where the parts of a deciding batch lie among the columns read; -1: not read.
struct Places {
  int keys = 0;  ///< So many, from the first column on.
  int event = -1;
  int created = -1;
  int lineage = -1;  ///< Of two columns the first.
};

struct Reading {
  ReadSchema columns;
  Places places;
};

ReadSchema KeyColumns(const PinnedView& pinned) {
  ReadSchema read{.schema = *pinned.selected.schema, .columns = {}};
  for (const Field& key : pinned.view.keys) read.columns.push_back({key.id, key.name});
  return read;
}

// Times after the columns of `read`, and what decides ties where that is asked for.
Reading WithTimes(const ViewScan& scan, ReadSchema read, TieOrder order) {
  const PinnedView& pinned = scan.pinned;
  Reading reading{.columns = std::move(read), .places = {}};
  std::vector<ReadColumn>& columns = reading.columns.columns;
  const auto add = [&](FieldId id, const std::string& name) {
    columns.push_back({id, name});
    return static_cast<int>(columns.size()) - 1;
  };
  reading.places.keys = static_cast<int>(columns.size());
  reading.places.event = add(pinned.view.event_time.id, pinned.view.event_time.name);
  if (order == TieOrder::kLeftOut) return reading;
  if (pinned.view.created_time)
    reading.places.created = add(pinned.view.created_time->id, pinned.view.created_time->name);
  if (!StoresLineage(scan.files)) return reading;
  reading.places.lineage = static_cast<int>(columns.size());
  AddLineage(pinned, reading.columns);
  return reading;
}

// The parts of a live batch as the kernel takes them. `batch` keeps its vectors from call to call.
Status Decode(const PinnedView& pinned, const Places& places, LiveBatch live,
              DecidingBatch& batch) {
  const arrow::RecordBatch& rows = *live.rows;
  batch.keys.clear();
  for (int column = 0; column < places.keys; ++column) batch.keys.push_back(rows.column(column));
  ICEFIELD_TRY(
      ReadViewTimes(*rows.column(places.event), pinned.unit, batch.event_times, batch.no_time));
  batch.created_times.clear();
  if (places.created >= 0) {
    batch.created_times.resize(static_cast<size_t>(rows.num_rows()));
    ICEFIELD_TRY(ReadCreatedTimes(*rows.column(places.created), pinned.unit, batch.created_times));
  }
  batch.lineages.clear();
  if (places.lineage >= 0) {
    batch.lineages = ReadLineages(
        {.last_updated = rows.column(places.lineage), .row_id = rows.column(places.lineage + 1)});
  }
  batch.rows = rows.num_rows();
  batch.first_position = live.first_position;
  batch.positions = std::move(live.positions);
  return {};
}

// Reads the row groups of a scan for one call.
class DecidingReader {
 public:
  // `choose` null: all columns of all rows are read at once.
  DecidingReader(ViewScan& scan, TieOrder order, const ReadOptions& options,
                 const ChooseRows* choose)
      : scan_(scan), options_(options), choose_(choose) {
    const ReadSchema keys = KeyColumns(scan.pinned);
    if (choose == nullptr) {
      reading_ = WithTimes(scan, keys, order);
      filter_ = RowFilterPlan::Make(scan.pinned.view.row_filter, reading_.columns);
      live_.emplace(scan.files, reading_.columns, options);
      return;
    }
    reading_ = WithTimes(scan, {.schema = keys.schema, .columns = {}}, order);
    filter_ = RowFilterPlan::Make(scan.pinned.view.row_filter, reading_.columns);
    live_.emplace(scan.files, keys, options);
    picked_.emplace(scan.files, reading_.columns);
  }

  using Take = std::function<Status(DecidingBatch&, ChosenRows&, int worker)>;

  Status ReadGroup(size_t number, int worker, const Take& take, PassProgress& pass) {
    const RowGroupTask& task = scan_.files.row_groups[number];
    int64_t rows_left = scan_.files.RowsOf(task);
    ICEFIELD_ASSIGN(std::unique_ptr<LiveBatchStream> stream, live_->Read(number));
    std::optional<PickedRows::Group> further;
    DecidingBatch batch;
    batch.file = static_cast<uint32_t>(task.file);
    ChosenRows chosen;
    while (true) {
      ICEFIELD_TRY(CheckInterrupted(options_, worker));
      ICEFIELD_ASSIGN(LiveBatch live, stream->Next());
      if (live.rows == nullptr) break;
      pass.AddRows(live.rows->num_rows());
      rows_left -= live.rows->num_rows();
      if (choose_ != nullptr) {
        rows_seen_ += live.rows->num_rows();
        ICEFIELD_TRY((*choose_)(live.rows->columns(), live.rows->num_rows(), chosen, worker));
        if (chosen.rows.empty()) continue;
        if (!further) {
          ICEFIELD_ASSIGN(PickedRows::Group group, picked_->Open(number));
          further.emplace(std::move(group));
        }
        ICEFIELD_TRY(PickChosen(*further, chosen, live));
      }
      ICEFIELD_TRY(Filter(live, chosen));
      if (live.rows->num_rows() == 0) continue;
      if (choose_ == nullptr) rows_seen_ += live.rows->num_rows();
      Status decoded = Decode(scan_.pinned, reading_.places, std::move(live), batch);
      if (!decoded.ok())
        return std::move(decoded).error().At(scan_.plan.tasks[task.file].file.path);
      ICEFIELD_TRY(take(batch, chosen, worker));
    }
    pass.AddRows(rows_left);
    return {};
  }

  // The bytes and pages that were read, into the scan's report: those of a reading that failed too.
  void ReportBytes() const {
    scan_.report.bytes_read +=
        live_->counts().bytes + (picked_ ? picked_->counts().bytes.load() : 0);
    scan_.report.pages_read +=
        live_->counts().pages + (picked_ ? picked_->counts().pages.load() : 0);
  }

  // What else was read.
  void Report() const {
    ViewReport& report = scan_.report;
    report.rows_seen += rows_seen_;
    report.rows_deleted_by_position += live_->deleted().by_position;
    report.rows_deleted_by_equality += live_->deleted().by_equality;
    const std::vector<RowGroupTask>& tasks = scan_.files.row_groups;
    report.row_groups_read += static_cast<int64_t>(tasks.size());
    std::vector<uint8_t> touched(scan_.files.files.size(), 0);
    for (const RowGroupTask& task : tasks)
      report.files_read += std::exchange(touched[task.file], 1) == 0 ? 1 : 0;
  }

 private:
  // Puts the further columns of the chosen rows in the place of a batch's keys.
  static Status PickChosen(PickedRows::Group& further, const ChosenRows& chosen, LiveBatch& live) {
    std::vector<int64_t> positions;
    positions.reserve(chosen.rows.size());
    for (const int32_t row : chosen.rows) positions.push_back(live.PositionOf(row));
    ICEFIELD_ASSIGN(live.rows, further.At(positions));
    live.first_position = positions.front();
    live.positions = std::move(positions);
    return {};
  }

  // Leaves out what the row filter does not let through, among the chosen rows too.
  Status Filter(LiveBatch& live, ChosenRows& chosen) const {
    const std::vector<int64_t> before =
        choose_ == nullptr ? std::vector<int64_t>() : live.positions;
    ICEFIELD_TRY(filter_.Apply(live));
    if (live.positions.size() == before.size()) return {};
    size_t kept = 0;
    for (size_t row = 0; row < before.size() && kept < live.positions.size(); ++row) {
      if (before[row] != live.positions[kept]) continue;
      chosen.rows[kept++] = chosen.rows[row];
    }
    chosen.rows.resize(kept);
    return {};
  }

  ViewScan& scan_;
  const ReadOptions& options_;
  const ChooseRows* choose_;
  Reading reading_;
  RowFilterPlan filter_;
  std::optional<LiveRows> live_;
  std::optional<PickedRows> picked_;
  std::atomic<int64_t> rows_seen_{0};
};

Status ReadGroups(ViewScan& scan, DecidingReader& reader, const ReadOptions& options,
                  const DecidingReader::Take& take) {
  PassProgress pass(options.progress, DecidingWork(scan), scan.files.rows());
  Status read = ParallelFor(
      scan.files.row_groups.size(), ThreadCount(options.threads),
      [&](size_t number, int worker) { return reader.ReadGroup(number, worker, take, pass); },
      options.interrupted);
  reader.ReportBytes();
  ICEFIELD_TRY(std::move(read));
  reader.Report();
  return {};
}

}  // namespace

bool StoresLineage(const OpenScan& scan) {
  const auto is_lineage = [](const FileColumn& column) {
    return column.id == kRowIdColumn || column.id == kLastUpdatedColumn;
  };
  return std::any_of(scan.files.begin(), scan.files.end(), [&](const DataFileReader& file) {
    return std::any_of(file.columns().begin(), file.columns().end(), is_lineage);
  });
}

std::vector<RowLineage> ReadLineages(const LineageColumns& columns) {
  const auto& sequences = static_cast<const arrow::Int64Array&>(*columns.last_updated);
  const auto& ids = static_cast<const arrow::Int64Array&>(*columns.row_id);
  std::vector<RowLineage> lineages(static_cast<size_t>(ids.length()));
  for (int64_t row = 0; row < ids.length(); ++row) {
    RowLineage& lineage = lineages[static_cast<size_t>(row)];
    if (sequences.IsValid(row)) lineage.last_updated = sequences.Value(row);
    if (ids.IsValid(row)) lineage.row_id = ids.Value(row);
  }
  return lineages;
}

void AddLineage(const PinnedView& pinned, ReadSchema& read) {
  // By id: the table may have columns of their names.
  for (const Field& field : MetadataColumns(pinned.source.table->metadata)) {
    if (field.id == kLastUpdatedColumn || field.id == kRowIdColumn)
      read.schema.columns.fields.push_back(field);
  }
  read.columns.push_back({kLastUpdatedColumn, "last updated"});
  read.columns.push_back({kRowIdColumn, "row id"});
}

Status ForEachDecidingBatch(ViewScan& scan, TieOrder order, const ReadOptions& options,
                            const std::function<Status(DecidingBatch&, int)>& take) {
  DecidingReader reader(scan, order, options, nullptr);
  return ReadGroups(scan, reader, options, [&](DecidingBatch& batch, ChosenRows&, int worker) {
    return take(batch, worker);
  });
}

Status ForEachChosenBatch(ViewScan& scan, TieOrder order, const ReadOptions& options,
                          const ChooseRows& choose, const DecidingReader::Take& take) {
  DecidingReader reader(scan, order, options, &choose);
  return ReadGroups(scan, reader, options, take);
}

}  // namespace icefield
