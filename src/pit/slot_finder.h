/// The slots of an entity frame, laid out to be found fast: the first slot of a key at or after a
/// time, for many rows at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/large_pages.h"
#include "pit/spine_index.h"

namespace icefield {

/// Where a row belongs: the number of a slot plus the id of its key. Each key has one place more
/// than slots, the last, for rows that come after all of them.
using Place = uint32_t;

/// Finds places. Times are kept in 29 bits, as ticks so coarse that these span the whole frame,
/// and a key's range of them is divided into cells of a few slots; exact times are looked at only
/// where coarse ones are equal. Thread-safe. Memory: about 6 bytes a slot and 8 a key.
class SlotFinder {
 public:
  /// Rows found together.
  static constexpr size_t kBlock = 256;

  /// Borrows `index`. `ttl`: in ticks, 0 for none.
  SlotFinder(const SpineIndex& index, int64_t ttl);

  /// Number of places: of slots and keys together.
  size_t places() const { return coarse_times_.size() - kWindow; }

  /// Brings near what Find needs to know of keys.
  void Prefetch(std::span<const uint32_t> keys) const;

  /// Times as coarse ticks. `coarse` gets an entry for each.
  void Coarsen(std::span<const int64_t> times, int32_t* coarse) const;

  /// The place of each row, at most kBlock of them: that of the first slot of its key at or after
  /// its time. `coarse`: the times, coarsened.
  void Find(std::span<const uint32_t> keys, const int64_t* times, const int32_t* coarse,
            Place* places) const;

  /// True where an event of this coarse time is surely expired at the place's slot, and so at all
  /// later ones of its key (P3), or where the place is the last of its key. Never true of an event
  /// that some entity time of the slot or of a later one may take.
  bool IsUseless(Place place, int32_t coarse_event) const {
    return coarse_times_[place] - coarse_event >= useless_from_;
  }

 private:
  /// Slots looked at together.
  static constexpr size_t kWindow = 8;
  /// Coarse ticks are below; times before all slots are -1, times after all are this.
  static constexpr int32_t kCoarseEnd = 1 << 29;

  int32_t CoarseOf(int64_t time) const;
  uint32_t CellOf(uint32_t key, int32_t coarse) const;
  void FindInWindow(uint32_t key, int64_t time, int32_t coarse, Place& place) const;

  const SpineIndex& index_;
  int64_t first_time_ = 0;
  int coarse_shift_ = 0;
  int32_t useless_from_ = 0;
  LargeVector<uint32_t> cells_of_key_;  ///< The first cell of each key; one more at the end.
  LargeVector<Place> place_of_cell_;    ///< The first place at or after the cell's start.
  LargeVector<int32_t> coarse_times_;   ///< By place; at last places later than any.
};

}  // namespace icefield
