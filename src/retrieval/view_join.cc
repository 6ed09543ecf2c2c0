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

Result<SpineIndex> IndexFrame(const EntityFrame& frame, const EncodedKeys& keys, ViewUnit unit,
                              const Workers& workers) {
  const Ranges rows(static_cast<size_t>(frame.rows()), workers.threads);
  std::vector<std::optional<int64_t>> times(static_cast<size_t>(frame.rows()));
  ICEFIELD_TRY(ParallelForRanges(rows, workers, [&](size_t, size_t first, size_t end) -> Status {
    for (size_t row = first; row < end; ++row)
      if (frame.times().valid[row] != 0) times[row] = FloorToUnit(frame.times(), row, unit);
    return {};
  }));
  ICEFIELD_ASSIGN(SpineIndex index, BuildSpineIndex(keys.ids, keys.encoder.size(), times, workers));
  if (index.slot_times.size() + index.key_count() >= kNoSlot) {
    return Unsupported("an entity frame of more than 4 billion keys and times together; split it");
  }
  return index;
}

Result<std::vector<std::vector<Decision>>> DecideWinners(ViewScan& scan, const EntityFrame& frame,
                                                         std::span<const Probe> probes,
                                                         const DecidingTerms& terms) {
  EnterStage(terms.read, "deciding", scan.pinned.view.name);
  const Workers workers = WorkersOf(terms.read);
  ICEFIELD_ASSIGN(ProbeSlots slots, FillSlots(scan, frame, probes, terms));
  std::vector<std::vector<Decision>> decisions(probes.size());
  for (size_t probe = 0; probe < probes.size(); ++probe) {
    ICEFIELD_TRY(slots[probe]->Spread(workers));
    const std::vector<int64_t>& ttls_us = probes[probe].ttls_us;
    for (size_t at = 0; at < ttls_us.size(); ++at) {
      ICEFIELD_ASSIGN(ResolvedRows resolved,
                      ResolveRows(*slots[probe], frame, scan.pinned, ttls_us[at], workers));
      // Before the last winners are numbered.
      if (at + 1 == ttls_us.size()) slots[probe].reset();
      ICEFIELD_ASSIGN(Winners winners,
                      NumberWinners(std::move(resolved.hits), static_cast<size_t>(frame.rows()),
                                    scan.plan.tasks, workers));
      decisions[probe].push_back({std::move(winners), resolved.counts});
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
