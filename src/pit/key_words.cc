#include "pit/key_words.h"

#include <arrow/array/array_binary.h>
#include <arrow/array/array_decimal.h>
#include <arrow/array/array_primitive.h>
#include <arrow/extension_type.h>

#include <bit>
#include <cmath>

namespace icefield {
namespace {

const arrow::Array& StorageOf(const arrow::Array& column) {
  if (column.type_id() != arrow::Type::EXTENSION) return column;
  return *static_cast<const arrow::ExtensionArray&>(column).storage();
}

template <typename Number>
uint64_t CanonicalWord(Number number, uint8_t& no_key) {
  if constexpr (std::is_floating_point_v<Number>) {
    const double wide = static_cast<double>(number);
    if (std::isnan(wide)) no_key = 1;
    return std::bit_cast<uint64_t>(wide == 0 ? 0.0 : wide);
  } else {
    return static_cast<uint64_t>(static_cast<int64_t>(number));
  }
}

template <typename ArrayType>
void ReadNumbers(const arrow::Array& column, std::vector<uint64_t>& words,
                 std::vector<uint8_t>& no_key) {
  const auto& numbers = static_cast<const ArrayType&>(column);
  const auto* values = numbers.raw_values();
  for (int64_t row = 0; row < column.length(); ++row) {
    words[static_cast<size_t>(row)] = CanonicalWord(values[row], no_key[static_cast<size_t>(row)]);
  }
}

void ReadBooleans(const arrow::Array& column, std::vector<uint64_t>& words) {
  const auto& booleans = static_cast<const arrow::BooleanArray&>(column);
  for (int64_t row = 0; row < column.length(); ++row)
    words[static_cast<size_t>(row)] = booleans.Value(row) ? 1 : 0;
}

void ReadValues(const arrow::Array& column, std::vector<uint64_t>& words,
                std::vector<uint8_t>& no_key) {
  switch (column.type_id()) {
    case arrow::Type::BOOL:
      return ReadBooleans(column, words);
    case arrow::Type::INT32:
      return ReadNumbers<arrow::Int32Array>(column, words, no_key);
    case arrow::Type::DATE32:
      return ReadNumbers<arrow::Date32Array>(column, words, no_key);
    case arrow::Type::FLOAT:
      return ReadNumbers<arrow::FloatArray>(column, words, no_key);
    case arrow::Type::DOUBLE:
      return ReadNumbers<arrow::DoubleArray>(column, words, no_key);
    case arrow::Type::TIME64:
      return ReadNumbers<arrow::Time64Array>(column, words, no_key);
    case arrow::Type::TIMESTAMP:
      return ReadNumbers<arrow::TimestampArray>(column, words, no_key);
    default:
      return ReadNumbers<arrow::Int64Array>(column, words, no_key);
  }
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

void ReadWords(const arrow::Array& column, std::vector<uint64_t>& words,
               std::vector<uint8_t>& no_key) {
  words.resize(static_cast<size_t>(column.length()));
  ReadValues(column, words, no_key);
  if (column.null_count() == 0) return;
  for (int64_t row = 0; row < column.length(); ++row) {
    if (column.IsNull(row)) no_key[static_cast<size_t>(row)] = 1;
  }
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
