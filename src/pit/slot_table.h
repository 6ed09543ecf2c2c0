/// The point-in-time kernel: feature rows in any order, from any thread, leave in each slot the
/// best candidate.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "base/row_order.h"
#include "pit/spine_index.h"

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

/// A key's best row as seen so far: its order, and whether another row tied with it in all but the
/// P6.
struct Candidate {
  RowOrder order{.event_time = INT64_MIN};
  bool tied = false;

  bool operator==(const Candidate&) const = default;

  /// True before any row was merged in.
  bool empty() const { return order.locator.file == RowLocator::kNoFile; }

  /// Takes `other` in: the maximum by P4-P6, in any order of calls.
  void Merge(const Candidate& other);
};

/// Feature rows of one batch: parallel arrays.
struct ObservedRows {
  std::span<const uint32_t> key_ids;     ///< kNoId: not of interest.
  std::span<const int64_t> event_times;  ///< In the view's unit.
  std::span<const int64_t>
      created_times;  ///< kNoCreatedTime where null; empty where the view has none.
  std::span<const int64_t> commit_times;  ///< In the view's unit; empty without the commit cut.
  std::span<const int64_t>
      positions;  ///< Of each row in its file; empty: contiguous from first_position.
  std::span<const RowLineage> lineages;  ///< Empty: none of the scan's rows is told apart by them.
  uint32_t file = 0;
  int64_t first_position = 0;

  /// The order of one row.
  RowOrder OrderOf(size_t row) const {
    return {.event_time = event_times[row],
            .created_time = created_times.empty() ? kNoCreatedTime : created_times[row],
            .lineage = lineages.empty() ? RowLineage{} : lineages[row],
            .locator = {.file = file,
                        .position = positions.empty() ? first_position + static_cast<int64_t>(row)
                                                      : positions[row]}};
  }
};

/// Slots with their candidates. The result depends only on the set of rows observed: not on order,
/// batches, threads. A row is visible from its event time on, with cuts from the latest of its
/// event, created and commit time. Memory: about 64 bytes a slot and 8 a key. Does not: apply the
/// TTL before `Resolve`.
class SlotTable {
 public:
  /// Borrows `index`. With `created_cut` a row is visible from the later of its event and created
  /// time, and one without a created time never is (P8).
  SlotTable(const SpineIndex& index, bool created_cut);

  /// Working memory of one thread.
  struct Scratch {
    struct Row {
      uint32_t key_id;
      uint32_t slot;
      uint32_t row;  ///< In the batch.
    };
    std::vector<Row> rows;         ///< Those with a key, sorted by partition.
    std::vector<uint32_t> starts;  ///< Per partition its first row; one more entry at the end.
    std::vector<uint32_t> next;
  };

  /// Takes rows in. May be called by several threads at once.
  void Observe(const ObservedRows& rows, Scratch& scratch);

  /// After the last Observe, once: spreads each slot's candidate to the later slots of its key.
  void Spread();

  /// What entity row `row` gets, after Spread. `oldest_fresh`: the least event time that is not
  /// expired (P3).
  struct Resolved {
    Outcome outcome = Outcome::kKeyAbsent;
    const Candidate* winner = nullptr;  ///< For kHit and kExpired.
  };
  Resolved Resolve(size_t row, int64_t oldest_fresh) const;

 private:
  uint32_t PartitionOf(uint32_t key_id) const { return key_id >> partition_shift_; }
  void GroupByPartition(const ObservedRows& rows, Scratch& scratch) const;
  void FindSlots(const ObservedRows& batch, std::span<Scratch::Row> rows) const;
  uint32_t SlotFor(const ObservedRows& batch, const Scratch::Row& row) const;
  void Merge(const ObservedRows& batch, std::span<const Scratch::Row> rows);
  Outcome MissOf(uint32_t slot) const;

  const SpineIndex& index_;
  const bool created_cut_;
  int partition_shift_ = 0;
  uint32_t partition_count_ = 0;
  std::unique_ptr<std::mutex[]> partition_locks_;
  std::vector<Candidate> slots_;
  std::vector<int64_t> first_event_;  ///< Per key, of all rows seen.
};

}  // namespace icefield
