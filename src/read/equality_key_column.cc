#include "read/equality_key_column.h"

#include <arrow/extension_type.h>

#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>

#include "batch/hash.h"

namespace icefield {
namespace {

constexpr uint64_t kNullHash = 0x2545F4914F6CDD1DU;

// A polynomial of well-mixed hashes: the columns' order counts, and the first column's hash stays.
uint64_t CombineHashes(uint64_t columns_before, uint64_t column) {
  return columns_before * 0x9E3779B97F4A7C15U + column;
}

template <typename Number>
uint64_t WordOf(Number number) {
  if constexpr (std::is_floating_point_v<Number>) {
    using Bits = std::conditional_t<sizeof(Number) == 4, uint32_t, uint64_t>;
    return std::bit_cast<Bits>(std::isnan(number) ? std::numeric_limits<Number>::quiet_NaN()
                                                  : number);
  } else {
    return static_cast<uint64_t>(int64_t{number});
  }
}

template <typename Number>
uint64_t WordAt(const uint8_t* values, int64_t row) {
  return WordOf(reinterpret_cast<const Number*>(values)[row]);
}

bool IsWordForm(KeyForm form) { return form != KeyForm::kFixed && form != KeyForm::kBytes; }

}  // namespace

Result<KeyForm> KeyFormOf(const arrow::DataType& type) {
  switch (type.storage_id()) {
    case arrow::Type::NA:
      return KeyForm::kNull;
    case arrow::Type::BOOL:
      return KeyForm::kBoolean;
    case arrow::Type::INT32:
    case arrow::Type::DATE32:
      return KeyForm::kInt32;
    case arrow::Type::INT64:
    case arrow::Type::TIME64:
    case arrow::Type::TIMESTAMP:
      return KeyForm::kInt64;
    case arrow::Type::FLOAT:
      return KeyForm::kFloat;
    case arrow::Type::DOUBLE:
      return KeyForm::kDouble;
    case arrow::Type::DECIMAL128:
    case arrow::Type::FIXED_SIZE_BINARY:
      return KeyForm::kFixed;
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
      return KeyForm::kBytes;
    default:
      return Unsupported("a column of type ", type.ToString(), " cannot be an equality-delete key");
  }
}

KeyColumnView::KeyColumnView(const arrow::Array& column, KeyForm form) : form_(form) {
  const arrow::ArrayData& data = *column.data();
  offset_ = data.offset;
  if (form == KeyForm::kNull) return;
  if (column.null_count() > 0) validity_ = column.null_bitmap_data();
  switch (form) {
    case KeyForm::kBoolean:
      values_ = data.GetValues<uint8_t>(1, /*absolute_offset=*/0);
      break;
    case KeyForm::kInt32:
    case KeyForm::kFloat:
      values_ = reinterpret_cast<const uint8_t*>(data.GetValues<int32_t>(1));
      break;
    case KeyForm::kFixed:
      width_ = column.type()->byte_width();
      values_ = data.GetValues<uint8_t>(1, offset_ * width_);
      break;
    case KeyForm::kBytes:
      ends_ = data.GetValues<int32_t>(1);
      values_ = data.GetValues<uint8_t>(2, 0);
      break;
    default:
      values_ = reinterpret_cast<const uint8_t*>(data.GetValues<int64_t>(1));
  }
}

uint64_t KeyColumnView::Word(int64_t row) const {
  switch (form_) {
    case KeyForm::kBoolean:
      return BitAt(values_, offset_ + row) ? 1 : 0;
    case KeyForm::kInt32:
      return WordAt<int32_t>(values_, row);
    case KeyForm::kFloat:
      return WordAt<float>(values_, row);
    case KeyForm::kDouble:
      return WordAt<double>(values_, row);
    case KeyForm::kInt64:
      return WordAt<int64_t>(values_, row);
    default:
      return 0;
  }
}

std::string_view KeyColumnView::Bytes(int64_t row) const {
  const auto* values = reinterpret_cast<const char*>(values_);
  if (form_ == KeyForm::kFixed) return {values + row * width_, static_cast<size_t>(width_)};
  const int32_t start = ends_[row];
  const int32_t end = ends_[row + 1];
  if (start == end) return {};  // A column of empty values may have no data at all.
  return {values + start, static_cast<size_t>(end - start)};
}

template <typename HashAt>
void KeyColumnView::AddEach(int64_t first, std::span<uint64_t> hashes,
                            const HashAt& hash_at) const {
  if (validity_ == nullptr) {
    for (size_t at = 0; at < hashes.size(); ++at)
      hashes[at] = CombineHashes(hashes[at], hash_at(first + static_cast<int64_t>(at)));
    return;
  }
  for (size_t at = 0; at < hashes.size(); ++at) {
    const int64_t row = first + static_cast<int64_t>(at);
    const uint64_t hash = hash_at(row);
    hashes[at] = CombineHashes(hashes[at], BitAt(validity_, offset_ + row) ? hash : kNullHash);
  }
}

void KeyColumnView::AddHashes(int64_t first, std::span<uint64_t> hashes) const {
  switch (form_) {
    case KeyForm::kNull:
      return AddEach(first, hashes, [](int64_t) { return kNullHash; });
    case KeyForm::kBoolean:
      return AddEach(first, hashes, [&](int64_t row) { return HashWord(Word(row)); });
    case KeyForm::kInt32:
      return AddEach(first, hashes,
                     [&](int64_t row) { return HashWord(WordAt<int32_t>(values_, row)); });
    case KeyForm::kInt64:
      return AddEach(first, hashes,
                     [&](int64_t row) { return HashWord(WordAt<int64_t>(values_, row)); });
    case KeyForm::kFloat:
      return AddEach(first, hashes,
                     [&](int64_t row) { return HashWord(WordAt<float>(values_, row)); });
    case KeyForm::kDouble:
      return AddEach(first, hashes,
                     [&](int64_t row) { return HashWord(WordAt<double>(values_, row)); });
    case KeyForm::kFixed:
    case KeyForm::kBytes:
      return AddEach(first, hashes, [&](int64_t row) { return HashBytes(Bytes(row)); });
  }
}

void KeptKeyColumn::Append(const KeyColumnView& view, int64_t row) {
  const bool is_null = view.IsNull(row);
  null_.push_back(is_null);
  if (IsWordForm(form_)) {
    words_.push_back(is_null ? 0 : view.Word(row));
  } else if (form_ == KeyForm::kFixed && is_null) {
    bytes_.append(width_, '\0');
  } else if (!is_null) {
    bytes_.append(view.Bytes(row));
  }
  if (form_ == KeyForm::kBytes) ends_.push_back(bytes_.size());
}

bool KeptKeyColumn::Equals(uint32_t at, const KeyColumnView& view, int64_t row) const {
  const bool is_null = view.IsNull(row);
  if (is_null || null_[at]) return is_null && null_[at];
  return IsWordForm(form_) ? words_[at] == view.Word(row) : BytesAt(at) == view.Bytes(row);
}

uint64_t KeptKeyColumn::AddHash(uint32_t at, uint64_t hash) const {
  if (null_[at]) return CombineHashes(hash, kNullHash);
  return CombineHashes(hash, IsWordForm(form_) ? HashWord(words_[at]) : HashBytes(BytesAt(at)));
}

std::string_view KeptKeyColumn::BytesAt(uint32_t at) const {
  const std::string_view bytes = bytes_;
  if (form_ == KeyForm::kFixed) return bytes.substr(at * width_, width_);
  const uint64_t start = at == 0 ? 0 : ends_[at - 1];
  return bytes.substr(start, ends_[at] - start);
}

}  // namespace icefield
