#include "codec/parquet/parquet_file.h"

#include <arrow/array.h>
#include <arrow/scalar.h>
#include <gtest/gtest.h>

#include "codec/parquet/parquet_bytes_test.h"

namespace icefield {
namespace {

using parquet::LogicalType;
using parquet::Repetition;
using Kind = FileColumn::Kind;

std::string TextOf(const arrow::Array& column) {
  std::string out;
  for (int64_t row = 0; row < column.length(); ++row) {
    if (row > 0) out += " ";
    out += column.GetScalar(row).ValueOrDie()->ToString();
  }
  return out;
}

// Kinds, ids and leaves of a tree, as a text.
std::string ShapeOf(const FileColumn& column) {
  std::string out = StrCat(column.name, ":", column.id ? column.id->value : -1, ":",
                           "lsam"[static_cast<int>(column.kind)]);
  if (column.leaf >= 0) out += std::to_string(column.leaf);
  if (!column.children.empty()) out += "(";
  for (const FileColumn& child : column.children) out += ShapeOf(child) + " ";
  if (!column.children.empty()) out.back() = ')';
  return out;
}

TEST(ParquetFile, KnowsTheFormsThatArrowTypesHide) {
  const std::string bytes =
      ParquetBytes({Leaf("a", 1, parquet::Type::INT96, LogicalType::None()),
                    PrimitiveNode::Make("b", Repetition::OPTIONAL, parquet::Type::INT64,
                                        parquet::ConvertedType::TIMESTAMP_MILLIS, -1, -1, -1, 2),
                    Leaf("c", 3, parquet::Type::INT64,
                         LogicalType::Timestamp(true, LogicalType::TimeUnit::MICROS)),
                    Leaf("d", 4, parquet::Type::BYTE_ARRAY, LogicalType::Decimal(9, 2)),
                    Leaf("e", 5, parquet::Type::FIXED_LEN_BYTE_ARRAY, LogicalType::Decimal(9, 2),
                         Repetition::OPTIONAL, 20),
                    Leaf("f", 6, parquet::Type::FIXED_LEN_BYTE_ARRAY, LogicalType::Decimal(9, 2),
                         Repetition::OPTIONAL, 4)})
          .Finish();
  const ParquetFooter footer = FooterOf(bytes);
  std::vector<LeafForm::Kind> kinds;
  for (const FileColumn& column : footer.columns()) kinds.push_back(column.form.kind);
  using Form = LeafForm::Kind;
  EXPECT_EQ(kinds, (std::vector<Form>{Form::kInt96, Form::kUnzonedInstant, Form::kPlain,
                                      Form::kDecimalBytes, Form::kDecimalBytes, Form::kPlain}));
  EXPECT_EQ(footer.columns()[3].form.precision, 9);
  EXPECT_EQ(footer.columns()[4].form.scale, 2);
}

TEST(ParquetFile, OneUnreadableColumnLeavesTheOthersReadable) {
  // Arrow knows no decimals of so many digits, and no maps with optional keys.
  const std::string bytes =
      ParquetBytes({Leaf("id", 1, parquet::Type::INT32, LogicalType::None()),
                    Leaf("i", 2, parquet::Type::FIXED_LEN_BYTE_ARRAY, LogicalType::Decimal(80, 2),
                         Repetition::OPTIONAL, 40),
                    Group("m", 3,
                          {Group("key_value", -1,
                                 {Leaf("key", 4, parquet::Type::INT32, LogicalType::None()),
                                  Leaf("value", 5, parquet::Type::INT32, LogicalType::None())},
                                 Repetition::REPEATED)},
                          Repetition::OPTIONAL, LogicalType::Map()),
                    Leaf("s", 6, parquet::Type::BYTE_ARRAY, LogicalType::String())})
          .Add<parquet::Int32Type>({7, 8})
          .AddBytes<parquet::FLBAType>({std::string(40, 'x'), std::string(40, 'y')})
          .Add<parquet::Int32Type>({}, {{0, 0}, {0, 0}})
          .Add<parquet::Int32Type>({}, {{0, 0}, {0, 0}})
          .AddBytes<parquet::ByteArrayType>({"x", "y"})
          .Finish();
  const ParquetFooter footer = FooterOf(bytes);
  ASSERT_EQ(footer.columns().size(), 4U);
  EXPECT_EQ(footer.columns()[1].form.kind, LeafForm::Kind::kUnreadable);
  EXPECT_NE(footer.columns()[1].form.reason.find("precision=80"), std::string::npos);
  EXPECT_EQ(footer.columns()[3].leaf, 4);
  const auto batch = FirstBatch(bytes, {0, 4});
  ASSERT_TRUE(batch.ok()) << batch.error();
  EXPECT_EQ(TextOf(*(*batch)->column(0)), "7 8");
  EXPECT_EQ(TextOf(*(*batch)->column(1)), "x y");
  const ColumnStatistics statistics = footer.Statistics(0, 4, {PrimitiveKind::kString});
  EXPECT_EQ(statistics.lower, Value(std::string("x")));
  EXPECT_EQ(statistics.upper, Value(std::string("y")));
}

TEST(ParquetFile, GroupsWithoutLeavesDoNotExist) {
  const std::string bytes =
      ParquetBytes(
          {Group("empty", 1, {}), Group("s", 2,
                                        {Group("hollow", 3, {Group("e", 4, {})}),
                                         Leaf("a", 5, parquet::Type::INT32, LogicalType::None())})})
          .Add<parquet::Int32Type>({3}, {{2, 1, 0}, {}})
          .Finish();
  const ParquetFooter footer = FooterOf(bytes);
  ASSERT_EQ(footer.columns().size(), 1U);
  EXPECT_EQ(ShapeOf(footer.columns()[0]), "s:2:s(a:5:l0)");
  const auto batch = FirstBatch(bytes, {0});
  ASSERT_TRUE(batch.ok()) << batch.error();
  EXPECT_EQ((*batch)->num_rows(), 3);
  EXPECT_EQ((*batch)->column(0)->null_count(), 1);
}

TEST(ParquetFile, ListsAndMapsOfAnyWriter) {
  const auto element = [](const std::string& name, Repetition::type repetition) {
    return Leaf(name, 2, parquet::Type::INT32, LogicalType::None(), repetition);
  };
  const auto key_value = [](const std::string& name, const std::string& key) {
    return Group(name, -1,
                 {Leaf(key, 2, parquet::Type::INT32, LogicalType::None(), Repetition::REQUIRED),
                  Leaf("v", 3, parquet::Type::INT32, LogicalType::None())},
                 Repetition::REPEATED);
  };
  const auto shape = [](NodePtr column) {
    const ParquetFooter footer = FooterOf(ParquetBytes({std::move(column)}).Finish());
    return footer.columns().empty() ? "" : ShapeOf(footer.columns()[0]);
  };
  const auto list = LogicalType::List();
  // Three levels, two levels, and a bare repeated leaf.
  EXPECT_EQ(shape(Group("l", 1,
                        {Group("list", -1, {element("element", Repetition::OPTIONAL)},
                               Repetition::REPEATED)},
                        Repetition::OPTIONAL, list)),
            "l:1:a(element:2:l0)");
  EXPECT_EQ(
      shape(Group("l", 1, {element("array", Repetition::REPEATED)}, Repetition::OPTIONAL, list)),
      "l:1:a(array:2:l0)");
  EXPECT_EQ(shape(element("l", Repetition::REPEATED)), "l:2:a(l:-1:l0)");
  // Two levels whose repeated group is the element.
  EXPECT_EQ(
      shape(Group("l", 1,
                  {Group("l_tuple", 7, {element("a", Repetition::OPTIONAL)}, Repetition::REPEATED)},
                  Repetition::OPTIONAL, list)),
      "l:1:a(l_tuple:7:s(a:2:l0))");
  EXPECT_EQ(shape(Group("m", 1, {key_value("key_value", "key")}, Repetition::OPTIONAL,
                        LogicalType::Map())),
            "m:1:m(key:2:l0 v:3:l1)");
  EXPECT_EQ(shape(GroupNode::Make("m", Repetition::OPTIONAL, {key_value("map", "k")},
                                  parquet::ConvertedType::MAP_KEY_VALUE, 1)),
            "m:1:m(k:2:l0 v:3:l1)");
}

}  // namespace
}  // namespace icefield
