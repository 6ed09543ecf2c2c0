#include "codec/arrow/arrow_schema.h"

#include <arrow/extension/json.h>
#include <arrow/extension/uuid.h>
#include <arrow/util/key_value_metadata.h>
#include <gtest/gtest.h>

#include "base/strings.h"

namespace icefield {
namespace {

using arrow::TimeUnit;

std::string TypeText(const std::shared_ptr<arrow::DataType>& type,
                     ArrowSchemaOptions options = {}) {
  const Result<Schema> schema = SchemaFromArrow(*arrow::schema({arrow::field("c", type)}), options);
  return schema.ok() ? schema->columns.fields[0].type.ToString() : schema.error().ToString();
}

TEST(ArrowSchema, Primitives) {
  EXPECT_EQ(TypeText(arrow::boolean()), "boolean");
  for (const auto& type :
       {arrow::int8(), arrow::int16(), arrow::int32(), arrow::uint8(), arrow::uint16()})
    EXPECT_EQ(TypeText(type), "int");
  EXPECT_EQ(TypeText(arrow::uint32()), "long");
  EXPECT_EQ(TypeText(arrow::int64()), "long");
  EXPECT_EQ(TypeText(arrow::float16()), "float");
  EXPECT_EQ(TypeText(arrow::float64()), "double");
  EXPECT_EQ(TypeText(arrow::decimal256(38, 3)), "decimal(38, 3)");
  EXPECT_EQ(TypeText(arrow::decimal32(5, 0)), "decimal(5, 0)");
  EXPECT_EQ(TypeText(arrow::date64()), "date");
  EXPECT_EQ(TypeText(arrow::time32(TimeUnit::SECOND)), "time");
  EXPECT_EQ(TypeText(arrow::timestamp(TimeUnit::SECOND)), "timestamp");
  EXPECT_EQ(TypeText(arrow::timestamp(TimeUnit::MILLI, "Europe/Berlin")), "timestamptz");
  for (const auto& type :
       {arrow::utf8(), arrow::large_utf8(), arrow::utf8_view(), arrow::extension::json()})
    EXPECT_EQ(TypeText(type), "string");
  for (const auto& type : {arrow::binary(), arrow::large_binary(), arrow::binary_view()})
    EXPECT_EQ(TypeText(type), "binary");
  EXPECT_EQ(TypeText(arrow::extension::uuid()), "uuid");
  EXPECT_EQ(TypeText(arrow::fixed_size_binary(16)), "fixed[16]");
  EXPECT_EQ(TypeText(arrow::dictionary(arrow::int8(), arrow::large_utf8())), "string");
}

TEST(ArrowSchema, NanosecondsByVersionOrFloored) {
  const auto ns = arrow::timestamp(TimeUnit::NANO);
  EXPECT_EQ(TypeText(ns, {.format_version = 3}), "timestamp_ns");
  EXPECT_EQ(TypeText(arrow::timestamp(TimeUnit::NANO, "UTC"), {.format_version = 3}),
            "timestamptz_ns");
  EXPECT_EQ(TypeText(ns, {.downcast_ns = true}), "timestamp");
  EXPECT_EQ(TypeText(arrow::time64(TimeUnit::NANO), {.downcast_ns = true}), "time");
  const std::string refusal = TypeText(ns);
  EXPECT_NE(refusal.find("Unsupported: column 'c'"), std::string::npos) << refusal;
  EXPECT_NE(refusal.find("downcast_ns"), std::string::npos) << refusal;
}

TEST(ArrowSchema, RefusesWhatIcebergHasNot) {
  for (const auto& type : arrow::DataTypeVector{
           arrow::uint64(), arrow::null(), arrow::duration(TimeUnit::SECOND),
           arrow::month_interval(), arrow::decimal256(39, 0), arrow::decimal128(5, -2),
           arrow::struct_({}), arrow::time64(TimeUnit::NANO),
           arrow::run_end_encoded(arrow::int32(), arrow::utf8()),
           arrow::sparse_union({arrow::field("a", arrow::int8())})}) {
    EXPECT_TRUE(TypeText(type).starts_with("Unsupported: column 'c'")) << TypeText(type);
  }
  EXPECT_EQ(TypeText(arrow::null(), {.format_version = 3}), "unknown");
}

TEST(ArrowSchema, IdsByLevel) {
  const auto point =
      arrow::struct_({arrow::field("x", arrow::int32(), false), arrow::field("y", arrow::int32())});
  const auto schema = SchemaFromArrow(
      *arrow::schema(
          {arrow::field("a", arrow::int32(), false), arrow::field("p", point),
           arrow::field("l", arrow::large_list(arrow::field("item", point, false))),
           arrow::field("m", arrow::map(arrow::utf8(), arrow::fixed_size_list(arrow::int64(), 2))),
           arrow::field("z", arrow::utf8())}),
      {});
  ASSERT_TRUE(schema.ok()) << schema.error();
  EXPECT_EQ(schema->ToString(),
            "1: a: required int\n"
            "2: p: optional struct<6: x: required int, 7: y: optional int>\n"
            "3: l: optional list<struct<9: x: required int, 10: y: optional int>>\n"
            "4: m: optional map<string, list<long>>\n"
            "5: z: optional string\n");
  EXPECT_EQ(schema->FindByName("l.element")->id, FieldId{8});
  EXPECT_TRUE(schema->FindByName("l.element")->required);
  EXPECT_EQ(schema->FindByName("m.key")->id, FieldId{11});
  EXPECT_TRUE(schema->FindByName("m.key")->required);
  EXPECT_EQ(schema->FindByName("m.value")->id, FieldId{12});
  EXPECT_EQ(schema->FindByName("m.value.element")->id, FieldId{13});
}

TEST(ArrowSchema, KeepsDocsAndRefusesTwins) {
  const auto documented = arrow::field("a", arrow::int32())
                              ->WithMetadata(arrow::key_value_metadata({"doc"}, {"what it is"}));
  EXPECT_EQ(SchemaFromArrow(*arrow::schema({documented}), {})->columns.fields[0].doc, "what it is");
  const auto twins = SchemaFromArrow(*arrow::schema({documented, documented}), {});
  ASSERT_FALSE(twins.ok());
  EXPECT_EQ(twins.error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace icefield
