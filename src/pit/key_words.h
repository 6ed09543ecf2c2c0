/// Key columns read row by row as words or bytes in canonical form: equal values give equal words
/// or bytes.
#pragma once

#include <arrow/array.h>

#include <cstdint>
#include <string_view>

namespace icefield {

/// True for types whose values are words (at most 64 bits); the others are bytes.
bool IsWordKey(const arrow::DataType& type);

/// True for types that may be keys at all.
bool IsKeyType(const arrow::DataType& type);

/// Reads a word column. Integers are sign-extended, floats widened to double, -0.0 becomes 0.0.
/// Borrows the column.
class WordColumn {
 public:
  explicit WordColumn(const arrow::Array& column);

  /// False if every row has a key: no null, and no type that knows NaN.
  bool may_lack_keys() const { return may_lack_keys_; }

  /// The words of all rows, where the column holds them as they are; else null.
  const uint64_t* plain() const { return plain_; }

  /// The words of rows [start, start + count). has_key[i] is cleared for null and NaN, whose words
  /// mean nothing, and is left as it is otherwise.
  void Read(int64_t start, int64_t count, uint64_t* words, uint8_t* has_key) const;

 private:
  const arrow::ArrayData& data_;
  bool may_lack_keys_ = false;
  const uint64_t* plain_ = nullptr;
};

/// Reads a bytes column: strings, binaries, fixed-size values (decimals of one scale by their 16
/// bytes). Borrows the column.
class BytesColumn {
 public:
  explicit BytesColumn(const arrow::Array& column);

  /// False if no row is null.
  bool may_lack_keys() const { return column_.null_count() > 0; }

  bool IsNull(int64_t row) const { return column_.IsNull(row); }
  std::string_view operator[](int64_t row) const {
    if (offsets_ == nullptr) return {data_ + row * width_, static_cast<size_t>(width_)};
    return {data_ + offsets_[row], static_cast<size_t>(offsets_[row + 1] - offsets_[row])};
  }

 private:
  const arrow::Array& column_;
  const int32_t* offsets_ = nullptr;
  const char* data_ = nullptr;
  int64_t width_ = 0;
};

}  // namespace icefield
