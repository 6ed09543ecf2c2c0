/// Where the pages of a column chunk lie, as a file's page index says.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "batch/position_set.h"

namespace icefield {

/// One data page.
struct PagePlace {
  int64_t offset = 0;     ///< In the file, of its header.
  int64_t bytes = 0;      ///< With its header, compressed.
  int64_t first_row = 0;  ///< In the row group.
  bool operator==(const PagePlace&) const = default;
};

/// The data pages of one column chunk, in order.
using PagePlaces = std::vector<PagePlace>;

/// True where a page of a row group of `rows` rows holds any of `runs` (ascending, within it).
inline bool HoldsAny(const PagePlaces& places, size_t page, int64_t rows,
                     const std::vector<RowRun>& runs) {
  const int64_t end = page + 1 < places.size() ? places[page + 1].first_row : rows;
  const auto run = std::partition_point(runs.begin(), runs.end(), [&](const RowRun& before) {
    return before.first + before.count <= places[page].first_row;
  });
  return run != runs.end() && run->first < end;
}

}  // namespace icefield
