/// Numbers for rows, in the order of their places.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/executor.h"
#include "base/result.h"
#include "base/row_order.h"

namespace icefield {

/// The number of no row.
inline constexpr uint32_t kNoRowNumber = UINT32_MAX;

/// Some rows, each known by its number among them.
struct NumberedRows {
  std::vector<RowLocator> rows;   ///< By number: ascending, distinct.
  std::vector<uint32_t> numbers;  ///< Of each row that was asked for; kNoRowNumber for none.
};

/// Gives the rows that are asked for as [first, first + rows.size()): packed by a RowPacking for as
/// many files as there are, RowPacking::kNoRow for none. Called by several threads at once.
using RowsAsked = std::function<void(size_t first, std::span<uint64_t> rows)>;

/// Numbers `count` rows, of which many may be the same. `file_rows`: how many rows each file has,
/// about. Unsupported from 4 billion rows on.
Result<NumberedRows> NumberRows(size_t count, const RowsAsked& asked,
                                const std::vector<int64_t>& file_rows, const Workers& workers);

}  // namespace icefield
