#include "codec/arrow/arrow_types.h"

#include <arrow/extension/uuid.h>
#include <arrow/util/key_value_metadata.h>

#include "base/json.h"
#include "base/strings.h"

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
    case PrimitiveKind::kGeometry:
    case PrimitiveKind::kGeography:
      return arrow::binary();
    case PrimitiveKind::kVariant:
      return arrow::utf8();
  }
  return Unsupported("a type that is not known");
}

std::string GeoMetadata(const PrimitiveType& type) {
  const GeoParameters geo = ParseGeoParameters(type);
  std::string json = StrCat("{\"crs\":", JsonQuote(geo.crs.empty() ? "OGC:CRS84" : geo.crs));
  if (type.kind == PrimitiveKind::kGeography)
    json += StrCat(",\"edges\":", JsonQuote(geo.edges.empty() ? "spherical" : geo.edges));
  return json + "}";
}

Result<ArrowType> StructToArrow(const StructType& structure) {
  arrow::FieldVector fields;
  for (const Field& child : structure.fields) {
    ICEFIELD_ASSIGN(fields.emplace_back(), ToArrowField(child));
  }
  return arrow::struct_(fields);
}

}  // namespace

// "EPSG:3857, karney" is a coordinate reference system and how edges run between points.
GeoParameters ParseGeoParameters(const PrimitiveType& type) {
  const std::vector<std::string> parts = Split(type.parameters, ',');
  const auto trimmed = [&](size_t at) {
    const std::string_view part = at < parts.size() ? parts[at] : std::string_view();
    const size_t first = part.find_first_not_of(' ');
    if (first == std::string_view::npos) return std::string();
    return std::string(part.substr(first, part.find_last_not_of(' ') - first + 1));
  };
  return {.crs = trimmed(0), .edges = trimmed(1)};
}

arrow::Type::type StorageTypeId(const PrimitiveType& type) {
  const Result<ArrowType> arrow_type = PrimitiveToArrow(type);
  if (!arrow_type.ok()) return arrow::Type::NA;
  return (*arrow_type)->storage_id();
}

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
  std::shared_ptr<arrow::Field> out = arrow::field(field.name, *std::move(type), !field.required);
  if (!field.type.Is(PrimitiveKind::kGeometry) && !field.type.Is(PrimitiveKind::kGeography))
    return out;
  return out->WithMetadata(
      arrow::key_value_metadata({"ARROW:extension:name", "ARROW:extension:metadata"},
                                {"geoarrow.wkb", GeoMetadata(*field.type.primitive())}));
}

}  // namespace icefield
