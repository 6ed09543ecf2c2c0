#include "retrieval/view_join.h"

#include <algorithm>
#include <limits>

#include "base/checked.h"
#include "base/executor.h"
#include "base/progress.h"
#include "batch/arrow_status.h"
#include "retrieval/deciding_batches.h"
#include "retrieval/gather.h"
#include "retrieval/progress_stages.h"
#include "retrieval/tied_rows.h"

namespace icefield {
namespace {

// Working memory of one thread.
struct WorkerScratch {
  KeyMatches matches;  // Of a batch, then those of its rows that were read further.
  KeyEncoder::Scratch encoder;
  std::vector<int64_t> commit_times;
  int64_t dropped = 0;
};

// The commit times of a batch's rows with the commit cut (P9), for those that can matter: their
// event times lie within `span`. No time is asked of the others.
Status ReadCommitTimes(const ViewScan& scan, const TimeSpan& span, const DecidingBatch& batch,
                       std::vector<int64_t>& times) {
  if (!scan.pinned.commit_times) return {};
  const FileTask& task = scan.plan.tasks[batch.file];
  const int64_t first = span.first.value_or(std::numeric_limits<int64_t>::min());
  const int64_t last = span.last.value_or(std::numeric_limits<int64_t>::max());
  times.assign(batch.event_times.size(), std::numeric_limits<int64_t>::min());
  std::optional<int64_t> known;  // The commit whose time `tick` is: rows of one lie together.
  int64_t tick = 0;
  for (size_t row = 0; row < times.size(); ++row) {
    const int64_t event_time = batch.event_times[row];
    if (event_time < first || event_time > last) continue;
    const int64_t commit = batch.LastUpdatedOf(row, task);
    if (commit != known) {
      ICEFIELD_ASSIGN(tick, CommitTick(scan.pinned, task, commit));
      known = commit;
    }
    times[row] = tick;
  }
  return {};
}

// Keeps the entries of the rows that have an event time.
template <typename Value>
void KeepTimed(const std::vector<uint8_t>& no_time, std::vector<Value>& values) {
  if (values.empty()) return;
  size_t kept = 0;
  for (size_t row = 0; row < no_time.size(); ++row) {
    if (no_time[row] == 0) values[kept++] = values[row];
  }
  values.resize(kept);
}

// Leaves the rows without an event time out of a batch, and counts them.
void DropTimeless(DecidingBatch& batch, WorkerScratch& scratch) {
  const auto dropped = std::count(batch.no_time.begin(), batch.no_time.end(), 1);
  if (dropped == 0) return;
  scratch.dropped += dropped;
  KeepTimed(batch.no_time, scratch.matches.ids);
  KeepTimed(batch.no_time, batch.event_times);
  KeepTimed(batch.no_time, batch.created_times);
  KeepTimed(batch.no_time, batch.lineages);
  KeepTimed(batch.no_time, batch.positions);
}

// Of the matches those that are chosen still, after the row filter.
void KeepChosen(const ChosenRows& chosen, KeyMatches& matches) {
  if (matches.rows.size() == chosen.rows.size()) return;
  size_t kept = 0;
  for (size_t at = 0; kept < chosen.rows.size(); ++at) {
    if (matches.rows[at] == chosen.rows[kept]) matches.ids[kept++] = matches.ids[at];
  }
  matches.ids.resize(kept);
}

// Feeds the chosen rows of a batch to the slots.
Status ObserveBatch(const ViewScan& scan, const TimeSpan& span, DecidingBatch& batch,
                    const ChosenRows& chosen, SlotTable& slots, WorkerScratch& scratch) {
  KeepChosen(chosen, scratch.matches);
  DropTimeless(batch, scratch);
  ICEFIELD_TRY(ReadCommitTimes(scan, span, batch, scratch.commit_times));
  return slots.Observe({.key_ids = scratch.matches.ids,
                        .event_times = batch.event_times,
                        .created_times = batch.created_times,
                        .commit_times = scratch.commit_times,
                        .lineages = batch.lineages,
                        .positions = batch.positions,
                        .file = batch.file,
                        .first_position = batch.first_position});
}

void Count(Outcome outcome, OutcomeCounts& counts) {
  switch (outcome) {
    case Outcome::kHit:
      ++counts.hits;
      return;
    case Outcome::kKeyAbsent:
      ++counts.key_absent;
      return;
    case Outcome::kOnlyLaterRows:
      ++counts.only_later_rows;
      return;
    case Outcome::kExpired:
      ++counts.expired;
      return;
    case Outcome::kCut:
      ++counts.cut;
      return;
  }
}

struct Hit {
  RowLocator row_of_view;
  uint32_t row;
};

// Every entity row's winner under a TTL (0: none), into `hits`, and what is counted of them.
Decision ResolveRows(const SlotTable& slots, const EntityFrame& frame, const PinnedView& pinned,
                     int64_t ttl_us, std::vector<Hit>& hits) {
  Decision decision;
  hits.clear();
  hits.reserve(static_cast<size_t>(frame.rows()));
  const Times& times = frame.times();
  if (pinned.view.created_time) decision.hits_not_yet_created = 0;
  for (size_t row = 0; row < times.values.size(); ++row) {
    const bool has_ttl = ttl_us > 0 && times.valid[row] != 0;
    const std::optional<int64_t> oldest_fresh =
        has_ttl ? OldestFresh(times, row, ttl_us, pinned.unit) : INT64_MIN;
    SlotTable::Resolved resolved = slots.Resolve(row, oldest_fresh.value_or(INT64_MAX));
    if (!oldest_fresh && resolved.outcome == Outcome::kHit) resolved.outcome = Outcome::kExpired;
    Count(resolved.outcome, decision.outcomes);
    if (resolved.outcome != Outcome::kHit) continue;
    const Candidate& winner = resolved.winner;
    hits.push_back({winner.order.locator, static_cast<uint32_t>(row)});
    if (winner.tied) ++decision.full_ties;
    if (!decision.hits_not_yet_created || winner.order.created_time == kNoCreatedTime) continue;
    if (winner.order.created_time > *FloorToUnit(times, row, pinned.unit))
      ++*decision.hits_not_yet_created;
  }
  return decision;
}

// Numbers winners; sorts the hits.
Winners NumberWinners(std::vector<Hit>& hits, size_t rows) {
  std::sort(hits.begin(), hits.end(),
            [](const Hit& a, const Hit& b) { return a.row_of_view < b.row_of_view; });
  Winners numbered;
  numbered.locators.reserve(hits.size());
  numbered.winner_of_row.assign(rows, kNoWinner);
  for (const Hit& hit : hits) {
    if (numbered.locators.empty() || numbered.locators.back() != hit.row_of_view)
      numbered.locators.push_back(hit.row_of_view);
    numbered.winner_of_row[hit.row] = static_cast<uint32_t>(numbered.locators.size() - 1);
  }
  return numbered;
}

// Feeds all rows of the frame's keys to the slots.
Status ObserveAll(ViewScan& scan, const EntityFrame& frame, const EncodedKeys& keys,
                  const DecidingTerms& terms, SlotTable& slots) {
  const ReadOptions& options = terms.read;
  const TimeSpan span = SpanOf(frame, terms.WidestTtl(), scan.pinned.unit).value_or(TimeSpan{});
  const TieOrder order =
      scan.report.ties == TieReading::kAside ? TieOrder::kLeftOut : TieOrder::kRead;
  std::vector<WorkerScratch> scratch(static_cast<size_t>(ThreadCount(options.threads)));
  ICEFIELD_TRY(ForEachChosenBatch(
      scan, order, options,
      [&](const arrow::ArrayVector& columns, int64_t rows, ChosenRows& chosen, int worker) {
        WorkerScratch& own = scratch[static_cast<size_t>(worker)];
        keys.encoder.FindMatches(columns, rows, own.matches, own.encoder);
        chosen.rows = own.matches.rows;
        return Status();
      },
      [&](DecidingBatch& batch, const ChosenRows& chosen, int worker) {
        return ObserveBatch(scan, span, batch, chosen, slots, scratch[static_cast<size_t>(worker)]);
      }));
  for (const WorkerScratch& worker : scratch) scan.report.rows_dropped += worker.dropped;
  return {};
}

// The slots with their winners. Where too many rows tie to be set aside, all are read once more,
// with what decides between them.
Status FillSlots(ViewScan& scan, const EntityFrame& frame, const EncodedKeys& keys,
                 const DecidingTerms& terms, const SpineIndex& index,
                 std::optional<SlotTable>& slots) {
  SlotTable::Options options{.created_cut = scan.report.cut == CutEffect::kApplied,
                             .commit_cut = scan.pinned.commit_times.has_value(),
                             .ttl = TtlTicks(terms.WidestTtl(), scan.pinned.unit),
                             .files = static_cast<uint32_t>(scan.plan.tasks.size())};
  scan.report.ties = PlannedTies(scan);
  if (scan.report.ties == TieReading::kAside) {
    options.ties_max = TiesMax(index.slot_times.size());
    slots.emplace(index, options);
    Status observed = ObserveAll(scan, frame, keys, terms, *slots);
    if (!slots->too_many_ties()) {
      ICEFIELD_TRY(std::move(observed));
      ICEFIELD_ASSIGN(const TieDetails details,
                      ReadTieDetails(scan, slots->TiedRows(), terms.thread_bytes, terms.read));
      slots->SettleTies(details.created_times, details.lineages);
      return {};
    }
    slots.reset();
    options.ties_max = 0;
    ICEFIELD_TRY(ReadAllOnceMore(scan, terms.read));
  }
  slots.emplace(index, options);
  return ObserveAll(scan, frame, keys, terms, *slots);
}

// Counts the hits that were created after their entity times; `created_times` are those of the
// winners.
int64_t CountNotYetCreated(const EntityFrame& frame, ViewUnit unit,
                           const std::vector<uint32_t>& winner_of_row,
                           const std::vector<int64_t>& created_times) {
  int64_t count = 0;
  for (size_t row = 0; row < winner_of_row.size(); ++row) {
    if (winner_of_row[row] == kNoWinner) continue;
    const int64_t created = created_times[winner_of_row[row]];
    if (created != kNoCreatedTime && created > *FloorToUnit(frame.times(), row, unit)) ++count;
  }
  return count;
}

// Reads the winners' features into `collector`. Where the created times of most rows were not
// read, those of the winners are read with them and returned; else nothing is returned.
Result<std::vector<int64_t>> CollectFeatures(ViewScan& scan, std::span<const RowLocator> winners,
                                             int64_t thread_bytes, const ReadOptions& options,
                                             FeatureCollector& collector) {
  std::vector<int64_t> created_times;
  const std::optional<Field>& created = scan.pinned.view.created_time;
  const auto collect = [&](size_t first, std::shared_ptr<arrow::RecordBatch> rows) {
    return collector.Take(first, std::move(rows));
  };
  if (!created || scan.report.ties != TieReading::kAside) {
    ICEFIELD_TRY(ReadWinners(scan, winners, scan.gathered, thread_bytes, options, collect));
    return created_times;
  }
  ReadSchema read = scan.gathered;
  const auto last = static_cast<int>(read.columns.size());
  read.columns.push_back({created->id, created->name});
  created_times.resize(winners.size());
  ICEFIELD_TRY(
      ReadWinners(scan, winners, std::move(read), thread_bytes, options,
                  [&](size_t first, const std::shared_ptr<arrow::RecordBatch>& rows) -> Status {
                    ICEFIELD_TRY(ReadCreatedTimes(*rows->column(last), scan.pinned.unit,
                                                  std::span(created_times).subspan(first)));
                    if (last == 0) return {};
                    ICEFIELD_ARROW_ASSIGN(std::shared_ptr<arrow::RecordBatch> features,
                                          rows->RemoveColumn(last), "gather");
                    return collect(first, std::move(features));
                  }));
  return created_times;
}

}  // namespace

std::optional<TimeSpan> SpanOf(const EntityFrame& frame, int64_t ttl_us, ViewUnit unit) {
  const Times& times = frame.times();
  std::optional<size_t> least;
  std::optional<size_t> greatest;
  for (size_t row = 0; row < times.values.size(); ++row) {
    if (times.valid[row] == 0) continue;
    if (!least || times.values[row] < times.values[*least]) least = row;
    if (!greatest || times.values[row] > times.values[*greatest]) greatest = row;
  }
  if (!least) return std::nullopt;
  TimeSpan span;
  if (ttl_us > 0) {
    span.first = OldestFresh(times, *least, ttl_us, unit);
    if (!span.first) return std::nullopt;  // Beyond all ticks: every row is expired.
  }
  span.last = FloorToUnit(times, *greatest, unit);
  // Before all ticks: no row is early enough.
  if (!span.last) return std::nullopt;
  return span;
}

Result<int64_t> CommitTick(const PinnedView& pinned, const FileTask& task, int64_t last_updated) {
  ICEFIELD_ASSIGN(const SnapshotTime time, pinned.commit_times->Of(task, last_updated));
  return MicrosToTick(
      CheckedMultiply<int64_t>(time.value, 1000).value_or(std::numeric_limits<int64_t>::max()),
      pinned.unit);
}

int64_t DecidingTerms::WidestTtl() const {
  const auto [least, greatest] = std::minmax_element(ttls_us.begin(), ttls_us.end());
  return *least == 0 ? 0 : *greatest;
}

void Decision::Report(ViewReport& report) const {
  report.outcomes = outcomes;
  report.full_ties = full_ties;
  report.hits_not_yet_created = hits_not_yet_created;
}

Result<SpineIndex> IndexFrame(const EntityFrame& frame, const EncodedKeys& keys, ViewUnit unit) {
  std::vector<std::optional<int64_t>> times(static_cast<size_t>(frame.rows()));
  for (size_t row = 0; row < times.size(); ++row) {
    if (frame.times().valid[row] != 0) times[row] = FloorToUnit(frame.times(), row, unit);
  }
  SpineIndex index = BuildSpineIndex(keys.ids, keys.encoder.size(), times);
  if (index.slot_times.size() + index.key_count() >= kNoSlot) {
    return Unsupported("an entity frame of more than 4 billion keys and times together; split it");
  }
  return index;
}

Result<std::vector<Decision>> DecideWinners(ViewScan& scan, const EntityFrame& frame,
                                            const EncodedKeys& keys, const SpineIndex& index,
                                            const DecidingTerms& terms) {
  EnterStage(terms.read, "deciding", scan.pinned.view.name);
  std::optional<SlotTable> slots;
  ICEFIELD_TRY(FillSlots(scan, frame, keys, terms, index, slots));
  slots->Spread();
  std::vector<Decision> decisions;
  std::vector<Hit> hits;
  for (size_t at = 0; at < terms.ttls_us.size(); ++at) {
    decisions.push_back(ResolveRows(*slots, frame, scan.pinned, terms.ttls_us[at], hits));
    if (at + 1 == terms.ttls_us.size()) slots.reset();  // Before the last winners are numbered.
    decisions.back().winners = NumberWinners(hits, static_cast<size_t>(frame.rows()));
  }
  return decisions;
}

Result<GatheredFeatures> GatherFeatures(ViewScan& scan, const EntityFrame& frame, Winners winners,
                                        const FeatureTerms& terms, const ReadOptions& options) {
  EnterStage(options, "gathering", scan.pinned.view.name);
  ICEFIELD_ASSIGN(const std::shared_ptr<arrow::Schema> schema, OutputSchema(scan.gathered));
  FeatureCollector collector(*schema, std::move(winners.winner_of_row),
                             {.bytes_max = terms.bytes_max,
                              .batch_rows = options.batch_rows,
                              .threads = ThreadCount(options.threads)},
                             *terms.file);
  ICEFIELD_ASSIGN(const std::vector<int64_t> created_times,
                  CollectFeatures(scan, winners.locators, terms.thread_bytes, options, collector));
  ICEFIELD_ASSIGN(ViewFeatures features, collector.Finish());
  if (!created_times.empty()) {
    scan.report.hits_not_yet_created =
        CountNotYetCreated(frame, scan.pinned.unit, features.winner_of_row(), created_times);
  }
  scan.report.bytes_spilled = features.bytes_spilled();
  GatheredFeatures gathered{std::move(features), std::nullopt};
  if (scan.pinned.provenance) gathered.origins.emplace(scan.plan, std::move(winners.locators));
  return gathered;
}

}  // namespace icefield
