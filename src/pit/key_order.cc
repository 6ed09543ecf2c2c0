#include "pit/key_order.h"

#include <arrow/array/array_decimal.h>
#include <arrow/util/decimal.h>

namespace icefield {

std::vector<uint64_t> OrderedWords(const arrow::Array& column) {
  constexpr uint64_t kSign = uint64_t{1} << 63;
  std::vector<uint64_t> words(static_cast<size_t>(column.length()));
  std::vector<uint8_t> has_key(words.size(), 1);
  WordColumn(column).Read(0, column.length(), words.data(), has_key.data());
  const bool is_floating = arrow::is_floating(column.type_id());
  for (uint64_t& word : words) word = is_floating && (word & kSign) != 0 ? ~word : word ^ kSign;
  return words;
}

OrderedColumn::OrderedColumn(std::shared_ptr<arrow::Array> column) : column_(std::move(column)) {
  if (IsWordKey(*column_->type())) {
    words_ = OrderedWords(*column_);
  } else if (column_->type_id() != arrow::Type::DECIMAL128) {
    bytes_.emplace(*column_);
  }
}

std::strong_ordering OrderedColumn::Compare(int64_t row, const OrderedColumn& other,
                                            int64_t other_row) const {
  if (bytes_) return (*bytes_)[row] <=> (*other.bytes_)[other_row];
  if (!words_.empty())
    return words_[static_cast<size_t>(row)] <=> other.words_[static_cast<size_t>(other_row)];
  const auto decimal_at = [](const arrow::Array& column, int64_t at) {
    return arrow::Decimal128(static_cast<const arrow::Decimal128Array&>(column).GetValue(at));
  };
  const arrow::Decimal128 mine = decimal_at(*column_, row);
  const arrow::Decimal128 others = decimal_at(*other.column_, other_row);
  if (mine == others) return std::strong_ordering::equal;
  return mine < others ? std::strong_ordering::less : std::strong_ordering::greater;
}

}  // namespace icefield
