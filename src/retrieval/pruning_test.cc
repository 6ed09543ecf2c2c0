#include "retrieval/pruning.h"

#include <arrow/array/builder_primitive.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace icefield {
namespace {

constexpr FieldId kKey{1};
constexpr FieldId kOther{2};

PinnedView ViewByKeys(int count) {
  PinnedView pinned;
  pinned.view.keys = {{.id = kKey, .name = "key", .type = PrimitiveKind::kLong}};
  if (count > 1)
    pinned.view.keys.push_back({.id = kOther, .name = "other", .type = PrimitiveKind::kLong});
  return pinned;
}

std::shared_ptr<arrow::Array> Numbers(int64_t first, int64_t count) {
  arrow::Int64Builder builder;
  for (int64_t at = 0; at < count; ++at) EXPECT_TRUE(builder.Append(first + at).ok());
  return builder.Finish().ValueOrDie();
}

// A file whose rows have keys between these.
class Bounds final : public StatisticsSource {
 public:
  Bounds(std::pair<int64_t, int64_t> key, std::pair<int64_t, int64_t> other = {0, 0})
      : key_(key), other_(other) {}
  ColumnStatistics Find(FieldId field_id, const PrimitiveType&) const override {
    const auto& [lower, upper] = field_id == kKey ? key_ : other_;
    return {.lower = Value(lower), .upper = Value(upper)};
  }

 private:
  std::pair<int64_t, int64_t> key_;
  std::pair<int64_t, int64_t> other_;
};

TEST(AmongKeys, FewKeysOfAllSetsAreOneList) {
  const std::vector<arrow::ArrayVector> sets = {{Numbers(0, 3)}, {Numbers(2, 2)}};
  const Predicate among = *AmongKeys(ViewByKeys(1), sets, {});
  EXPECT_EQ(among.op, PredicateOp::kIn);
  EXPECT_EQ(among.values, (std::vector<Value>{Value(int64_t{0}), Value(int64_t{1}),
                                              Value(int64_t{2}), Value(int64_t{3})}));
}

TEST(AmongKeys, NothingIsReadBetweenTheRangesOfTwoSets) {
  const std::vector<arrow::ArrayVector> sets = {{Numbers(0, 30'000)}, {Numbers(900'000, 30'000)}};
  const Predicate among = *AmongKeys(ViewByKeys(1), sets, {});
  EXPECT_TRUE(MayMatch(among, Bounds({29'999, 30'500})));
  EXPECT_FALSE(MayMatch(among, Bounds({30'000, 899'999})));
  EXPECT_TRUE(MayMatch(among, Bounds({899'999, 900'000})));
  EXPECT_FALSE(MayMatch(among, Bounds({930'000, 990'000})));
}

TEST(AmongKeys, PartsOfKeysAreThoseOfOneSet) {
  const std::vector<arrow::ArrayVector> sets = {{Numbers(1, 1), Numbers(10, 1)},
                                                {Numbers(2, 1), Numbers(20, 1)}};
  const Predicate among = *AmongKeys(ViewByKeys(2), sets, {});
  EXPECT_TRUE(MayMatch(among, Bounds({1, 1}, {10, 10})));
  EXPECT_TRUE(MayMatch(among, Bounds({2, 2}, {20, 20})));
  EXPECT_FALSE(MayMatch(among, Bounds({1, 1}, {20, 20})));
  // Pages are asked about single columns: such parts stand by themselves too.
  const std::vector<Predicate>& parts = among.children;
  EXPECT_EQ(std::count_if(parts.begin(), parts.end(),
                          [](const Predicate& part) { return part.op == PredicateOp::kIn; }),
            2);
}

TEST(AmongKeys, ASetWithoutAKeyNeedsNothing) {
  const std::vector<arrow::ArrayVector> sets = {{Numbers(0, 0)}, {Numbers(5, 1)}};
  EXPECT_FALSE(MayMatch(*AmongKeys(ViewByKeys(1), sets, {}), Bounds({0, 4})));
  EXPECT_TRUE(MayMatch(*AmongKeys(ViewByKeys(1), sets, {}), Bounds({0, 5})));
}

TEST(AmongKeys, WithoutJoinKeysAllRowsMatter) {
  const std::vector<arrow::ArrayVector> sets = {{}, {}};
  EXPECT_EQ(AmongKeys(PinnedView{}, sets, {})->op, PredicateOp::kTrue);
}

}  // namespace
}  // namespace icefield
