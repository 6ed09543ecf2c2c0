/// The one order of feature rows: P4 (event time), P5 (created time), P6 (full ties).
#pragma once

#include <compare>
#include <cstdint>
#include <limits>

namespace icefield {

/// The created time of a row that has none: older than any other (P5).
inline constexpr int64_t kNoCreatedTime = std::numeric_limits<int64_t>::min();

/// Where a row stands among rows that tie in event and created time (P6). Opaque: only its order
/// means anything. Before v3 `major` numbers the data files in the order (data sequence number,
/// file path) and `minor` is the position in the file, so that a rank also finds its row again.
struct WriteRank {
  uint64_t major = 0;
  uint64_t minor = 0;
  auto operator<=>(const WriteRank&) const = default;
};

/// What decides between two candidates of one key.
struct RowOrder {
  int64_t event_time = 0;  ///< In the view's time unit.
  int64_t created_time = kNoCreatedTime;
  WriteRank rank;
  auto operator<=>(const RowOrder&) const = default;

  /// True if only the write rank tells the two apart: a full tie (P6).
  bool TiesWith(const RowOrder& other) const {
    return event_time == other.event_time && created_time == other.created_time;
  }
};

}  // namespace icefield
