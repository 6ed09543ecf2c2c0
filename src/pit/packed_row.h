/// The place of a row in one word, with two bits left for marks.
#pragma once

#include <bit>
#include <cstdint>

#include "base/result.h"
#include "base/row_order.h"

namespace icefield {

/// Packs locators into 62 bits that are ordered as the locators are.
class RowPacking {
 public:
  /// What no row is packed into.
  static constexpr uint64_t kNoRow = (uint64_t{1} << 62) - 1;

  /// For files with numbers below `files`.
  explicit RowPacking(uint32_t files)
      : files_(files), position_bits_(62 - static_cast<int>(std::bit_width(files))) {}

  /// Unsupported where a locator does not fit: the file has too many rows.
  Status Check(const RowLocator& locator) const {
    if (locator.position < int64_t{1} << position_bits_ && locator.file < files_) return {};
    return Unsupported("a file of more than ", int64_t{1} << position_bits_, " rows among ", files_,
                       " files");
  }

  uint64_t Pack(const RowLocator& locator) const {
    return (uint64_t{locator.file} << position_bits_) | static_cast<uint64_t>(locator.position);
  }

  RowLocator Unpack(uint64_t row) const {
    return {.file = static_cast<uint32_t>(row >> position_bits_),
            .position = static_cast<int64_t>(row & ((uint64_t{1} << position_bits_) - 1))};
  }

 private:
  uint32_t files_;
  int position_bits_;
};

}  // namespace icefield
