#include "codec/avro/skip_program.h"

#include <gtest/gtest.h>

#include "base/strings.h"
#include "codec/avro/avro_bytes_test.h"

namespace icefield::avro {
namespace {

SchemaTree Parse(std::string_view json) {
  Result<SchemaTree> tree = ParseSchemaTree(json);
  EXPECT_TRUE(tree.ok()) << tree.error();
  return tree.ok() ? *std::move(tree) : SchemaTree{{SchemaNode{}}, 0};
}

// The fault of skipping one value of `json` and then reading "end"; empty if all went well.
std::string SkipFault(std::string_view json, const AvroBytes& value) {
  const SchemaTree tree = Parse(json);
  const SkipProgram program(tree);
  const std::string bytes = AvroBytes(value).Text("end").bytes();
  Decoder in(bytes);
  program.Skip(in, tree.root);
  if (!in.ok()) return in.FaultText();
  EXPECT_EQ(in.ReadBytes(), "end") << json;
  return in.FaultText();
}

TEST(SkipProgramTest, SkipsEveryType) {
  EXPECT_EQ(SkipFault(R"("null")", {}), "");
  EXPECT_EQ(SkipFault(R"("boolean")", AvroBytes().Boolean(true)), "");
  EXPECT_EQ(SkipFault(R"("int")", AvroBytes().Long(-70000)), "");
  EXPECT_EQ(SkipFault(R"("long")", AvroBytes().Long(INT64_MIN)), "");
  EXPECT_EQ(SkipFault(R"("float")", AvroBytes().Float(1)), "");
  EXPECT_EQ(SkipFault(R"("double")", AvroBytes().Double(1)), "");
  EXPECT_EQ(SkipFault(R"("string")", AvroBytes().Text("abc")), "");
  EXPECT_EQ(SkipFault(R"("bytes")", AvroBytes().Text("")), "");
  EXPECT_EQ(SkipFault(R"({"type": "fixed", "name": "f", "size": 3})", AvroBytes().Raw("abc")), "");
  EXPECT_EQ(
      SkipFault(R"({"type": "enum", "name": "e", "symbols": ["A", "B"]})", AvroBytes().Long(1)),
      "");
  EXPECT_EQ(SkipFault(R"(["null", "string"])", AvroBytes().Long(1).Text("abc")), "");
  EXPECT_EQ(SkipFault(R"({"type": "array", "items": "long"})",
                      AvroBytes().Long(2).Long(300).Long(-300).Long(-1).Long(1).Long(5).Long(0)),
            "");
  EXPECT_EQ(SkipFault(R"({"type": "map", "values": "string"})",
                      AvroBytes().Long(2).Text("a").Text("b").Text("c").Text("").Long(0)),
            "");
  EXPECT_EQ(SkipFault(R"({"type": "map", "values": ["null", "double"]})",
                      AvroBytes().Long(2).Text("a").Long(0).Text("b").Long(1).Double(1).Long(0)),
            "");
}

TEST(SkipProgramTest, SkipsRunsOfFieldsAndNestedRecords) {
  constexpr std::string_view kSchema = R"({"type": "record", "name": "r", "fields": [
    {"name": "a", "type": "float"}, {"name": "b", "type": "double"},
    {"name": "c", "type": {"type": "record", "name": "s", "fields": [
      {"name": "a", "type": "int"}, {"name": "b", "type": "long"}]}},
    {"name": "d", "type": "int"}, {"name": "e", "type": "s"},
    {"name": "f", "type": {"type": "array", "items": "s"}},
    {"name": "g", "type": {"type": "record", "name": "empty", "fields": []}},
    {"name": "h", "type": "string"}, {"name": "i", "type": "bytes"}]})";
  AvroBytes value;
  value.Float(1).Double(2).Long(1000).Long(2).Long(3).Long(4).Long(5);
  value.Long(2).Long(1).Long(-1000).Long(3).Long(4).Long(0).Text("h").Text("i");
  EXPECT_EQ(SkipFault(kSchema, value), "");
}

constexpr std::string_view kLinked = R"({"type": "record", "name": "node", "fields": [
  {"name": "id", "type": "int"}, {"name": "next", "type": ["null", "node"]}]})";

TEST(SkipProgramTest, FollowsRecursiveTypesUpToTheLimit) {
  const auto chain = [](int length) {
    AvroBytes value;
    for (int i = 0; i < length; ++i) value.Long(i).Long(1);
    return value.Long(0).Long(0);
  };
  EXPECT_EQ(SkipFault(kLinked, chain(20)), "");
  EXPECT_NE(SkipFault(kLinked, chain(100'000)).find("nest too deep"), std::string::npos);
}

TEST(SkipProgramTest, RefusesRecordsThatNeverEnd) {
  EXPECT_NE(SkipFault(R"({"type": "record", "name": "a", "fields": [
    {"name": "x", "type": "a"}, {"name": "y", "type": "a"}]})",
                      {})
                .find("nest too deep"),
            std::string::npos);
}

TEST(SkipProgramTest, EndsAtTheEndOfTheBytesWhateverTheSchemaSays) {
  // Each record holds the one before twice: 2^60 values in all, of one byte each.
  std::string fields = R"({"name": "f0", "type": {"type": "record", "name": "r0", "fields": [
    {"name": "a", "type": ["null", "int"]}]}})";
  for (int i = 1; i < 60; ++i) {
    fields += StrCat(R"(, {"name": "f)", i, R"(", "type": ["null", {"type": "record", "name": "r)",
                     i, R"(", "fields": [{"name": "a", "type": "r)", i - 1,
                     R"("}, {"name": "b", "type": "r)", i - 1, R"("}]}]})");
  }
  const std::string schema =
      StrCat(R"({"type": "record", "name": "top", "fields": [)", fields, "]}");
  AvroBytes value;
  value.Long(0);
  for (int i = 1; i < 59; ++i) value.Long(0);
  value.Long(1);
  EXPECT_NE(SkipFault(schema, value), "");
}

TEST(SkipProgramTest, PassesOverItemsWithoutBytesAtOnce) {
  constexpr std::string_view kNulls = R"({"type": "array", "items": "null"})";
  EXPECT_EQ(SkipFault(kNulls, AvroBytes().Long(1000).Long(0)), "");
  EXPECT_NE(SkipFault(kNulls, AvroBytes().Long(int64_t{1} << 50).Long(0)), "");
}

TEST(SkipProgramTest, RefusesDamage) {
  EXPECT_NE(SkipFault(R"(["null", "int"])", AvroBytes().Long(2)), "");
  EXPECT_NE(SkipFault(R"(["null", "int"])", AvroBytes().Long(-1)), "");
  EXPECT_NE(SkipFault(R"("string")", AvroBytes().Long(1000)), "");
  EXPECT_NE(SkipFault(R"({"type": "array", "items": "int"})", AvroBytes().Long(1000)), "");
  EXPECT_NE(SkipFault(R"({"type": "array", "items": "double"})",
                      AvroBytes().Long((int64_t{1} << 61) + 1).Long(0)),
            "");
  EXPECT_NE(
      SkipFault(R"({"type": "array", "items": "int"})", AvroBytes().Long(-1).Long(1000).Long(0)),
      "");
  EXPECT_NE(
      SkipFault(R"({"type": "fixed", "name": "f", "size": 2147483647})", AvroBytes().Raw("abc")),
      "");
}

}  // namespace
}  // namespace icefield::avro
