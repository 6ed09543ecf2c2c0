#include <arrow/builder.h>

#include <cmath>
#include <limits>

#include "retrieval/entity_frame.h"

namespace icefield {
namespace {

template <typename Builder, typename Value>
std::shared_ptr<arrow::Array> ArrayOf(Builder builder, const std::vector<Value>& values) {
  for (const Value& value : values) EXPECT_TRUE(builder.Append(value).ok());
  return *builder.Finish();
}

// The cast as text, a null as "null".
std::string Cast(const std::shared_ptr<arrow::Array>& values,
                 const std::shared_ptr<arrow::DataType>& target) {
  Result<std::shared_ptr<arrow::Array>> cast = CastKeyColumn(values, target, "f", "t");
  if (!cast.ok()) return std::string(BorderOf(cast.error().code).name);
  std::vector<std::string> texts;
  for (int64_t row = 0; row < (*cast)->length(); ++row) {
    texts.push_back((*(*cast)->GetScalar(row))->ToString());
  }
  return Join(texts, " ");
}

TEST(CastKeyColumn, IntegersOfAnyWidthByValue) {
  const auto longs = ArrayOf(arrow::Int64Builder(), std::vector<int64_t>{-1, int64_t{1} << 31, 7});
  EXPECT_EQ(Cast(longs, arrow::int32()), "-1 null 7");
  const auto unsigned_longs =
      ArrayOf(arrow::UInt64Builder(), std::vector<uint64_t>{5, UINT64_MAX, uint64_t{1} << 63});
  EXPECT_EQ(Cast(unsigned_longs, arrow::int64()), "5 null null");
}

TEST(CastKeyColumn, FloatsWhereExactlyIntegral) {
  const auto doubles =
      ArrayOf(arrow::DoubleBuilder(),
              std::vector<double>{1.0, 1.5, std::nan(""), INFINITY, 0x1p63, -0x1p63, -0.0, 0x1p53});
  EXPECT_EQ(Cast(doubles, arrow::int64()),
            "1 null null null null -9223372036854775808 0 9007199254740992");
  const auto longs =
      ArrayOf(arrow::Int64Builder(), std::vector<int64_t>{(int64_t{1} << 53) + 1, 4});
  EXPECT_EQ(Cast(longs, arrow::float64()), "null 4");
}

TEST(CastKeyColumn, InstantsExactly) {
  const auto nanos = ArrayOf(arrow::TimestampBuilder(arrow::timestamp(arrow::TimeUnit::NANO),
                                                     arrow::default_memory_pool()),
                             std::vector<int64_t>{1000, 1001, -1});
  Result<std::shared_ptr<arrow::Array>> micros =
      CastKeyColumn(nanos, arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"), "f", "t");
  ASSERT_TRUE(micros.ok());
  EXPECT_EQ((*micros)->null_count(), 2);
  const auto seconds = ArrayOf(arrow::TimestampBuilder(arrow::timestamp(arrow::TimeUnit::SECOND),
                                                       arrow::default_memory_pool()),
                               std::vector<int64_t>{86400, 86401, -86400});
  EXPECT_EQ(Cast(seconds, arrow::date32()), "1970-01-02 null 1969-12-31");
}

TEST(CastKeyColumn, DecimalsByValue) {
  arrow::Decimal128Builder builder(arrow::decimal128(10, 2));
  ASSERT_TRUE(builder.Append(arrow::Decimal128(150)).ok());
  ASSERT_TRUE(builder.Append(arrow::Decimal128(151)).ok());
  const std::shared_ptr<arrow::Array> decimals = *builder.Finish();
  EXPECT_EQ(Cast(decimals, arrow::decimal128(5, 1)), "1.5 null");
  EXPECT_EQ(Cast(decimals, arrow::decimal128(12, 4)), "1.5000 1.5100");
  EXPECT_EQ(
      Cast(ArrayOf(arrow::Int32Builder(), std::vector<int32_t>{3, 1000}), arrow::decimal128(4, 1)),
      "3.0 null");
}

TEST(CastKeyColumn, TypesThatAreNeverEqualAreRefused) {
  const auto texts = ArrayOf(arrow::StringBuilder(), std::vector<std::string>{"1"});
  for (const auto& target : {arrow::int64(), arrow::date32(), arrow::binary(), arrow::boolean(),
                             arrow::decimal128(9, 0), arrow::float64()}) {
    EXPECT_EQ(Cast(texts, target), "InvalidArgument") << target->ToString();
  }
  const auto numbers = ArrayOf(arrow::Int64Builder(), std::vector<int64_t>{1});
  const Error error = CastKeyColumn(numbers, arrow::utf8(), "frame_id", "table_id").error();
  EXPECT_NE(error.message.find("'frame_id' has type int64"), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("'table_id' type string"), std::string::npos) << error.message;
}

}  // namespace
}  // namespace icefield
