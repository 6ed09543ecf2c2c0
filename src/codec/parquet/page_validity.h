/// Which rows of a page hold a value.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace parquet {
class ColumnDescriptor;
class DataPage;
}  // namespace parquet

namespace icefield {

/// The definition levels of a data page of a column without repetition, of at most one level: a bit
/// a row. Keeps its memory from page to page.
class PageValidity {
 public:
  /// Reads the levels of `page`. Returns how many bytes of it they take. Throws
  /// parquet::ParquetException for levels that do not fit the page.
  int64_t Read(const parquet::DataPage& page, const parquet::ColumnDescriptor& column);

  /// Rows that hold a value.
  int64_t values() const { return values_; }
  bool all_valid() const { return all_valid_; }

  bool IsValid(int64_t row) const {
    return all_valid_ || ((words_[static_cast<size_t>(row >> 6)] >> (row & 63)) & 1) != 0;
  }

  /// The rows before `row` that hold a value: the number of the row's value, where it has one.
  int64_t ValuesBefore(int64_t row) const {
    if (all_valid_) return row;
    const auto word = static_cast<size_t>(row >> 6);
    const uint64_t below = words_[word] & ((uint64_t{1} << (row & 63)) - 1);
    return before_[word] + std::popcount(below);
  }

  /// A bit a row from the lowest of the first byte on; null where all are valid.
  const uint8_t* bits() const {
    return all_valid_ ? nullptr : reinterpret_cast<const uint8_t*>(words_.data());
  }

 private:
  void ReadRuns(const uint8_t* data, int64_t size, int64_t rows);
  void ReadLegacy(const uint8_t* data, int64_t size, int64_t rows);
  void Count();

  bool all_valid_ = true;
  int64_t values_ = 0;
  std::vector<uint64_t> words_;  // One more than needed, of zeros.
  std::vector<int64_t> before_;  // Per word, the values before it.
};

}  // namespace icefield
