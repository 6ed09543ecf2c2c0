/// Some of the keys of a LatestTable, with their best rows.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "base/large_pages.h"
#include "pit/candidate.h"
#include "pit/contenders.h"
#include "pit/dictionary.h"
#include "pit/observed_rows.h"
#include "pit/packed_row.h"
#include "pit/ties.h"

namespace icefield {

/// The best row of each key by its number. One thread at a time.
class BestRows {
 public:
  BestRows(const RowPacking& packing, bool ties_aside)
      : packing_(packing), ties_aside_(ties_aside) {}

  void Prefetch(uint32_t key) const {
    if (key < best_.size()) __builtin_prefetch(&best_[key]);
  }

  /// Takes one row of a batch in, of this event time; new keys come in order.
  void Observe(uint32_t key, int64_t event_time, const ObservedRows& rows, uint32_t row) {
    if (key == best_.size()) {
      Add(rows);
      return Put(key, {rows.OrderOf(row), false});
    }
    const int64_t best = best_[key].event_time;
    if (event_time < best) return;
    if (event_time == best) return Tied(key, rows, row);
    Put(key, {rows.OrderOf(row), false});
  }

  int64_t bytes() const {
    return static_cast<int64_t>(
        best_.capacity() * sizeof(Best) + created_times_.capacity() * sizeof(int64_t) +
        lineages_.capacity() * sizeof(RowLineage) + ties_.capacity() * sizeof(Tie));
  }

  const std::vector<Tie>& ties() const { return ties_; }

  /// A key's event time only grows, so that what is stale once stays so.
  void DropStaleTies() {
    std::erase_if(ties_,
                  [&](const Tie& tie) { return tie.event_time < best_[tie.slot].event_time; });
  }

  void Put(uint32_t key, const Candidate& candidate) {
    best_[key] = {candidate.order.event_time,
                  packing_.Pack(candidate.order.locator) | (candidate.tied ? kTied : 0)};
    if (!created_times_.empty()) created_times_[key] = candidate.order.created_time;
    if (!lineages_.empty()) lineages_[key] = candidate.order.lineage;
  }

  size_t size() const { return best_.size(); }

  /// The best row of a key, packed.
  uint64_t RowOf(uint32_t key) const { return best_[key].row & kRowBits; }

  bool has_created_times() const { return !created_times_.empty(); }

  /// From here on the locator of a row is file 0 and its number. `numbers` are those of the keys.
  void Name(const FoundRows& found, std::span<const uint32_t> numbers) {
    packing_ = RowPacking(1);
    if (!found.created_times.empty()) created_times_.assign(best_.size(), kNoCreatedTime);
    if (!found.lineages.empty()) lineages_.assign(best_.size(), RowLineage{});
    for (size_t key = 0; key < best_.size(); ++key) {
      best_[key].row = (best_[key].row & ~kRowBits) | numbers[key];
      if (!found.created_times.empty()) created_times_[key] = found.created_times[numbers[key]];
    }
  }

  /// Gives every key with its best row to `take`.
  template <typename Take>
  void ForEach(const Take& take) const {
    for (uint32_t key = 0; key < best_.size(); ++key) take(key, CandidateOf(key));
  }

 private:
  struct Best {
    int64_t event_time = INT64_MIN;
    uint64_t row = RowPacking::kNoRow;
  };
  static constexpr uint64_t kTied = uint64_t{1} << 62;
  static constexpr uint64_t kRowBits = kTied - 1;

  // Room for a new key.
  void Add(const ObservedRows& rows) {
    best_.emplace_back();
    if (!rows.created_times.empty()) created_times_.resize(best_.size(), kNoCreatedTime);
    if (!rows.lineages.empty()) lineages_.resize(best_.size());
  }

  Candidate CandidateOf(uint32_t key) const {
    const Best& best = best_[key];
    return {.order = {.event_time = best.event_time,
                      .created_time = created_times_.empty() ? kNoCreatedTime : created_times_[key],
                      .lineage = lineages_.empty() ? RowLineage{} : lineages_[key],
                      .locator = packing_.Unpack(best.row & kRowBits)},
            .tied = (best.row & kTied) != 0};
  }

  // A row of the event time of the best one.
  void Tied(uint32_t key, const ObservedRows& rows, uint32_t row) {
    const Candidate candidate{rows.OrderOf(row), false};
    if (!ties_aside_) {
      Candidate merged = CandidateOf(key);
      merged.Merge(candidate);
      return Put(key, merged);
    }
    Best& best = best_[key];
    if ((best.row & kTied) == 0) ties_.push_back({best.event_time, best.row, key});
    ties_.push_back({best.event_time, packing_.Pack(candidate.order.locator), key});
    best.row |= kTied;
  }

  RowPacking packing_;
  bool ties_aside_;
  LargeVector<Best> best_;
  LargeVector<int64_t> created_times_;  ///< Of the best rows; empty where rows have none.
  LargeVector<RowLineage> lineages_;    ///< The same.
  std::vector<Tie> ties_;
};

/// Keys of one part in a dictionary, and their best rows; behind a lock.
template <typename Dictionary>
struct LatestPart {
  LatestPart(const RowPacking& packing, bool ties_aside) : best(packing, ties_aside) {}

  /// Whoever holds the lock calls, after each change.
  void CountBytes() { bytes = dictionary.bytes() + best.bytes(); }

  std::mutex mutex;
  Dictionary dictionary;
  BestRows best;
  size_t ties_looked_through_at = 1024;  ///< So many ties, and the stale ones are dropped.
  std::atomic<int64_t> bytes{0};
};

}  // namespace icefield
