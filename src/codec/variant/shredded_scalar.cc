#include "codec/variant/shredded_scalar.h"

#include <arrow/util/decimal.h>

#include "codec/variant/json_form.h"

namespace icefield::variant {
namespace {

constexpr int kUuidBytes = 16;
constexpr int kScaleMax = 38;

template <typename ArrayType>
const ArrayType& As(const arrow::Array& column) {
  return static_cast<const ArrayType&>(column);
}

PrimitiveKind KindOf(const arrow::TimestampType& type) {
  const bool zoned = !type.timezone().empty();
  if (type.unit() == arrow::TimeUnit::NANO) {
    return zoned ? PrimitiveKind::kTimestamptzNs : PrimitiveKind::kTimestampNs;
  }
  return zoned ? PrimitiveKind::kTimestamptz : PrimitiveKind::kTimestamp;
}

void AppendDecimalAt(const arrow::Array& column, int64_t row, std::string& out) {
  const arrow::Decimal128 number(As<arrow::Decimal128Array>(column).GetValue(row));
  const Int128 unscaled = static_cast<Int128>(number.high_bits()) << 64 | number.low_bits();
  AppendDecimal(unscaled, static_cast<const arrow::DecimalType&>(*column.type()).scale(), out);
}

}  // namespace

bool IsBinary(const arrow::DataType& type) {
  return type.id() == arrow::Type::BINARY || type.id() == arrow::Type::LARGE_BINARY ||
         type.id() == arrow::Type::BINARY_VIEW;
}

std::optional<std::string_view> BytesAt(const arrow::Array& column, int64_t row) {
  switch (column.type_id()) {
    case arrow::Type::BINARY:
    case arrow::Type::STRING:
      return As<arrow::BinaryArray>(column).GetView(row);
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::LARGE_STRING:
      return As<arrow::LargeBinaryArray>(column).GetView(row);
    case arrow::Type::BINARY_VIEW:
    case arrow::Type::STRING_VIEW:
      return As<arrow::BinaryViewArray>(column).GetView(row);
    case arrow::Type::FIXED_SIZE_BINARY:
      return As<arrow::FixedSizeBinaryArray>(column).GetView(row);
    default:
      return std::nullopt;
  }
}

bool IsShreddedScalar(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::BOOL:
    case arrow::Type::INT8:
    case arrow::Type::INT16:
    case arrow::Type::INT32:
    case arrow::Type::INT64:
    case arrow::Type::FLOAT:
    case arrow::Type::DOUBLE:
    case arrow::Type::DATE32:
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::BINARY_VIEW:
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING:
    case arrow::Type::STRING_VIEW:
      return true;
    case arrow::Type::DECIMAL128: {
      const int32_t scale = static_cast<const arrow::DecimalType&>(type).scale();
      return scale >= 0 && scale <= kScaleMax;
    }
    case arrow::Type::TIME64:
      return static_cast<const arrow::TimeType&>(type).unit() == arrow::TimeUnit::MICRO;
    case arrow::Type::TIMESTAMP: {
      const auto unit = static_cast<const arrow::TimestampType&>(type).unit();
      return unit == arrow::TimeUnit::MICRO || unit == arrow::TimeUnit::NANO;
    }
    case arrow::Type::FIXED_SIZE_BINARY:
      return static_cast<const arrow::FixedSizeBinaryType&>(type).byte_width() == kUuidBytes;
    default:
      return false;
  }
}

Status AppendShreddedScalar(const arrow::Array& column, int64_t row, std::string& out) {
  switch (column.type_id()) {
    case arrow::Type::BOOL:
      out += As<arrow::BooleanArray>(column).Value(row) ? "true" : "false";
      return {};
    case arrow::Type::INT8:
      AppendPiece(out, int32_t{As<arrow::Int8Array>(column).Value(row)});
      return {};
    case arrow::Type::INT16:
      AppendPiece(out, As<arrow::Int16Array>(column).Value(row));
      return {};
    case arrow::Type::INT32:
      AppendPiece(out, As<arrow::Int32Array>(column).Value(row));
      return {};
    case arrow::Type::INT64:
      AppendPiece(out, As<arrow::Int64Array>(column).Value(row));
      return {};
    case arrow::Type::FLOAT:
      AppendFloating(As<arrow::FloatArray>(column).Value(row), out);
      return {};
    case arrow::Type::DOUBLE:
      AppendFloating(As<arrow::DoubleArray>(column).Value(row), out);
      return {};
    case arrow::Type::DECIMAL128:
      AppendDecimalAt(column, row, out);
      return {};
    case arrow::Type::DATE32:
      AppendDate(As<arrow::Date32Array>(column).Value(row), out);
      return {};
    case arrow::Type::TIME64:
      return AppendTime(As<arrow::Time64Array>(column).Value(row), out);
    case arrow::Type::TIMESTAMP:
      AppendTimestamp(KindOf(static_cast<const arrow::TimestampType&>(*column.type())),
                      As<arrow::TimestampArray>(column).Value(row), out);
      return {};
    case arrow::Type::FIXED_SIZE_BINARY:
      AppendUuid(*BytesAt(column, row), out);
      return {};
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING:
    case arrow::Type::STRING_VIEW:
      return AppendText(*BytesAt(column, row), out);
    default:
      AppendBinary(*BytesAt(column, row), out);
      return {};
  }
}

}  // namespace icefield::variant
