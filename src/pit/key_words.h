/// Key columns read row by row as words or bytes in canonical form: equal values give equal words
/// or bytes.
#pragma once

#include <arrow/array.h>

#include <cstdint>
#include <string_view>
#include <vector>

namespace icefield {

/// True for types whose values are words (at most 64 bits); the others are bytes.
bool IsWordKey(const arrow::DataType& type);

/// True for types that may be keys at all.
bool IsKeyType(const arrow::DataType& type);

/// The canonical words of a word column, and where rows have none: no_key[row] is set for null and
/// NaN and is left as it is otherwise. Integers are sign-extended, floats widened to double, -0.0
/// becomes 0.0.
void ReadWords(const arrow::Array& column, std::vector<uint64_t>& words,
               std::vector<uint8_t>& no_key);

/// Reads a bytes column: strings, binaries, fixed-size values (decimals of one scale by their 16
/// bytes). Borrows the column.
class BytesColumn {
 public:
  explicit BytesColumn(const arrow::Array& column);
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
