#include "codec/arrow/arrow_types.h"

#include <arrow/extension/uuid.h>

namespace icefield {
namespace {

using ArrowType = std::shared_ptr<arrow::DataType>;

Result<ArrowType> PrimitiveToArrow(const PrimitiveType& type) {
  switch (type.kind) {
    case PrimitiveKind::kUnknown:
      return arrow::null();
    case PrimitiveKind::kBoolean:
      return arrow::boolean();
    case PrimitiveKind::kInt:
      return arrow::int32();
    case PrimitiveKind::kLong:
      return arrow::int64();
    case PrimitiveKind::kFloat:
      return arrow::float32();
    case PrimitiveKind::kDouble:
      return arrow::float64();
    case PrimitiveKind::kDecimal:
      return arrow::decimal128(type.precision, type.scale);
    case PrimitiveKind::kDate:
      return arrow::date32();
    case PrimitiveKind::kTime:
      return arrow::time64(arrow::TimeUnit::MICRO);
    case PrimitiveKind::kTimestamp:
      return arrow::timestamp(arrow::TimeUnit::MICRO);
    case PrimitiveKind::kTimestamptz:
      return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
    case PrimitiveKind::kTimestampNs:
      return arrow::timestamp(arrow::TimeUnit::NANO);
    case PrimitiveKind::kTimestamptzNs:
      return arrow::timestamp(arrow::TimeUnit::NANO, "UTC");
    case PrimitiveKind::kString:
      return arrow::utf8();
    case PrimitiveKind::kUuid:
      return arrow::extension::uuid();
    case PrimitiveKind::kFixed:
      return arrow::fixed_size_binary(type.length);
    case PrimitiveKind::kBinary:
      return arrow::binary();
    case PrimitiveKind::kVariant:
    case PrimitiveKind::kGeometry:
    case PrimitiveKind::kGeography:
      break;
  }
  return Unsupported("type ", PrimitiveTypeText(type), " is not read yet; leave the column out");
}

Result<ArrowType> StructToArrow(const StructType& structure) {
  arrow::FieldVector fields;
  for (const Field& child : structure.fields) {
    ICEFIELD_ASSIGN(fields.emplace_back(), ToArrowField(child));
  }
  return arrow::struct_(fields);
}

}  // namespace

Result<ArrowType> ToArrowType(const Type& type) {
  if (type.primitive() != nullptr) return PrimitiveToArrow(*type.primitive());
  if (type.structure() != nullptr) return StructToArrow(*type.structure());
  arrow::FieldVector children;
  for (const Field& child : type.children()) {
    ICEFIELD_ASSIGN(children.emplace_back(), ToArrowField(child));
  }
  if (type.list() != nullptr) return arrow::list(children[0]->WithName("element"));
  return ArrowType(std::make_shared<arrow::MapType>(
      children[0]->WithName("key")->WithNullable(false), children[1]->WithName("value")));
}

Result<std::shared_ptr<arrow::Field>> ToArrowField(const Field& field) {
  Result<ArrowType> type = ToArrowType(field.type);
  if (!type.ok()) return std::move(type).error().At(StrCat("column '", field.name, "'"));
  return arrow::field(field.name, *std::move(type), !field.required);
}

}  // namespace icefield
