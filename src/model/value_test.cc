#include "model/value.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "model/calendar.h"

namespace icefield {
namespace {

PrimitiveType Decimal(int32_t scale) {
  PrimitiveType type{PrimitiveKind::kDecimal};
  type.precision = 38;
  type.scale = scale;
  return type;
}

Value Parsed(const PrimitiveType& type, std::string_view bytes) {
  const Result<Value> value = ParseSingleValue(type, bytes);
  EXPECT_TRUE(value.ok()) << value.error();
  return value.ok() ? *value : Value();
}

std::string_view Raw(const char* bytes, size_t length) { return {bytes, length}; }

TEST(CompareValues, FollowsIeee754) {
  const double nan = std::nan("");
  EXPECT_TRUE(CompareValues(-0.0, 0.0) == 0);
  EXPECT_TRUE(CompareValues(nan, nan) == std::partial_ordering::unordered);
  EXPECT_TRUE(CompareValues(1.0F, std::numeric_limits<float>::infinity()) < 0);
}

TEST(CompareValues, TakesTextAndBytesAsUnsigned) {
  EXPECT_TRUE(CompareValues(std::string("\x7f"), std::string("\xc3\xa9")) < 0);
  EXPECT_TRUE(CompareValues(Bytes{"\xff"}, Bytes{"\x01"}) > 0);
  EXPECT_TRUE(CompareValues(std::string("a"), std::string("ab")) < 0);
}

TEST(CompareValues, DoesNotMixAlternatives) {
  EXPECT_TRUE(CompareValues(int32_t{1}, int64_t{1}) == std::partial_ordering::unordered);
}

TEST(ParseSingleValue, ReadsEveryType) {
  EXPECT_EQ(Parsed({PrimitiveKind::kBoolean}, Raw("\x00", 1)), Value(false));
  EXPECT_EQ(Parsed({PrimitiveKind::kBoolean}, "\x01"), Value(true));
  EXPECT_EQ(Parsed({PrimitiveKind::kInt}, Raw("\x22\x00\x00\x00", 4)), Value(int32_t{34}));
  EXPECT_EQ(Parsed({PrimitiveKind::kDate}, Raw("\xff\xff\xff\xff", 4)), Value(int32_t{-1}));
  EXPECT_EQ(Parsed({PrimitiveKind::kTimestamptz}, Raw("\x00\x01\x00\x00\x00\x00\x00\x00", 8)),
            Value(int64_t{256}));
  EXPECT_EQ(Parsed({PrimitiveKind::kFloat}, Raw("\x00\x00\x80\x3f", 4)), Value(1.0F));
  EXPECT_EQ(Parsed(Decimal(2), Raw("\x05\x8c", 2)), Value(Unscaled{1420}));
  EXPECT_EQ(Parsed(Decimal(2), Raw("\xff", 1)), Value(Unscaled{-1}));
  EXPECT_EQ(Parsed(Decimal(0), Raw("\x00\x80", 2)), Value(Unscaled{128}));
  EXPECT_EQ(Parsed({PrimitiveKind::kString}, ""), Value(std::string()));
  EXPECT_EQ(Parsed({PrimitiveKind::kUuid}, std::string(16, '\xfe')),
            Value(Bytes{std::string(16, '\xfe')}));
  EXPECT_EQ(Parsed({PrimitiveKind::kBinary}, "\x01"), Value(Bytes{"\x01"}));
}

// A bound of a column that was promoted since keeps the length of its old type.
TEST(ParseSingleValue, WidensByStoredLength) {
  EXPECT_EQ(Parsed({PrimitiveKind::kLong}, Raw("\xfe\xff\xff\xff", 4)), Value(int64_t{-2}));
  EXPECT_EQ(Parsed({PrimitiveKind::kDouble}, Raw("\x00\x00\x80\xbf", 4)), Value(-1.0));
  EXPECT_EQ(Parsed({PrimitiveKind::kTimestamp}, Raw("\x01\x00\x00\x00", 4)), Value(kMicrosPerDay));
}

TEST(ParseSingleValue, RefusesOtherLengths) {
  for (const PrimitiveKind kind :
       {PrimitiveKind::kBoolean, PrimitiveKind::kInt, PrimitiveKind::kLong, PrimitiveKind::kDouble,
        PrimitiveKind::kUuid, PrimitiveKind::kDate}) {
    EXPECT_EQ(ParseSingleValue({kind}, "abc").error().code, ErrorCode::kCorruptData);
  }
  EXPECT_EQ(ParseSingleValue({PrimitiveKind::kTimestamptz}, "abcd").error().code,
            ErrorCode::kCorruptData);
  EXPECT_EQ(ParseSingleValue(Decimal(0), "").error().code, ErrorCode::kCorruptData);
  EXPECT_EQ(ParseSingleValue(Decimal(0), std::string(17, 'x')).error().code,
            ErrorCode::kCorruptData);
  EXPECT_EQ(ParseSingleValue({PrimitiveKind::kVariant}, "x").error().code, ErrorCode::kUnsupported);
}

// The examples of the specification's appendix D and of its hash section.
TEST(SerializeSingleValue, WritesEveryType) {
  EXPECT_EQ(SerializeSingleValue({PrimitiveKind::kBoolean}, false), Raw("\x00", 1));
  EXPECT_EQ(SerializeSingleValue({PrimitiveKind::kBoolean}, true), "\x01");
  EXPECT_EQ(SerializeSingleValue({PrimitiveKind::kInt}, int32_t{34}), Raw("\x22\x00\x00\x00", 4));
  EXPECT_EQ(SerializeSingleValue({PrimitiveKind::kLong}, int64_t{-2}),
            "\xfe\xff\xff\xff\xff\xff\xff\xff");
  EXPECT_EQ(SerializeSingleValue({PrimitiveKind::kFloat}, -1.0F), Raw("\x00\x00\x80\xbf", 4));
  EXPECT_EQ(SerializeSingleValue({PrimitiveKind::kDouble}, 1.0),
            Raw("\x00\x00\x00\x00\x00\x00\xf0\x3f", 8));
  EXPECT_EQ(SerializeSingleValue(Decimal(2), Unscaled{1420}), "\x05\x8c");
  EXPECT_EQ(SerializeSingleValue({PrimitiveKind::kString}, std::string("h\xc3\xa9")), "h\xc3\xa9");
  EXPECT_EQ(SerializeSingleValue({PrimitiveKind::kBinary}, Bytes{std::string("\0\1", 2)}),
            Raw("\0\1", 2));
}

TEST(SerializeSingleValue, GivesDecimalsTheFewestBytes) {
  EXPECT_EQ(SerializeSingleValue(Decimal(0), Unscaled{0}), Raw("\x00", 1));
  EXPECT_EQ(SerializeSingleValue(Decimal(0), Unscaled{127}), "\x7f");
  EXPECT_EQ(SerializeSingleValue(Decimal(0), Unscaled{128}), Raw("\x00\x80", 2));
  EXPECT_EQ(SerializeSingleValue(Decimal(0), Unscaled{-128}), "\x80");
  EXPECT_EQ(SerializeSingleValue(Decimal(0), Unscaled{-129}), "\xff\x7f");
}

TEST(SerializeSingleValue, IsUndoneByParsing) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 200; ++round) {
    const auto bits = static_cast<int64_t>(random());
    const int shift = static_cast<int>(random() % 64);
    PrimitiveType fixed{PrimitiveKind::kFixed};
    fixed.length = 8;
    const std::string text = std::to_string(bits).substr(0, 8);
    const std::vector<std::pair<PrimitiveType, Value>> cases{
        {{PrimitiveKind::kBoolean}, (bits & 1) != 0},
        {{PrimitiveKind::kInt}, static_cast<int32_t>(bits)},
        {{PrimitiveKind::kDate}, static_cast<int32_t>(bits >> 40)},
        {{PrimitiveKind::kLong}, bits >> shift},
        {{PrimitiveKind::kTime}, bits & 0xffff},
        {{PrimitiveKind::kTimestamp}, bits},
        {{PrimitiveKind::kTimestamptz}, bits},
        {{PrimitiveKind::kTimestampNs}, bits},
        {{PrimitiveKind::kTimestamptzNs}, bits},
        {{PrimitiveKind::kFloat}, static_cast<float>(bits)},
        {{PrimitiveKind::kDouble}, static_cast<double>(bits) / 3},
        {Decimal(3), Unscaled{(Int128{bits} << 62) >> shift}},
        {{PrimitiveKind::kString}, text},
        {{PrimitiveKind::kUuid}, Bytes{std::string(16, static_cast<char>(bits))}},
        {fixed, Bytes{text}},
        {{PrimitiveKind::kBinary}, Bytes{text}},
    };
    for (const auto& [type, value] : cases) {
      EXPECT_EQ(Parsed(type, SerializeSingleValue(type, value)), value)
          << PrimitiveTypeText(type) << " " << ValueText(type, value);
    }
  }
}

TEST(ValueText, IsForPeople) {
  EXPECT_EQ(ValueText({PrimitiveKind::kDate}, int32_t{-1}), "1969-12-31");
  EXPECT_EQ(ValueText({PrimitiveKind::kTimestamptz}, int64_t{-1}),
            "1969-12-31T23:59:59.999999+00:00");
  EXPECT_EQ(ValueText({PrimitiveKind::kTimestampNs}, int64_t{1}), "1970-01-01T00:00:00.000000001");
  EXPECT_EQ(ValueText({PrimitiveKind::kTime}, int64_t{3'661'000'002}), "01:01:01.000002");
  EXPECT_EQ(ValueText(Decimal(2), Unscaled{-5}), "-0.05");
  EXPECT_EQ(ValueText(Decimal(0), Unscaled{120}), "120");
  EXPECT_EQ(ValueText({PrimitiveKind::kString}, std::string("it's")), "'it''s'");
  EXPECT_EQ(ValueText({PrimitiveKind::kBinary}, Bytes{"\x0a\xff"}), "0x0aff");
  EXPECT_EQ(ValueText({PrimitiveKind::kDouble}, 2.0), "2.0");
  EXPECT_EQ(ValueText({PrimitiveKind::kUuid},
                      Bytes{"\xF7\x9C\x3E\x09\x67\x7C\x4B\xBD\xA4\x79\x3F\x34\x9C\xB7\x85\xE7"}),
            "f79c3e09-677c-4bbd-a479-3f349cb785e7");
}

TEST(Calendar, GoesBothWaysOverTheWholeRangeOfDays) {
  for (int64_t days : {int64_t{0}, int64_t{-1}, int64_t{59}, int64_t{11016}, int64_t{-719'468},
                       int64_t{-719'469}, int64_t{std::numeric_limits<int32_t>::min()},
                       int64_t{std::numeric_limits<int32_t>::max()}}) {
    EXPECT_EQ(DaysFromCivil(CivilFromDays(days)), days);
  }
  for (int64_t days = -800'000; days < 800'000; days += 97)
    EXPECT_EQ(DaysFromCivil(CivilFromDays(days)), days);
  EXPECT_EQ(CivilFromDays(11016), (CivilDate{2000, 2, 29}));
  EXPECT_EQ(DaysFromCivil({2024, 2, 29}), 19782);
}

TEST(Calendar, ParsesIsoTexts) {
  EXPECT_EQ(ParseIsoInstant("1970-01-02")->nanos, kNanosPerDay);
  EXPECT_FALSE(ParseIsoInstant("1970-01-02")->has_time);
  EXPECT_EQ(ParseIsoInstant("1970-01-01T00:00:01.000000001")->nanos, 1'000'000'001);
  EXPECT_EQ(ParseIsoInstant("1970-01-01 02:00+02:00")->nanos, 0);
  EXPECT_EQ(ParseIsoInstant("1970-01-01T00:00:00-0130")->nanos, int64_t{5400} * 1'000'000'000);
  EXPECT_TRUE(ParseIsoInstant("1970-01-01T00:00:00Z")->has_zone);
  EXPECT_EQ(ParseIsoInstant("-0001-12-31")->nanos / kNanosPerDay, -719'529);
}

TEST(Calendar, RefusesWhatIsNoDate) {
  for (const std::string_view text :
       {"", "1970", "1970-1-1", "2023-02-29", "2024-13-01", "2024-00-01", "2024-01-00",
        "2024-01-01T", "2024-01-01T25:00", "2024-01-01T12:60", "2024-01-01T12:00:00.",
        "2024-01-01T12:00:00.1234567890", "2024-01-01T12:00:00+", "2024-01-01T12:00:00 UTC",
        "20240101", "24-01-01", "99999-01-01", "2024-01-01x"}) {
    EXPECT_FALSE(ParseIsoInstant(text).has_value()) << text;
  }
  EXPECT_FALSE(ParseIsoTimeOfDay("24:00").has_value());
}

}  // namespace
}  // namespace icefield
