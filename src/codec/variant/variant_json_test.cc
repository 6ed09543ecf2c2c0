#include "codec/variant/variant_json.h"

#include <gtest/gtest.h>

#include <limits>

#include "codec/variant/value_decoder.h"
#include "codec/variant/variant_bytes_test.h"
#include "model/value.h"

namespace icefield {
namespace {

using namespace variant;  // NOLINT(google-build-using-namespace): the builder's short names

constexpr std::string_view kNoNames("\x01\x00\x00", 3);

std::string TextOf(const Result<std::string>& json) {
  return json.ok() ? *json : json.error().ToString();
}

std::string Json(const std::string& value, std::string_view metadata = kNoNames) {
  return TextOf(VariantToJson(metadata, value));
}

ErrorCode CodeOf(std::string_view value, std::string_view metadata = kNoNames) {
  const auto json = VariantToJson(metadata, value);
  return json.ok() ? ErrorCode::kInternal : json.error().code;
}

TEST(VariantJson, NullBooleansAndIntegers) {
  EXPECT_EQ(Json(Primitive(0)), "null");
  EXPECT_EQ(Json(Primitive(1)), "true");
  EXPECT_EQ(Json(Primitive(2)), "false");
  EXPECT_EQ(Json(Primitive(3, Raw<int8_t>(-128))), "-128");
  EXPECT_EQ(Json(Primitive(4, Raw<int16_t>(-32768))), "-32768");
  EXPECT_EQ(Json(Primitive(5, Raw<int32_t>(2147483647))), "2147483647");
  EXPECT_EQ(Json(Primitive(6, Raw(std::numeric_limits<int64_t>::min()))), "-9223372036854775808");
}

TEST(VariantJson, FloatsAreTheShortestTextThatReadsBack) {
  EXPECT_EQ(Json(Primitive(7, Raw(0.1))), "0.1");
  EXPECT_EQ(Json(Primitive(7, Raw(-0.0))), "-0.0");
  EXPECT_EQ(Json(Primitive(7, Raw(1e22))), "1e+22");
  EXPECT_EQ(Json(Primitive(7, Raw(5e-324))), "5e-324");
  EXPECT_EQ(Json(Primitive(14, Raw(0.1F))), "0.1");
  EXPECT_EQ(Json(Primitive(14, Raw(3.0F))), "3.0");
}

TEST(VariantJson, FloatsWithoutAJsonNumberAreTexts) {
  EXPECT_EQ(Json(Primitive(7, Raw(std::numeric_limits<double>::quiet_NaN()))), R"("NaN")");
  EXPECT_EQ(Json(Primitive(7, Raw(std::numeric_limits<double>::infinity()))), R"("Infinity")");
  EXPECT_EQ(Json(Primitive(14, Raw(-std::numeric_limits<float>::infinity()))), R"("-Infinity")");
}

TEST(VariantJson, DecimalsKeepTheirScale) {
  EXPECT_EQ(Json(Primitive(8, '\2' + Raw<int32_t>(120))), "1.20");
  EXPECT_EQ(Json(Primitive(8, '\0' + Raw<int32_t>(-7))), "-7");
  EXPECT_EQ(Json(Primitive(8, '\x9' + Raw<int32_t>(0))), "0.000000000");
  EXPECT_EQ(Json(Primitive(9, '\x12' + Raw<int64_t>(-1))), "-0.000000000000000001");
  Int128 nines = 0;
  for (int digit = 0; digit < 38; ++digit) nines = nines * 10 + 9;
  EXPECT_EQ(Json(Primitive(10, '\x26' + Raw<Int128>(-nines))), "-0." + std::string(38, '9'));
}

TEST(VariantJson, AScaleAbove38IsCorrupt) {
  EXPECT_EQ(CodeOf(Primitive(8, '\x27' + Raw<int32_t>(1))), ErrorCode::kCorruptData);
  EXPECT_EQ(CodeOf(Primitive(10, '\xff' + Raw<Int128>(1))), ErrorCode::kCorruptData);
}

TEST(VariantJson, DatesAndTimesAreIsoTexts) {
  constexpr int64_t kBeforeEpoch = -1;
  EXPECT_EQ(Json(Primitive(11, Raw<int32_t>(19753))), R"("2024-01-31")");
  EXPECT_EQ(Json(Primitive(12, Raw(kBeforeEpoch))), R"("1969-12-31T23:59:59.999999+00:00")");
  EXPECT_EQ(Json(Primitive(13, Raw<int64_t>(1'706'702'400'500'000))),
            R"("2024-01-31T12:00:00.500000")");
  EXPECT_EQ(Json(Primitive(17, Raw<int64_t>(45'296'123'456))), R"("12:34:56.123456")");
  EXPECT_EQ(Json(Primitive(18, Raw(kBeforeEpoch))), R"("1969-12-31T23:59:59.999999999+00:00")");
  EXPECT_EQ(Json(Primitive(19, Raw<int64_t>(1))), R"("1970-01-01T00:00:00.000000001")");
}

TEST(VariantJson, ATimeOutsideOfADayIsCorrupt) {
  EXPECT_EQ(CodeOf(Primitive(17, Raw<int64_t>(-1))), ErrorCode::kCorruptData);
  EXPECT_EQ(CodeOf(Primitive(17, Raw<int64_t>(86'400'000'000))), ErrorCode::kCorruptData);
}

TEST(VariantJson, BytesAndUuids) {
  EXPECT_EQ(Json(Primitive(15, Little(3, 4) + "\x01\x02\xff")), R"("AQL/")");
  EXPECT_EQ(Json(Primitive(15, Little(0, 4))), R"("")");
  EXPECT_EQ(Json(Primitive(20, "\xf2\x4f\x9b\x64\x81\xfa\x49\xd1\xb7\x4e\x8c\x09\xa6\xe3\x1c\x56")),
            R"("f24f9b64-81fa-49d1-b74e-8c09a6e31c56")");
}

TEST(VariantJson, StringsOfBothFormsAreEscaped) {
  EXPECT_EQ(Json(Short("")), R"("")");
  EXPECT_EQ(Json(Short("h\xc3\xa9")), "\"h\xc3\xa9\"");
  EXPECT_EQ(Json(Short("a\"b\\c\n\x01")), R"("a\"b\\c\n\u0001")");
  EXPECT_EQ(Json(Long("\t")), R"("\t")");
  EXPECT_EQ(Json(Long(std::string(1000, 'x'))), '"' + std::string(1000, 'x') + '"');
}

TEST(VariantJson, TextThatIsNotUtf8IsCorrupt) {
  EXPECT_EQ(CodeOf(Short("\xff")), ErrorCode::kCorruptData);
  EXPECT_EQ(CodeOf(Long("\xed\xa0\x80")), ErrorCode::kCorruptData);  // half of a surrogate pair
  EXPECT_EQ(CodeOf(Null(), Metadata({"\xc3"})), ErrorCode::kCorruptData);
}

TEST(VariantJson, ObjectsKeepTheirOrderOfFields) {
  const std::string names = Metadata({"c", "a", "b\""});
  EXPECT_EQ(Json(Object({}), names), "{}");
  EXPECT_EQ(Json(Object({{1, Int8(1)}, {2, Null()}, {0, Short("x")}}), names),
            R"({"a":1,"b\"":null,"c":"x"})");
}

TEST(VariantJson, ValuesOfAnObjectMayLieInAnyOrder) {
  // Fields a and b; the value of b lies before that of a.
  const std::string object = std::string("\x02\x02", 2) + std::string("\0\1", 2) +
                             std::string("\2\0\4", 3) + Int8(22) + Int8(11);
  EXPECT_EQ(Json(object, Metadata({"a", "b"})), R"({"a":11,"b":22})");
}

TEST(VariantJson, NumbersOfEveryWidth) {
  for (int width = 1; width <= 4; ++width) {
    const std::string names = Metadata({"a", "b"}, width);
    for (const bool is_large : {false, true}) {
      const Widths widths{.offset = width, .id = 5 - width, .is_large = is_large};
      const std::string array = Array({Int8(1), Short("x"), Array({}, widths)}, widths);
      EXPECT_EQ(Json(Object({{0, array}, {1, Null()}}, widths), names),
                R"({"a":[1,"x",[]],"b":null})");
    }
  }
}

TEST(VariantJson, MoreThan255Elements) {
  const Widths wide{.offset = 2, .is_large = true};
  std::string expected = "[";
  for (int at = 0; at < 300; ++at) expected += at > 0 ? ",7" : "7";
  EXPECT_EQ(Json(Array(std::vector<std::string>(300, Int8(7)), wide)), expected + "]");
}

TEST(VariantJson, ReservedBitsAreIgnored) {
  std::string names = Metadata({"a"});
  names[0] = static_cast<char>(names[0] | 0x20 | 0x10);  // reserved; sorted_strings
  std::string object = Object({{0, Null()}});
  object[0] = static_cast<char>(object[0] | 0x80);
  std::string array = Array({object});
  array[0] = static_cast<char>(array[0] | 0xe0);
  EXPECT_EQ(Json(array, names), R"([{"a":null}])");
}

TEST(VariantJson, TwoFieldsOfOneNameAreCorrupt) {
  const std::string names = Metadata({"a", "b", "a"});
  EXPECT_EQ(CodeOf(Object({{0, Null()}, {0, Null()}}), names), ErrorCode::kCorruptData);
  EXPECT_EQ(CodeOf(Object({{0, Null()}, {2, Null()}}), names), ErrorCode::kCorruptData);
  EXPECT_EQ(CodeOf(Object({{0, Null()}, {1, Null()}, {2, Null()}}), names),
            ErrorCode::kCorruptData);
}

TEST(VariantJson, FieldsInTheOrderOfUtf16AreRead) {
  // U+10000 before U+FFEE, as Java compares strings; UTF-8 has them the other way round.
  const std::string names = Metadata({"\xf0\x90\x80\x80", "\xef\xbf\xae"});
  EXPECT_EQ(Json(Object({{0, Int8(1)}, {1, Int8(2)}}), names),
            "{\"\xf0\x90\x80\x80\":1,\"\xef\xbf\xae\":2}");
}

TEST(VariantJson, AFieldWithoutANameIsCorrupt) {
  EXPECT_EQ(CodeOf(Object({{1, Null()}}), Metadata({"a"})), ErrorCode::kCorruptData);
  EXPECT_EQ(CodeOf(Object({{0, Null()}})), ErrorCode::kCorruptData);
}

TEST(VariantJson, AnEmptyDictionaryMayLackItsOffset) {
  EXPECT_EQ(Json(Null(), std::string("\x01\x00", 2)), "null");
}

TEST(VariantJson, MetadataOfAnyOtherShapeIsCorrupt) {
  const std::string names = Metadata({"ab", "c"});
  for (size_t size = 0; size < names.size(); ++size) {
    EXPECT_EQ(CodeOf(Null(), names.substr(0, size)), ErrorCode::kCorruptData) << size;
  }
  EXPECT_EQ(CodeOf(Null(), names + "x"), ErrorCode::kCorruptData);
  const std::string dropping("\x01\x02\x00\x03\x02xy", 7);  // 0, 3, 2: the second one ends early
  EXPECT_EQ(CodeOf(Null(), dropping), ErrorCode::kCorruptData);
  const std::string not_from_zero("\x01\x01\x01\x02xy", 6);
  EXPECT_EQ(CodeOf(Null(), not_from_zero), ErrorCode::kCorruptData);
  EXPECT_EQ(CodeOf(Null(), "\xc1\xff\xff\xff\xff"), ErrorCode::kCorruptData);
}

TEST(VariantJson, WhatALaterSpecificationAddsIsUnsupported) {
  EXPECT_EQ(CodeOf(Null(), std::string("\x02\x00\x00", 3)), ErrorCode::kUnsupported);
  EXPECT_EQ(CodeOf(Primitive(21)), ErrorCode::kUnsupported);
  EXPECT_EQ(CodeOf(Primitive(63, "abc")), ErrorCode::kUnsupported);
}

// One value of every type, in an object.
std::string Everything() {
  std::vector<std::string> values = {Short("short"), Array({Int8(1), Array({Null()})})};
  constexpr int kWidths[] = {0, 0, 0, 1, 2, 4, 8, 8, 5, 9, 17, 4, 8, 8, 4, 0, 0, 8, 8, 8, 16};
  for (int id = 0; id <= 20; ++id) {
    values.push_back(id == 15 || id == 16
                         ? Primitive(id, Little(2, 4) + "hi")
                         : Primitive(id, std::string(static_cast<size_t>(kWidths[id]), '\0')));
  }
  return Object({{0, Array(values)}, {1, Object({})}});
}

TEST(VariantJson, AValueCutOffAnywhereIsCorrupt) {
  const std::string names = Metadata({"a", "b"});
  const std::string whole = Everything();
  ASSERT_TRUE(VariantToJson(names, whole).ok()) << Json(whole, names);
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(CodeOf(std::string_view(whole).substr(0, size), names), ErrorCode::kCorruptData)
        << size;
  }
  EXPECT_EQ(CodeOf(whole + '\0', names), ErrorCode::kCorruptData);
}

TEST(VariantJson, ACutOffValueOfEveryTypeIsCorrupt) {
  for (int id = 3; id <= 20; ++id) {
    EXPECT_EQ(CodeOf(Primitive(id)), ErrorCode::kCorruptData) << id;
  }
  EXPECT_EQ(CodeOf(Primitive(16, Little(0xffffffff, 4))), ErrorCode::kCorruptData);
}

TEST(VariantJson, CountsAndOffsetsBeyondTheBytesAreCorrupt) {
  EXPECT_EQ(CodeOf("\x13\xff\xff\xff\xff"), ErrorCode::kCorruptData);  // a large array
  EXPECT_EQ(CodeOf("\x42\xff\xff\xff\xff"), ErrorCode::kCorruptData);  // a large object
  EXPECT_EQ(CodeOf(std::string("\x03\x01\x05\x01\x00", 5)), ErrorCode::kCorruptData);
  EXPECT_EQ(CodeOf(std::string("\x03\x01\x01\x01\x00", 5)), ErrorCode::kCorruptData);
}

TEST(VariantJson, ValuesThatShareBytesOrLeaveSomeAreCorrupt) {
  // Two elements at offset 0, of one byte each, in two bytes and in one.
  EXPECT_EQ(CodeOf(std::string("\x03\x02\x00\x00\x01\x00", 6)), ErrorCode::kCorruptData);
  EXPECT_EQ(CodeOf(std::string("\x03\x01\x00\x02\x00\x00", 6)), ErrorCode::kCorruptData);
  // Were every element of an array the next array, the text would grow beyond all bounds.
  std::string nested = Null();
  for (int level = 0; level < 30; ++level) {
    const auto size = static_cast<char>(nested.size());
    nested.insert(0, std::string("\x03\x02\x00\x00", 4) + size);
  }
  EXPECT_EQ(CodeOf(nested), ErrorCode::kCorruptData);
}

std::string Nested(int levels) {
  std::string value = Null();
  for (int level = 0; level < levels; ++level) value = Array({value}, {.offset = 4});
  return value;
}

TEST(VariantJson, NestingHasALimit) {
  const std::string deepest = Json(Nested(kDepthMax));
  EXPECT_EQ(deepest, std::string(kDepthMax, '[') + "null" + std::string(kDepthMax, ']'));
  EXPECT_EQ(CodeOf(Nested(kDepthMax + 1)), ErrorCode::kUnsupported);
  EXPECT_EQ(CodeOf(Nested(5000)), ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace icefield
