#include "retrieval/view_join.h"

#include <arrow/util/byte_size.h>

#include <algorithm>
#include <limits>

#include "base/checked.h"
#include "base/executor.h"
#include "base/progress.h"
#include "batch/arrow_status.h"
#include "codec/arrow/arrow_types.h"
#include "retrieval/deciding_batches.h"
#include "retrieval/gather.h"
#include "retrieval/progress_stages.h"
#include "retrieval/tied_rows.h"

namespace icefield {
namespace {

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

Result<std::vector<std::vector<Decision>>> DecideWinners(ViewScan& scan, const EntityFrame& frame,
                                                         std::span<const Probe> probes,
                                                         const DecidingTerms& terms) {
  EnterStage(terms.read, "deciding", scan.pinned.view.name);
  ICEFIELD_ASSIGN(ProbeSlots slots, FillSlots(scan, frame, probes, terms));
  std::vector<std::vector<Decision>> decisions(probes.size());
  std::vector<Hit> hits;
  for (size_t probe = 0; probe < probes.size(); ++probe) {
    slots[probe]->Spread();
    const std::vector<int64_t>& ttls_us = probes[probe].ttls_us;
    for (size_t at = 0; at < ttls_us.size(); ++at) {
      Decision decision = ResolveRows(*slots[probe], frame, scan.pinned, ttls_us[at], hits);
      // Before the last winners are numbered.
      if (at + 1 == ttls_us.size()) slots[probe].reset();
      decision.winners = NumberWinners(hits, static_cast<size_t>(frame.rows()));
      decisions[probe].push_back(std::move(decision));
    }
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
