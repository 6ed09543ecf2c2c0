#include "codec/parquet/file_metrics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "codec/parquet/written_file_test.h"
#include "model/value.h"

namespace icefield {
namespace {

PrimitiveType Named(std::string_view name) { return *ParsePrimitiveType(name); }

TEST(FileMetrics, ValuesUnderANullStructAreNoValues) {
  const Field column = ColumnOf(1, "s", StructType{{ColumnOf(2, "a", Named("int"), true)}});
  const auto members = ArrayOf(Named("int"), "[-100, 5, 100]");
  const auto validity = arrow::Buffer::FromString(std::string("\x02"));
  const auto values = std::make_shared<arrow::StructArray>(*ToArrowType(column.type), 3,
                                                           arrow::ArrayVector{members}, validity);
  const Schema schema = SchemaOf({column});
  const DataFile file = WriteFile(schema, {BatchOf(schema, {values})}).described;
  EXPECT_EQ(*ParseSingleValue(Named("int"), file.lower_bounds.at(FieldId{2})), Value(int32_t{5}));
  EXPECT_EQ(*ParseSingleValue(Named("int"), file.upper_bounds.at(FieldId{2})), Value(int32_t{5}));
  EXPECT_EQ(file.null_value_counts.at(FieldId{2}), 2);
}

TEST(FileMetrics, DescribesTheFile) {
  const Field column = ColumnOf(3, "n", Named("double"));
  arrow::DoubleBuilder builder;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  ASSERT_TRUE(builder.AppendValues({1, nan, 0}).ok());
  ASSERT_TRUE(builder.AppendNull().ok());
  const Schema schema = SchemaOf({column});
  const WrittenFile file = WriteFile(schema, {BatchOf(schema, {builder.Finish().ValueOrDie()})});
  const FieldId id{3};
  EXPECT_EQ(file.described.path, "memory/f.parquet");
  EXPECT_EQ(file.described.format, "PARQUET");
  EXPECT_EQ(file.described.content, FileContent::kData);
  EXPECT_EQ(file.described.record_count, 4);
  EXPECT_EQ(file.described.size_bytes, static_cast<int64_t>(file.bytes.size()));
  EXPECT_EQ(file.described.split_offsets, (std::vector<int64_t>{4}));
  EXPECT_EQ(file.described.value_counts.at(id), 4);
  EXPECT_EQ(file.described.null_value_counts.at(id), 1);
  EXPECT_EQ(file.described.nan_value_counts.at(id), 1);
  EXPECT_TRUE(std::signbit(std::get<double>(
      *ParseSingleValue(column.type.primitive()[0], file.described.lower_bounds.at(id)))));
}

TEST(FileMetrics, MetricsByMode) {
  const Field text = ColumnOf(1, "t", Named("string"));
  const std::string_view json = R"(["abcdefgh", "abzz"])";
  using Kind = MetricsMode::Kind;
  const auto with = [&](MetricsMode mode) {
    return WriteColumn(text, json, {.column_metrics = {{FieldId{1}, mode}}}).described;
  };
  const DataFile none = with({Kind::kNone});
  EXPECT_TRUE(none.value_counts.empty() && none.null_value_counts.empty() &&
              none.lower_bounds.empty() && none.column_sizes.empty());
  const DataFile counts = with({Kind::kCounts});
  EXPECT_EQ(counts.value_counts.at(FieldId{1}), 2);
  EXPECT_TRUE(counts.lower_bounds.empty() && counts.upper_bounds.empty());
  const DataFile cut = with({Kind::kTruncate, 3});
  EXPECT_EQ(cut.lower_bounds.at(FieldId{1}), "abc");
  EXPECT_EQ(cut.upper_bounds.at(FieldId{1}), "ab{");
  const DataFile full = with({Kind::kFull});
  EXPECT_EQ(full.lower_bounds.at(FieldId{1}), "abcdefgh");
  EXPECT_EQ(full.upper_bounds.at(FieldId{1}), "abzz");
}

TEST(FileMetrics, NanAreCountedWithoutBoundsToo) {
  arrow::FloatBuilder builder;
  ASSERT_TRUE(builder.Append(std::numeric_limits<float>::quiet_NaN()).ok());
  const Schema schema = SchemaOf({ColumnOf(1, "f", Named("float"))});
  const auto batch = BatchOf(schema, {builder.Finish().ValueOrDie()});
  const DataFile counts =
      WriteFile(schema, {batch}, {.metrics = {MetricsMode::Kind::kCounts}}).described;
  EXPECT_EQ(counts.nan_value_counts.at(FieldId{1}), 1);
  const DataFile bounds = WriteFile(schema, {batch}).described;
  EXPECT_TRUE(bounds.lower_bounds.empty() && bounds.upper_bounds.empty());
}

TEST(FileMetrics, GeometriesHaveCountsButNoBounds) {
  // A point at (1, 2), and bytes that are no geometry.
  const std::string point("\x01\x01\0\0\0\0\0\0\0\0\0\xF0\x3F\0\0\0\0\0\0\0\x40", 21);
  arrow::BinaryBuilder builder;
  ASSERT_TRUE(builder.AppendValues({point, "no wkb"}).ok());
  ASSERT_TRUE(builder.AppendNull().ok());
  const Schema schema = SchemaOf({ColumnOf(1, "g", Named("geometry"))});
  const WrittenFile file = WriteFile(schema, {BatchOf(schema, {builder.Finish().ValueOrDie()})});
  EXPECT_EQ(file.described.value_counts.at(FieldId{1}), 3);
  EXPECT_EQ(file.described.null_value_counts.at(FieldId{1}), 1);
  EXPECT_TRUE(file.described.lower_bounds.empty());
  const auto read = ReadBack(file.bytes);
  EXPECT_EQ(
      static_cast<const arrow::BinaryArray&>(*StorageOf(read->column(0)->chunk(0))).GetView(0),
      point);
}

}  // namespace
}  // namespace icefield
