#include "batch/position_set.h"

#include <algorithm>
#include <array>
#include <limits>
#include <random>

namespace icefield {
namespace {

constexpr int64_t kLastPosition = std::numeric_limits<int64_t>::max();

std::vector<RowRun> GapsOf(const PositionSet& set, RowRun within) {
  std::vector<RowRun> runs;
  set.AppendGaps(within, runs);
  return runs;
}

// A byte a position: the plainest set there is.
class PlainSet {
 public:
  void Add(int64_t position) { bytes_.at(static_cast<size_t>(position)) = 1; }
  void Merge(const PlainSet& other) {
    for (size_t i = 0; i < bytes_.size(); ++i) bytes_[i] |= other.bytes_[i];
  }
  bool Contains(int64_t position) const { return bytes_.at(static_cast<size_t>(position)) != 0; }
  int64_t CountIn(RowRun run) const {
    const auto first = bytes_.begin() + run.first;
    return std::count(first, first + run.count, 1);
  }
  std::vector<RowRun> GapsOf(RowRun within) const {
    std::vector<RowRun> runs;
    for (int64_t row = 0; row < within.count; ++row) {
      if (Contains(within.first + row)) continue;
      if (!runs.empty() && runs.back().first + runs.back().count == row) {
        ++runs.back().count;
      } else {
        runs.push_back({row, 1});
      }
    }
    return runs;
  }

  static constexpr int64_t kEnd = 250'000;

 private:
  std::vector<uint8_t> bytes_ = std::vector<uint8_t>(kEnd, 0);
};

// All that a set answers, against a plain set, over windows that start and end anywhere.
void ExpectSame(const PositionSet& set, const PlainSet& plain, std::mt19937_64& random) {
  constexpr int64_t kEnd = PlainSet::kEnd;
  ASSERT_EQ(set.size(), plain.CountIn({0, kEnd}));
  ASSERT_EQ(set.empty(), set.size() == 0);
  std::vector<RowRun> windows = {{0, kEnd}, {0, 0}, {65535, 2}, {65536, 65536}};
  for (int i = 0; i < 6; ++i) {
    const auto first = static_cast<int64_t>(random() % kEnd);
    windows.push_back(
        {first, static_cast<int64_t>(random() % static_cast<uint64_t>(kEnd - first + 1))});
  }
  for (const RowRun& window : windows) {
    ASSERT_EQ(set.CountIn(window), plain.CountIn(window)) << window.first << " + " << window.count;
    ASSERT_EQ(GapsOf(set, window), plain.GapsOf(window)) << window.first << " + " << window.count;
  }
  for (int i = 0; i < 1000; ++i) {
    const auto position = static_cast<int64_t>(random() % kEnd);
    ASSERT_EQ(set.Contains(position), plain.Contains(position)) << position;
  }
}

TEST(PositionSet, IsEmptyAtFirst) {
  const PositionSet set;
  EXPECT_TRUE(set.empty());
  EXPECT_FALSE(set.Contains(0));
  EXPECT_EQ(set.CountIn({0, 1000}), 0);
  EXPECT_EQ(GapsOf(set, {5, 10}), (std::vector<RowRun>{{0, 10}}));
  EXPECT_EQ(GapsOf(set, {5, 0}), std::vector<RowRun>());
}

TEST(PositionSet, GapsAreDistancesFromTheWindowAndJoinAcrossChunks) {
  PositionSet set;
  for (int64_t position : {65000, 66000}) set.Add(position);
  EXPECT_EQ(GapsOf(set, {64000, 3000}), (std::vector<RowRun>{{0, 1000}, {1001, 999}, {2001, 999}}));
  set.AddRun({65000, 1001});
  EXPECT_EQ(GapsOf(set, {65000, 1001}), std::vector<RowRun>());
  EXPECT_EQ(GapsOf(set, {65000, 1002}), (std::vector<RowRun>{{1001, 1}}));
}

TEST(PositionSet, GapsAreAppended) {
  PositionSet set;
  set.Add(1);
  std::vector<RowRun> runs = {{7, 7}};
  set.AppendGaps({0, 3}, runs);
  EXPECT_EQ(runs, (std::vector<RowRun>{{7, 7}, {0, 1}, {2, 1}}));
}

TEST(PositionSet, HoldsTheGreatestPosition) {
  PositionSet set;
  set.Add(kLastPosition);
  set.Add(kLastPosition);
  set.AddRun({kLastPosition - 1, 2});
  EXPECT_EQ(set.size(), 2);
  EXPECT_TRUE(set.Contains(kLastPosition));
  EXPECT_FALSE(set.Contains(kLastPosition - 2));
  EXPECT_EQ(set.CountIn({kLastPosition - 9, 10}), 2);
}

// Adds in every way: one by one in and out of order, runs short and long, bits, merges.
class RandomPositions : public testing::TestWithParam<uint64_t> {};

TEST_P(RandomPositions, AnswerAsAPlainSet) {
  std::mt19937_64 random(GetParam());
  const int64_t range = std::vector<int64_t>{300, 70'000, 150'000}[random() % 3];
  const auto below = [&](int64_t limit) {
    return static_cast<int64_t>(random() % static_cast<uint64_t>(limit));
  };
  PositionSet sets[2];
  PlainSet plain[2];
  for (int step = 0; step < 12; ++step) {
    const size_t which = random() % 2;
    PositionSet& set = sets[which];
    switch (random() % 5) {
      case 0: {
        int64_t position = below(100);
        const int64_t stride = 1 + below(40);
        for (; position < range; position += 1 + below(stride)) {
          set.Add(position);
          plain[which].Add(position);
        }
        break;
      }
      case 1:
        for (int64_t i = below(6000); i > 0; --i) {
          const int64_t position = below(range);
          set.Add(position);
          plain[which].Add(position);
        }
        break;
      case 2:
        for (int64_t i = below(10); i > 0; --i) {
          const RowRun run{below(range), below(range / 4)};
          set.AddRun(run);
          for (int64_t row = 0; row < run.count; ++row) plain[which].Add(run.first + row);
        }
        break;
      case 3: {
        std::array<uint64_t, PositionSet::kChunkWords> bits{};
        for (int64_t i = below(100); i > 0; --i) bits[random() % bits.size()] = random() & random();
        set.AddBits(1, bits);
        for (int64_t bit = 0; bit < PositionSet::kChunkRows; ++bit) {
          if (((bits[static_cast<size_t>(bit) / 64] >> (bit % 64)) & 1) != 0) {
            plain[which].Add(PositionSet::kChunkRows + bit);
          }
        }
        break;
      }
      default:
        set.Merge(sets[1 - which]);
        plain[which].Merge(plain[1 - which]);
    }
    ASSERT_NO_FATAL_FAILURE(ExpectSame(set, plain[which], random)) << "step " << step;
  }
}
INSTANTIATE_TEST_SUITE_P(Seeds, RandomPositions, testing::Range<uint64_t>(0, 16));

TEST(PositionSet, MergesWithItself) {
  PositionSet set;
  set.AddRun({10, 20});
  set.Add(70'000);
  set.Merge(set);
  EXPECT_EQ(set.size(), 21);
}

TEST(PositionSet, TakesManyShortRuns) {
  PositionSet set;
  PlainSet plain;
  for (int64_t first = 0; first < 65'536; first += 5) {
    set.AddRun({first, 3});
    for (int64_t i = 0; i < 3; ++i) plain.Add(first + i);
  }
  std::mt19937_64 random(1);
  ExpectSame(set, plain, random);
}

}  // namespace
}  // namespace icefield
