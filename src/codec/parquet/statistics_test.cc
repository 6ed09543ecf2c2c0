#include <arrow/io/memory.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "codec/parquet/parquet_bytes_test.h"
#include "codec/parquet/parquet_file.h"

namespace icefield {
namespace {

using parquet::LogicalType;
using Unit = LogicalType::TimeUnit;

ColumnStatistics StatisticsOf(ParquetBytes& file, std::string_view type) {
  return FooterOf(file.Finish()).Statistics(0, 0, *ParsePrimitiveType(type));
}

// "lower..upper" of a column of whole numbers; "-" for an unknown bound.
template <typename Physical>
std::string Bounds(const std::shared_ptr<const LogicalType>& logical,
                   const std::vector<typename Physical::c_type>& values, std::string_view type) {
  ParquetBytes file({Leaf("c", 1, Physical::type_num, logical)});
  const ColumnStatistics statistics = StatisticsOf(file.Add<Physical>(values), type);
  const auto text = [&](const std::optional<Value>& bound) -> std::string {
    if (!bound) return "-";
    EXPECT_TRUE(IsValueOf(*ParsePrimitiveType(type), *bound)) << type;
    if (const auto* narrow = std::get_if<int32_t>(&*bound)) return std::to_string(*narrow);
    if (const auto* decimal = std::get_if<Unscaled>(&*bound))
      return std::to_string(static_cast<int64_t>(decimal->value));
    return std::to_string(std::get<int64_t>(*bound));
  };
  return text(statistics.lower) + ".." + text(statistics.upper);
}

TEST(Statistics, WholeNumbersAndTheirPromotions) {
  const auto none = LogicalType::None();
  EXPECT_EQ(Bounds<parquet::Int32Type>(none, {-3, 0}, "int"), "-3..0");
  EXPECT_EQ(Bounds<parquet::Int32Type>(none, {-3, 0}, "long"), "-3..0");
  EXPECT_EQ(Bounds<parquet::Int64Type>(none, {INT64_MIN, 0}, "long"), "-9223372036854775808..0");
  EXPECT_EQ(Bounds<parquet::Int64Type>(none, {1}, "int"), "-..-");
  EXPECT_EQ(Bounds<parquet::Int32Type>(LogicalType::Int(8, true), {-3, 4}, "int"), "-3..4");
  EXPECT_EQ(Bounds<parquet::Int32Type>(LogicalType::Int(32, false), {1, -1}, "long"), "-..-");
  EXPECT_EQ(Bounds<parquet::Int32Type>(LogicalType::Date(), {-3, 0}, "date"), "-3..0");
  EXPECT_EQ(Bounds<parquet::Int32Type>(LogicalType::Date(), {-3, 0}, "int"), "-..-");
  EXPECT_EQ(Bounds<parquet::Int32Type>(none, {-3, 0}, "date"), "-..-");
}

TEST(Statistics, InstantsInTheUnitOfTheTable) {
  const auto stored = [](Unit::unit unit, bool utc) { return LogicalType::Timestamp(utc, unit); };
  EXPECT_EQ(Bounds<parquet::Int64Type>(stored(Unit::MILLIS, false), {-1, 2}, "timestamp"),
            "-1000..2000");
  EXPECT_EQ(Bounds<parquet::Int64Type>(stored(Unit::NANOS, false), {-1, 1}, "timestamp"), "-1..1");
  EXPECT_EQ(Bounds<parquet::Int64Type>(stored(Unit::NANOS, false), {-1, 1}, "timestamp_ns"),
            "-1..1");
  EXPECT_EQ(Bounds<parquet::Int64Type>(stored(Unit::MICROS, true), {-1, 1}, "timestamptz_ns"),
            "-1000..1000");
  EXPECT_EQ(
      Bounds<parquet::Int64Type>(stored(Unit::MICROS, true), {INT64_MIN, 1}, "timestamptz_ns"),
      "-..1000");
  EXPECT_EQ(Bounds<parquet::Int64Type>(stored(Unit::MICROS, true), {1, 2}, "timestamp"), "-..-");
  EXPECT_EQ(Bounds<parquet::Int32Type>(LogicalType::Date(), {-1, 1}, "timestamp"),
            "-86400000000..86400000000");
  EXPECT_EQ(Bounds<parquet::Int32Type>(LogicalType::Date(), {-1, 106752}, "timestamp_ns"),
            "-86400000000000..-");
  EXPECT_EQ(Bounds<parquet::Int32Type>(LogicalType::Date(), {-1, 1}, "timestamptz"), "-..-");
  EXPECT_EQ(Bounds<parquet::Int64Type>(LogicalType::Time(true, Unit::NANOS), {1, 1001}, "time"),
            "0..2");
}

TEST(Statistics, DecimalsOfTheSameScale) {
  const auto decimal = LogicalType::Decimal(9, 2);
  EXPECT_EQ(Bounds<parquet::Int32Type>(decimal, {-100, 250}, "decimal(20, 2)"), "-100..250");
  EXPECT_EQ(Bounds<parquet::Int64Type>(decimal, {-100, 250}, "decimal(9, 3)"), "-..-");
  EXPECT_EQ(Bounds<parquet::Int32Type>(decimal, {-100, 250}, "int"), "-..-");
  ParquetBytes fixed({Leaf("c", 1, parquet::Type::FIXED_LEN_BYTE_ARRAY, decimal,
                           parquet::Repetition::OPTIONAL, 4)});
  fixed.AddBytes<parquet::FLBAType>({"\xff\xff\xff\x9c", std::string("\0\0\0\xfa", 4)});
  const ColumnStatistics statistics = StatisticsOf(fixed, "decimal(9, 2)");
  EXPECT_EQ(statistics.lower, Value(Unscaled{-100}));
  EXPECT_EQ(statistics.upper, Value(Unscaled{250}));
  ParquetBytes bytes({Leaf("c", 1, parquet::Type::BYTE_ARRAY, decimal)});
  bytes.AddBytes<parquet::ByteArrayType>({"\xff", "\x01"});
  EXPECT_FALSE(StatisticsOf(bytes, "decimal(9, 2)").lower.has_value());
}

TEST(Statistics, CountsAndEmptyTextAreKnown) {
  ParquetBytes file({Leaf("c", 1, parquet::Type::BYTE_ARRAY, LogicalType::String())});
  file.AddBytes<parquet::ByteArrayType>({"", "b"}, {{1, 0, 1}, {}});
  const ColumnStatistics statistics = StatisticsOf(file, "string");
  EXPECT_EQ(statistics.lower, Value(std::string()));
  EXPECT_EQ(statistics.upper, Value(std::string("b")));
  EXPECT_EQ(statistics.null_count, 1);
  EXPECT_EQ(statistics.value_count, 3);
  EXPECT_FALSE(statistics.nan_count.has_value());
}

TEST(Statistics, NoneForInt96) {
  ParquetBytes file({Leaf("c", 1, parquet::Type::INT96, LogicalType::None())});
  file.Add<parquet::Int96Type>({parquet::Int96{{0, 0, 2440588}}});
  const ColumnStatistics statistics = StatisticsOf(file, "timestamp");
  EXPECT_FALSE(statistics.lower.has_value());
  EXPECT_FALSE(statistics.upper.has_value());
}

TEST(Statistics, NansNeverBound) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  ParquetBytes file({Leaf("c", 1, parquet::Type::DOUBLE, LogicalType::None())});
  const ColumnStatistics some = StatisticsOf(file.Add<parquet::DoubleType>({nan, 1, -2}), "double");
  EXPECT_EQ(some.lower, Value(-2.0));
  EXPECT_EQ(some.upper, Value(1.0));
  ParquetBytes floats({Leaf("c", 1, parquet::Type::FLOAT, LogicalType::None())});
  const ColumnStatistics wide = StatisticsOf(floats.Add<parquet::FloatType>({0.5F}), "double");
  EXPECT_EQ(wide.lower, Value(0.5));
}

// Writers before column orders compared bytes signed and stored that in fields of their own.
TEST(Statistics, BytesOfAnUnstatedOrderAreNotTrusted) {
  ParquetBytes file({Leaf("c", 1, parquet::Type::BYTE_ARRAY, LogicalType::String())});
  file.AddBytes<parquet::ByteArrayType>({"a", "\xc3\xa9"});
  const ParquetFooter footer = FooterOf(file.Finish());
  ASSERT_TRUE(footer.Statistics(0, 0, {PrimitiveKind::kString}).lower.has_value());
  const auto* leaf = static_cast<const PrimitiveNode*>(
      footer.metadata()->schema()->Column(0)->schema_node().get());
  const_cast<PrimitiveNode*>(leaf)->SetColumnOrder(
      parquet::ColumnOrder(parquet::ColumnOrder::UNDEFINED));
  EXPECT_FALSE(footer.Statistics(0, 0, {PrimitiveKind::kString}).lower.has_value());
}

}  // namespace
}  // namespace icefield
