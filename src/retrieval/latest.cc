#include <arrow/record_batch.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>

#include "base/executor.h"
#include "base/progress.h"
#include "codec/arrow/arrow_types.h"
#include "pit/latest_table.h"
#include "retrieval/deciding_batches.h"
#include "retrieval/gather.h"
#include "retrieval/progress_stages.h"
#include "retrieval/provenance.h"
#include "retrieval/pruning.h"
#include "retrieval/stopwatch.h"
#include "retrieval/tied_rows.h"
#include "retrieval/training_set.h"

namespace icefield {
namespace {

// Join keys, features, event time, created time; a column that is several of these once, where it
// comes first.
ReadSchema LatestColumns(const PinnedView& pinned) {
  ReadSchema read{.schema = *pinned.selected.schema, .columns = {}};
  const auto add = [&](FieldId id, const std::string& name) {
    const ReadColumn column{id, name};
    if (std::find(read.columns.begin(), read.columns.end(), column) == read.columns.end()) {
      read.columns.push_back(column);
    }
  };
  const BoundView& view = pinned.view;
  for (const Field& key : view.keys) add(key.id, key.name);
  for (const BoundView::Feature& feature : view.features) add(feature.field.id, feature.name);
  add(view.event_time.id, view.event_time.name);
  if (view.created_time) add(view.created_time->id, view.created_time->name);
  if (pinned.provenance) {
    for (ReadColumn& time : ProvenanceTimes(pinned)) read.columns.push_back(std::move(time));
  }
  return read;
}

// The columns of the result, with provenance behind them on request. Two of one name are refused
// with both named (P13).
Result<std::shared_ptr<arrow::Schema>> LatestSchema(const PinnedView& pinned) {
  ReadSchema read = LatestColumns(pinned);
  if (pinned.provenance) read.columns.resize(read.columns.size() - ProvenanceTimes(pinned).size());
  ICEFIELD_ASSIGN(const std::shared_ptr<arrow::Schema> columns, OutputSchema(read));
  arrow::FieldVector fields = Nullable(*columns)->fields();
  std::map<std::string, std::string> owners;
  const auto own = [&](const std::string& name, const std::string& owner) -> Status {
    const auto [found, added] = owners.emplace(name, owner);
    if (added) return {};
    return InvalidArgument("latest of view '", pinned.view.name, "': ", found->second, " and ",
                           owner, " would both be named '", name, "' (P13); rename one");
  };
  for (const ReadColumn& column : read.columns)
    ICEFIELD_TRY(own(column.name, StrCat("column '", read.schema.NameOf(column.field_id), "'")));
  if (!pinned.provenance) return arrow::schema(std::move(fields));
  ICEFIELD_ASSIGN(const arrow::FieldVector provenance, ProvenanceFields(pinned));
  for (const std::shared_ptr<arrow::Field>& field : provenance) {
    ICEFIELD_TRY(own(field->name(), StrCat("provenance column '", field->name(), "'")));
    fields.push_back(field);
  }
  return arrow::schema(std::move(fields));
}

// Ticks of the view's unit that the bounds allow, both inclusive.
struct TickSpan {
  int64_t first = INT64_MIN;
  int64_t last = INT64_MAX;
};

struct WorkerScratch {
  std::vector<uint32_t> wanted;
  LatestTable::Scratch table;
  int64_t dropped = 0;
};

class LatestSet final : public TrainingSet {
 public:
  LatestSet(PinnedView pinned, TimeSpan span, std::shared_ptr<arrow::Schema> schema,
            ReadOptions options)
      : pinned_(std::move(pinned)),
        span_(span),
        schema_(std::move(schema)),
        options_(std::move(options)) {}

  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }
  std::vector<ViewReport> Pinned() const override { return {PinnedReport(pinned_)}; }

  Result<RetrievalPlan> Explain(PlanDepth depth) override {
    RetrievalPlan plan{.depth = depth};
    ICEFIELD_ASSIGN(const std::unique_ptr<ViewScan> scan, Open(depth));
    int64_t rows = 0;
    for (const FileTask& task : scan->plan.tasks) rows += task.file.record_count;
    ICEFIELD_ASSIGN(plan.views.emplace_back(),
                    DescribeView(*scan, depth, {.entity_rows = rows, .read = options_}));
    return plan;
  }

  Result<std::shared_ptr<arrow::RecordBatch>> Next() override {
    if (features_ == nullptr) ICEFIELD_TRY(Read());
    int64_t rows = std::min(options_.batch_rows, report_.rows - next_row_);
    if (rows == 0) {
      done_ = true;
      return std::shared_ptr<arrow::RecordBatch>();
    }
    Result<arrow::ArrayVector> columns = TakeNext(rows);
    // Texts of more than 2 GiB do not fit one array: fewer rows do.
    while (!columns.ok() && columns.error().code == ErrorCode::kResourceExhausted && rows > 1) {
      rows = (rows + 1) / 2;
      columns = TakeNext(rows);
    }
    if (!columns.ok()) return std::move(columns).error();
    CountNulls(*columns);
    next_row_ += rows;
    giving_->AddRows(rows);
    return arrow::RecordBatch::Make(schema_, rows, *std::move(columns));
  }

  const RetrievalReport* report() const override { return done_ ? &report_ : nullptr; }

 private:
  Result<std::unique_ptr<ViewScan>> Open(PlanDepth depth = PlanDepth::kFooters) {
    ViewNeed need{
        .span = WithinSpan(pinned_, span_), .keys = {}, .gathered = LatestColumns(pinned_)};
    return OpenView(pinned_, std::move(need), options_, depth);
  }

  Status Read() {
    std::unique_ptr<ViewScan> scan;
    ExpectedParts work(options_.progress, 2);  // Reading, giving rows.
    {
      const Stopwatch watch(report_.seconds.plan);
      ICEFIELD_ASSIGN(scan, Open());
      ICEFIELD_TRY(PlannedBytes(options_).Add(scan->report));
      work.Set(0, DecidingWork(*scan) + GatheringWork(*scan));
    }
    std::vector<RowLocator> winners;
    EnterStage(options_, "deciding", pinned_.view.name);
    {
      const Stopwatch watch(report_.seconds.winners);
      ICEFIELD_ASSIGN(winners, FindWinners(*scan));
    }
    const int64_t giving_work = GivingWork(*scan, static_cast<int64_t>(winners.size()));
    work.Set(1, giving_work);
    EnterStage(options_, "gathering", pinned_.view.name);
    const Stopwatch watch(report_.seconds.gather);
    ICEFIELD_ASSIGN(WinnerFeatures features,
                    GatherWinners(*scan, scan->gathered, winners, options_));
    features_ = std::make_unique<WinnerFeatures>(std::move(features));
    report_.rows = static_cast<int64_t>(winners.size());
    if (options_.progress != nullptr) options_.progress->Enter("giving rows");
    giving_.emplace(options_.progress, giving_work, report_.rows);
    if (pinned_.provenance) origins_.emplace(scan->plan, std::move(winners));
    scan->report.outcomes.hits = report_.rows;
    report_.views.push_back(std::move(scan->report));
    return {};
  }

  Result<arrow::ArrayVector> TakeNext(int64_t rows) const {
    std::vector<uint32_t> winners(static_cast<size_t>(rows));
    std::iota(winners.begin(), winners.end(), static_cast<uint32_t>(next_row_));
    ICEFIELD_ASSIGN(arrow::ArrayVector columns, features_->Take(winners));
    if (origins_) ICEFIELD_TRY(origins_->Insert(winners, ProvenanceTimes(pinned_).size(), columns));
    return columns;
  }

  // Of the features; keys and times are no features.
  void CountNulls(const arrow::ArrayVector& columns) {
    const std::vector<ReadColumn> read = LatestColumns(pinned_).columns;
    for (const BoundView::Feature& feature : pinned_.view.features) {
      const auto at =
          std::find(read.begin(), read.end(), ReadColumn{feature.field.id, feature.name});
      report_.views.front().null_values[feature.name] +=
          columns[static_cast<size_t>(at - read.begin())]->null_count();
    }
  }

  Result<std::vector<RowLocator>> FindWinners(ViewScan& scan) {
    std::vector<std::shared_ptr<arrow::DataType>> types;
    for (const Field& key : pinned_.view.keys) {
      ICEFIELD_ASSIGN(types.emplace_back(), ToArrowType(key.type));
    }
    ICEFIELD_ASSIGN(LatestTable table, LatestTable::Make(types));
    std::vector<WorkerScratch> scratch(static_cast<size_t>(ThreadCount(options_.threads)));
    const TickSpan ticks{span_.first.value_or(INT64_MIN), span_.last.value_or(INT64_MAX)};
    if (PlannedTies(scan) != TieReading::kNone) scan.report.ties = TieReading::kAllRows;
    ICEFIELD_TRY(ForEachDecidingBatch(
        scan, TieOrder::kRead, options_, [&](DecidingBatch& batch, int worker) -> Status {
          return ObserveBatch(batch, ticks, table, scratch[static_cast<size_t>(worker)]);
        }));
    for (const WorkerScratch& worker : scratch) scan.report.rows_dropped += worker.dropped;
    std::vector<RowLocator> locators;
    for (const Candidate& winner : table.Winners()) {
      locators.push_back(winner.order.locator);
      scan.report.full_ties += winner.tied ? 1 : 0;
    }
    return locators;
  }

  static Status ObserveBatch(const DecidingBatch& batch, const TickSpan& ticks, LatestTable& table,
                             WorkerScratch& scratch) {
    scratch.wanted.assign(static_cast<size_t>(batch.rows), 0);
    for (size_t row = 0; row < scratch.wanted.size(); ++row) {
      const bool within =
          batch.event_times[row] >= ticks.first && batch.event_times[row] <= ticks.last;
      if (batch.no_time[row] != 0) ++scratch.dropped;
      if (batch.no_time[row] != 0 || !within) scratch.wanted[row] = kNoId;
    }
    ICEFIELD_ASSIGN(int64_t keyless, table.Observe(batch.keys,
                                                   {.key_ids = scratch.wanted,
                                                    .event_times = batch.event_times,
                                                    .created_times = batch.created_times,
                                                    .lineages = batch.lineages,
                                                    .positions = batch.positions,
                                                    .file = batch.file,
                                                    .first_position = batch.first_position},
                                                   scratch.table));
    scratch.dropped += keyless;
    return {};
  }

  PinnedView pinned_;
  TimeSpan span_;
  std::shared_ptr<arrow::Schema> schema_;
  ReadOptions options_;
  std::unique_ptr<WinnerFeatures> features_;
  std::optional<WinnerOrigins> origins_;
  std::optional<PassProgress> giving_;
  RetrievalReport report_;
  int64_t next_row_ = 0;
  bool done_ = false;
};

}  // namespace

Result<std::unique_ptr<TrainingSet>> MakeLatest(LatestRequest request) {
  ICEFIELD_TRY(CheckReadOptions(request.read));
  request.read.threads = ThreadCount(request.read.threads);  // One answer for all stages.
  if (request.start_us && request.end_us && *request.start_us > *request.end_us) {
    return InvalidArgument("latest of view '", request.view.spec.name, "': start lies after end");
  }
  ICEFIELD_ASSIGN(PinnedView pinned, PinView(request.view.source, request.view.spec));
  pinned.provenance = request.provenance;
  TimeSpan span;
  if (request.start_us) span.first = MicrosToTick(*request.start_us, pinned.unit);
  if (request.end_us) span.last = MicrosToTick(*request.end_us, pinned.unit);
  ICEFIELD_ASSIGN(std::shared_ptr<arrow::Schema> schema, LatestSchema(pinned));
  return std::unique_ptr<TrainingSet>(std::make_unique<LatestSet>(
      std::move(pinned), span, std::move(schema), std::move(request.read)));
}

}  // namespace icefield
