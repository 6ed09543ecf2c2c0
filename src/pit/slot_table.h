/// The point-in-time kernel: feature rows in any order, from any thread, leave in each slot the
/// best candidate.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "base/executor.h"
#include "base/large_pages.h"
#include "base/result.h"
#include "pit/candidate.h"
#include "pit/contenders.h"
#include "pit/observed_rows.h"
#include "pit/packed_row.h"
#include "pit/shared_bits.h"
#include "pit/slot_finder.h"
#include "pit/spine_index.h"
#include "pit/ties.h"

namespace icefield {

/// Why an entity row has no winner (or that it has one).
enum class Outcome : uint8_t {
  kHit,
  kKeyAbsent,  ///< No row of its key in what was read, or the entity row itself has no key or no
               ///< time.
  kOnlyLaterRows,  ///< All rows of its key have event times after the entity time.
  kExpired,        ///< The newest candidate is older than the TTL allows (P3).
  kCut,            ///< The cuts leave no candidate (P8, P9).
};

/// Slots with their candidates. The result depends only on the set of rows observed: not on order,
/// batches, threads. A row is visible from its event time on, with cuts from the latest of its
/// event, created and commit time. Memory: about 30 bytes a slot and 20 a key, 8 more a slot where
/// rows have created times and 16 more where they have a lineage, and 24 for each row set aside.
///
/// Two ways to decide between rows of one event time (P5, P6): rows come with created times and
/// lineages, or with neither, and those that tie are set aside until Settle hears of theirs.
class SlotTable final : public Contenders {
 public:
  struct Options {
    /// A row is visible from the later of its event and created time, and one without a created
    /// time never is (P8).
    bool created_cut = false;
    bool commit_cut = false;  ///< Rows come with commit times, and are not visible before them.
    int64_t ttl = 0;          ///< In ticks of the view's unit; 0: none. Saves work on expired rows.
    uint32_t files = 1;       ///< Numbers of files are below.
    /// Not 0: rows that tie are set aside, up to so many at once. Not with cuts.
    size_t ties_max = 0;
  };

  /// Borrows `index`. The index has fewer than 4 billion keys and slots together.
  SlotTable(const SpineIndex& index, const Options& options);

  /// Takes rows in, whose keys all have ids. May be called by several threads at once. Unsupported
  /// where a position in a file is too great to be noted; ResourceExhausted where too many rows
  /// tie, and nothing can be asked of the slots any more.
  Status Observe(const ObservedRows& rows);

  /// True once Observe has given up.
  bool too_many_ties() const { return too_many_ties_; }

  /// As Contenders. The best rows are those of the slots. Settle comes before Spread; after it the
  /// locator of a row is file 0 and its number. Without it, it is what was observed.
  size_t CountContenders() override;
  size_t first_tied() const override { return best_.size(); }
  void GetContenders(size_t first, std::span<uint64_t> rows) const override;
  Status Settle(const FoundRows& found, const Workers& workers) override;

  /// After the last Observe, once: spreads each slot's candidate to the later slots of its key.
  Status Spread(const Workers& workers = {});

  /// What entity row `row` gets, after Spread. `oldest_fresh`: the least event time that is not
  /// expired (P3); no less than the TTL of the options allows.
  struct Resolved {
    Outcome outcome = Outcome::kKeyAbsent;
    /// For kHit. Where ties were set aside it has what Settle knew.
    Candidate winner;
  };
  Resolved Resolve(size_t row, int64_t oldest_fresh) const;

 private:
  /// The event time of a slot's best row, and the row: its file and position, whether it tied, and
  /// a lock that whoever changes the slot holds. Together in one cache line.
  struct Best {
    std::atomic<int64_t> event_time{INT64_MIN};
    std::atomic<uint64_t> row{kNoRow};
  };
  static constexpr uint64_t kLocked = uint64_t{1} << 63;
  static constexpr uint64_t kTied = uint64_t{1} << 62;
  static constexpr uint64_t kRowBits = kTied - 1;
  static constexpr uint64_t kNoRow = RowPacking::kNoRow;

  /// Rows of one call that are taken in together, and what is found out about them.
  struct Block {
    const ObservedRows& rows;
    std::vector<Tie>& ties;  ///< Of the call.
    size_t first = 0;
    size_t count = 0;
    std::array<int32_t, SlotFinder::kBlock> coarse_events;
    std::array<Place, SlotFinder::kBlock> places;
  };

  void MakeDetails(const ObservedRows& rows);
  bool LiesInRuns(std::span<const uint32_t> keys) const;
  void ObserveRuns(const ObservedRows& rows, size_t first, size_t count, std::vector<Tie>& ties);
  size_t ObserveRun(const ObservedRows& rows, size_t first, size_t end, std::vector<Tie>& ties);
  void ObserveScattered(Block& block);
  void FindVisible(Block& block);
  void Update(uint32_t slot, const ObservedRows& rows, size_t row, std::vector<Tie>& ties);
  Status SetAside(const std::vector<Tie>& ties);
  void DropStaleTies();
  uint64_t Lock(Best& best) const;
  Candidate CandidateOf(uint32_t slot) const;
  void Put(uint32_t slot, const Candidate& candidate);
  void SpreadKey(uint32_t key);
  Outcome MissOf(uint32_t slot) const;

  const SpineIndex& index_;
  const Options options_;
  RowPacking packing_;
  SlotFinder finder_;
  LargeVector<Best> best_;
  std::once_flag details_made_;
  LargeVector<int64_t> created_times_;  ///< Of the best rows; empty where rows have none.
  LargeVector<RowLineage> lineages_;    ///< The same.
  std::mutex ties_lock_;
  std::vector<Tie> ties_;
  size_t ties_looked_through_at_;  ///< So many ties, and the stale ones are dropped.
  std::atomic<bool> too_many_ties_{false};
  SharedBits passed_;  ///< By place: a row was visible there that left no candidate.
  SharedBits events_;  ///< With cuts, by place: a row's event time lies there.
};

}  // namespace icefield
