#include "retrieval/winners.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "pit/times.h"
#include "retrieval/winner_features.h"

namespace icefield {
namespace {

using Hits = std::vector<Hit>;

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

// Resolves entity rows under one TTL.
class Resolver {
 public:
  Resolver(const SlotTable& slots, const EntityFrame& frame, const PinnedView& pinned,
           int64_t ttl_us)
      : slots_(slots), times_(frame.times()), pinned_(pinned), ttl_us_(ttl_us) {}

  DecisionCounts Resolve(size_t first, size_t end, Hits& hits) const {
    DecisionCounts counts;
    hits.reserve(end - first);
    if (pinned_.view.created_time) counts.hits_not_yet_created = 0;
    for (size_t row = first; row < end; ++row) {
      const SlotTable::Resolved resolved = ResolveRow(row);
      Count(resolved.outcome, counts.outcomes);
      if (resolved.outcome != Outcome::kHit) continue;
      const Candidate& winner = resolved.winner;
      hits.push_back({winner.order.locator, static_cast<uint32_t>(row)});
      if (winner.tied) ++counts.full_ties;
      if (!counts.hits_not_yet_created || winner.order.created_time == kNoCreatedTime) continue;
      if (winner.order.created_time > *FloorToUnit(times_, row, pinned_.unit))
        ++*counts.hits_not_yet_created;
    }
    return counts;
  }

 private:
  SlotTable::Resolved ResolveRow(size_t row) const {
    if (ttl_us_ == 0 || times_.valid[row] == 0)
      return slots_.Resolve(row, std::numeric_limits<int64_t>::min());
    const std::optional<int64_t> oldest_fresh = OldestFresh(times_, row, ttl_us_, pinned_.unit);
    SlotTable::Resolved resolved =
        slots_.Resolve(row, oldest_fresh.value_or(std::numeric_limits<int64_t>::max()));
    if (!oldest_fresh && resolved.outcome == Outcome::kHit) resolved.outcome = Outcome::kExpired;
    return resolved;
  }

  const SlotTable& slots_;
  const Times& times_;
  const PinnedView& pinned_;
  int64_t ttl_us_;
};

// The rows of a scan's files, one file after the other, cut into parts of one length.
class ScanParts {
 public:
  ScanParts(const std::vector<FileTask>& tasks, size_t count) : count_(count), starts_{0} {
    for (const FileTask& task : tasks)
      starts_.push_back(starts_.back() + std::max<int64_t>(1, task.file.record_count));
  }

  size_t count() const { return count_; }

  // Grows with the locator, also where a file has more rows than its manifest says.
  size_t PartOf(const RowLocator& row) const {
    const int64_t place = std::min(starts_[row.file] + row.position, starts_[row.file + 1] - 1);
    const double part = static_cast<double>(place) / static_cast<double>(starts_.back()) *
                        static_cast<double>(count_);
    return std::min(static_cast<size_t>(part), count_ - 1);
  }

 private:
  size_t count_;
  std::vector<int64_t> starts_;  // Of each file; one more at the end.
};

// Hits by parts, in any order within one.
struct GroupedHits {
  Hits hits;
  std::vector<size_t> starts;  // Of each part; one more at the end.

  std::span<Hit> OfPart(size_t part) {
    return std::span(hits).subspan(starts[part], starts[part + 1] - starts[part]);
  }
};

// A counting sort: every range of hits knows where its own of a part go.
Result<GroupedHits> GroupByPart(std::vector<Hits> ranges, const ScanParts& parts,
                                const Workers& workers) {
  std::vector<std::vector<size_t>> next(ranges.size());
  ICEFIELD_TRY(ParallelFor(ranges.size(), workers, [&](size_t range, int) -> Status {
    next[range].assign(parts.count(), 0);
    for (const Hit& hit : ranges[range]) ++next[range][parts.PartOf(hit.winner)];
    return {};
  }));
  GroupedHits grouped;
  size_t all = 0;
  for (size_t part = 0; part < parts.count(); ++part) {
    grouped.starts.push_back(all);
    for (std::vector<size_t>& of_range : next) all += std::exchange(of_range[part], all);
  }
  grouped.starts.push_back(all);
  grouped.hits.resize(all);
  ICEFIELD_TRY(ParallelFor(ranges.size(), workers, [&](size_t range, int) -> Status {
    for (const Hit& hit : ranges[range])
      grouped.hits[next[range][parts.PartOf(hit.winner)]++] = hit;
    Hits().swap(ranges[range]);
    return {};
  }));
  return grouped;
}

// Sorts hits by their winners; how many winners there are.
uint32_t SortAndCount(std::span<Hit> hits) {
  std::sort(hits.begin(), hits.end(),
            [](const Hit& a, const Hit& b) { return a.winner < b.winner; });
  uint32_t distinct = 0;
  for (size_t at = 0; at < hits.size(); ++at)
    distinct += at == 0 || hits[at].winner != hits[at - 1].winner ? 1 : 0;
  return distinct;
}

// Gives numbers from `number` on to the winners of sorted hits.
void Number(std::span<const Hit> hits, uint32_t number, Winners& winners) {
  for (size_t at = 0; at < hits.size(); ++at) {
    if (at > 0 && hits[at].winner != hits[at - 1].winner) ++number;
    winners.locators[number] = hits[at].winner;
    winners.winner_of_row[hits[at].row] = number;
  }
}

}  // namespace

void DecisionCounts::Add(const DecisionCounts& other) {
  outcomes.Add(other.outcomes);
  full_ties += other.full_ties;
  if (other.hits_not_yet_created)
    hits_not_yet_created = hits_not_yet_created.value_or(0) + *other.hits_not_yet_created;
}

void DecisionCounts::Report(ViewReport& report) const {
  report.outcomes = outcomes;
  report.full_ties = full_ties;
  report.hits_not_yet_created = hits_not_yet_created;
}

Result<ResolvedRows> ResolveRows(const SlotTable& slots, const EntityFrame& frame,
                                 const PinnedView& pinned, int64_t ttl_us, const Workers& workers) {
  const Resolver resolver(slots, frame, pinned, ttl_us);
  const Ranges ranges(static_cast<size_t>(frame.rows()), workers.threads);
  std::vector<DecisionCounts> counts(ranges.count());
  ResolvedRows resolved;
  resolved.hits.resize(ranges.count());
  ICEFIELD_TRY(ParallelForRanges(ranges, workers, [&](size_t range, size_t first, size_t end) {
    counts[range] = resolver.Resolve(first, end, resolved.hits[range]);
    return Status();
  }));
  for (const DecisionCounts& of_range : counts) resolved.counts.Add(of_range);
  return resolved;
}

Result<Winners> NumberWinners(std::vector<Hits> hits, size_t rows,
                              const std::vector<FileTask>& tasks, const Workers& workers) {
  // Hits of a part are sorted in a processor's cache.
  constexpr size_t kPartHits = 1024;
  constexpr size_t kPartsMax = 4096;
  size_t count = 0;
  for (const Hits& range : hits) count += range.size();
  const ScanParts parts(tasks, std::clamp<size_t>(count / kPartHits, 1, kPartsMax));
  ICEFIELD_ASSIGN(GroupedHits grouped, GroupByPart(std::move(hits), parts, workers));
  std::vector<uint32_t> numbers(parts.count() + 1, 0);  // First of each part.
  ICEFIELD_TRY(ParallelFor(parts.count(), workers, [&](size_t part, int) -> Status {
    numbers[part + 1] = SortAndCount(grouped.OfPart(part));
    return {};
  }));
  std::partial_sum(numbers.begin(), numbers.end(), numbers.begin());
  Winners winners;
  winners.locators.resize(numbers.back());
  winners.winner_of_row.assign(rows, kNoWinner);
  ICEFIELD_TRY(ParallelFor(parts.count(), workers, [&](size_t part, int) -> Status {
    Number(grouped.OfPart(part), numbers[part], winners);
    return {};
  }));
  return winners;
}

}  // namespace icefield
