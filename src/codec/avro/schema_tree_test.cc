#include "codec/avro/schema_tree.h"

#include <gtest/gtest.h>

#include "base/strings.h"
#include "codec/avro/decoder.h"

namespace icefield::avro {
namespace {

SchemaTree Parse(std::string_view json) {
  Result<SchemaTree> tree = ParseSchemaTree(json);
  EXPECT_TRUE(tree.ok()) << tree.error();
  return tree.ok() ? *std::move(tree) : SchemaTree{{SchemaNode{}}, 0};
}

TEST(SchemaTreeTest, KeepsTypesAndIcebergsAttributes) {
  const SchemaTree tree = Parse(R"({
    "type": "record", "name": "row", "namespace": "a.b", "doc": "ignored", "fields": [
      {"name": "when", "field-id": 1,
       "type": ["null", {"type": "long", "logicalType": "timestamp-micros", "adjust-to-utc": true}]},
      {"name": "price", "field-id": 2, "type": {"type": "fixed", "name": "decimal_9_2", "size": 4,
       "logicalType": "decimal", "precision": 9, "scale": 2}},
      {"name": "list", "type": {"type": "array", "items": "string", "element-id": 5}},
      {"name": "map", "type": {"type": "map", "values": "int", "key-id": 6, "value-id": 7}},
      {"name": "pairs", "type": {"type": "array", "logicalType": "map", "items":
        {"type": "record", "name": "k8_v9", "fields": [
          {"name": "key", "type": "int", "field-id": 8},
          {"name": "value", "type": "bytes", "field-id": 9}]}}},
      {"name": "choice", "type": {"type": "enum", "name": "Choice", "symbols": ["A", "B"]}}
    ]})");
  const SchemaNode& row = tree.top();
  EXPECT_EQ(row.name, "a.b.row");
  ASSERT_EQ(row.fields.size(), 6);
  EXPECT_EQ(row.fields[0].field_id, 1);
  EXPECT_EQ(row.fields[2].field_id, std::nullopt);
  const SchemaNode& when = tree.at(tree.at(row.fields[0].type).children[1]);
  EXPECT_EQ(when.kind, Kind::kLong);
  EXPECT_EQ(when.logical_type, "timestamp-micros");
  EXPECT_TRUE(when.adjust_to_utc);
  const SchemaNode& price = tree.at(row.fields[1].type);
  EXPECT_EQ(price.size, 4);
  EXPECT_EQ(price.precision, 9);
  EXPECT_EQ(price.scale, 2);
  EXPECT_EQ(price.name, "a.b.decimal_9_2");
  EXPECT_EQ(tree.at(row.fields[2].type).element_id, 5);
  EXPECT_EQ(tree.at(row.fields[3].type).key_id, 6);
  EXPECT_EQ(tree.at(row.fields[3].type).value_id, 7);
  const SchemaNode& pairs = tree.at(row.fields[4].type);
  EXPECT_EQ(pairs.logical_type, "map");
  EXPECT_EQ(tree.at(pairs.children[0]).fields[1].field_id, 9);
  EXPECT_EQ(tree.at(row.fields[5].type).symbols, (std::vector<std::string>{"A", "B"}));
  EXPECT_EQ(row.bytes_min, 1 + 4 + 1 + 1 + 1 + 1);
}

TEST(SchemaTreeTest, ResolvesNamesInTheirNamespaceAndCycles) {
  const SchemaTree tree = Parse(R"({"type": "record", "name": "x.node", "fields": [
    {"name": "id", "type": {"type": "fixed", "name": "id16", "size": 16}},
    {"name": "other", "type": "id16"},
    {"name": "full", "type": "x.id16"},
    {"name": "next", "type": ["null", "node"]}]})");
  const SchemaNode& node = tree.top();
  EXPECT_EQ(node.fields[0].type, node.fields[1].type);
  EXPECT_EQ(node.fields[0].type, node.fields[2].type);
  EXPECT_EQ(tree.at(node.fields[3].type).children[1], tree.root);
  EXPECT_EQ(node.bytes_min, 49);
}

TEST(SchemaTreeTest, AllowsEqualDefinitionsOfOneName) {
  constexpr std::string_view kFirst = R"({"type": "fixed", "name": "f", "size": 2})";
  const auto twice = [&](std::string_view second) {
    return ParseSchemaTree(
        StrCat(R"({"type": "record", "name": "r", "fields": [{"name": "a", "type": )", kFirst,
               R"(}, {"name": "b", "type": )", second, "}]}"));
  };
  EXPECT_TRUE(twice(kFirst).ok());
  const auto different = twice(R"({"type": "fixed", "name": "f", "size": 3})");
  ASSERT_FALSE(different.ok());
  EXPECT_EQ(different.error().code, ErrorCode::kCorruptData);
}

TEST(SchemaTreeTest, RefusesWhatIsNoSchema) {
  const char* const kWrong[] = {
      "",
      "{",
      "7",
      "[]",
      R"("unknown")",
      R"({})",
      R"({"type": "record"})",
      R"({"type": "record", "name": "r"})",
      R"({"type": "record", "name": "r", "fields": [{"type": "int"}]})",
      R"({"type": "record", "name": "r", "fields": [{"name": "a"}]})",
      R"({"type": "record", "name": "r", "fields": [{"name": "a", "type": "s"}]})",
      R"({"type": "record", "name": "r", "fields": [{"name": "a", "type": "int", "field-id": "1"}]})",
      R"({"type": "record", "name": "r", "fields": [{"name": "a", "type": "int", "field-id": 3000000000}]})",
      R"({"type": "record", "name": "r", "fields": [{"name": "a", "type": "int"}, {"name": "a", "type": "int"}]})",
      R"({"type": "fixed", "name": "f"})",
      R"({"type": "fixed", "name": "f", "size": -1})",
      R"({"type": "fixed", "size": 1})",
      R"({"type": "enum", "name": "e"})",
      R"({"type": "array"})",
      R"({"type": "map"})",
      R"({"type": "bytes", "logicalType": "decimal"})",
      R"(["null", ["null", "int"]])",
  };
  for (const char* json : kWrong) {
    const auto tree = ParseSchemaTree(json);
    ASSERT_FALSE(tree.ok()) << json;
    EXPECT_EQ(tree.error().code, ErrorCode::kCorruptData) << json;
  }
}

TEST(SchemaTreeTest, LimitsNesting) {
  std::string deep = R"("int")";
  for (int i = 0; i < kDepthMax; ++i) deep = StrCat(R"({"type": "array", "items": )", deep, "}");
  EXPECT_FALSE(ParseSchemaTree(deep).ok());

  // By reference the text stays flat.
  std::string fields = R"({"name": "f0", "type": {"type": "record", "name": "r0", "fields": []}})";
  for (int i = 1; i <= kDepthMax; ++i) {
    fields += StrCat(R"(, {"name": "f)", i, R"(", "type": {"type": "record", "name": "r)", i,
                     R"(", "fields": [{"name": "a", "type": "r)", i - 1, R"("}]}})");
  }
  const auto tree =
      ParseSchemaTree(StrCat(R"({"type": "record", "name": "top", "fields": [)", fields, "]}"));
  ASSERT_FALSE(tree.ok());
  EXPECT_NE(tree.error().message.find("nests deeper"), std::string::npos);
}

TEST(SchemaTreeTest, SplitsNullableTypes) {
  const SchemaTree tree = Parse(R"({"type": "record", "name": "r", "fields": [
    {"name": "a", "type": ["null", "int"]}, {"name": "b", "type": ["int", "null"]},
    {"name": "c", "type": "int"}, {"name": "d", "type": ["int", "string"]},
    {"name": "e", "type": ["null", "int", "string"]}, {"name": "f", "type": ["null", "null"]},
    {"name": "g", "type": ["int"]}]})");
  const auto split = [&](int field) { return SplitNullable(tree, tree.top().fields[field].type); };
  EXPECT_EQ(split(0)->null_branch, 0);
  EXPECT_EQ(split(1)->null_branch, 1);
  EXPECT_EQ(split(2)->null_branch, -1);
  for (int field : {0, 1, 2}) EXPECT_EQ(tree.at(split(field)->type).kind, Kind::kInt);
  for (int field : {3, 4, 5, 6}) EXPECT_FALSE(split(field).ok()) << field;
}

}  // namespace
}  // namespace icefield::avro
