#include "write/partition_assigner.h"

#include <arrow/builder.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace icefield {
namespace {

std::shared_ptr<arrow::Array> Longs(const std::vector<std::optional<int64_t>>& values,
                                    const std::shared_ptr<arrow::DataType>& type) {
  arrow::Int64Builder builder;
  for (const auto& each : values)
    EXPECT_TRUE((each ? builder.Append(*each) : builder.AppendNull()).ok());
  return builder.Finish().ValueOrDie()->View(type).ValueOrDie();
}

std::shared_ptr<arrow::Array> Texts(const std::vector<std::optional<std::string>>& values) {
  arrow::StringBuilder builder;
  for (const auto& each : values)
    EXPECT_TRUE((each ? builder.Append(*each) : builder.AppendNull()).ok());
  return builder.Finish().ValueOrDie();
}

const Schema kSchema{.id = {0},
                     .columns = {{{.id = {1}, .name = "at", .type = PrimitiveKind::kTimestamp},
                                  {.id = {2}, .name = "name", .type = PrimitiveKind::kString}}},
                     .identifier_field_ids = {}};

std::shared_ptr<arrow::RecordBatch> Rows(const std::vector<std::optional<int64_t>>& times,
                                         const std::vector<std::optional<std::string>>& names) {
  const auto type = arrow::timestamp(arrow::TimeUnit::MICRO);
  return arrow::RecordBatch::Make(
      arrow::schema({arrow::field("at", type), arrow::field("name", arrow::utf8())}),
      static_cast<int64_t>(times.size()), {Longs(times, type), Texts(names)});
}

PartitionSpec SpecOf(std::vector<std::pair<int, std::string>> fields) {
  PartitionSpec spec{.id = {0}, .fields = {}};
  for (const auto& [source, transform] : fields) {
    spec.fields.push_back({.source_id = {source},
                           .field_id = {1000 + static_cast<int>(spec.fields.size())},
                           .name = transform,
                           .transform = *ParseTransform(transform)});
  }
  return spec;
}

// Every tuple is what ApplyTransform gives, row by row.
TEST(PartitionAssigner, NumbersAreThoseOfTheTransforms) {
  std::mt19937_64 random(7);
  std::vector<std::optional<int64_t>> times;
  std::vector<std::optional<std::string>> names;
  for (int row = 0; row < 2000; ++row) {
    const auto time = static_cast<int64_t>(random() % 400'000'000'000'000) - 200'000'000'000'000;
    times.push_back(row % 17 == 0 ? std::nullopt : std::optional(time));
    names.push_back(row % 13 == 0 ? std::nullopt
                                  : std::optional(std::string(random() % 4, 'a') + "\xc3\xa9z"));
  }
  const auto rows = Rows(times, names);
  for (const char* time : {"year", "month", "day", "hour", "bucket[5]", "identity", "void"}) {
    for (const char* name : {"truncate[2]", "bucket[3]", "identity"}) {
      const PartitionSpec spec = SpecOf({{1, time}, {2, name}});
      Result<PartitionAssigner> assigner = PartitionAssigner::Make(kSchema, spec);
      ASSERT_TRUE(assigner.ok()) << assigner.error();
      const Result<std::vector<int32_t>> numbers = assigner->Assign(*rows);
      ASSERT_TRUE(numbers.ok()) << numbers.error();
      for (size_t row = 0; row < times.size(); ++row) {
        PartitionValues expected{{std::nullopt, std::nullopt}};
        if (times[row])
          expected.values[0] =
              *ApplyTransform(spec.fields[0].transform, PrimitiveType{PrimitiveKind::kTimestamp},
                              Value(*times[row]));
        if (names[row])
          expected.values[1] = *ApplyTransform(
              spec.fields[1].transform, PrimitiveType{PrimitiveKind::kString}, Value(*names[row]));
        ASSERT_EQ(assigner->tuples()[static_cast<size_t>((*numbers)[row])], expected)
            << time << " " << name << " row " << row;
      }
    }
  }
}

TEST(PartitionAssigner, NumbersHoldOverBatches) {
  Result<PartitionAssigner> assigner = PartitionAssigner::Make(kSchema, SpecOf({{2, "identity"}}));
  ASSERT_TRUE(assigner.ok());
  EXPECT_EQ(*assigner->Assign(*Rows({1, 2, 3}, {"a", "b", "a"})), (std::vector<int32_t>{0, 1, 0}));
  EXPECT_EQ(*assigner->Assign(*Rows({1, 2}, {std::nullopt, "b"})), (std::vector<int32_t>{2, 1}));
}

TEST(PartitionAssigner, NansAreOnePartitionAndZerosAreTwo) {
  arrow::DoubleBuilder builder;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(builder.AppendValues({nan, 0.0, -nan, -0.0, 1.5, std::nan("7"), 0.0}).ok());
  const Schema schema{.id = {0},
                      .columns = {{{.id = {1}, .name = "x", .type = PrimitiveKind::kDouble}}},
                      .identifier_field_ids = {}};
  const auto rows = arrow::RecordBatch::Make(arrow::schema({arrow::field("x", arrow::float64())}),
                                             7, {builder.Finish().ValueOrDie()});
  Result<PartitionAssigner> assigner = PartitionAssigner::Make(schema, SpecOf({{1, "identity"}}));
  ASSERT_TRUE(assigner.ok());
  EXPECT_EQ(*assigner->Assign(*rows), (std::vector<int32_t>{0, 1, 0, 2, 3, 0, 1}));
  const std::vector<PartitionValues> expected{{{nan}}, {{0.0}}, {{-0.0}}, {{1.5}}};
  EXPECT_EQ(assigner->tuples(), expected);
}

TEST(PartitionPath, IsEncodedAndReadable) {
  const PartitionSpec spec = SpecOf({{1, "month"}, {2, "identity"}, {1, "hour"}, {1, "day"}});
  const std::vector<PrimitiveType> types = *PartitionTypes(kSchema, spec);
  EXPECT_EQ(PartitionPath(spec, types,
                          {{Value(-1), Value(std::string("a/b c")), Value(-1), std::nullopt}}),
            "month=1969-12/identity=a%2Fb+c/hour=1969-12-31-23/day=null");
}

TEST(PartitionTypes, NameWhatCannotBeWritten) {
  const Result<std::vector<PrimitiveType>> gone = PartitionTypes(kSchema, SpecOf({{9, "day"}}));
  ASSERT_FALSE(gone.ok());
  EXPECT_EQ(gone.error().code, ErrorCode::kUnsupported);
  EXPECT_FALSE(PartitionTypes(kSchema, SpecOf({{1, "sparkle"}})).ok());
}

}  // namespace
}  // namespace icefield
