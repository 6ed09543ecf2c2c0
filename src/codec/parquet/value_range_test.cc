#include "codec/parquet/value_range.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "codec/parquet/written_file_test.h"
#include "model/value.h"

namespace icefield {
namespace {

using Bound = std::optional<std::string>;

PrimitiveType Named(std::string_view name) { return *ParsePrimitiveType(name); }

std::unique_ptr<ValueRange> RangeOf(std::string_view type, std::string_view json) {
  auto range = MakeValueRange(Named(type));
  const auto values = ArrayOf(Named(type), json);
  range->Add(values->type_id() == arrow::Type::EXTENSION
                 ? *static_cast<const arrow::ExtensionArray&>(*values).storage()
                 : *values);
  return range;
}

Value LowerOf(std::string_view type, std::string_view json) {
  return *ParseSingleValue(Named(type), *RangeOf(type, json)->Lower(16));
}

Value UpperOf(std::string_view type, std::string_view json) {
  return *ParseSingleValue(Named(type), *RangeOf(type, json)->Upper(16));
}

TEST(ValueRange, NumbersByTheirOrder) {
  EXPECT_EQ(LowerOf("int", "[3, null, -7, 5]"), Value(int32_t{-7}));
  EXPECT_EQ(UpperOf("int", "[3, null, -7, 5]"), Value(int32_t{5}));
  EXPECT_EQ(LowerOf("long", "[9223372036854775807]"), Value(std::numeric_limits<int64_t>::max()));
  EXPECT_EQ(UpperOf("long", "[-9223372036854775808]"), Value(std::numeric_limits<int64_t>::min()));
  EXPECT_EQ(LowerOf("date", "[-1, 2]"), Value(int32_t{-1}));
  EXPECT_EQ(UpperOf("timestamptz", "[-1, 2, null]"), Value(int64_t{2}));
  EXPECT_EQ(LowerOf("boolean", "[true, null]"), Value(true));
  EXPECT_EQ(LowerOf("boolean", "[true, false]"), Value(false));
  EXPECT_EQ(UpperOf("boolean", "[false, null]"), Value(false));
}

TEST(ValueRange, DecimalsBySignAndAllTheirDigits) {
  const std::string_view json =
      R"(["-99999999999999999999999999999999999999", null, "2", "99999999999999999999999999999999999998"])";
  const Int128 ten19 = 10'000'000'000'000'000'000ULL;
  const Int128 most = ten19 * ten19 - 1;
  EXPECT_EQ(LowerOf("decimal(38, 0)", json), Value(Unscaled{-most}));
  EXPECT_EQ(UpperOf("decimal(38, 0)", json), Value(Unscaled{most - 1}));
  // Fewest bytes (trap 19).
  EXPECT_EQ(*RangeOf("decimal(9, 2)", R"(["-1.28"])")->Lower(16), std::string("\x80"));
  EXPECT_EQ(*RangeOf("decimal(9, 2)", R"(["1.28"])")->Lower(16), std::string("\0\x80", 2));
}

TEST(ValueRange, ZerosHaveBothSigns) {
  EXPECT_TRUE(std::signbit(std::get<double>(LowerOf("double", "[0.0, 1.5]"))));
  EXPECT_FALSE(std::signbit(std::get<double>(UpperOf("double", "[-0.0, -1.5]"))));
  EXPECT_TRUE(std::signbit(std::get<float>(LowerOf("float", "[0.0]"))));
  EXPECT_FALSE(std::signbit(std::get<float>(UpperOf("float", "[-0.0]"))));
}

TEST(ValueRange, NanIsCountedAndNoBound) {
  arrow::DoubleBuilder builder;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  ASSERT_TRUE(builder.AppendValues({nan, 2, -nan, 1, nan}).ok());
  ASSERT_TRUE(builder.AppendNull().ok());
  const auto values = builder.Finish().ValueOrDie();
  const auto range = MakeValueRange(Named("double"));
  range->Add(*values->Slice(0, 1));
  EXPECT_EQ(range->Lower(16), Bound());
  EXPECT_EQ(range->Upper(16), Bound());
  range->Add(*values->Slice(1));
  EXPECT_EQ(range->nans(), 3);
  EXPECT_EQ(*ParseSingleValue(Named("double"), *range->Lower(16)), Value(1.0));
  EXPECT_EQ(*ParseSingleValue(Named("double"), *range->Upper(16)), Value(2.0));
}

TEST(ValueRange, InfinitiesAreValues) {
  arrow::FloatBuilder builder;
  const float infinity = std::numeric_limits<float>::infinity();
  ASSERT_TRUE(builder.AppendValues({infinity, infinity}).ok());
  const auto range = MakeValueRange(Named("float"));
  range->Add(*builder.Finish().ValueOrDie());
  EXPECT_EQ(*ParseSingleValue(Named("float"), *range->Lower(16)), Value(infinity));
  EXPECT_EQ(*ParseSingleValue(Named("float"), *range->Upper(16)), Value(infinity));
}

TEST(ValueRange, NothingWithoutValues) {
  for (const std::string_view type : {"boolean", "int", "long", "float", "double", "date", "string",
                                      "binary", "uuid", "decimal(20, 3)", "fixed[3]", "time"}) {
    for (const std::string_view json : {"[]", "[null, null]"}) {
      EXPECT_EQ(RangeOf(type, json)->Lower(16), Bound()) << type;
      EXPECT_EQ(RangeOf(type, json)->Upper(16), Bound()) << type;
    }
  }
  EXPECT_EQ(MakeValueRange(Named("geometry")), nullptr);
  EXPECT_EQ(MakeValueRange(Named("variant")), nullptr);
}

TEST(ValueRange, AnEmptyTextIsABound) {
  EXPECT_EQ(RangeOf("string", R"(["", null])")->Lower(16), Bound(""));
  EXPECT_EQ(RangeOf("string", R"(["", null])")->Upper(16), Bound(""));
  EXPECT_EQ(RangeOf("string", R"(["b", ""])")->Lower(16), Bound(""));
  EXPECT_EQ(RangeOf("binary", R"(["", "a"])")->Upper(16), Bound("a"));
}

TEST(ValueRange, TextsThatDifferOnlyInZerosAndLength) {
  using namespace std::string_literals;
  arrow::StringBuilder builder;
  ASSERT_TRUE(builder.AppendValues({"a\0\0"s, "a\0"s, "a\0\0\0"s}).ok());
  const auto range = MakeValueRange(Named("string"));
  range->Add(*builder.Finish().ValueOrDie());
  EXPECT_EQ(range->Lower(16), Bound("a\0"s));
  EXPECT_EQ(range->Upper(16), Bound("a\0\0\0"s));
}

TEST(ValueRange, UuidsByUnsignedBytesAndWhole) {
  const auto range = RangeOf("uuid", R"(["0123456789abcdef", "zzzzzzzzzzzzzzzz"])");
  EXPECT_EQ(range->Lower(4), Bound("0123456789abcdef"));
  EXPECT_EQ(range->Upper(4), Bound("zzzzzzzzzzzzzzzz"));
}

TEST(ValueRange, KeepsItsBytesWhenTheArraysAreGone) {
  const auto range = MakeValueRange(Named("string"));
  for (const std::string_view json : {R"(["m", "a long text that needs memory of its own"])",
                                      R"(["zz"])", R"([null])", R"(["n"])"}) {
    range->Add(*ArrayOf(Named("string"), json));
  }
  EXPECT_EQ(range->Lower(16), Bound("a long text that"));
  EXPECT_EQ(range->Upper(16), Bound("zz"));
}

TEST(Bounds, TextsAreCutByCodePoint) {
  EXPECT_EQ(TextPrefix("häuser", 2), "hä");
  EXPECT_EQ(TextPrefix("\xF0\x9F\x98\x80x", 1), "\xF0\x9F\x98\x80");
  EXPECT_EQ(TextPrefix("ab", 16), "ab");
  EXPECT_EQ(TextPrefix("", 16), "");
  // No UTF-8: nothing is read beyond its end.
  EXPECT_EQ(TextPrefix("\xF0\x9F", 3), "\xF0\x9F");
  EXPECT_EQ(TextPrefix("\x80\x80\x80", 2), "\x80\x80");
}

TEST(Bounds, TheNextText) {
  EXPECT_EQ(TextAbove("ab"), "ac");
  EXPECT_EQ(TextAbove("\x7F"), "\xC2\x80");
  EXPECT_EQ(TextAbove("\xDF\xBF"), "\xE0\xA0\x80");
  EXPECT_EQ(TextAbove("\xEF\xBF\xBF"), "\xF0\x90\x80\x80");
  // U+D7FF: surrogates are left out.
  EXPECT_EQ(TextAbove("\xED\x9F\xBF"), "\xEE\x80\x80");
  // U+10FFFF has no successor, the code point before it has.
  EXPECT_EQ(TextAbove("a\xF4\x8F\xBF\xBF"), "b");
  EXPECT_EQ(TextAbove("\xF4\x8F\xBF\xBF\xF4\x8F\xBF\xBF"), Bound());
  EXPECT_EQ(TextAbove(""), Bound());
  EXPECT_EQ(TextAbove("a\xFF"), Bound());
}

TEST(Bounds, TheNextBytes) {
  EXPECT_EQ(BytesAbove("a\x01"), "a\x02");
  EXPECT_EQ(BytesAbove("a\xFF\xFF"), "b");
  EXPECT_EQ(BytesAbove("\xFF\xFF"), Bound());
  EXPECT_EQ(BytesAbove(""), Bound());
}

std::string RandomText(std::mt19937& random) {
  static const std::vector<std::string> kPieces{"a",
                                                "b",
                                                "\x7F",
                                                "ä",
                                                "\xED\x9F\xBF",
                                                "\xEE\x80\x80",
                                                "\xF4\x8F\xBF\xBF",
                                                "\xF0\x9F\x98\x80",
                                                std::string(1, '\0')};
  std::string text;
  const size_t length = random() % 8;
  for (size_t at = 0; at < length; ++at) text += kPieces[random() % kPieces.size()];
  return text;
}

std::string RandomBytes(std::mt19937& random) {
  std::string bytes(random() % 6, '\0');
  for (char& byte : bytes) byte = random() % 2 == 0 ? '\xff' : static_cast<char>(random() % 256);
  return bytes;
}

void ExpectWithin(const std::vector<std::string>& values, const ValueRange& range, int32_t length) {
  const std::string low = *std::min_element(values.begin(), values.end());
  const std::string high = *std::max_element(values.begin(), values.end());
  EXPECT_EQ(range.Lower(std::nullopt), Bound(low));
  EXPECT_EQ(range.Upper(std::nullopt), Bound(high));
  EXPECT_LE(*range.Lower(length), low);
  const Bound upper = range.Upper(length);
  if (upper) {
    EXPECT_GE(*upper, high);
  }
}

TEST(Bounds, HoldRandomTextsAndBytes) {
  std::mt19937 random(20240131);
  for (int round = 0; round < 2000; ++round) {
    const bool is_text = round % 2 == 0;
    const auto range = MakeValueRange(Named(is_text ? "string" : "binary"));
    std::vector<std::string> values;
    for (size_t arrays = 1 + random() % 3; arrays > 0; --arrays) {
      arrow::BinaryBuilder builder;
      for (size_t count = random() % 12; count > 0; --count) {
        if (random() % 4 == 0) {
          ASSERT_TRUE(builder.AppendNull().ok());
          continue;
        }
        values.push_back(is_text ? RandomText(random) : RandomBytes(random));
        ASSERT_TRUE(builder.Append(values.back()).ok());
      }
      range->Add(*builder.Finish().ValueOrDie());
    }
    if (values.empty()) {
      EXPECT_EQ(range->Lower(3), Bound());
    } else {
      ExpectWithin(values, *range, 1 + static_cast<int32_t>(random() % 4));
    }
  }
}

template <typename Builder, typename Number>
void ExpectNumbersWithin(std::string_view type, std::mt19937& random,
                         Number (*draw)(std::mt19937&)) {
  const auto range = MakeValueRange(Named(type));
  std::vector<Number> values;
  int64_t nans = 0;
  Builder builder;
  for (size_t count = random() % 60; count > 0; --count) {
    const Number number = draw(random);
    if (random() % 5 == 0) {
      ASSERT_TRUE(builder.AppendNull().ok());
      continue;
    }
    ASSERT_TRUE(builder.Append(number).ok());
    if (number == number) values.push_back(number);
    nans += static_cast<int64_t>(number != number);
  }
  const auto array = builder.Finish().ValueOrDie();
  const int64_t half = array->length() / 2;
  range->Add(*array->Slice(0, half));
  range->Add(*array->Slice(half));
  EXPECT_EQ(range->nans(), nans);
  ASSERT_EQ(range->Lower(16).has_value(), !values.empty());
  if (values.empty()) return;
  EXPECT_EQ(*ParseSingleValue(Named(type), *range->Lower(16)),
            Value(*std::min_element(values.begin(), values.end())));
  EXPECT_EQ(*ParseSingleValue(Named(type), *range->Upper(16)),
            Value(*std::max_element(values.begin(), values.end())));
}

double DrawDouble(std::mt19937& random) {
  switch (random() % 8) {
    case 0:
      return std::numeric_limits<double>::quiet_NaN();
    case 1:
      return -std::numeric_limits<double>::infinity();
    case 2:
      return -0.0;
    default:
      return static_cast<double>(static_cast<int32_t>(random())) / 3;
  }
}

int32_t DrawInt(std::mt19937& random) { return static_cast<int32_t>(random()); }

TEST(Bounds, HoldRandomNumbers) {
  std::mt19937 random(7);
  for (int round = 0; round < 500; ++round) {
    ExpectNumbersWithin<arrow::DoubleBuilder, double>("double", random, DrawDouble);
    ExpectNumbersWithin<arrow::Int32Builder, int32_t>("int", random, DrawInt);
  }
}

}  // namespace
}  // namespace icefield
