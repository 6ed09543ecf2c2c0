/// Values of key columns in the order of a made frame (P14): numbers by value, texts and bytes by
/// unsigned byte.
#pragma once

#include <arrow/array.h>

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "pit/key_words.h"

namespace icefield {

/// The canonical words of a word column (see IsWordKey) as words that compare as its values do.
std::vector<uint64_t> OrderedWords(const arrow::Array& column);

/// A key column without nulls, ready to be compared with others of its type.
class OrderedColumn {
 public:
  explicit OrderedColumn(std::shared_ptr<arrow::Array> column);

  std::strong_ordering Compare(int64_t row, const OrderedColumn& other, int64_t other_row) const;

 private:
  std::shared_ptr<arrow::Array> column_;
  std::vector<uint64_t> words_;       // Of a word column,
  std::optional<BytesColumn> bytes_;  // or of one of bytes; decimals are neither.
};

}  // namespace icefield
