#include "retrieval/winners.h"

#include <bit>
#include <limits>

#include "pit/times.h"
#include "retrieval/winner_features.h"

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

// Resolves entity rows under one TTL.
class Resolver {
 public:
  Resolver(const SlotTable& slots, const EntityFrame& frame, const PinnedView& pinned,
           int64_t ttl_us)
      : slots_(slots), times_(frame.times()), pinned_(pinned), ttl_us_(ttl_us) {}

  DecisionCounts Resolve(size_t first, size_t end, ResolvedRows& resolved) const {
    DecisionCounts counts;
    if (pinned_.view.created_time) counts.hits_not_yet_created = 0;
    for (size_t row = first; row < end; ++row) {
      const SlotTable::Resolved of_row = ResolveRow(row);
      Count(of_row.outcome, counts.outcomes);
      if (of_row.outcome != Outcome::kHit) continue;
      const Candidate& winner = of_row.winner;
      resolved.numbers[row] = static_cast<uint32_t>(winner.order.locator.position);
      resolved.winning.Set(resolved.numbers[row]);
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

// Numbers of the rows that win, among themselves: how many win before each word of bits.
std::vector<uint32_t> CountBefore(const SharedBits& winning) {
  std::vector<uint32_t> before(winning.words() + 1, 0);
  for (size_t word = 0; word < winning.words(); ++word)
    before[word + 1] = before[word] + static_cast<uint32_t>(std::popcount(winning.Word(word)));
  return before;
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

Result<ResolvedRows> ResolveRows(const SlotTable& slots, size_t contenders,
                                 const EntityFrame& frame, const PinnedView& pinned, int64_t ttl_us,
                                 const Workers& workers) {
  const Resolver resolver(slots, frame, pinned, ttl_us);
  const auto rows = static_cast<size_t>(frame.rows());
  const Ranges ranges(rows, workers.threads);
  std::vector<DecisionCounts> counts(ranges.count());
  ResolvedRows resolved{.counts = {},
                        .numbers = std::vector<uint32_t>(rows, kNoWinner),
                        .winning = SharedBits(contenders)};
  ICEFIELD_TRY(ParallelForRanges(ranges, workers, [&](size_t range, size_t first, size_t end) {
    counts[range] = resolver.Resolve(first, end, resolved);
    return Status();
  }));
  for (const DecisionCounts& of_range : counts) resolved.counts.Add(of_range);
  return resolved;
}

Result<Winners> KeepWinners(ResolvedRows resolved, std::span<const RowLocator> contenders,
                            const Workers& workers) {
  const SharedBits& winning = resolved.winning;
  const std::vector<uint32_t> before = CountBefore(winning);
  Winners winners;
  winners.winner_of_row = std::move(resolved.numbers);
  winners.locators.resize(before.back());
  const Ranges words(winning.words(), workers.threads);
  ICEFIELD_TRY(ParallelForRanges(words, workers, [&](size_t, size_t first, size_t end) -> Status {
    for (size_t word = first; word < end; ++word) {
      uint32_t winner = before[word];
      for (uint64_t bits = winning.Word(word); bits != 0; bits &= bits - 1) {
        const size_t number =
            word * SharedBits::kWordBits + static_cast<size_t>(std::countr_zero(bits));
        winners.locators[winner++] = contenders[number];
      }
    }
    return {};
  }));
  if (winners.locators.size() == contenders.size()) return winners;
  const Ranges rows(winners.winner_of_row.size(), workers.threads);
  ICEFIELD_TRY(ParallelForRanges(rows, workers, [&](size_t, size_t first, size_t end) -> Status {
    for (size_t row = first; row < end; ++row) {
      uint32_t& number = winners.winner_of_row[row];
      if (number == kNoWinner) continue;
      const size_t word = number / SharedBits::kWordBits;
      const uint64_t lower = (uint64_t{1} << (number % SharedBits::kWordBits)) - 1;
      number = before[word] + static_cast<uint32_t>(std::popcount(winning.Word(word) & lower));
    }
    return {};
  }));
  return winners;
}

}  // namespace icefield
