#include "model/partition_values.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <set>

namespace icefield {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr float kNanFloat = std::numeric_limits<float>::quiet_NaN();

// In order; those of one row are equal.
std::vector<std::vector<std::optional<Value>>> Ordered() {
  const double infinity = std::numeric_limits<double>::infinity();
  return {{std::nullopt},
          {false},
          {true},
          {int32_t{-5}, int64_t{-5}},
          {int64_t{0}},
          {int32_t{7}, int64_t{7}},
          {int64_t{1} << 40},
          {-infinity, -std::numeric_limits<float>::infinity()},
          {-1.5F, -1.5},
          {-0.0, -0.0F},
          {0.0, 0.0F},
          {double{0.1F}, 0.1F},
          {infinity},
          {kNan, -kNan, kNanFloat, -kNanFloat, std::nan("7")},
          {std::string()},
          {std::string("a")},
          {std::string("ab")},
          {std::string("\xc3\xa9")},
          {Bytes{""}},
          {Bytes{"\x01"}},
          {Bytes{"\xff"}},
          {Unscaled{-130}},
          {Unscaled{130}}};
}

TEST(PartitionValues, AreInOneTotalOrder) {
  const auto ordered = Ordered();
  for (size_t left = 0; left < ordered.size(); ++left) {
    for (size_t right = 0; right < ordered.size(); ++right) {
      for (const std::optional<Value>& a : ordered[left]) {
        for (const std::optional<Value>& b : ordered[right]) {
          EXPECT_EQ(PartitionValues{{a}} <=> PartitionValues{{b}}, left <=> right)
              << left << " " << right;
          EXPECT_EQ(PartitionValues{{a}} == PartitionValues{{b}}, left == right);
        }
      }
    }
  }
}

TEST(PartitionValues, CompareByTheFirstDifference) {
  const auto text = [](const char* value) { return std::optional<Value>(std::string(value)); };
  EXPECT_LT((PartitionValues{{kNan, text("a")}}), (PartitionValues{{kNan, text("b")}}));
  EXPECT_LT((PartitionValues{{1.0, text("b")}}), (PartitionValues{{kNan, text("a")}}));
  EXPECT_LT((PartitionValues{{1.0}}), (PartitionValues{{1.0, std::nullopt}}));
  EXPECT_NE((PartitionValues{{text("ab"), text("c")}}), (PartitionValues{{text("a"), text("bc")}}));
  EXPECT_EQ(PartitionValues(), PartitionValues());
}

// A set holds what a linear search finds.
TEST(PartitionValues, AreFoundInSets) {
  std::mt19937 random(3);
  std::vector<std::optional<Value>> pool;
  for (const auto& equals : Ordered()) pool.insert(pool.end(), equals.begin(), equals.end());
  const auto any = [&] { return pool[random() % pool.size()]; };
  for (int round = 0; round < 200; ++round) {
    std::set<PartitionValues> partitions;
    std::vector<PartitionValues> listed;
    for (int at = 0; at < 20; ++at) {
      PartitionValues tuple{{any(), any()}};
      if (std::find(listed.begin(), listed.end(), tuple) == listed.end()) listed.push_back(tuple);
      partitions.insert(std::move(tuple));
    }
    EXPECT_EQ(partitions.size(), listed.size());
    const PartitionValues asked{{any(), any()}};
    EXPECT_EQ(partitions.contains(asked),
              std::find(listed.begin(), listed.end(), asked) != listed.end());
  }
}

}  // namespace
}  // namespace icefield
