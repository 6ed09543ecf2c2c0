/// Where the pages of a column chunk lie, as a file's page index says.
#pragma once

#include <cstdint>
#include <vector>

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

}  // namespace icefield
