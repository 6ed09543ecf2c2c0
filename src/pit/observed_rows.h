/// Feature rows as the kernel takes them.
#pragma once

#include <cstdint>
#include <span>

#include "base/row_order.h"

namespace icefield {

/// Rows of one file, in their order there: parallel arrays.
struct ObservedRows {
  std::span<const uint32_t> key_ids;
  std::span<const int64_t> event_times;  ///< In the view's unit.
  std::span<const int64_t>
      created_times;  ///< kNoCreatedTime where null; empty where the view has none.
  std::span<const int64_t> commit_times;  ///< In the view's unit; empty without the commit cut.
  std::span<const RowLineage> lineages;   ///< Empty: none of the scan's rows is told apart by them.
  std::span<const int64_t>
      positions;  ///< Of each row in its file; empty: contiguous from first_position.
  uint32_t file = 0;
  int64_t first_position = 0;

  int64_t CreatedTimeOf(size_t row) const {
    return created_times.empty() ? kNoCreatedTime : created_times[row];
  }

  int64_t PositionOf(size_t row) const {
    return positions.empty() ? first_position + static_cast<int64_t>(row) : positions[row];
  }

  /// The order of one row.
  RowOrder OrderOf(size_t row) const {
    return {.event_time = event_times[row],
            .created_time = CreatedTimeOf(row),
            .lineage = lineages.empty() ? RowLineage{} : lineages[row],
            .locator = {.file = file, .position = PositionOf(row)}};
  }
};

}  // namespace icefield
