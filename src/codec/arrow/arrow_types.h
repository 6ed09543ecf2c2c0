/// The one table between Iceberg types and Arrow types (pit-semantics, "Types").
#pragma once

#include <arrow/type.h>

#include <memory>
#include <string>

#include "base/result.h"
#include "model/schema.h"

namespace icefield {

/// The Arrow type of `type`'s values as they leave Icefield. Variants are strings of JSON text:
/// plain ones, which every reader of Arrow and Feast take as they are, without the arrow.json
/// extension. Geometries and geographies are binary (WKB). List elements are named "element";
/// struct children keep their names; required fields are not nullable.
Result<std::shared_ptr<arrow::DataType>> ToArrowType(const Type& type);

/// The Arrow type in which the values of `type` lie in memory, under an extension type where the
/// type table has one.
arrow::Type::type StorageTypeId(const PrimitiveType& type);

/// What stands between the parentheses of a geometry or geography; empty where nothing does.
struct GeoParameters {
  std::string crs;    ///< Coordinate reference system.
  std::string edges;  ///< geography: how edges run between points.
};
GeoParameters ParseGeoParameters(const PrimitiveType& type);

/// The Arrow field of a column; errors name it. Geometries and geographies carry the extension name
/// geoarrow.wkb with their coordinate reference system and edges in the field's metadata.
Result<std::shared_ptr<arrow::Field>> ToArrowField(const Field& field);

}  // namespace icefield
