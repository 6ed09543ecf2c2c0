#include "codec/json/schema_writer.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "codec/json/schema_reader.h"
#include "codec/json/spec_reader.h"
#include "codec/json/spec_writer.h"

namespace icefield {
namespace {

Schema MustReadSchema(const std::string& text) {
  const Result<JsonDocument> document = JsonDocument::Parse(text);
  EXPECT_TRUE(document.ok()) << document.error();
  Result<Schema> schema = ReadSchema(document->Root());
  EXPECT_TRUE(schema.ok()) << schema.error();
  return *std::move(schema);
}

TEST(SchemaJson, WritesWhatItReads) {
  const std::string text =
      R"({"type":"struct","schema-id":3,"identifier-field-ids":[1,4],"fields":[)"
      R"({"id":1,"name":"id \"x\"","required":true,"type":"long","doc":"who"},)"
      R"j({"id":2,"name":"price","required":false,"type":"decimal(9, 2)",)j"
      R"("initial-default":"1.20","write-default":"3.40"},)"
      R"({"id":3,"name":"where","required":false,"type":{"type":"struct","fields":[)"
      R"({"id":4,"name":"town","required":true,"type":"string"}]}},)"
      R"({"id":5,"name":"trips","required":false,)"
      R"("type":{"type":"list","element-id":6,"element":"double","element-required":false}},)"
      R"({"id":7,"name":"tags","required":false,"type":{"type":"map","key-id":8,"key":"fixed[3]",)"
      R"("value-id":9,"value":"timestamptz_ns","value-required":true}}]})";
  EXPECT_EQ(SchemaJson(MustReadSchema(text)), text);
}

TEST(SchemaJson, LeavesOutWhatIsNotThere) {
  EXPECT_EQ(SchemaJson({SchemaId{0}, {}, {}}), R"({"type":"struct","schema-id":0,"fields":[]})");
}

TEST(SchemaJson, WritesEveryPrimitive) {
  for (const std::string text : {"unknown",
                                 "boolean",
                                 "int",
                                 "long",
                                 "float",
                                 "double",
                                 "date",
                                 "time",
                                 "timestamp",
                                 "timestamptz",
                                 "timestamp_ns",
                                 "timestamptz_ns",
                                 "string",
                                 "uuid",
                                 "binary",
                                 "variant",
                                 "geometry",
                                 "geometry(srid:4326)",
                                 "geography(OGC:CRS84, spherical)",
                                 "fixed[7]",
                                 "decimal(38, 10)"}) {
    const Result<PrimitiveType> type = ParsePrimitiveType(text);
    ASSERT_TRUE(type.ok()) << type.error();
    EXPECT_EQ(TypeJson(*type), "\"" + text + "\"");
  }
}

TEST(PartitionSpecJson, WritesWhatItReads) {
  const std::string text =
      R"({"spec-id":2,"fields":[)"
      R"({"name":"ts_day","transform":"day","source-id":2,"field-id":1000},)"
      R"({"name":"id_bucket","transform":"bucket[16]","source-id":1,"field-id":1001},)"
      R"({"name":"odd","transform":"zorder[3]","source-id":1,"field-id":1002}]})";
  const Result<JsonDocument> document = JsonDocument::Parse(text);
  ASSERT_TRUE(document.ok());
  const Result<PartitionSpec> spec =
      ReadPartitionSpec(document->Root(), PartitionFieldIds::kRequired);
  ASSERT_TRUE(spec.ok()) << spec.error();
  EXPECT_EQ(PartitionSpecJson(*spec), text);
  EXPECT_EQ(PartitionFieldsJson({}), "[]");
}

TEST(SortOrderJson, WritesWhatItReads) {
  const std::string text =
      R"({"order-id":1,"fields":[)"
      R"({"transform":"identity","source-id":1,"direction":"asc","null-order":"nulls-first"},)"
      R"({"transform":"truncate[4]","source-id":2,"direction":"desc","null-order":"nulls-last"}]})";
  const Result<JsonDocument> document = JsonDocument::Parse(text);
  ASSERT_TRUE(document.ok());
  const Result<SortOrder> order = ReadSortOrder(document->Root());
  ASSERT_TRUE(order.ok()) << order.error();
  EXPECT_EQ(SortOrderJson(*order), text);
}

}  // namespace
}  // namespace icefield
