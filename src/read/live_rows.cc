#include "read/live_rows.h"

#include <algorithm>
#include <utility>

#include "base/executor.h"
#include "batch/keep_runs.h"

namespace icefield {
namespace {

// Batches aim at this size where batch_rows would make them larger.
constexpr int64_t kBatchBytes = int64_t{4} << 20;
constexpr int64_t kBatchRowsMin = 64;

// The runs of `rows` rows whose entries are 0, within `runs`.
std::vector<RowRun> Unmarked(const std::vector<RowRun>& runs, const std::vector<uint8_t>& marked) {
  std::vector<RowRun> kept;
  for (const RowRun& run : runs) {
    const auto end = marked.begin() + run.first + run.count;
    for (auto at = marked.begin() + run.first; at != end;) {
      const auto first = std::find(at, end, 0);
      at = std::find(first, end, 1);
      if (at != first) kept.push_back({first - marked.begin(), at - first});
    }
  }
  return kept;
}

int64_t RowsIn(const std::vector<RowRun>& runs) {
  int64_t rows = 0;
  for (const RowRun& run : runs) rows += run.count;
  return rows;
}

}  // namespace

Status LiveBatch::Keep(const std::vector<RowRun>& runs) {
  if (runs.size() == 1 && runs.front() == RowRun{0, rows->num_rows()}) return {};
  std::vector<int64_t> kept;
  kept.reserve(static_cast<size_t>(RowsIn(runs)));
  for (const RowRun& run : runs) {
    for (int64_t row = run.first; row < run.first + run.count; ++row)
      kept.push_back(PositionOf(row));
  }
  ICEFIELD_ASSIGN(rows, KeepRuns(rows, runs));
  positions = std::move(kept);
  return {};
}

// The live rows of one row group.
class LiveGroupStream final : public LiveBatchStream {
 public:
  LiveGroupStream(LiveRows& live, size_t file, LiveRows::FilePlanPtr plan,
                  std::unique_ptr<StoredStream> stored,
                  std::shared_ptr<const PositionSet> positions,
                  std::vector<std::shared_ptr<const EqualityKeys>> keys)
      : live_(live),
        file_(file),
        plan_(std::move(plan)),
        stored_(std::move(stored)),
        positions_(std::move(positions)),
        keys_(std::move(keys)) {}

  ~LiveGroupStream() override { live_.Finish(file_); }

  Result<LiveBatch> Next() override {
    while (stored_ != nullptr) {
      ICEFIELD_ASSIGN(StoredBatch stored, stored_->Next());
      if (stored.rows == 0) break;
      ICEFIELD_ASSIGN(const std::vector<RowRun> runs, LiveRuns(stored));
      if (runs.empty()) continue;
      LiveBatch batch{.rows = nullptr, .first_position = stored.first_position, .positions = {}};
      ICEFIELD_ASSIGN(batch.rows,
                      plan_->asked.Assemble(stored.columns, stored.rows, stored.first_position));
      ICEFIELD_TRY(batch.Keep(runs));
      return batch;
    }
    return LiveBatch{};
  }

 private:
  Result<std::vector<RowRun>> LiveRuns(const StoredBatch& stored) {
    std::vector<RowRun> runs;
    if (positions_ == nullptr || positions_->empty()) {
      runs.push_back({0, stored.rows});
    } else {
      positions_->AppendGaps({stored.first_position, stored.rows}, runs);
      live_.deleted_.by_position += stored.rows - RowsIn(runs);
    }
    if (plan_->probes.empty() || runs.empty()) return runs;
    ICEFIELD_ASSIGN(const std::shared_ptr<arrow::RecordBatch> keys,
                    plan_->keys->Assemble(stored.columns, stored.rows, stored.first_position));
    marked_.assign(static_cast<size_t>(stored.rows), 0);
    const SequenceNumber sequence = live_.scan_.files[file_].task().data_sequence_number;
    int64_t marked = 0;
    for (size_t at = 0; at < plan_->probes.size(); ++at) {
      arrow::ArrayVector columns;
      for (const int column : plan_->probes[at].columns) columns.push_back(keys->column(column));
      ICEFIELD_ASSIGN(const int64_t more,
                      keys_[at]->MarkDeleted(columns, stored.rows, sequence, marked_));
      marked += more;
    }
    if (marked == 0) return runs;
    std::vector<RowRun> kept = Unmarked(runs, marked_);
    live_.deleted_.by_equality += RowsIn(runs) - RowsIn(kept);
    return kept;
  }

  LiveRows& live_;
  size_t file_;
  LiveRows::FilePlanPtr plan_;
  std::unique_ptr<StoredStream> stored_;  // Null where no row of the group is alive.
  std::shared_ptr<const PositionSet> positions_;
  std::vector<std::shared_ptr<const EqualityKeys>> keys_;  // By probe of the file.
  std::vector<uint8_t> marked_;
};

LiveRows::LiveRows(const OpenScan& scan, ReadSchema read, const ReadOptions& options)
    : scan_(scan), read_(std::move(read)), options_(options), files_(scan.files.size()) {
  for (const RowGroupTask& task : scan.row_groups) ++files_[task.file].groups_left;
}

Result<LiveRows::FilePlanPtr> LiveRows::PlanOf(size_t file) {
  FileInWork& in_work = files_[file];
  const std::lock_guard lock(in_work.mutex);
  if (in_work.plan != nullptr) return in_work.plan;
  auto plan = std::make_shared<FilePlan>();
  ICEFIELD_ASSIGN(plan->asked, scan_.files[file].PlanColumns(read_));
  plan->leaves = plan->asked.leaves();
  if (!scan_.deletes->GroupsOf(file).empty()) ICEFIELD_TRY(PlanKeys(file, *plan));
  in_work.plan = std::move(plan);
  return in_work.plan;
}

// The key columns of all groups that bear on the file, each once.
Status LiveRows::PlanKeys(size_t file, FilePlan& plan) const {
  ReadSchema keys{.schema = scan_.source->plan->every_field, .columns = {}};
  for (const uint32_t group : scan_.deletes->GroupsOf(file)) {
    const ReadSchema& columns = scan_.deletes->group(group).columns;
    Probe& probe = plan.probes.emplace_back();
    probe.group = group;
    for (const ReadColumn& column : columns.columns) {
      auto found = std::find(keys.columns.begin(), keys.columns.end(), column);
      if (found == keys.columns.end()) found = keys.columns.insert(found, column);
      probe.columns.push_back(static_cast<int>(found - keys.columns.begin()));
    }
  }
  ICEFIELD_ASSIGN(plan.keys, scan_.files[file].PlanColumns(keys));
  plan.leaves.insert(plan.leaves.end(), plan.keys->leaves().begin(), plan.keys->leaves().end());
  std::sort(plan.leaves.begin(), plan.leaves.end());
  plan.leaves.erase(std::unique(plan.leaves.begin(), plan.leaves.end()), plan.leaves.end());
  plan.asked.ShareLeaves(plan.leaves, scan_.files[file].columns());
  plan.keys->ShareLeaves(plan.leaves, scan_.files[file].columns());
  return {};
}

int64_t LiveRows::BatchRows(const RowGroupTask& task, const FilePlan& plan) const {
  const DataFileReader& file = scan_.files[task.file];
  const int64_t rows = file.extent(task.row_group).rows;
  const int64_t bytes = file.footer().DecodedBytesOf(task.row_group, plan.leaves);
  const int64_t bytes_per_row = std::max<int64_t>(1, bytes / std::max<int64_t>(1, rows));
  return std::min(options_.batch_rows, std::max(kBatchRowsMin, kBatchBytes / bytes_per_row));
}

Result<std::unique_ptr<LiveBatchStream>> LiveRows::Read(size_t number, int column_threads) {
  const RowGroupTask& task = scan_.row_groups[number];
  const DataFileReader& file = scan_.files[task.file];
  ICEFIELD_ASSIGN(const FilePlanPtr plan, PlanOf(task.file));
  std::shared_ptr<const PositionSet> positions;
  if (!file.task().deletes.empty()) {
    ICEFIELD_ASSIGN(positions, scan_.deletes->PositionsOf(task.file));
  }
  std::vector<std::shared_ptr<const EqualityKeys>> keys;
  for (const Probe& probe : plan->probes) {
    ICEFIELD_ASSIGN(keys.emplace_back(), scan_.deletes->KeysOf(probe.group));
  }
  const RowGroupExtent& extent = file.extent(task.row_group);
  std::unique_ptr<StoredStream> stored;
  if (positions != nullptr && positions->CountIn({extent.first_row, extent.rows}) == extent.rows) {
    deleted_.by_position += extent.rows;
  } else {
    ICEFIELD_ASSIGN(stored, file.ReadStored({.row_group = task.row_group,
                                             .leaves = plan->leaves,
                                             .batch_rows = BatchRows(task, *plan),
                                             .runs = task.runs,
                                             .column_threads = column_threads,
                                             .counts = &counts_}));
  }
  return std::unique_ptr<LiveBatchStream>(std::make_unique<LiveGroupStream>(
      *this, task.file, plan, std::move(stored), std::move(positions), std::move(keys)));
}

Result<int64_t> LiveRows::DecoderBytesOf(size_t number) {
  const RowGroupTask& task = scan_.row_groups[number];
  ICEFIELD_ASSIGN(const FilePlanPtr plan, PlanOf(task.file));
  return scan_.files[task.file].footer().DecoderBytesOf(task.row_group, plan->leaves);
}

Result<int64_t> LiveRows::BytesOf(size_t number) {
  const RowGroupTask& task = scan_.row_groups[number];
  ICEFIELD_ASSIGN(const FilePlanPtr plan, PlanOf(task.file));
  return scan_.files[task.file].BytesOf(task.row_group, plan->leaves);
}

void LiveRows::Finish(size_t file) {
  if (--files_[file].groups_left > 0) return;
  scan_.deletes->Release(file);
  const std::lock_guard lock(files_[file].mutex);
  files_[file].plan = nullptr;
}

}  // namespace icefield
