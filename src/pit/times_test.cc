#include "pit/times.h"

#include <arrow/builder.h>

namespace icefield {
namespace {

Times Single(int64_t value, int64_t ticks, int64_t seconds = 1) {
  return {.values = {value}, .valid = {1}, .ticks = ticks, .seconds = seconds};
}

TEST(Times, EntityTimesRoundDownAndBoundsUp) {
  // 1.5 us after the epoch, in nanoseconds.
  EXPECT_EQ(FloorToUnit(Single(1500, 1'000'000'000), 0, ViewUnit::kMicros), 1);
  EXPECT_EQ(FloorToUnit(Single(-1500, 1'000'000'000), 0, ViewUnit::kMicros), -2);
  EXPECT_EQ(OldestFresh(Single(1500, 1'000'000'000), 0, 1, ViewUnit::kMicros), 1);
  EXPECT_EQ(OldestFresh(Single(-1500, 1'000'000'000), 0, 1, ViewUnit::kMicros), -2);
}

TEST(Times, DatesAreMidnightUtc) {
  EXPECT_EQ(FloorToUnit(Single(1, 1, 86400), 0, ViewUnit::kMicros), 86'400'000'000);
}

TEST(Times, BeyondTheRangeSaturates) {
  EXPECT_EQ(FloorToUnit(Single(INT64_MAX, 1), 0, ViewUnit::kMicros), INT64_MAX);
  EXPECT_EQ(FloorToUnit(Single(INT64_MIN, 1), 0, ViewUnit::kMicros), std::nullopt);
  EXPECT_EQ(OldestFresh(Single(INT64_MIN, 1), 0, 1, ViewUnit::kMicros), INT64_MIN);
  EXPECT_EQ(OldestFresh(Single(INT64_MAX, 1'000'000), 0, INT64_MAX, ViewUnit::kMicros), 0);
}

TEST(Times, ViewTimesScaleOrFail) {
  arrow::Date32Builder days;
  ASSERT_TRUE(days.Append(-1).ok());
  ASSERT_TRUE(days.AppendNull().ok());
  std::vector<int64_t> values;
  std::vector<uint8_t> no_time;
  ASSERT_TRUE(ReadViewTimes(**days.Finish(), ViewUnit::kMicros, values, no_time).ok());
  EXPECT_EQ(values[0], -86'400'000'000);
  EXPECT_EQ(no_time, (std::vector<uint8_t>{0, 1}));
  ASSERT_TRUE(days.Append(INT32_MAX).ok());
  EXPECT_EQ(ReadViewTimes(**days.Finish(), ViewUnit::kMicros, values, no_time).error().code,
            ErrorCode::kCorruptData);
}

TEST(Times, OtherTypesAreRefused) {
  arrow::Int64Builder numbers;
  ASSERT_TRUE(numbers.Append(1).ok());
  EXPECT_EQ(ReadTimes(**numbers.Finish()).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace icefield
