/// Rows that may win, as the kernels hold them until it is known what decides between them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/executor.h"
#include "base/result.h"
#include "base/row_order.h"

namespace icefield {

/// What was found out about the rows that may win.
struct FoundRows {
  std::span<const uint32_t> numbers;       ///< Of the contenders, in the order of the rows.
  std::span<const int64_t> created_times;  ///< By number; empty where they were not asked for.
  std::span<const RowLineage> lineages;    ///< Those of rows set aside, by number; or empty.
};

/// Holds the best row of each slot or key, and those that tie with one and were set aside.
class Contenders {
 public:
  virtual ~Contenders() = default;

  /// How many rows may still win: the best ones, then those set aside, of which the first ones come
  /// twice. After the last row was observed.
  virtual size_t CountContenders() = 0;

  /// Those of them that were set aside: from this one on.
  virtual size_t first_tied() const = 0;

  /// The contenders [first, first + rows.size()), packed by a RowPacking for the scan's files;
  /// RowPacking::kNoRow where a slot has no row. After CountContenders; by several threads at once.
  virtual void GetContenders(size_t first, std::span<uint64_t> rows) const = 0;

  /// Decides between the rows that were set aside. From here on a row is known by its number. After
  /// CountContenders, once.
  virtual Status Settle(const FoundRows& found, const Workers& workers) = 0;
};

}  // namespace icefield
