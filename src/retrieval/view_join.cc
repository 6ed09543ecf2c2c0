#include "retrieval/view_join.h"

#include "base/executor.h"
#include "retrieval/gather.h"
#include "retrieval/progress_stages.h"

namespace icefield {

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
  ICEFIELD_ASSIGN(FilledSlots filled, FillSlots(scan, frame, probes, terms));
  std::vector<std::vector<Decision>> decisions(probes.size());
  for (size_t probe = 0; probe < probes.size(); ++probe) {
    std::unique_ptr<SlotTable>& slots = filled.slots[probe];
    ICEFIELD_TRY(slots->Spread(workers));
    const std::vector<int64_t>& ttls_us = probes[probe].ttls_us;
    for (size_t at = 0; at < ttls_us.size(); ++at) {
      ICEFIELD_ASSIGN(ResolvedRows resolved, ResolveRows(*slots, filled.contenders.size(), frame,
                                                         scan.pinned, ttls_us[at], workers));
      if (at + 1 == ttls_us.size()) slots.reset();
      Decision& decision = decisions[probe].emplace_back();
      decision.counts = resolved.counts;
      ICEFIELD_ASSIGN(decision.winners,
                      KeepWinners(std::move(resolved), filled.contenders, workers));
    }
  }
  return decisions;
}

Result<GatheredFeatures> GatherFeatures(ViewScan& scan, Winners winners, const FeatureTerms& terms,
                                        const ReadOptions& options) {
  EnterStage(options, "gathering", scan.pinned.view.name);
  ICEFIELD_ASSIGN(const std::shared_ptr<arrow::Schema> schema, OutputSchema(scan.gathered));
  FeatureCollector collector(*schema, std::move(winners.winner_of_row),
                             {.bytes_max = terms.bytes_max,
                              .batch_rows = options.batch_rows,
                              .threads = ThreadCount(options.threads),
                              .keep_winners = scan.pinned.provenance},
                             *terms.file);
  ICEFIELD_TRY(ReadWinners(scan, winners.locators, scan.gathered, terms.thread_bytes, options,
                           [&](size_t first, std::shared_ptr<arrow::RecordBatch> rows) {
                             return collector.Take(first, std::move(rows));
                           }));
  ICEFIELD_ASSIGN(ViewFeatures features, collector.Finish());
  scan.report.bytes_spilled = features.bytes_spilled();
  GatheredFeatures gathered{std::move(features), std::nullopt};
  if (scan.pinned.provenance) gathered.origins.emplace(scan.plan, std::move(winners.locators));
  return gathered;
}

}  // namespace icefield
