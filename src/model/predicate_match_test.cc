#include <gtest/gtest.h>

#include <map>

#include "model/predicate.h"
#include "model/predicate_testing.h"

namespace icefield {
namespace {

using testing::Below;
using testing::Random;

constexpr FieldId kField{7};

class OneColumn : public StatisticsSource {
 public:
  explicit OneColumn(ColumnStatistics statistics) : statistics_(std::move(statistics)) {}
  ColumnStatistics Find(FieldId field_id, const PrimitiveType&) const override {
    return field_id == kField ? statistics_ : ColumnStatistics{};
  }

 private:
  ColumnStatistics statistics_;
};

Predicate Leaf(PredicateOp op, PrimitiveKind kind, std::vector<Value> values = {}) {
  return {.op = op, .field_id = kField, .type = {kind}, .values = std::move(values)};
}

bool May(const Predicate& predicate, const ColumnStatistics& statistics) {
  return MayMatch(predicate, OneColumn(statistics));
}

using Rows = std::vector<std::optional<Value>>;

// Statistics of `rows` as a careful writer makes them: NaN outside the bounds, text bounds cut to
// `text_length`.
ColumnStatistics Describe(const Rows& rows, size_t text_length) {
  ColumnStatistics out{
      .null_count = 0, .nan_count = 0, .value_count = static_cast<int64_t>(rows.size())};
  for (const std::optional<Value>& row : rows) {
    *out.null_count += static_cast<int64_t>(!row.has_value());
    if (!row) continue;
    *out.nan_count += static_cast<int64_t>(IsNan(*row));
    if (IsNan(*row)) continue;
    if (!out.lower || CompareValues(*row, *out.lower) < 0) out.lower = *row;
    if (!out.upper || CompareValues(*row, *out.upper) > 0) out.upper = *row;
  }
  if (out.lower && std::holds_alternative<std::string>(*out.lower)) {
    out.lower = std::get<std::string>(*out.lower).substr(0, text_length);
    auto& upper = std::get<std::string>(*out.upper);
    if (upper.size() > text_length) {
      upper.resize(text_length);
      if (upper.empty() || upper.back() == '\xff') {
        out.upper.reset();
      } else {
        ++upper.back();
      }
    }
  }
  return out;
}

void Forget(ColumnStatistics& statistics, Random& random) {
  if (Below(random, 5) == 0) statistics.lower.reset();
  if (Below(random, 5) == 0) statistics.upper.reset();
  if (Below(random, 5) == 0) statistics.null_count.reset();
  if (Below(random, 5) == 0) statistics.nan_count.reset();
  if (Below(random, 5) == 0) statistics.value_count.reset();
}

TEST(MayMatch, NeverExcludesARowThatPasses) {
  int64_t excluded = 0;
  for (const PrimitiveType& type : testing::ComparableTypes()) {
    Random random(static_cast<uint64_t>(type.kind) + 1);
    for (int round = 0; round < 6000; ++round) {
      Rows rows;
      for (size_t left = 1 + Below(random, 3); left > 0; --left) {
        rows.push_back(Below(random, 5) == 0 ? std::nullopt
                                             : std::optional(testing::RandomValue(random, type)));
      }
      const Predicate predicate =
          testing::RandomPredicate(random, {{kField, type}}, Below(random, 3));
      ColumnStatistics statistics = Describe(rows, Below(random, 3) + 1);
      Forget(statistics, random);
      const bool passes =
          std::any_of(rows.begin(), rows.end(), [&](const std::optional<Value>& row) {
            return testing::Passes(predicate, [&row](FieldId) { return row; });
          });
      const bool may_match = May(predicate, statistics);
      excluded += static_cast<int64_t>(!may_match);
      ASSERT_TRUE(may_match || !passes)
          << PrimitiveTypeText(type) << ": " << predicate.ToString({});
    }
  }
  EXPECT_GT(excluded, 10'000);
}

TEST(MayMatch, KnowsNothingWithoutStatistics) {
  for (const PrimitiveType& type : testing::ComparableTypes()) {
    Random random(3);
    for (int round = 0; round < 50; ++round) {
      EXPECT_TRUE(May(testing::RandomLeaf(random, kField, type), {}));
    }
  }
}

TEST(MayMatch, TakesZeroEmptyAndFalseForBounds) {
  EXPECT_FALSE(
      May(Leaf(PredicateOp::kGreater, PrimitiveKind::kInt, {int32_t{0}}), {.upper = int32_t{0}}));
  EXPECT_FALSE(May(Leaf(PredicateOp::kEqual, PrimitiveKind::kString, {std::string("a")}),
                   {.upper = std::string()}));
  EXPECT_FALSE(May(Leaf(PredicateOp::kEqual, PrimitiveKind::kBoolean, {true}), {.upper = false}));
}

TEST(MayMatch, TakesBothZerosForOne) {
  const Predicate is_zero = Leaf(PredicateOp::kEqual, PrimitiveKind::kDouble, {0.0});
  EXPECT_TRUE(May(is_zero, {.lower = -0.0, .upper = -0.0, .nan_count = 0}));
  EXPECT_FALSE(
      May(Leaf(PredicateOp::kNotEqual, PrimitiveKind::kDouble, {0.0}),
          {.lower = -0.0, .upper = 0.0, .null_count = 0, .nan_count = 0, .value_count = 4}));
}

// NaN lies outside the bounds, differs from everything and is neither less nor greater.
TEST(MayMatch, LooksForNanBesideTheBounds) {
  const ColumnStatistics all_ones{.lower = 1.0, .upper = 1.0, .null_count = 0, .value_count = 4};
  EXPECT_TRUE(May(Leaf(PredicateOp::kNotEqual, PrimitiveKind::kDouble, {1.0}), all_ones));
  EXPECT_TRUE(May(Leaf(PredicateOp::kIsNan, PrimitiveKind::kDouble), all_ones));
  EXPECT_FALSE(May(Leaf(PredicateOp::kGreater, PrimitiveKind::kDouble, {1.0}), all_ones));
  const ColumnStatistics only_nan{.null_count = 1, .nan_count = 3, .value_count = 4};
  EXPECT_FALSE(May(Leaf(PredicateOp::kLess, PrimitiveKind::kDouble, {1.0}), only_nan));
  EXPECT_FALSE(May(Leaf(PredicateOp::kNotNan, PrimitiveKind::kDouble), only_nan));
  EXPECT_TRUE(May(Leaf(PredicateOp::kNotNull, PrimitiveKind::kDouble), only_nan));
}

TEST(MayMatch, DistrustsBoundsThatAreNan) {
  const ColumnStatistics bounds{.lower = std::nan(""), .upper = 1.0};
  EXPECT_TRUE(May(Leaf(PredicateOp::kGreater, PrimitiveKind::kDouble, {5.0}), bounds));
}

TEST(MayMatch, ComparesPrefixesWithTruncatedBounds) {
  const Predicate starts =
      Leaf(PredicateOp::kStartsWith, PrimitiveKind::kString, {std::string("abcd")});
  EXPECT_TRUE(May(starts, {.lower = std::string("ab"), .upper = std::string("ac")}));
  EXPECT_FALSE(May(starts, {.lower = std::string("ac"), .upper = std::string("b")}));
  EXPECT_FALSE(May(starts, {.lower = std::string("a"), .upper = std::string("abcc")}));
  const Predicate other =
      Leaf(PredicateOp::kNotStartsWith, PrimitiveKind::kString, {std::string("ab")});
  EXPECT_FALSE(May(other, {.lower = std::string("aba"), .upper = std::string("abz")}));
  EXPECT_TRUE(May(other, {.lower = std::string("aba"), .upper = std::string("ac")}));
}

TEST(MayMatch, CountsNulls) {
  const ColumnStatistics all_null{.null_count = 4, .value_count = 4};
  const ColumnStatistics no_null{.null_count = 0, .value_count = 4};
  EXPECT_FALSE(May(Leaf(PredicateOp::kNotEqual, PrimitiveKind::kInt, {int32_t{1}}), all_null));
  EXPECT_FALSE(May(Leaf(PredicateOp::kNotNull, PrimitiveKind::kInt), all_null));
  EXPECT_TRUE(May(Leaf(PredicateOp::kIsNull, PrimitiveKind::kInt), all_null));
  EXPECT_FALSE(May(Leaf(PredicateOp::kIsNull, PrimitiveKind::kInt), no_null));
}

TEST(MayMatch, ComparesUuidsAsUnsignedBytes) {
  const Bytes low{std::string(16, '\x01')};
  const Bytes high{std::string(16, '\xf0')};
  const ColumnStatistics range{.lower = low, .upper = high};
  EXPECT_TRUE(May(Leaf(PredicateOp::kEqual, PrimitiveKind::kUuid, {Bytes{std::string(16, '\x90')}}),
                  range));
  EXPECT_FALSE(May(Leaf(PredicateOp::kGreater, PrimitiveKind::kUuid, {high}), range));
}

// Every row passes either a predicate or what NotTrue makes of it, nulls and NaN too.
TEST(NotTrue, IsTheRest) {
  testing::Random random(11);
  std::vector<std::pair<FieldId, PrimitiveType>> columns;
  for (const PrimitiveType& type : testing::ComparableTypes())
    columns.emplace_back(FieldId{static_cast<int32_t>(columns.size()) + 1}, type);
  for (int round = 0; round < 3000; ++round) {
    const Predicate predicate = testing::RandomPredicate(random, columns, 3);
    const Predicate rest = NotTrue(predicate);
    for (int each = 0; each < 10; ++each) {
      std::vector<std::optional<Value>> values;
      for (const auto& [id, type] : columns) {
        values.push_back(testing::Below(random, 4) == 0
                             ? std::nullopt
                             : std::optional(testing::RandomValue(random, type)));
      }
      const testing::Row row = [&](FieldId id) {
        return values[static_cast<size_t>(id.value) - 1];
      };
      ASSERT_NE(testing::Passes(predicate, row), testing::Passes(rest, row));
    }
  }
}

}  // namespace
}  // namespace icefield
