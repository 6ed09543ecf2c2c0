#include "retrieval/join_decisions.h"

#include <algorithm>
#include <optional>

#include "retrieval/pruning.h"

namespace icefield {

Result<ViewNeed> JoinDecisions::NeedOf(size_t view) {
  const size_t decider = groups_.DeciderOf(view);
  auto found = needs_.find(decider);
  if (found == needs_.end()) {
    ICEFIELD_ASSIGN(ViewNeed of_scan, NeedOfScan(decider));
    found = needs_.emplace(decider, std::move(of_scan)).first;
  }
  ViewNeed need = found->second;
  need.gathered = groups_.GatheredBy(view);
  return need;
}

Result<ViewNeed> JoinDecisions::NeedOfScan(size_t decider) {
  std::vector<arrow::ArrayVector> key_sets;
  std::vector<int64_t> ttls_us;
  for (const size_t probe : groups_.ProbesWith(decider)) {
    ICEFIELD_ASSIGN(const EncodedKeys* keys, KeysOf(probe));
    key_sets.push_back(keys->columns);
    const std::vector<int64_t> of_probe = groups_.TtlsOf(probe);
    ttls_us.insert(ttls_us.end(), of_probe.begin(), of_probe.end());
  }
  const PinnedView& view = views_[decider];
  ViewNeed need{.span = {.op = PredicateOp::kFalse}};
  ICEFIELD_ASSIGN(need.keys, AmongKeys(view, key_sets, terms_.read));
  const std::optional<TimeSpan> span = SpanOf(frame_, WidestTtl(ttls_us), view.unit);
  if (span) need.span = WithinSpan(view, *span);
  return need;
}

Result<const SpineIndex*> JoinDecisions::IndexOf(const EncodedKeys* keys, ViewUnit unit) {
  auto found = indexes_.find({keys, unit});
  if (found == indexes_.end()) {
    ICEFIELD_ASSIGN(SpineIndex index, IndexFrame(frame_, *keys, unit, WorkersOf(terms_.read)));
    found = indexes_.emplace(std::pair(keys, unit), std::move(index)).first;
  }
  return &found->second;
}

Result<std::vector<Probe>> JoinDecisions::ProbesOf(size_t decider) {
  const ViewUnit unit = views_[decider].unit;
  std::vector<Probe> probes;
  for (const size_t number : groups_.ProbesWith(decider)) {
    Probe& probe = probes.emplace_back();
    ICEFIELD_ASSIGN(probe.keys, KeysOf(number));
    probe.ttls_us = groups_.TtlsOf(number);
  }
  // Before others are made.
  std::erase_if(indexes_, [&](const auto& entry) {
    return entry.first.second != unit ||
           std::none_of(probes.begin(), probes.end(),
                        [&](const Probe& probe) { return probe.keys == entry.first.first; });
  });
  for (Probe& probe : probes) {
    ICEFIELD_ASSIGN(probe.index, IndexOf(probe.keys, unit));
  }
  return probes;
}

Status JoinDecisions::Decide(size_t decider, ViewScan& scan) {
  ICEFIELD_ASSIGN(const std::vector<Probe> probes, ProbesOf(decider));
  ICEFIELD_ASSIGN(std::vector<std::vector<Decision>> decisions,
                  DecideWinners(scan, frame_, probes, terms_));
  const std::vector<size_t> numbers = groups_.ProbesWith(decider);
  for (size_t probe = 0; probe < probes.size(); ++probe) {
    const std::vector<int64_t>& ttls_us = probes[probe].ttls_us;
    for (size_t at = 0; at < ttls_us.size(); ++at)
      decisions_[{numbers[probe], ttls_us[at]}] = std::move(decisions[probe][at]);
  }
  ties_[decider] = scan.report.ties;
  return {};
}

Result<Winners> JoinDecisions::WinnersOf(size_t view, ViewScan& scan) {
  const size_t decider = groups_.DeciderOf(view);
  if (decider == view) ICEFIELD_TRY(Decide(view, scan));
  scan.report.ties = ties_[decider];
  const auto found = decisions_.find({groups_.ProbeOf(view), views_[view].view.ttl_us});
  found->second.counts.Report(scan.report);
  Winners winners = std::move(found->second.winners);
  decisions_.erase(found);
  return winners;
}

}  // namespace icefield
