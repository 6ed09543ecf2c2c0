#include <parquet/metadata.h>
#include <parquet/statistics.h>
#include <parquet/types.h>

#include <cstring>

#include "base/checked.h"
#include "codec/parquet/parquet_file.h"

namespace icefield {
namespace {

template <typename Number>
std::optional<Number> LittleEndian(const std::string& bytes) {
  if (bytes.size() != sizeof(Number)) return std::nullopt;
  Number number;
  std::memcpy(&number, bytes.data(), sizeof(Number));
  return number;
}

// Microseconds of a stored timestamp bound, rounded so that the bound still holds.
std::optional<int64_t> Micros(int64_t stored, const parquet::ColumnDescriptor& column, bool lower) {
  const std::shared_ptr<const parquet::LogicalType>& logical = column.logical_type();
  if (logical == nullptr || !logical->is_timestamp()) return std::nullopt;
  switch (static_cast<const parquet::TimestampLogicalType&>(*logical).time_unit()) {
    case parquet::LogicalType::TimeUnit::MILLIS:
      return CheckedMultiply<int64_t>(stored, 1000);
    case parquet::LogicalType::TimeUnit::MICROS:
      return stored;
    case parquet::LogicalType::TimeUnit::NANOS:
      return lower ? FloorDivide<int64_t>(stored, 1000) : CeilDivide<int64_t>(stored, 1000);
    default:
      return std::nullopt;
  }
}

template <typename To, typename From>
std::optional<Value> Widened(std::optional<From> number) {
  if (!number) return std::nullopt;
  return Value(static_cast<To>(*number));
}

std::optional<Value> LongBound(const std::string& bytes, const parquet::ColumnDescriptor& column) {
  if (column.physical_type() == parquet::Type::INT32)
    return Widened<int64_t>(LittleEndian<int32_t>(bytes));
  if (column.physical_type() != parquet::Type::INT64) return std::nullopt;
  return Widened<int64_t>(LittleEndian<int64_t>(bytes));
}

std::optional<Value> DoubleBound(const std::string& bytes,
                                 const parquet::ColumnDescriptor& column) {
  if (column.physical_type() == parquet::Type::FLOAT)
    return Widened<double>(LittleEndian<float>(bytes));
  if (column.physical_type() != parquet::Type::DOUBLE) return std::nullopt;
  return Widened<double>(LittleEndian<double>(bytes));
}

std::optional<Value> TimestampBound(const std::string& bytes,
                                    const parquet::ColumnDescriptor& column, bool lower) {
  std::optional<int64_t> stored = LittleEndian<int64_t>(bytes);
  if (!stored || column.physical_type() != parquet::Type::INT64) return std::nullopt;
  std::optional<int64_t> micros = Micros(*stored, column, lower);
  if (!micros) return std::nullopt;
  return Value(*micros);
}

bool IsUnsigned(const parquet::ColumnDescriptor& column) {
  const std::shared_ptr<const parquet::LogicalType>& logical = column.logical_type();
  return logical != nullptr && logical->is_int() &&
         !static_cast<const parquet::IntLogicalType&>(*logical).is_signed();
}

// A bound of the types that point-in-time reads filter by. Others stay unknown, which prunes
// nothing.
std::optional<Value> BoundOf(const std::string& bytes, const parquet::ColumnDescriptor& column,
                             const PrimitiveType& type, bool lower) {
  if (IsUnsigned(column)) return std::nullopt;  // Its bytes are not those of a signed number.
  switch (type.kind) {
    case PrimitiveKind::kInt:
    case PrimitiveKind::kDate:
      if (column.physical_type() != parquet::Type::INT32) return std::nullopt;
      return Widened<int32_t>(LittleEndian<int32_t>(bytes));
    case PrimitiveKind::kLong:
      return LongBound(bytes, column);
    case PrimitiveKind::kFloat:
      if (column.physical_type() != parquet::Type::FLOAT) return std::nullopt;
      return Widened<float>(LittleEndian<float>(bytes));
    case PrimitiveKind::kDouble:
      return DoubleBound(bytes, column);
    case PrimitiveKind::kTimestamp:
    case PrimitiveKind::kTimestamptz:
      return TimestampBound(bytes, column, lower);
    case PrimitiveKind::kString:
      if (column.physical_type() != parquet::Type::BYTE_ARRAY) return std::nullopt;
      return Value(bytes);
    case PrimitiveKind::kBinary:
      if (column.physical_type() != parquet::Type::BYTE_ARRAY) return std::nullopt;
      return Value(Bytes{bytes});
    default:
      return std::nullopt;
  }
}

}  // namespace

ColumnStatistics ParquetFooter::Statistics(int row_group, int leaf,
                                           const PrimitiveType& type) const {
  ColumnStatistics out;
  try {
    std::unique_ptr<parquet::ColumnChunkMetaData> chunk =
        metadata_->RowGroup(row_group)->ColumnChunk(leaf);
    std::shared_ptr<parquet::Statistics> statistics = chunk->statistics();
    if (statistics == nullptr) return out;
    out.value_count = chunk->num_values();
    if (statistics->HasNullCount()) out.null_count = statistics->null_count();
    if (statistics->HasMinMax()) {
      out.lower = BoundOf(statistics->EncodeMin(), *metadata_->schema()->Column(leaf), type,
                          /*lower=*/true);
      out.upper = BoundOf(statistics->EncodeMax(), *metadata_->schema()->Column(leaf), type,
                          /*lower=*/false);
    }
  } catch (const std::exception&) {
    return {};  // Statistics that cannot be read prune nothing.
  }
  return out;
}

}  // namespace icefield
