#include "codec/arrow/arrow_types.h"

#include <arrow/util/key_value_metadata.h>
#include <gtest/gtest.h>

namespace icefield {
namespace {

Field FieldOf(std::string_view type) {
  return {.id = FieldId{1}, .name = "f", .type = *ParsePrimitiveType(type), .required = false};
}

std::string GeoMetadata(std::string_view type) {
  const auto field = ToArrowField(FieldOf(type));
  EXPECT_TRUE(field.ok()) << field.error();
  EXPECT_TRUE((*field)->type()->Equals(arrow::binary()));
  EXPECT_EQ((*field)->metadata()->Get("ARROW:extension:name").ValueOrDie(), "geoarrow.wkb");
  return (*field)->metadata()->Get("ARROW:extension:metadata").ValueOrDie();
}

TEST(ArrowTypes, GeometriesAreWkbWithTheirReferenceSystem) {
  EXPECT_EQ(GeoMetadata("geometry"), R"({"crs":"OGC:CRS84"})");
  EXPECT_EQ(GeoMetadata("geometry(srid:3857)"), R"({"crs":"srid:3857"})");
  EXPECT_EQ(GeoMetadata("geography"), R"({"crs":"OGC:CRS84","edges":"spherical"})");
  EXPECT_EQ(GeoMetadata("geography(srid:4326, karney)"), R"({"crs":"srid:4326","edges":"karney"})");
}

TEST(ArrowTypes, GeometriesInsideStructsToo) {
  const Field point = FieldOf("geometry");
  const auto type = ToArrowType(StructType{{point}});
  ASSERT_TRUE(type.ok()) << type.error();
  EXPECT_TRUE((*type)->field(0)->HasMetadata());
}

TEST(ArrowTypes, VariantsArePlainText) {
  EXPECT_TRUE((*ToArrowType(PrimitiveKind::kVariant))->Equals(arrow::utf8()));
  EXPECT_FALSE((*ToArrowField(FieldOf("variant")))->HasMetadata());
}

TEST(ArrowTypes, StorageTypesLieUnderExtensions) {
  EXPECT_EQ(StorageTypeId({PrimitiveKind::kUuid}), arrow::Type::FIXED_SIZE_BINARY);
  EXPECT_EQ(StorageTypeId({PrimitiveKind::kTimestampNs}), arrow::Type::TIMESTAMP);
  EXPECT_EQ(StorageTypeId({PrimitiveKind::kUnknown}), arrow::Type::NA);
}

}  // namespace
}  // namespace icefield
