#include "scan/partition_projection.h"

#include <gtest/gtest.h>

#include "model/predicate_testing.h"
#include "scan/file_statistics.h"

namespace icefield {
namespace {

using testing::Below;
using testing::Random;

constexpr FieldId kField{7};
constexpr FieldId kOther{8};

Predicate Leaf(PredicateOp op, PrimitiveKind kind, std::vector<Value> values = {}) {
  return {.op = op, .field_id = kField, .type = {kind}, .values = std::move(values)};
}

PartitionSpec SpecOf(std::vector<Transform> transforms) {
  PartitionSpec spec;
  for (Transform& transform : transforms) {
    const FieldId id{1000 + static_cast<int32_t>(spec.fields.size())};
    spec.fields.push_back({kField, id, "part", std::move(transform)});
  }
  return spec;
}

bool MayHold(const Predicate& predicate, const Transform& transform,
             const std::optional<Value>& partition) {
  const PartitionValues tuple{{partition}};
  return MayMatch(ProjectToPartition(predicate, SpecOf({transform})), PartitionTuple(tuple));
}

// What some writer puts into the tuple for `value`: time partitions before 1970 one unit off, and a
// long that was an int when it was written in an int.
std::optional<Value> WrittenPartition(Random& random, const Transform& transform,
                                      const PrimitiveType& type,
                                      const std::optional<Value>& value) {
  if (!value) return std::nullopt;
  const auto* number = std::get_if<int64_t>(&*value);
  const bool was_int =
      type.kind == PrimitiveKind::kLong && *number == static_cast<int32_t>(*number);
  Result<std::optional<Value>> partition =
      was_int && Below(random, 2) == 0
          ? ApplyTransform(transform, {PrimitiveKind::kInt}, static_cast<int32_t>(*number))
          : ApplyTransform(transform, type, *value);
  EXPECT_TRUE(partition.ok()) << partition.error();
  const bool is_time =
      transform.kind >= TransformKind::kYear && transform.kind <= TransformKind::kHour;
  if (!is_time || std::get<int32_t>(**partition) >= 0) return *partition;
  return std::get<int32_t>(**partition) - 1 + static_cast<int32_t>(Below(random, 3));
}

std::vector<Transform> AllTransforms() {
  std::vector<Transform> transforms;
  for (const std::string_view text :
       {"identity", "bucket[3]", "truncate[1]", "truncate[2]", "truncate[10]", "year", "month",
        "day", "hour", "void", "zorder"}) {
    transforms.push_back(*ParseTransform(text));
  }
  return transforms;
}

TEST(ProjectToPartition, KeepsThePartitionOfEveryRowThatPasses) {
  int64_t excluded = 0;
  for (const Transform& transform : AllTransforms()) {
    for (const PrimitiveType& type : testing::ComparableTypes()) {
      const bool ignored =
          transform.kind == TransformKind::kVoid || transform.kind == TransformKind::kUnknown;
      if (!ignored && !TransformResultType(transform, type).ok()) continue;
      Random random(static_cast<uint64_t>(type.kind) * 100 + static_cast<uint64_t>(transform.kind));
      for (int round = 0; round < 3000; ++round) {
        const auto value = Below(random, 6) == 0
                               ? std::nullopt
                               : std::optional(testing::RandomValue(random, type));
        const Predicate predicate =
            testing::RandomPredicate(random, {{kField, type}}, Below(random, 3));
        const bool passes = testing::Passes(predicate, [&value](FieldId) { return value; });
        const std::optional<Value> partition =
            ignored ? std::nullopt : WrittenPartition(random, transform, type, value);
        const bool kept = MayHold(predicate, transform, partition);
        excluded += static_cast<int64_t>(!kept);
        ASSERT_TRUE(kept || !passes)
            << TransformText(transform) << " of " << PrimitiveTypeText(type) << " "
            << (value ? ValueText(type, *value) : "null") << ": " << predicate.ToString({});
      }
    }
  }
  EXPECT_GT(excluded, 20'000);
}

TEST(ProjectToPartition, IgnoresVoidUnknownAndOtherColumns) {
  const Predicate is_five = Leaf(PredicateOp::kEqual, PrimitiveKind::kInt, {int32_t{5}});
  PartitionSpec spec = SpecOf({{TransformKind::kVoid}, {TransformKind::kUnknown, 0, "zorder"}});
  spec.fields.push_back({kOther, {1002}, "other", {TransformKind::kIdentity}});
  EXPECT_EQ(ProjectToPartition(is_five, spec), Predicate{});
}

TEST(ProjectToPartition, UsesEveryFieldOfTheColumn) {
  const Predicate is_five = Leaf(PredicateOp::kEqual, PrimitiveKind::kInt, {int32_t{5}});
  const Predicate projected = ProjectToPartition(
      is_five, SpecOf({{TransformKind::kBucket, 4}, {TransformKind::kIdentity}}));
  const PartitionValues wrong_identity{{int32_t{2}, int32_t{6}}};
  EXPECT_EQ(projected.op, PredicateOp::kAnd);
  EXPECT_FALSE(MayMatch(projected, PartitionTuple(wrong_identity)));
}

TEST(ProjectToPartition, ExcludesWhatItCan) {
  const Transform day{TransformKind::kDay};
  const Predicate before =
      Leaf(PredicateOp::kLess, PrimitiveKind::kTimestamp, {int64_t{864'000'000'000}});
  EXPECT_TRUE(MayHold(before, day, int32_t{9}));
  EXPECT_FALSE(MayHold(before, day, int32_t{10}));
  const Predicate from =
      Leaf(PredicateOp::kGreaterOrEqual, PrimitiveKind::kTimestamp, {int64_t{864'000'000'000}});
  EXPECT_FALSE(MayHold(from, day, int32_t{9}));
  EXPECT_FALSE(MayHold(from, day, std::nullopt));
  const Transform bucket{TransformKind::kBucket, 16};
  const Predicate in = Leaf(PredicateOp::kEqual, PrimitiveKind::kInt, {int32_t{34}});
  for (int32_t number = 0; number < 16; ++number) {
    EXPECT_EQ(MayHold(in, bucket, number), number == 2017239379 % 16) << number;
  }
  const Predicate not_five = Leaf(PredicateOp::kNotEqual, PrimitiveKind::kInt, {int32_t{5}});
  EXPECT_FALSE(MayHold(not_five, {TransformKind::kIdentity}, int32_t{5}));
  EXPECT_TRUE(MayHold(not_five, bucket, int32_t{5}));
}

// Before 1970 a partition may be off by one; from 1970 on it is exact.
TEST(ProjectToPartition, IsLenientBefore1970Only) {
  const Transform day{TransformKind::kDay};
  const Predicate old = Leaf(PredicateOp::kEqual, PrimitiveKind::kTimestamp, {int64_t{-1}});
  for (const int32_t number : {-2, -1, 0}) EXPECT_TRUE(MayHold(old, day, number));
  EXPECT_FALSE(MayHold(old, day, int32_t{-3}));
  const Predicate epoch = Leaf(PredicateOp::kEqual, PrimitiveKind::kTimestamp, {int64_t{0}});
  EXPECT_FALSE(MayHold(epoch, day, int32_t{-1}));
}

TEST(ProjectToPartition, CountsCodePointsOfPrefixes) {
  const Transform two{TransformKind::kTruncate, 2};
  const std::string emoji = "\xf0\x9f\x98\x80";
  const Predicate starts = Leaf(PredicateOp::kStartsWith, PrimitiveKind::kString, {emoji + "ab"});
  EXPECT_TRUE(MayHold(starts, two, emoji + "a"));
  EXPECT_FALSE(MayHold(starts, two, emoji));
  const Predicate one = Leaf(PredicateOp::kStartsWith, PrimitiveKind::kString, {emoji});
  EXPECT_TRUE(MayHold(one, two, emoji + "z"));
}

std::string IntBytes(int32_t number) {
  return {reinterpret_cast<const char*>(&number), sizeof(number)};
}

TEST(PartitionSummaries, LeaveUnknownWhatIsNotStated) {
  const Predicate projected =
      ProjectToPartition(Leaf(PredicateOp::kEqual, PrimitiveKind::kLong, {int64_t{5}}),
                         SpecOf({{TransformKind::kIdentity}}));
  // The column was an int when these bounds were written.
  const std::vector<PartitionFieldSummary> around{{false, false, IntBytes(4), IntBytes(6)}};
  const std::vector<PartitionFieldSummary> beside{{true, std::nullopt, IntBytes(6), IntBytes(9)}};
  const std::vector<PartitionFieldSummary> empty{{true, std::nullopt, std::nullopt, std::nullopt}};
  EXPECT_TRUE(MayMatch(projected, PartitionSummaries(around)));
  EXPECT_FALSE(MayMatch(projected, PartitionSummaries(beside)));
  EXPECT_TRUE(MayMatch(projected, PartitionSummaries(empty)));
  EXPECT_TRUE(MayMatch(projected, PartitionSummaries({})));
}

// Java writes them in the order of two signed numbers.
TEST(PartitionSummaries, OfUuidsHaveNoOrder) {
  const Value one = Bytes{std::string(15, '\0') + "\1"};
  const Predicate projected = ProjectToPartition(
      Leaf(PredicateOp::kEqual, PrimitiveKind::kUuid, {one}), SpecOf({{TransformKind::kIdentity}}));
  const std::vector<PartitionFieldSummary> signed_order{
      {false, false, "\x80" + std::string(15, '\0'), "\x7f" + std::string(15, '\xff')}};
  EXPECT_TRUE(MayMatch(projected, PartitionSummaries(signed_order)));
}

TEST(PartitionSummaries, SayWhetherThereAreNulls) {
  const Predicate projected = ProjectToPartition(Leaf(PredicateOp::kIsNull, PrimitiveKind::kInt),
                                                 SpecOf({{TransformKind::kBucket, 4}}));
  const std::vector<PartitionFieldSummary> without{{false, false, IntBytes(0), IntBytes(3)}};
  const std::vector<PartitionFieldSummary> with{{true, false, IntBytes(0), IntBytes(3)}};
  EXPECT_FALSE(MayMatch(projected, PartitionSummaries(without)));
  EXPECT_TRUE(MayMatch(projected, PartitionSummaries(with)));
}

TEST(FileStatistics, TakesBoundsThatDoNotParseForUnknown) {
  DataFile file;
  file.lower_bounds[kField] = "abc";
  file.null_value_counts[kField] = 0;
  const ColumnStatistics statistics = FileStatistics(file).Find(kField, {PrimitiveKind::kInt});
  EXPECT_FALSE(statistics.lower.has_value());
  EXPECT_EQ(statistics.null_count, 0);
  EXPECT_FALSE(statistics.value_count.has_value());
}

TEST(NarrowToPartition, LeavesTheValuesThatTheFileMayHold) {
  const PartitionSpec spec = SpecOf({{TransformKind::kBucket, 4, {}}});
  std::vector<Value> all;
  for (int32_t number = 0; number < 100; ++number) all.emplace_back(number);
  const Predicate among = Leaf(PredicateOp::kIn, PrimitiveKind::kInt, all);
  size_t kept = 0;
  for (int32_t bucket = 0; bucket < 4; ++bucket) {
    const PartitionValues tuple{{Value(bucket)}};
    const Predicate narrowed =
        NarrowToPartition(And(among, Predicate{}), spec, PartitionTuple(tuple));
    kept += narrowed.values.size();
    for (const Value& value : narrowed.values) {
      EXPECT_EQ(ApplyTransform(spec.fields[0].transform, {PrimitiveKind::kInt}, value)->value(),
                Value(bucket));
    }
  }
  EXPECT_EQ(kept, all.size());
}

TEST(NarrowToPartition, IsFalseWhereNoneIsLeft) {
  const PartitionSpec spec = SpecOf({{TransformKind::kIdentity, 0, {}}});
  const PartitionValues tuple{{Value(int32_t{7})}};
  const Predicate among = Leaf(PredicateOp::kIn, PrimitiveKind::kInt, {int32_t{5}, int32_t{6}});
  EXPECT_EQ(NarrowToPartition(among, spec, PartitionTuple(tuple)).op, PredicateOp::kFalse);
  const PartitionSpec other;
  EXPECT_EQ(NarrowToPartition(among, other, PartitionTuple(PartitionValues{})), among);
}

}  // namespace
}  // namespace icefield
