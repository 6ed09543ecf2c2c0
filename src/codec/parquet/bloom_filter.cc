#include "codec/parquet/bloom_filter.h"

#include <parquet/bloom_filter.h>
#include <parquet/bloom_filter_reader.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>

#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "codec/parquet/input_adapter.h"

namespace icefield {
namespace {

// Whether values of `type` are hashed as the file stores them: numbers without another meaning,
// days, microseconds, texts. Others (promoted ones, other units) are not looked up.
bool IsStoredAs(const parquet::ColumnDescriptor& column, const PrimitiveType& type) {
  const parquet::LogicalType& logical = *column.logical_type();
  const bool is_int32 = column.physical_type() == parquet::Type::INT32;
  const bool is_int64 = column.physical_type() == parquet::Type::INT64;
  const bool is_number =
      logical.is_none() ||
      (logical.is_int() && static_cast<const parquet::IntLogicalType&>(logical).is_signed());
  switch (type.kind) {
    case PrimitiveKind::kInt:
      return is_int32 && is_number;
    case PrimitiveKind::kLong:
      return is_int64 && is_number;
    case PrimitiveKind::kDate:
      return is_int32 && logical.is_date();
    case PrimitiveKind::kTimestamp:
    case PrimitiveKind::kTimestamptz:
      return is_int64 && logical.is_timestamp() &&
             static_cast<const parquet::TimestampLogicalType&>(logical).time_unit() ==
                 parquet::LogicalType::TimeUnit::MICROS;
    case PrimitiveKind::kString:
      return column.physical_type() == parquet::Type::BYTE_ARRAY;
    default:
      return false;
  }
}

bool MayHoldValue(const parquet::BloomFilter& filter, const Value& value) {
  if (const auto* number = std::get_if<int32_t>(&value))
    return filter.FindHash(filter.Hash(*number));
  if (const auto* number = std::get_if<int64_t>(&value))
    return filter.FindHash(filter.Hash(*number));
  if (const auto* text = std::get_if<std::string>(&value))
    return filter.FindHash(filter.Hash(std::string_view(*text)));
  return true;
}

}  // namespace

bool HasBloomFilter(const ParquetFooter& footer, int row_group, int leaf,
                    const PrimitiveType& type) {
  const parquet::ColumnDescriptor& column = *footer.metadata()->schema()->Column(leaf);
  return IsStoredAs(column, type) && footer.metadata()
                                         ->RowGroup(row_group)
                                         ->ColumnChunk(leaf)
                                         ->bloom_filter_offset()
                                         .has_value();
}

Result<std::vector<Value>> MayHold(const InputFile& file, const ParquetFooter& footer,
                                   int row_group, int leaf, std::vector<Value> values) {
  try {
    const parquet::ReaderProperties properties;
    const std::unique_ptr<parquet::BloomFilterReader> reader =
        parquet::BloomFilterReader::Make(AdaptInput(file), footer.metadata(), properties);
    const std::shared_ptr<parquet::RowGroupBloomFilterReader> group = reader->RowGroup(row_group);
    if (group == nullptr) return values;
    const std::unique_ptr<parquet::BloomFilter> filter = group->GetColumnBloomFilter(leaf);
    if (filter == nullptr) return values;
    std::erase_if(values, [&](const Value& value) { return !MayHoldValue(*filter, value); });
  } catch (const std::exception&) {
    return values;  // A filter that cannot be read has excluded nothing yet.
  }
  return values;
}

}  // namespace icefield
