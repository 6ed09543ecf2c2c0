#include "model/transform.h"

#include <gtest/gtest.h>

#include <limits>

#include "model/calendar.h"
#include "model/murmur3.h"

namespace icefield {
namespace {

const PrimitiveType kInt{PrimitiveKind::kInt};
const PrimitiveType kLong{PrimitiveKind::kLong};

// Bucket numbers of so many buckets are the hash without its sign bit.
constexpr int32_t kAllBuckets = std::numeric_limits<int32_t>::max();

Value Apply(const Transform& transform, const PrimitiveType& type, const Value& value) {
  const Result<std::optional<Value>> result = ApplyTransform(transform, type, value);
  EXPECT_TRUE(result.ok()) << result.error();
  EXPECT_TRUE(result->has_value());
  return **result;
}

Value Instant(std::string_view text, int64_t nanos_per_unit) {
  return static_cast<int64_t>(ParseIsoInstant(text)->nanos / nanos_per_unit);
}

int32_t Days(std::string_view text) {
  return static_cast<int32_t>(ParseIsoInstant(text)->nanos / kNanosPerDay);
}

PrimitiveType Decimal(int32_t scale) {
  PrimitiveType type{PrimitiveKind::kDecimal};
  type.precision = 38;
  type.scale = scale;
  return type;
}

PrimitiveType Fixed(int32_t length) {
  PrimitiveType type{PrimitiveKind::kFixed};
  type.length = length;
  return type;
}

struct HashCase {
  PrimitiveType type;
  Value value;
  int32_t hash;
};

// The values of the specification's appendix B.
TEST(Bucket, HashesAsTheSpecificationSays) {
  const Bytes four{std::string("\x00\x01\x02\x03", 4)};
  const Bytes uuid{"\xF7\x9C\x3E\x09\x67\x7C\x4B\xBD\xA4\x79\x3F\x34\x9C\xB7\x85\xE7"};
  const std::vector<HashCase> cases{
      {kInt, int32_t{34}, 2017239379},
      {kLong, int64_t{34}, 2017239379},
      {Decimal(2), Unscaled{1420}, -500754589},
      {{PrimitiveKind::kDate}, Days("2017-11-16"), -653330422},
      {{PrimitiveKind::kTime}, *ParseIsoTimeOfDay("22:31:08") / 1000, -662762989},
      {{PrimitiveKind::kTimestamp}, Instant("2017-11-16T22:31:08", 1000), -2047944441},
      {{PrimitiveKind::kTimestamp}, Instant("2017-11-16T22:31:08.000001", 1000), -1207196810},
      {{PrimitiveKind::kTimestamptz}, Instant("2017-11-16T14:31:08-08:00", 1000), -2047944441},
      {{PrimitiveKind::kTimestamptz},
       Instant("2017-11-16T14:31:08.000001-08:00", 1000),
       -1207196810},
      {{PrimitiveKind::kTimestampNs}, Instant("2017-11-16T22:31:08", 1), -2047944441},
      {{PrimitiveKind::kTimestampNs}, Instant("2017-11-16T22:31:08.000001001", 1), -1207196810},
      {{PrimitiveKind::kTimestamptzNs},
       Instant("2017-11-16T14:31:08.000001001-08:00", 1),
       -1207196810},
      {{PrimitiveKind::kString}, std::string("iceberg"), 1210000089},
      {{PrimitiveKind::kUuid}, uuid, 1488055340},
      {Fixed(4), four, -188683207},
      {{PrimitiveKind::kBinary}, four, -188683207},
  };
  for (const HashCase& row : cases) {
    EXPECT_EQ(
        Apply({TransformKind::kBucket, kAllBuckets}, row.type, row.value),
        Value(static_cast<int32_t>(static_cast<uint32_t>(row.hash) & 0x7fffffffU) % kAllBuckets))
        << PrimitiveTypeText(row.type) << " " << ValueText(row.type, row.value);
  }
}

TEST(Bucket, HashesLittleEndianBytesAndEveryTail) {
  EXPECT_EQ(Murmur3(""), 0U);
  EXPECT_EQ(Murmur3("a"), 0x3c2569b2U);
  EXPECT_EQ(Murmur3("ab"), 0x9bbfd75fU);
  EXPECT_EQ(Murmur3("abc"), 0xb3dd93faU);
  EXPECT_EQ(Murmur3("abcd"), 0x43ed676aU);
}

TEST(Bucket, TakesTheRemainder) {
  EXPECT_EQ(Apply({TransformKind::kBucket, 16}, kInt, int32_t{34}),
            Value(int32_t{2017239379 % 16}));
}

// Negative nanoseconds are floored to the microsecond, not cut towards zero.
TEST(Bucket, FloorsNanosecondsBeforeHashing) {
  EXPECT_EQ(
      Apply({TransformKind::kBucket, kAllBuckets}, {PrimitiveKind::kTimestampNs}, int64_t{-1}),
      Apply({TransformKind::kBucket, kAllBuckets}, {PrimitiveKind::kTimestamp}, int64_t{-1}));
}

TEST(Bucket, HashesDecimalsByTheirFewestBytes) {
  const Value minus_one = Apply({TransformKind::kBucket, kAllBuckets}, Decimal(0), Unscaled{-1});
  EXPECT_EQ(minus_one, Value(static_cast<int32_t>(Murmur3("\xff") & 0x7fffffffU)));
  const Value with_sign_byte =
      Apply({TransformKind::kBucket, kAllBuckets}, Decimal(0), Unscaled{128});
  EXPECT_EQ(with_sign_byte,
            Value(static_cast<int32_t>(Murmur3(std::string_view("\x00\x80", 2)) & 0x7fffffffU)));
}

TEST(Truncate, FloorsNumbers) {
  EXPECT_EQ(Apply({TransformKind::kTruncate, 10}, kInt, int32_t{1}), Value(int32_t{0}));
  EXPECT_EQ(Apply({TransformKind::kTruncate, 10}, kInt, int32_t{-1}), Value(int32_t{-10}));
  EXPECT_EQ(Apply({TransformKind::kTruncate, 10}, kLong, int64_t{-10}), Value(int64_t{-10}));
  EXPECT_EQ(Apply({TransformKind::kTruncate, 50}, Decimal(2), Unscaled{1065}),
            Value(Unscaled{1050}));
  EXPECT_EQ(Apply({TransformKind::kTruncate, 50}, Decimal(2), Unscaled{-1}), Value(Unscaled{-50}));
}

TEST(Truncate, WrapsAroundNearTheSmallestNumber) {
  const int32_t least = std::numeric_limits<int32_t>::min();
  EXPECT_EQ(Apply({TransformKind::kTruncate, 10}, kInt, least), Value(int32_t{2147483646}));
}

TEST(Truncate, CutsTextsByCodePointAndBytesByByte) {
  const PrimitiveType text{PrimitiveKind::kString};
  EXPECT_EQ(Apply({TransformKind::kTruncate, 3}, text, std::string("iceberg")),
            Value(std::string("ice")));
  EXPECT_EQ(Apply({TransformKind::kTruncate, 2}, text, std::string("\xf0\x9f\x98\x80\xc3\xa9z")),
            Value(std::string("\xf0\x9f\x98\x80\xc3\xa9")));
  EXPECT_EQ(Apply({TransformKind::kTruncate, 9}, text, std::string("ice")),
            Value(std::string("ice")));
  EXPECT_EQ(
      Apply({TransformKind::kTruncate, 3}, {PrimitiveKind::kBinary}, Bytes{"\x01\x02\x03\x04\x05"}),
      Value(Bytes{"\x01\x02\x03"}));
}

struct TimeCase {
  std::string_view text;
  int32_t year;
  int32_t month;
  int32_t day;
  int32_t hour;
};

TEST(TimeTransforms, FloorOnBothSidesOf1970) {
  const std::vector<TimeCase> cases{
      {"1970-01-01T00:00:00", 0, 0, 0, 0},
      {"1969-12-31T23:59:59.999999", -1, -1, -1, -1},
      {"1969-01-01T00:00:00", -1, -12, -365, -8760},
      {"2017-12-01T10:12:55.038194", 47, 575, 17501, 420034},
      {"2024-02-29T23:00:00", 54, 649, 19782, 474791},
  };
  for (const TimeCase& row : cases) {
    for (const auto& [kind, nanos] :
         {std::pair{PrimitiveKind::kTimestamptz, 1000}, {PrimitiveKind::kTimestampNs, 1}}) {
      const Value value = Instant(row.text, nanos);
      const PrimitiveType type{kind};
      EXPECT_EQ(Apply({TransformKind::kYear}, type, value), Value(row.year)) << row.text;
      EXPECT_EQ(Apply({TransformKind::kMonth}, type, value), Value(row.month)) << row.text;
      EXPECT_EQ(Apply({TransformKind::kDay}, type, value), Value(row.day)) << row.text;
      EXPECT_EQ(Apply({TransformKind::kHour}, type, value), Value(row.hour)) << row.text;
    }
    EXPECT_EQ(Apply({TransformKind::kMonth}, {PrimitiveKind::kDate}, row.day), Value(row.month))
        << row.text;
    EXPECT_EQ(Apply({TransformKind::kYear}, {PrimitiveKind::kDate}, row.day), Value(row.year))
        << row.text;
  }
}

TEST(TimeTransforms, RefuseWhatDoesNotFit) {
  const Value last = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(ApplyTransform({TransformKind::kHour}, {PrimitiveKind::kTimestamp}, last).error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(ApplyTransform({TransformKind::kHour}, {PrimitiveKind::kDate}, int32_t{0}).error().code,
            ErrorCode::kInvalidArgument);
}

TEST(ParseTransform, ReadsEveryName) {
  EXPECT_EQ(ParseTransform("bucket[16]")->parameter, 16);
  EXPECT_EQ(ParseTransform("truncate[4]")->kind, TransformKind::kTruncate);
  for (const std::string_view text :
       {"identity", "bucket[1]", "truncate[2147483647]", "year", "month", "day", "hour", "void"}) {
    const Result<Transform> transform = ParseTransform(text);
    ASSERT_TRUE(transform.ok()) << transform.error();
    EXPECT_NE(transform->kind, TransformKind::kUnknown);
    EXPECT_EQ(TransformText(*transform), text);
  }
}

TEST(ParseTransform, KeepsUnknownNames) {
  for (const std::string_view text : {"zorder", "bucketv2[4]", "", "Identity[]"}) {
    const Result<Transform> transform = ParseTransform(text);
    ASSERT_TRUE(transform.ok());
    EXPECT_EQ(transform->kind, TransformKind::kUnknown);
    EXPECT_EQ(TransformText(*transform), text);
  }
}

TEST(ParseTransform, RefusesBadParameters) {
  for (const std::string_view text :
       {"bucket", "bucket[]", "bucket[0]", "bucket[-1]", "truncate[x]", "truncate[1",
        "bucket[4294967296]", "bucket["}) {
    EXPECT_EQ(ParseTransform(text).error().code, ErrorCode::kCorruptData) << text;
  }
}

TEST(TransformResultType, FollowsTheTable) {
  const PrimitiveType timestamp{PrimitiveKind::kTimestamp};
  EXPECT_EQ(*TransformResultType({TransformKind::kDay}, timestamp),
            PrimitiveType{PrimitiveKind::kDate});
  EXPECT_EQ(*TransformResultType({TransformKind::kHour}, timestamp), kInt);
  EXPECT_EQ(*TransformResultType({TransformKind::kTruncate, 2}, kLong), kLong);
  EXPECT_FALSE(TransformResultType({TransformKind::kBucket, 2}, {PrimitiveKind::kDouble}).ok());
  EXPECT_FALSE(TransformResultType({TransformKind::kTruncate, 2}, {PrimitiveKind::kUuid}).ok());
  EXPECT_FALSE(TransformResultType({TransformKind::kYear}, {PrimitiveKind::kTime}).ok());
  EXPECT_FALSE(TransformResultType({TransformKind::kUnknown}, kLong).ok());
}

}  // namespace
}  // namespace icefield
