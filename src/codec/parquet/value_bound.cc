#include "codec/parquet/value_bound.h"

#include <parquet/types.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>

#include "base/checked.h"
#include "base/result.h"

namespace icefield {
namespace {

template <typename Number>
std::optional<Number> LittleEndian(const std::string& bytes) {
  if (bytes.size() != sizeof(Number)) return std::nullopt;
  Number number;
  std::memcpy(&number, bytes.data(), sizeof(Number));
  return number;
}

const parquet::LogicalType& Annotation(const parquet::ColumnDescriptor& column) {
  static const std::shared_ptr<const parquet::LogicalType> kNone = parquet::LogicalType::None();
  return column.logical_type() == nullptr ? *kNone : *column.logical_type();
}

// A number without another meaning. Bounds of unsigned ones are not those of a signed number.
bool IsSignedNumber(const parquet::ColumnDescriptor& column) {
  const parquet::LogicalType& logical = Annotation(column);
  if (logical.is_none()) return true;
  return logical.is_int() && static_cast<const parquet::IntLogicalType&>(logical).is_signed();
}

// Bytes are compared unsigned only where the file says that its bounds follow the order of the
// type: older writers compared them signed.
bool HasOrderOfType(const parquet::ColumnDescriptor& column) {
  return column.column_order().get_order() == parquet::ColumnOrder::TYPE_DEFINED_ORDER;
}

// A stored whole number, whatever it counts.
std::optional<int64_t> Number(const std::string& bytes, const parquet::ColumnDescriptor& column) {
  if (column.physical_type() == parquet::Type::INT32) return LittleEndian<int32_t>(bytes);
  if (column.physical_type() == parquet::Type::INT64) return LittleEndian<int64_t>(bytes);
  return std::nullopt;
}

std::optional<int64_t> TicksPerSecond(parquet::LogicalType::TimeUnit::unit unit) {
  switch (unit) {
    case parquet::LogicalType::TimeUnit::MILLIS:
      return 1000;
    case parquet::LogicalType::TimeUnit::MICROS:
      return 1000000;
    case parquet::LogicalType::TimeUnit::NANOS:
      return 1000000000;
    default:
      return std::nullopt;
  }
}

// `ticks` in another unit, rounded so that the bound still holds.
std::optional<Value> Rescaled(std::optional<int64_t> ticks, std::optional<int64_t> rate,
                              int64_t to_rate, bool lower) {
  if (!ticks || !rate) return std::nullopt;
  if (*rate > to_rate) {
    const int64_t divisor = *rate / to_rate;
    return Value(lower ? FloorDivide<int64_t>(*ticks, divisor)
                       : CeilDivide<int64_t>(*ticks, divisor));
  }
  const std::optional<int64_t> scaled = CheckedMultiply<int64_t>(*ticks, to_rate / *rate);
  if (!scaled) return std::nullopt;
  return Value(*scaled);
}

std::optional<Value> TimestampBound(const std::string& bytes,
                                    const parquet::ColumnDescriptor& column,
                                    const PrimitiveType& type, bool lower) {
  constexpr int64_t kSecondsPerDay = 86400;
  const bool zoned =
      type.kind == PrimitiveKind::kTimestamptz || type.kind == PrimitiveKind::kTimestamptzNs;
  const bool nanos =
      type.kind == PrimitiveKind::kTimestampNs || type.kind == PrimitiveKind::kTimestamptzNs;
  const int64_t to_rate = nanos ? 1000000000 : 1000000;
  const parquet::LogicalType& logical = Annotation(column);
  if (logical.is_date() && !zoned) {
    const std::optional<int64_t> days = Number(bytes, column);
    if (!days) return std::nullopt;
    return Rescaled(CheckedMultiply(*days, kSecondsPerDay), 1, to_rate, lower);
  }
  if (!logical.is_timestamp()) return std::nullopt;
  const auto& timestamp = static_cast<const parquet::TimestampLogicalType&>(logical);
  if (!timestamp.is_from_converted_type() && timestamp.is_adjusted_to_utc() != zoned)
    return std::nullopt;
  return Rescaled(Number(bytes, column), TicksPerSecond(timestamp.time_unit()), to_rate, lower);
}

std::optional<Value> TimeBound(const std::string& bytes, const parquet::ColumnDescriptor& column,
                               bool lower) {
  const parquet::LogicalType& logical = Annotation(column);
  if (!logical.is_time()) return std::nullopt;
  const auto unit = static_cast<const parquet::TimeLogicalType&>(logical).time_unit();
  return Rescaled(Number(bytes, column), TicksPerSecond(unit), 1000000, lower);
}

std::optional<Value> FloatingBound(const std::string& bytes,
                                   const parquet::ColumnDescriptor& column, PrimitiveKind kind) {
  if (column.physical_type() == parquet::Type::DOUBLE && kind == PrimitiveKind::kDouble) {
    if (const auto number = LittleEndian<double>(bytes)) return Value(*number);
  }
  if (column.physical_type() == parquet::Type::FLOAT) {
    const auto number = LittleEndian<float>(bytes);
    if (number && kind == PrimitiveKind::kFloat) return Value(*number);
    if (number) return Value(static_cast<double>(*number));
  }
  return std::nullopt;
}

std::optional<Value> DecimalBound(const std::string& bytes, const parquet::ColumnDescriptor& column,
                                  const PrimitiveType& type) {
  const parquet::LogicalType& logical = Annotation(column);
  if (!logical.is_decimal() ||
      static_cast<const parquet::DecimalLogicalType&>(logical).scale() != type.scale)
    return std::nullopt;
  if (const std::optional<int64_t> number = Number(bytes, column)) return Value(Unscaled{*number});
  if (column.physical_type() != parquet::Type::FIXED_LEN_BYTE_ARRAY || !HasOrderOfType(column))
    return std::nullopt;
  Result<Value> value = ParseSingleValue(type, bytes);
  if (!value.ok()) return std::nullopt;
  return *std::move(value);
}

}  // namespace

std::optional<Value> BoundOf(const std::string& bytes, const parquet::ColumnDescriptor& column,
                             const PrimitiveType& type, bool lower) {
  const bool is_int = column.physical_type() == parquet::Type::INT32;
  const std::optional<int64_t> number = Number(bytes, column);
  switch (type.kind) {
    case PrimitiveKind::kInt:
      if (!number || !is_int || !IsSignedNumber(column)) return std::nullopt;
      return Value(static_cast<int32_t>(*number));
    case PrimitiveKind::kLong:
      if (!number || !IsSignedNumber(column)) return std::nullopt;
      return Value(*number);
    case PrimitiveKind::kDate:
      if (!number || !is_int || !Annotation(column).is_date()) return std::nullopt;
      return Value(static_cast<int32_t>(*number));
    case PrimitiveKind::kFloat:
    case PrimitiveKind::kDouble:
      return FloatingBound(bytes, column, type.kind);
    case PrimitiveKind::kDecimal:
      return DecimalBound(bytes, column, type);
    case PrimitiveKind::kTime:
      return TimeBound(bytes, column, lower);
    case PrimitiveKind::kTimestamp:
    case PrimitiveKind::kTimestamptz:
    case PrimitiveKind::kTimestampNs:
    case PrimitiveKind::kTimestamptzNs:
      return TimestampBound(bytes, column, type, lower);
    case PrimitiveKind::kString:
    case PrimitiveKind::kBinary:
      if (column.physical_type() != parquet::Type::BYTE_ARRAY || !HasOrderOfType(column))
        return std::nullopt;
      if (type.kind == PrimitiveKind::kString) return Value(bytes);
      return Value(Bytes{bytes});
    default:
      return std::nullopt;
  }
}

}  // namespace icefield
