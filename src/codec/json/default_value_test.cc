#include "codec/json/default_value.h"

#include <gtest/gtest.h>

#include <cmath>

namespace icefield {
namespace {

Value PrimitiveOf(const PrimitiveType& type, std::string_view json) {
  const Result<NestedValue> value = ReadDefaultValue(type, json);
  EXPECT_TRUE(value.ok()) << value.error();
  if (!value.ok() || !value->primitive) return Value(std::string("no value"));
  return *value->primitive;
}

std::string ErrorOf(const Type& type, std::string_view json) {
  const Result<NestedValue> value = ReadDefaultValue(type, json);
  return value.ok() ? "" : value.error().ToString();
}

TEST(DefaultValue, EveryPrimitiveInItsJsonForm) {
  EXPECT_EQ(PrimitiveOf({PrimitiveKind::kBoolean}, "false"), Value(false));
  EXPECT_EQ(PrimitiveOf({PrimitiveKind::kInt}, "-34"), Value(int32_t{-34}));
  EXPECT_EQ(PrimitiveOf({PrimitiveKind::kLong}, "9223372036854775807"), Value(INT64_MAX));
  EXPECT_EQ(PrimitiveOf({PrimitiveKind::kFloat}, "1.5"), Value(1.5F));
  EXPECT_EQ(PrimitiveOf({PrimitiveKind::kDouble}, "-1e300"), Value(-1e300));
  EXPECT_EQ(PrimitiveOf({PrimitiveKind::kDouble}, "3"), Value(3.0));
  EXPECT_EQ(PrimitiveOf({PrimitiveKind::kDouble}, "\"-Infinity\""), Value(-HUGE_VAL));
  EXPECT_TRUE(std::isnan(std::get<float>(PrimitiveOf({PrimitiveKind::kFloat}, "\"NaN\""))));
  const PrimitiveType decimal{.kind = PrimitiveKind::kDecimal, .precision = 9, .scale = 2};
  EXPECT_EQ(PrimitiveOf(decimal, "\"14.20\""), Value(Unscaled{1420}));
  EXPECT_EQ(PrimitiveOf({PrimitiveKind::kDate}, "\"1969-12-31\""), Value(int32_t{-1}));
  EXPECT_EQ(PrimitiveOf({PrimitiveKind::kTime}, "\"00:00:08.123456\""), Value(int64_t{8123456}));
  EXPECT_EQ(PrimitiveOf({PrimitiveKind::kTimestamp}, "\"1970-01-01T00:00:01.000002\""),
            Value(int64_t{1000002}));
  EXPECT_EQ(PrimitiveOf({PrimitiveKind::kTimestamptz}, "\"1970-01-01T00:00:01+00:00\""),
            Value(int64_t{1000000}));
  EXPECT_EQ(PrimitiveOf({PrimitiveKind::kTimestampNs}, "\"1970-01-01T00:00:00.000000003\""),
            Value(int64_t{3}));
  EXPECT_EQ(PrimitiveOf({PrimitiveKind::kTimestamptzNs}, "\"1970-01-01T00:00:00.1+00:00\""),
            Value(int64_t{100000000}));
  EXPECT_EQ(PrimitiveOf({PrimitiveKind::kString}, "\"NaN\""), Value(std::string("NaN")));
  EXPECT_EQ(PrimitiveOf({PrimitiveKind::kUuid}, "\"f79c3e09-677c-4bbd-a479-3f349cb785e7\""),
            Value(Bytes{"\xf7\x9c\x3e\x09\x67\x7c\x4b\xbd\xa4\x79\x3f\x34\x9c\xb7\x85\xe7"}));
  const PrimitiveType fixed{.kind = PrimitiveKind::kFixed, .length = 3};
  EXPECT_EQ(PrimitiveOf(fixed, "\"0001ff\""), Value(Bytes{std::string("\0\1\xff", 3)}));
  EXPECT_EQ(PrimitiveOf({PrimitiveKind::kBinary}, "\"\""), Value(Bytes{""}));
}

TEST(DefaultValue, NestedOnes) {
  const Field member{.id = FieldId{7}, .name = "m", .type = PrimitiveKind::kInt};
  const NestedValue three{.primitive = Value(int32_t{3})};
  EXPECT_EQ(*ReadDefaultValue(StructType{{member}}, "{}"), (NestedValue{.is_nested = true}));
  EXPECT_EQ(*ReadDefaultValue(StructType{{member}}, R"({"7": 3, "9": "ignored"})"),
            (NestedValue{.is_nested = true, .member_ids = {FieldId{7}}, .children = {three}}));
  EXPECT_EQ(*ReadDefaultValue(ListType{{member}}, "[3, null]"),
            (NestedValue{.is_nested = true, .children = {three, NestedValue{}}}));
  const Field key{.id = FieldId{8}, .name = "key", .type = PrimitiveKind::kString};
  const NestedValue a{.primitive = Value(std::string("a"))};
  EXPECT_EQ(*ReadDefaultValue(MapType{{key, member}}, R"({"keys": ["a"], "values": [3]})"),
            (NestedValue{.is_nested = true, .children = {a, three}}));
  EXPECT_TRUE(ReadDefaultValue(StructType{{member}}, "null")->IsNull());
  EXPECT_TRUE(ReadDefaultValue(PrimitiveType{PrimitiveKind::kVariant}, "null")->IsNull());
}

TEST(DefaultValue, WhatIsNoValueOfTheType) {
  const PrimitiveType decimal{.kind = PrimitiveKind::kDecimal, .precision = 3, .scale = 1};
  EXPECT_NE(ErrorOf(decimal, "\"1.25\""), "");    // Not of this scale.
  EXPECT_NE(ErrorOf(decimal, "\"1000.0\""), "");  // Not of this precision.
  EXPECT_NE(ErrorOf(decimal, "1.5"), "");         // A number, not a text.
  EXPECT_NE(ErrorOf(PrimitiveKind::kInt, "2147483648"), "");
  EXPECT_NE(ErrorOf(PrimitiveKind::kInt, "\"3\""), "");
  EXPECT_NE(ErrorOf(PrimitiveKind::kDouble, "true"), "");
  EXPECT_NE(ErrorOf(PrimitiveKind::kFloat, "1e39"), "");
  EXPECT_NE(ErrorOf(PrimitiveKind::kTimestamp, "\"1970-01-01T00:00:00+00:00\""), "");
  EXPECT_NE(ErrorOf(PrimitiveKind::kGeometry, "\"POINT (30 10)\""), "");
  EXPECT_NE(ErrorOf(PrimitiveKind::kVariant, "\"a\""), "");
  const Field member{.id = FieldId{7}, .name = "m", .type = PrimitiveKind::kInt};
  EXPECT_EQ(ErrorOf(ListType{{member}}, "[1, \"x\"]"),
            "CorruptData: [1] must be a whole number, it is a string");
  EXPECT_EQ(ErrorOf(MapType{{member, member}}, R"({"keys": [1], "values": []})"),
            "CorruptData: the document has 1 keys and 0 values");
}

}  // namespace
}  // namespace icefield
