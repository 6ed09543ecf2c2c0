#include "read/leaf_cast.h"

#include <arrow/builder.h>
#include <arrow/compute/cast.h>
#include <arrow/extension_type.h>
#include <arrow/util/decimal.h>

#include <array>
#include <string_view>

#include "base/checked.h"
#include "batch/arrow_status.h"

namespace icefield {
namespace {

using ArrayPtr = std::shared_ptr<arrow::Array>;
using TypePtr = std::shared_ptr<arrow::DataType>;

TypePtr StorageType(const TypePtr& type) {
  if (type->id() != arrow::Type::EXTENSION) return type;
  return static_cast<const arrow::ExtensionType&>(*type).storage_type();
}

Error Mismatch(const arrow::DataType& from, const PrimitiveType& type, const std::string& where) {
  return CorruptData(where, ": the file has ", from.ToString(), " where the table has ",
                     PrimitiveTypeText(type));
}

int64_t TicksPerSecond(const arrow::DataType& timestamp) {
  constexpr std::array<int64_t, 4> kPerSecond{1, 1000, 1000000, 1000000000};
  return kPerSecond.at(static_cast<const arrow::TimestampType&>(timestamp).unit());
}

// Numbers of any array times `factor`, as timestamps.
template <typename NumberArray>
Result<ArrayPtr> Scaled(const NumberArray& stored, int64_t factor, const TypePtr& target,
                        const std::string& where) {
  arrow::TimestampBuilder builder(target, arrow::default_memory_pool());
  ICEFIELD_ARROW_TRY(builder.Reserve(stored.length()), where);
  for (int64_t row = 0; row < stored.length(); ++row) {
    if (stored.IsNull(row)) {
      builder.UnsafeAppendNull();
      continue;
    }
    const std::optional<int64_t> scaled = CheckedMultiply<int64_t>(stored.Value(row), factor);
    if (!scaled) {
      return CorruptData(where, ": ", stored.Value(row), " as ", stored.type()->ToString(),
                         " does not fit ", target->ToString());
    }
    builder.UnsafeAppend(*scaled);
  }
  ICEFIELD_ARROW_ASSIGN(ArrayPtr out, builder.Finish(), where);
  return out;
}

Result<ArrayPtr> Floored(const arrow::TimestampArray& stored, int64_t divisor,
                         const TypePtr& target, const std::string& where) {
  arrow::TimestampBuilder builder(target, arrow::default_memory_pool());
  ICEFIELD_ARROW_TRY(builder.Reserve(stored.length()), where);
  for (int64_t row = 0; row < stored.length(); ++row) {
    if (stored.IsNull(row)) {
      builder.UnsafeAppendNull();
    } else {
      builder.UnsafeAppend(FloorDivide(stored.Value(row), divisor));
    }
  }
  ICEFIELD_ARROW_ASSIGN(ArrayPtr out, builder.Finish(), where);
  return out;
}

Result<ArrayPtr> CastTimestamp(const StoredLeaf& leaf, const TypePtr& target,
                               const std::string& where) {
  const auto& from = static_cast<const arrow::TimestampType&>(*leaf.values->type());
  const auto& to = static_cast<const arrow::TimestampType&>(*target);
  if (leaf.form.kind == LeafForm::Kind::kPlain &&
      from.timezone().empty() != to.timezone().empty()) {
    return CorruptData(where, ": the file has ", from.ToString(), ", the table ", to.ToString(),
                       "; the two never mix silently");
  }
  if (leaf.form.kind == LeafForm::Kind::kInt96 && to.unit() == arrow::TimeUnit::NANO) {
    return Unsupported(where,
                       ": INT96 values in a column of nanoseconds are not read; leave the "
                       "column out");
  }
  const auto& stored = static_cast<const arrow::TimestampArray&>(*leaf.values);
  const int64_t from_rate = TicksPerSecond(from);
  const int64_t to_rate = TicksPerSecond(to);
  if (from_rate < to_rate) return Scaled(stored, to_rate / from_rate, target, where);
  if (from_rate > to_rate) return Floored(stored, from_rate / to_rate, target, where);
  std::shared_ptr<arrow::ArrayData> data = stored.data()->Copy();
  data->type = target;
  return arrow::MakeArray(data);
}

// A day is promoted to its midnight, but not to an instant with a zone.
Result<ArrayPtr> CastDate(const ArrayPtr& values, const PrimitiveType& type, const TypePtr& target,
                          const std::string& where) {
  constexpr int64_t kSecondsPerDay = 86400;
  if (!static_cast<const arrow::TimestampType&>(*target).timezone().empty())
    return Mismatch(*values->type(), type, where);
  return Scaled(static_cast<const arrow::Date32Array&>(*values),
                kSecondsPerDay * TicksPerSecond(*target), target, where);
}

// The number of big-endian two's complement bytes, if 128 bits hold it.
std::optional<arrow::Decimal128> ParseUnscaled(std::string_view bytes) {
  constexpr size_t kBytesMax = 16;
  if (bytes.empty()) return std::nullopt;
  const char sign = static_cast<signed char>(bytes.front()) < 0 ? '\xff' : '\0';
  while (bytes.size() > kBytesMax) {
    if (bytes.front() != sign) return std::nullopt;
    bytes.remove_prefix(1);
  }
  const arrow::Result<arrow::Decimal128> number = arrow::Decimal128::FromBigEndian(
      reinterpret_cast<const uint8_t*>(bytes.data()), static_cast<int32_t>(bytes.size()));
  if (!number.ok() || number->IsNegative() != (sign != '\0')) return std::nullopt;
  return *number;
}

template <typename BytesArray>
Result<ArrayPtr> ParseDecimals(const BytesArray& stored, const TypePtr& target,
                               const std::string& where) {
  const int32_t precision = static_cast<const arrow::Decimal128Type&>(*target).precision();
  arrow::Decimal128Builder builder(target);
  ICEFIELD_ARROW_TRY(builder.Reserve(stored.length()), where);
  for (int64_t row = 0; row < stored.length(); ++row) {
    if (stored.IsNull(row)) {
      builder.UnsafeAppendNull();
      continue;
    }
    const std::optional<arrow::Decimal128> number = ParseUnscaled(stored.GetView(row));
    if (!number || !number->FitsInPrecision(precision)) {
      return CorruptData(where, ": a stored decimal does not fit ", target->ToString());
    }
    builder.UnsafeAppend(*number);
  }
  ICEFIELD_ARROW_ASSIGN(ArrayPtr out, builder.Finish(), where);
  return out;
}

Result<ArrayPtr> CastDecimalBytes(const StoredLeaf& leaf, const PrimitiveType& type,
                                  const TypePtr& target, const std::string& where) {
  const bool fits = target->id() == arrow::Type::DECIMAL128 && leaf.form.scale == type.scale &&
                    leaf.form.precision <= type.precision;
  if (!fits) {
    return CorruptData(where, ": the file has decimal(", leaf.form.precision, ", ", leaf.form.scale,
                       ") where the table has ", PrimitiveTypeText(type));
  }
  if (leaf.values->type_id() == arrow::Type::FIXED_SIZE_BINARY) {
    return ParseDecimals(static_cast<const arrow::FixedSizeBinaryArray&>(*leaf.values), target,
                         where);
  }
  return ParseDecimals(static_cast<const arrow::BinaryArray&>(*leaf.values), target, where);
}

// True where Arrow casts the file's type to the table's without another meaning: the same type, its
// promotions, and other ways to store it.
bool MayBecome(const arrow::DataType& from, const arrow::DataType& to) {
  if (from.Equals(to) || from.id() == arrow::Type::NA) return true;
  switch (to.id()) {
    case arrow::Type::INT32:
      return arrow::is_integer(from.id()) && arrow::bit_width(from.id()) < 32;
    case arrow::Type::INT64:
      return arrow::is_integer(from.id()) && from.id() != arrow::Type::UINT64;
    case arrow::Type::DOUBLE:
      return from.id() == arrow::Type::FLOAT;
    case arrow::Type::DECIMAL128: {
      if (!arrow::is_decimal(from.id())) return false;
      const auto& narrow = static_cast<const arrow::DecimalType&>(from);
      const auto& wide = static_cast<const arrow::DecimalType&>(to);
      return narrow.scale() == wide.scale() && narrow.precision() <= wide.precision();
    }
    case arrow::Type::TIME64:
      return from.id() == arrow::Type::TIME32 || from.id() == arrow::Type::TIME64;
    case arrow::Type::STRING:
    case arrow::Type::FIXED_SIZE_BINARY:
      return arrow::is_binary_like(from.id());
    case arrow::Type::BINARY:
      return arrow::is_binary_like(from.id()) || from.id() == arrow::Type::FIXED_SIZE_BINARY;
    default:
      return false;
  }
}

}  // namespace

Result<ArrayPtr> CastLeaf(const StoredLeaf& leaf, const PrimitiveType& type,
                          const TypePtr& arrow_type, const std::string& where) {
  const TypePtr storage = StorageType(arrow_type);
  ArrayPtr values = leaf.values;
  if (leaf.form.kind == LeafForm::Kind::kDecimalBytes)
    return CastDecimalBytes(leaf, type, storage, where);
  if (storage->id() == arrow::Type::TIMESTAMP) {
    if (values->type_id() == arrow::Type::TIMESTAMP) return CastTimestamp(leaf, storage, where);
    if (values->type_id() == arrow::Type::DATE32) return CastDate(values, type, storage, where);
  }
  if (!MayBecome(*values->type(), *storage)) return Mismatch(*values->type(), type, where);
  if (!values->type()->Equals(*storage)) {
    arrow::compute::CastOptions options = arrow::compute::CastOptions::Safe(storage);
    options.allow_time_truncate = true;  // Times of nanoseconds are floored; none is negative.
    ICEFIELD_ARROW_ASSIGN(const arrow::Datum cast, arrow::compute::Cast(values, options), where,
                          ErrorCode::kCorruptData);
    values = cast.make_array();
  }
  if (storage == arrow_type) return values;
  return arrow::ExtensionType::WrapArray(arrow_type, values);
}

}  // namespace icefield
