#include <arrow/record_batch.h>
#include <arrow/util/byte_size.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <numeric>
#include <optional>

#include "base/executor.h"
#include "base/progress.h"
#include "codec/arrow/arrow_types.h"
#include "io/machine_memory.h"
#include "pit/latest_table.h"
#include "retrieval/deciding_batches.h"
#include "retrieval/gather.h"
#include "retrieval/latest_columns.h"
#include "retrieval/progress_stages.h"
#include "retrieval/provenance.h"
#include "retrieval/pruning.h"
#include "retrieval/settling.h"
#include "retrieval/stopwatch.h"
#include "retrieval/tied_rows.h"
#include "retrieval/training_set.h"
#include "retrieval/winner_features.h"

namespace icefield {
namespace {

// Ticks of the view's unit that the bounds allow, both inclusive.
struct TickSpan {
  int64_t first = INT64_MIN;
  int64_t last = INT64_MAX;

  bool IsOpen() const { return first == INT64_MIN && last == INT64_MAX; }
};

// Batches stay below the 2 GiB that the offsets of one Arrow string column reach.
constexpr int64_t kBatchBytesMax = int64_t{1} << 30;

// The most rows that tie and are set aside.
constexpr int64_t kTiesMax = int64_t{4} << 20;
// Of each of them: set aside twice, numbered, with created time and lineage.
constexpr int64_t kTieBytes = 128;

// Of the progress.
constexpr size_t kDecidingPart = 0;
constexpr size_t kGivingPart = 1;

// Working memory of one thread.
struct WorkerScratch {
  std::vector<uint8_t> left_out;
  int64_t dropped = 0;
};

class LatestSet final : public TrainingSet {
 public:
  LatestSet(PinnedView pinned, TimeSpan span, std::shared_ptr<arrow::Schema> schema,
            ReadOptions options, MemoryBudget memory)
      : pinned_(std::move(pinned)),
        span_(span),
        schema_(std::move(schema)),
        known_(KnownColumns::Of(pinned_)),
        options_(std::move(options)),
        memory_(std::move(memory)),
        planned_(options_),
        work_(options_.progress, 2) {
    report_.passes = 0;
  }

  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }
  std::vector<ViewReport> Pinned() const override { return {PinnedReport(pinned_)}; }

  Result<RetrievalPlan> Explain(PlanDepth depth) override {
    RetrievalPlan plan{.depth = depth, .budget = {.bytes = memory_.bytes()}};
    ICEFIELD_ASSIGN(const std::unique_ptr<ViewScan> scan, Open(depth));
    int64_t rows = 0;
    for (const FileTask& task : scan->plan.tasks) rows += task.file.record_count;
    ICEFIELD_ASSIGN(plan.views.emplace_back(),
                    DescribeView(*scan, depth, {.entity_rows = rows, .read = options_}));
    return plan;
  }

  Result<std::shared_ptr<arrow::RecordBatch>> Next() override {
    if (scan_ == nullptr) ICEFIELD_TRY(FindWinners());
    const Stopwatch watch(report_.seconds.gather);
    if (pieces_.empty() && winners_read_ < winners_.locators.size()) ICEFIELD_TRY(ReadPieces());
    if (pieces_.empty()) {
      Finish();
      return std::shared_ptr<arrow::RecordBatch>();
    }
    const auto first = static_cast<uint32_t>(pieces_.begin()->first);
    ICEFIELD_ASSIGN(const std::shared_ptr<arrow::RecordBatch> rows, TakePieces());
    arrow::ArrayVector columns = rows->columns();
    ICEFIELD_TRY(known_.Insert(winners_, first, rows->num_rows(), *schema_, columns));
    CountNulls(columns);
    if (origins_) {
      std::vector<uint32_t> winners(static_cast<size_t>(rows->num_rows()));
      std::iota(winners.begin(), winners.end(), first);
      ICEFIELD_TRY(origins_->Insert(winners, ProvenanceTimes(pinned_).size(), columns));
    }
    giving_->AddRows(rows->num_rows());
    return arrow::RecordBatch::Make(schema_, rows->num_rows(), std::move(columns));
  }

  const RetrievalReport* report() const override { return done_ ? &report_ : nullptr; }

 private:
  Result<std::unique_ptr<ViewScan>> Open(PlanDepth depth = PlanDepth::kFooters) {
    ViewNeed need{
        .span = WithinSpan(pinned_, span_), .keys = {}, .gathered = known_.WithoutThem(pinned_)};
    return OpenView(pinned_, std::move(need), options_, depth);
  }

  // Keys that do not fit are left to further passes over the same rows.
  Status FindWinners() {
    size_t next_part = 0;
    for (bool is_last = false; !is_last; ++report_.passes) {
      ICEFIELD_TRY(OpenPass());
      const Stopwatch watch(report_.seconds.winners);
      ICEFIELD_ASSIGN(const std::unique_ptr<LatestTable> table, FillTable(next_part));
      ICEFIELD_TRY(TakeWinners(*table));
      next_part = table->end_part();
      is_last = next_part == table->parts();
    }
    if (report_.passes > 1) SortByLocator(winners_);
    report_.rows = static_cast<int64_t>(winners_.locators.size());
    scan_->report.outcomes.hits = report_.rows;
    const int64_t giving_work = GatheringWork(*scan_) + GivingWork(*scan_, report_.rows);
    work_.Set(kGivingPart, giving_work);
    EnterStage(options_, "gathering", pinned_.view.name);
    giving_.emplace(options_.progress, giving_work, report_.rows);
    if (pinned_.provenance) origins_.emplace(scan_->plan, winners_.locators);
    ICEFIELD_ASSIGN(reader_, WinnerReader::Make(scan_->files, winners_.locators,
                                                {.columns = scan_->gathered,
                                                 .thread_bytes = memory_.thread_bytes(),
                                                 .read = options_}));
    return {};
  }

  // Deletes are read once in a scan, so each pass has its own; they number files alike.
  Status OpenPass() {
    const Stopwatch watch(report_.seconds.plan);
    const std::unique_ptr<ViewScan> before = std::move(scan_);
    ICEFIELD_ASSIGN(scan_, Open());
    ICEFIELD_TRY(planned_.Add(scan_->report));
    if (before != nullptr) scan_->report.AddPass(before->report);
    work_.Set(kDecidingPart, (report_.passes + 1) * DecidingWork(*scan_));
    if (before == nullptr) work_.Set(kGivingPart, GatheringWork(*scan_));
    EnterStage(options_, "deciding", pinned_.view.name);
    return {};
  }

  // Winners come in the order of their places: a few row groups at a time, and room for what
  // reading them leaves behind.
  Status ReadPieces() {
    std::mutex mutex;
    ICEFIELD_ASSIGN(
        const size_t count,
        reader_->ReadSome(memory_.feature_bytes(LatestBytes()) / 2,
                          [&](size_t first, std::shared_ptr<arrow::RecordBatch> rows) -> Status {
                            const std::lock_guard lock(mutex);
                            pieces_.emplace(first, std::move(rows));
                            return {};
                          }));
    winners_read_ += count;
    return {};
  }

  // What is kept of the winners.
  int64_t LatestBytes() const {
    return static_cast<int64_t>(winners_.locators.size() * sizeof(RowLocator) +
                                winners_.event_times.size() * sizeof(int64_t) +
                                winners_.created_times.size() * sizeof(int64_t) +
                                winners_.words.size() * sizeof(uint64_t));
  }

  // The first rows of the pieces at hand: as many as a batch may have.
  Result<std::shared_ptr<arrow::RecordBatch>> TakePieces() {
    std::vector<std::shared_ptr<arrow::RecordBatch>> taken;
    int64_t rows = 0;
    int64_t bytes = 0;
    while (!pieces_.empty() && rows < options_.batch_rows) {
      const auto first = pieces_.begin();
      std::shared_ptr<arrow::RecordBatch> piece = first->second;
      bytes += arrow::util::TotalBufferSize(*piece);
      if (!taken.empty() && bytes > std::min(memory_.batch_bytes(), kBatchBytesMax)) break;
      const int64_t left = options_.batch_rows - rows;
      const size_t number = first->first;
      pieces_.erase(first);
      if (piece->num_rows() > left) {
        pieces_.emplace(number + static_cast<size_t>(left), piece->Slice(left));
        piece = piece->Slice(0, left);
      }
      rows += piece->num_rows();
      taken.push_back(std::move(piece));
    }
    return ConcatenateBatches(taken.front()->schema(), taken);
  }

  void Finish() {
    if (done_) return;
    scan_->report.bytes_read += reader_->bytes_read();
    scan_->report.pages_read += reader_->pages_read();
    scan_->report.null_values = std::move(null_values_);
    report_.views.push_back(scan_->report);
    report_.process_peak_bytes = ProcessPeakBytes();
    done_ = true;
  }

  // Of the features; keys and times are no features.
  void CountNulls(const arrow::ArrayVector& columns) {
    const std::vector<ReadColumn> read = LatestColumns(pinned_).columns;
    for (const BoundView::Feature& feature : pinned_.view.features) {
      const auto at =
          std::find(read.begin(), read.end(), ReadColumn{feature.field.id, feature.name});
      null_values_[feature.name] += columns[static_cast<size_t>(at - read.begin())]->null_count();
    }
  }

  // The best rows of the keys from a part on. Where too many rows tie to be set aside, all are read
  // once more, with what decides between them.
  Result<std::unique_ptr<LatestTable>> FillTable(size_t first_part) {
    scan_->report.ties = PlannedTies(*scan_);
    if (scan_->report.ties == TieReading::kAside) {
      ICEFIELD_ASSIGN(std::unique_ptr<LatestTable> table, MakeTable(first_part));
      Status observed = ObserveAll(*table);
      if (!table->too_many_ties()) {
        ICEFIELD_TRY(std::move(observed));
        return table;
      }
      ICEFIELD_TRY(ReadAllOnceMore(*scan_, options_));
    }
    ICEFIELD_ASSIGN(std::unique_ptr<LatestTable> table, MakeTable(first_part));
    ICEFIELD_TRY(ObserveAll(*table));
    return table;
  }

  Result<std::unique_ptr<LatestTable>> MakeTable(size_t first_part) const {
    std::vector<std::shared_ptr<arrow::DataType>> types;
    for (const Field& key : pinned_.view.keys) {
      ICEFIELD_ASSIGN(types.emplace_back(), ToArrowType(key.type));
    }
    const int64_t ties_max = std::min(kTiesMax, memory_.feature_bytes(0) / 4 / kTieBytes);
    const TimeSpan recorded = RecordedSpan(*scan_);
    return LatestTable::Make(types, {.files = static_cast<uint32_t>(scan_->plan.tasks.size()),
                                     .threads = ThreadCount(options_.threads),
                                     .ties_max = IsAside() ? static_cast<size_t>(ties_max) : 0,
                                     .first_part = first_part,
                                     .first_time = recorded.first.value_or(INT64_MIN),
                                     .last_time = recorded.last.value_or(INT64_MAX)});
  }

  bool IsAside() const { return scan_->report.ties == TieReading::kAside; }

  Status ObserveAll(LatestTable& table) {
    std::vector<WorkerScratch> scratch(static_cast<size_t>(ThreadCount(options_.threads)));
    const TickSpan ticks{span_.first.value_or(INT64_MIN), span_.last.value_or(INT64_MAX)};
    // Numbering the best rows takes about as much as they do.
    const int64_t bytes_max = std::min(memory_.feature_bytes(LatestBytes()) / 2,
                                       memory_.limits().held_bytes_max.value_or(INT64_MAX));
    const TieOrder order = IsAside() ? TieOrder::kLeftOut : TieOrder::kRead;
    ICEFIELD_TRY(ForEachDecidingBatch(
        *scan_, order, options_, [&](DecidingBatch& batch, int worker) -> Status {
          ICEFIELD_TRY(
              ObserveBatch(batch, ticks, table, worker, scratch[static_cast<size_t>(worker)]));
          if (table.bytes() > bytes_max) table.Shed(bytes_max);
          return {};
        }));
    scan_->report.rows_dropped += table.keyless();
    // Every pass meets all rows without a time.
    if (report_.passes > 0) return {};
    for (const WorkerScratch& worker : scratch) scan_->report.rows_dropped += worker.dropped;
    return {};
  }

  Status TakeWinners(LatestTable& table) {
    const std::array<Contenders*, 1> holders{&table};
    ICEFIELD_ASSIGN(const std::vector<RowLocator> rows,
                    SettleContenders(*scan_, holders, memory_.thread_bytes(), options_));
    LatestTable::Winners winners = table.TakeWinners(rows);
    known_.Trim(winners);
    scan_->report.full_ties += winners.full_ties;
    if (winners_.locators.empty()) {
      winners_ = std::move(winners);
    } else {
      AppendWinners(winners, winners_);
    }
    return {};
  }

  // The rows of a batch that have no time or lie outside of the span; empty where there are none.
  static std::span<const uint8_t> RowsLeftOut(const DecidingBatch& batch, const TickSpan& ticks,
                                              WorkerScratch& scratch) {
    const auto dropped = std::count(batch.no_time.begin(), batch.no_time.end(), 1);
    scratch.dropped += dropped;
    if (ticks.IsOpen()) {
      return dropped > 0 ? std::span<const uint8_t>(batch.no_time) : std::span<const uint8_t>();
    }
    scratch.left_out.resize(static_cast<size_t>(batch.rows));
    for (size_t row = 0; row < scratch.left_out.size(); ++row) {
      const int64_t time = batch.event_times[row];
      const bool outside = time < ticks.first || time > ticks.last;
      scratch.left_out[row] = static_cast<uint8_t>(batch.no_time[row] | (outside ? 1 : 0));
    }
    return scratch.left_out;
  }

  static Status ObserveBatch(const DecidingBatch& batch, const TickSpan& ticks, LatestTable& table,
                             int worker, WorkerScratch& scratch) {
    return table.Observe(batch.keys, batch.Observed(), RowsLeftOut(batch, ticks, scratch), worker);
  }

  PinnedView pinned_;
  TimeSpan span_;
  std::shared_ptr<arrow::Schema> schema_;
  const KnownColumns known_;
  ReadOptions options_;
  MemoryBudget memory_;
  PlannedBytes planned_;
  std::unique_ptr<ViewScan> scan_;
  LatestTable::Winners winners_;
  std::optional<WinnerOrigins> origins_;
  std::unique_ptr<WinnerReader> reader_;
  size_t winners_read_ = 0;
  std::map<size_t, std::shared_ptr<arrow::RecordBatch>> pieces_;  // By their first winners.
  std::map<std::string, int64_t> null_values_;
  ExpectedParts work_;  // Deciding, in all passes; giving.
  std::optional<PassProgress> giving_;
  RetrievalReport report_;
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
  if (request.since) {
    ICEFIELD_ASSIGN(pinned, AppendedSince(std::move(pinned), *request.since));
  }
  pinned.provenance = request.provenance;
  TimeSpan span;
  if (request.start_us) span.first = MicrosToTick(*request.start_us, pinned.unit);
  if (request.end_us) span.last = MicrosToTick(*request.end_us, pinned.unit);
  ICEFIELD_ASSIGN(std::shared_ptr<arrow::Schema> schema, LatestSchema(pinned));
  ICEFIELD_ASSIGN(MemoryBudget memory, MemoryBudget::Make(request.memory, request.read.threads));
  request.read.threads = memory.threads();
  return std::unique_ptr<TrainingSet>(std::make_unique<LatestSet>(
      std::move(pinned), span, std::move(schema), std::move(request.read), std::move(memory)));
}

}  // namespace icefield
