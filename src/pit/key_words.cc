#include "pit/key_words.h"

#include <arrow/array/array_binary.h>
#include <arrow/array/array_decimal.h>
#include <arrow/array/data.h>
#include <arrow/extension_type.h>
#include <arrow/util/bit_util.h>

#include <bit>
#include <cmath>

namespace icefield {
namespace {

const arrow::Array& StorageOf(const arrow::Array& column) {
  if (column.type_id() != arrow::Type::EXTENSION) return column;
  return *static_cast<const arrow::ExtensionArray&>(column).storage();
}

template <typename Number>
void ReadNumbers(const arrow::ArrayData& data, int64_t start, int64_t count, uint64_t* words,
                 uint8_t* has_key) {
  const Number* values = data.GetValues<Number>(1) + start;
  for (int64_t row = 0; row < count; ++row) {
    if constexpr (std::is_floating_point_v<Number>) {
      const auto wide = static_cast<double>(values[row]);
      if (std::isnan(wide)) has_key[row] = 0;
      words[row] = std::bit_cast<uint64_t>(wide == 0 ? 0.0 : wide);
    } else {
      words[row] = static_cast<uint64_t>(static_cast<int64_t>(values[row]));
    }
  }
}

void ReadBooleans(const arrow::ArrayData& data, int64_t start, int64_t count, uint64_t* words) {
  const uint8_t* bits = data.GetValues<uint8_t>(1, 0);
  for (int64_t row = 0; row < count; ++row)
    words[row] = arrow::bit_util::GetBit(bits, data.offset + start + row) ? 1 : 0;
}

}  // namespace

bool IsWordKey(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::BOOL:
    case arrow::Type::INT32:
    case arrow::Type::INT64:
    case arrow::Type::FLOAT:
    case arrow::Type::DOUBLE:
    case arrow::Type::DATE32:
    case arrow::Type::TIME64:
    case arrow::Type::TIMESTAMP:
      return true;
    default:
      return false;
  }
}

bool IsKeyType(const arrow::DataType& type) {
  const arrow::DataType& storage =
      type.id() == arrow::Type::EXTENSION
          ? *static_cast<const arrow::ExtensionType&>(type).storage_type()
          : type;
  switch (storage.id()) {
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
    case arrow::Type::FIXED_SIZE_BINARY:
    case arrow::Type::DECIMAL128:
      return true;
    default:
      return IsWordKey(storage);
  }
}

WordColumn::WordColumn(const arrow::Array& column)
    : data_(*column.data()),
      may_lack_keys_(column.null_count() > 0 || arrow::is_floating(column.type_id())) {
  switch (column.type_id()) {
    case arrow::Type::INT64:
    case arrow::Type::TIME64:
    case arrow::Type::TIMESTAMP:
      plain_ = data_.GetValues<uint64_t>(1);
      return;
    default:
      return;
  }
}

void WordColumn::Read(int64_t start, int64_t count, uint64_t* words, uint8_t* has_key) const {
  switch (data_.type->id()) {
    case arrow::Type::BOOL:
      ReadBooleans(data_, start, count, words);
      break;
    case arrow::Type::INT32:
    case arrow::Type::DATE32:
      ReadNumbers<int32_t>(data_, start, count, words, has_key);
      break;
    case arrow::Type::FLOAT:
      ReadNumbers<float>(data_, start, count, words, has_key);
      break;
    case arrow::Type::DOUBLE:
      ReadNumbers<double>(data_, start, count, words, has_key);
      break;
    default:
      ReadNumbers<int64_t>(data_, start, count, words, has_key);
      break;
  }
  if (data_.GetNullCount() == 0) return;
  const uint8_t* valid = data_.GetValues<uint8_t>(0, 0);
  for (int64_t row = 0; row < count; ++row)
    has_key[row] &= arrow::bit_util::GetBit(valid, data_.offset + start + row) ? 1 : 0;
}

BytesColumn::BytesColumn(const arrow::Array& column) : column_(StorageOf(column)) {
  if (arrow::is_base_binary_like(column_.type_id())) {
    const auto& binary = static_cast<const arrow::BinaryArray&>(column_);
    offsets_ = binary.raw_value_offsets();
    data_ = reinterpret_cast<const char*>(binary.raw_data());
    if (data_ == nullptr) data_ = "";
    return;
  }
  const auto& fixed = static_cast<const arrow::FixedSizeBinaryArray&>(column_);
  width_ = fixed.byte_width();
  data_ = reinterpret_cast<const char*>(fixed.raw_values());
}

}  // namespace icefield
