/// The one order of feature rows: P4 (event time), P5 (created time), P6 (full ties).
#pragma once

#include <compare>
#include <cstdint>
#include <limits>

namespace icefield {

/// The created time of a row that has none: older than any other (P5).
inline constexpr int64_t kNoCreatedTime = std::numeric_limits<int64_t>::min();

/// A row's `_last_updated_sequence_number` and `_row_id` (v3), where files store them; kNone for a
/// null, which comes before all others. Where no file of a scan stores them all rows are equal
/// here: then the order of files says the same.
struct RowLineage {
  static constexpr int64_t kNone = std::numeric_limits<int64_t>::min();

  int64_t last_updated = kNone;
  int64_t row_id = kNone;
  auto operator<=>(const RowLineage&) const = default;
};

/// Where a row lies: the number of its data file in the plan, its position in the file.
struct RowLocator {
  static constexpr uint32_t kNoFile = std::numeric_limits<uint32_t>::max();

  uint32_t file = kNoFile;
  int64_t position = 0;
  auto operator<=>(const RowLocator&) const = default;
};

/// What decides between two candidates of one key, in this order.
struct RowOrder {
  int64_t event_time = 0;  ///< In the view's time unit.
  int64_t created_time = kNoCreatedTime;
  RowLineage lineage;
  RowLocator locator;
  auto operator<=>(const RowOrder&) const = default;

  /// True if neither event nor created time tells the two apart: a full tie (P6).
  bool TiesWith(const RowOrder& other) const {
    return event_time == other.event_time && created_time == other.created_time;
  }
};

}  // namespace icefield
