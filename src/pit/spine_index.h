/// The entity frame as the kernel sees it: for each key its distinct entity times, the slots.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/executor.h"
#include "base/result.h"

namespace icefield {

/// The slot of an entity row that no feature row can match.
inline constexpr uint32_t kNoSlot = UINT32_MAX;

/// The slots of one frame for one key encoding and one time unit. At most one slot an entity row;
/// slots of a key lie together, ascending in time.
struct SpineIndex {
  std::vector<uint32_t> first_slot;  ///< Per key id; one more entry at the end.
  std::vector<int64_t> slot_times;  ///< Entity time of each slot, in the view's unit, rounded down.
  std::vector<uint32_t> slot_of_row;  ///< Per entity row; kNoSlot where it has no key or no time.

  uint32_t key_count() const { return static_cast<uint32_t>(first_slot.size() - 1); }
};

/// Builds the index from a key id (kNoId: none) and a time (nothing: none) for every entity row.
/// Cancelled where the caller stops it.
Result<SpineIndex> BuildSpineIndex(const std::vector<uint32_t>& key_ids, uint32_t key_count,
                                   const std::vector<std::optional<int64_t>>& times,
                                   const Workers& workers = {});

}  // namespace icefield
