#include "retrieval/duration_text.h"

#include <gtest/gtest.h>

#include <limits>

namespace icefield {
namespace {

constexpr int64_t kMicros = 1'000'000;
constexpr int64_t kNanos = 1'000'000'000;

TEST(DurationTextTest, SaysWhatIsNotZero) {
  EXPECT_EQ(DurationText(0, 0, kMicros), "0s");
  EXPECT_EQ(DurationText(0, 7'200 * kMicros, kMicros), "2h");
  EXPECT_EQ(DurationText(-86'400 * kMicros, 61 * kMicros, kMicros), "1d 1m 1s");
  EXPECT_EQ(DurationText(0, 1, kMicros), "0.000001s");
  EXPECT_EQ(DurationText(0, 60 * kNanos + 10, kNanos), "1m 0.00000001s");
  EXPECT_EQ(DurationText(5, 0, kNanos), DurationText(0, 5, kNanos));
}

TEST(DurationTextTest, TakesTheEndsOfTheRange) {
  EXPECT_EQ(DurationText(std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max(),
                         kMicros),
            "213503982d 8h 1m 49.551615s");
}

}  // namespace
}  // namespace icefield
