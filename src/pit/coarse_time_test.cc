#include "pit/coarse_time.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace icefield {
namespace {

TEST(CoarseTimes, AGreaterTimeIsNeverLess) {
  std::mt19937_64 random(5);
  std::vector<int64_t> times{INT64_MIN, INT64_MIN + 1, -1, 0, 1, INT64_MAX - 1, INT64_MAX};
  for (int i = 0; i < 300; ++i) times.push_back(static_cast<int64_t>(random() >> (random() % 64)));
  std::sort(times.begin(), times.end());
  for (int i = 0; i < 200; ++i) {
    const CoarseTimes coarse(times[random() % times.size()], times[random() % times.size()]);
    for (size_t at = 1; at < times.size(); ++at)
      EXPECT_LE(coarse.Of(times[at - 1]), coarse.Of(times[at]));
  }
}

TEST(CoarseTimes, TellTheTimesOfTheRangeApart) {
  const CoarseTimes small(1000, 66'000);
  for (int64_t time = 1000; time <= 66'000; ++time) EXPECT_EQ(small.Of(time), time - 1000);
  EXPECT_EQ(small.Of(0), 0);
  EXPECT_EQ(small.Of(INT64_MAX), UINT16_MAX);
  const CoarseTimes large(0, int64_t{1} << 40);
  EXPECT_LT(large.Of(1), large.Of(int64_t{1} << 26));
  EXPECT_GT(large.Of(int64_t{1} << 40), 30'000);
}

}  // namespace
}  // namespace icefield
