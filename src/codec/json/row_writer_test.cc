#include "codec/json/row_writer.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/extension_type.h>
#include <arrow/json/from_string.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

namespace icefield {
namespace {

using ArrayPtr = std::shared_ptr<arrow::Array>;

// Arrow's own reading of `json`, a list of values.
ArrayPtr Column(const std::shared_ptr<arrow::DataType>& type, std::string_view json) {
  return arrow::json::ArrayFromJSONString(type, json).ValueOrDie();
}

// A column of any numeric type whose values Arrow's JSON cannot hold.
template <typename BuilderType, typename Value>
ArrayPtr Built(BuilderType builder, const std::vector<Value>& values) {
  EXPECT_TRUE(builder.AppendValues(values).ok());
  return builder.Finish().ValueOrDie();
}

std::string JsonOf(const arrow::Array& column, int64_t row) {
  std::string out;
  const Status status = AppendJsonValue(column, row, out);
  return status.ok() ? out : status.error().ToString();
}

// The values in a row, a space between two.
std::string JsonOf(const ArrayPtr& column) {
  std::string out;
  for (int64_t row = 0; row < column->length(); ++row) {
    out += StrCat(row > 0 ? " " : "", JsonOf(*column, row));
  }
  return out;
}

std::string PlainOf(const ArrayPtr& column) {
  Result<std::string> text = PlainText(*column, 0);
  return text.ok() ? *std::move(text) : text.error().ToString();
}

std::shared_ptr<arrow::RecordBatch> Batch(
    const std::vector<std::pair<std::string, ArrayPtr>>& columns) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const auto& [name, array] : columns) {
    fields.push_back(arrow::field(name, array->type()));
    arrays.push_back(array);
  }
  return arrow::RecordBatch::Make(arrow::schema(fields), arrays.front()->length(), arrays);
}

// An extension type whose storage is text.
class Label final : public arrow::ExtensionType {
 public:
  Label() : arrow::ExtensionType(arrow::utf8()) {}
  std::string extension_name() const override { return "test.label"; }
  bool ExtensionEquals(const arrow::ExtensionType&) const override { return true; }
  ArrayPtr MakeArray(std::shared_ptr<arrow::ArrayData> data) const override {
    return std::make_shared<arrow::ExtensionArray>(std::move(data));
  }
  arrow::Result<std::shared_ptr<arrow::DataType>> Deserialize(std::shared_ptr<arrow::DataType>,
                                                              const std::string&) const override {
    return std::make_shared<Label>();
  }
  std::string Serialize() const override { return ""; }
};

TEST(RowWriter, IntegersAtTheirLimits) {
  EXPECT_EQ(JsonOf(Column(arrow::int8(), "[-128, 127, null]")), "-128 127 null");
  EXPECT_EQ(JsonOf(Column(arrow::int16(), "[-32768, 32767]")), "-32768 32767");
  EXPECT_EQ(JsonOf(Column(arrow::int32(), "[-2147483648]")), "-2147483648");
  EXPECT_EQ(JsonOf(Column(arrow::int64(), "[-9223372036854775808]")), "-9223372036854775808");
  EXPECT_EQ(JsonOf(Column(arrow::uint8(), "[255]")), "255");
  EXPECT_EQ(JsonOf(Column(arrow::uint16(), "[65535]")), "65535");
  EXPECT_EQ(JsonOf(Column(arrow::uint32(), "[4294967295]")), "4294967295");
  EXPECT_EQ(JsonOf(Column(arrow::uint64(), "[18446744073709551615]")), "18446744073709551615");
}

TEST(RowWriter, TruthValuesAndNulls) {
  EXPECT_EQ(JsonOf(Column(arrow::boolean(), "[true, false, null]")), "true false null");
  EXPECT_EQ(JsonOf(Column(arrow::null(), "[null]")), "null");
}

TEST(RowWriter, FloatsAreTheShortestTextThatReadsBack) {
  EXPECT_EQ(JsonOf(Column(arrow::float32(), "[0.1, null]")), "0.1 null");
  EXPECT_EQ(JsonOf(Column(arrow::float64(), "[0.1, -0.0, 1e300]")), "0.1 -0 1e+300");
  EXPECT_EQ(JsonOf(Column(arrow::float16(), "[1.5, -65504, null]")), "1.5 -65504 null");
}

TEST(RowWriter, FloatsThatJsonCannotHoldAreTexts) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(JsonOf(Built(arrow::DoubleBuilder(), std::vector{std::nan(""), kInfinity, -kInfinity})),
            R"("NaN" "Infinity" "-Infinity")");
  EXPECT_EQ(JsonOf(Built(arrow::FloatBuilder(), std::vector{std::nanf("")})), R"("NaN")");
  EXPECT_EQ(JsonOf(Built(arrow::HalfFloatBuilder(), std::vector<uint16_t>{0x7e00, 0x7c00, 0xfc00})),
            R"("NaN" "Infinity" "-Infinity")");
}

TEST(RowWriter, DecimalsOfEveryWidth) {
  constexpr std::string_view kValues = R"(["12.30", "-0.05", null])";
  for (const auto& type : {arrow::decimal32(4, 2), arrow::decimal64(12, 2),
                           arrow::decimal128(30, 2), arrow::decimal256(60, 2)}) {
    EXPECT_EQ(JsonOf(Column(type, kValues)), R"("12.30" "-0.05" null)") << type->ToString();
    EXPECT_EQ(PlainOf(Column(type, kValues)), "12.30") << type->ToString();
  }
}

TEST(RowWriter, TextsOfEveryLayout) {
  for (const auto& type : {arrow::utf8(), arrow::large_utf8(), arrow::utf8_view()}) {
    const ArrayPtr column =
        Column(type, R"(["a \"b\"\n\\", null, "", "longer than a view keeps within"])");
    EXPECT_EQ(JsonOf(column), R"("a \"b\"\n\\" null "" "longer than a view keeps within")")
        << type->ToString();
    EXPECT_EQ(PlainOf(column), "a \"b\"\n\\") << type->ToString();
    EXPECT_EQ(PlainOf(column->Slice(1)), "") << type->ToString();
    EXPECT_EQ(PlainOf(column->Slice(3)), "longer than a view keeps within") << type->ToString();
  }
}

TEST(RowWriter, BytesThatAreNotUtf8AreReplaced) {
  std::string out = "x";
  AppendJsonText("a\xff\x01", out);
  EXPECT_EQ(out, "x\"a\xEF\xBF\xBD\\u0001\"");
}

TEST(RowWriter, BinaryValuesOfEveryLayoutAreHexadecimal) {
  for (const auto& type : {arrow::binary(), arrow::large_binary(), arrow::binary_view(),
                           arrow::fixed_size_binary(2)}) {
    const ArrayPtr column = Column(type, R"(["~\u0001", null])");
    EXPECT_EQ(JsonOf(column), R"("7e01" null)") << type->ToString();
    EXPECT_EQ(PlainOf(column), "7e01") << type->ToString();
  }
  EXPECT_EQ(JsonOf(Built(arrow::BinaryBuilder(), std::vector<std::string>{"\xff\x80"})),
            R"("ff80")");
}

TEST(RowWriter, Dates) {
  EXPECT_EQ(JsonOf(Column(arrow::date32(), "[0, -1, 19753, null]")),
            R"("1970-01-01" "1969-12-31" "2024-01-31" null)");
  EXPECT_EQ(JsonOf(Column(arrow::date64(), "[0, -86400000, 1706659200000, null]")),
            R"("1970-01-01" "1969-12-31" "2024-01-31" null)");
  EXPECT_EQ(PlainOf(Column(arrow::date64(), "[1706659200000]")), "2024-01-31");
}

TEST(RowWriter, TimesOfDay) {
  EXPECT_EQ(JsonOf(Column(arrow::time32(arrow::TimeUnit::SECOND), "[45296, null]")),
            R"("12:34:56.000000" null)");
  EXPECT_EQ(JsonOf(Column(arrow::time32(arrow::TimeUnit::MILLI), "[45296789]")),
            R"("12:34:56.789000")");
  EXPECT_EQ(JsonOf(Column(arrow::time64(arrow::TimeUnit::MICRO), "[45296789012]")),
            R"("12:34:56.789012")");
  EXPECT_EQ(JsonOf(Column(arrow::time64(arrow::TimeUnit::NANO), "[45296789012345]")),
            R"("12:34:56.789012345")");
}

TEST(RowWriter, TimestampsBeforeAndAfterTheEpoch) {
  const auto micros = arrow::timestamp(arrow::TimeUnit::MICRO);
  EXPECT_EQ(JsonOf(Built(arrow::TimestampBuilder(micros, arrow::default_memory_pool()),
                         std::vector<int64_t>{-1, 1'706'702'400'000'000})),
            R"("1969-12-31T23:59:59.999999" "2024-01-31T12:00:00.000000")");
  const auto nanos_utc = arrow::timestamp(arrow::TimeUnit::NANO, "UTC");
  EXPECT_EQ(JsonOf(Built(arrow::TimestampBuilder(nanos_utc, arrow::default_memory_pool()),
                         std::vector<int64_t>{1})),
            R"("1970-01-01T00:00:00.000000001Z")");
}

TEST(RowWriter, DurationsAreSecondsInEveryUnit) {
  const auto text_of = [](arrow::TimeUnit::type unit, std::string_view json) {
    return JsonOf(Column(arrow::duration(unit), json));
  };
  EXPECT_EQ(text_of(arrow::TimeUnit::SECOND, "[5400, -1, 0, null]"),
            R"("PT5400.000000S" "-PT1.000000S" "PT0.000000S" null)");
  EXPECT_EQ(text_of(arrow::TimeUnit::MILLI, "[-250]"), R"("-PT0.250000S")");
  EXPECT_EQ(text_of(arrow::TimeUnit::MICRO, "[90000001]"), R"("PT90.000001S")");
  EXPECT_EQ(text_of(arrow::TimeUnit::NANO, "[-1]"), R"("-PT0.000000001S")");
  EXPECT_EQ(text_of(arrow::TimeUnit::SECOND, "[-9223372036854775808]"),
            R"("-PT9223372036854775808.000000S")");
  EXPECT_EQ(PlainOf(Column(arrow::duration(arrow::TimeUnit::SECOND), "[1]")), "PT1.000000S");
}

TEST(RowWriter, ListsOfEveryLayoutAndTheirSlices) {
  for (const auto& type :
       {arrow::list(arrow::int32()), arrow::large_list(arrow::int32()),
        arrow::list_view(arrow::int32()), arrow::large_list_view(arrow::int32())}) {
    const ArrayPtr column = Column(type, "[[1, 2], null, [], [3, null]]");
    EXPECT_EQ(JsonOf(column), "[1,2] null [] [3,null]") << type->ToString();
    EXPECT_EQ(JsonOf(column->Slice(2)), "[] [3,null]") << type->ToString();
  }
  const ArrayPtr pairs =
      Column(arrow::fixed_size_list(arrow::int32(), 2), "[[1, 2], null, [3, null]]");
  EXPECT_EQ(JsonOf(pairs), "[1,2] null [3,null]");
  EXPECT_EQ(JsonOf(pairs->Slice(2)), "[3,null]");
}

TEST(RowWriter, ListViewsMayShareAndReorderTheirValues) {
  const ArrayPtr lists = arrow::ListViewArray::FromArrays(*Column(arrow::int32(), "[1, 0, 1]"),
                                                          *Column(arrow::int32(), "[2, 2, 0]"),
                                                          *Column(arrow::int32(), "[7, 8, 9]"))
                             .ValueOrDie();
  EXPECT_EQ(JsonOf(lists), "[8,9] [7,8] []");
}

TEST(RowWriter, StructsAndMaps) {
  const auto point = arrow::struct_(
      {arrow::field("x", arrow::int32()), arrow::field("label \"l\"", arrow::utf8_view())});
  const ArrayPtr points = Column(point, R"([[1, "a"], null, [null, "b"]])");
  EXPECT_EQ(JsonOf(points), R"({"x":1,"label \"l\"":"a"} null {"x":null,"label \"l\"":"b"})");
  EXPECT_EQ(JsonOf(points->Slice(2)), R"({"x":null,"label \"l\"":"b"})");
  EXPECT_EQ(JsonOf(Column(arrow::map(arrow::utf8(), arrow::int32()), R"([[["k", 1]], []])")),
            R"([{"key":"k","value":1}] [])");
}

TEST(RowWriter, TextsInsideListsStayJson) {
  EXPECT_EQ(PlainOf(Column(arrow::list(arrow::utf8()), R"([["a\"", "b"]])")), R"(["a\"","b"])");
}

TEST(RowWriter, DictionariesShowTheirValues) {
  const ArrayPtr column =
      arrow::json::DictArrayFromJSONString(arrow::dictionary(arrow::int8(), arrow::large_utf8()),
                                           "[1, 0, null, 2]", R"(["a", "b\"", null])")
          .ValueOrDie();
  EXPECT_EQ(JsonOf(column), R"("b\"" "a" null null)");
  EXPECT_EQ(PlainOf(column), "b\"");
  EXPECT_EQ(PlainOf(column->Slice(3)), "");
}

TEST(RowWriter, ExtensionsShowTheirStorage) {
  const ArrayPtr column = arrow::ExtensionType::WrapArray(
      std::make_shared<Label>(), Column(arrow::utf8(), R"(["a", "b\n", null])"));
  EXPECT_EQ(JsonOf(column), R"("a" "b\n" null)");
  EXPECT_EQ(PlainOf(column->Slice(1)), "b\n");
  EXPECT_EQ(PlainOf(column->Slice(2)), "");
}

TEST(RowWriter, RowsAreOneObjectALine) {
  const auto batch = Batch({{"id", Column(arrow::int64(), "[1, 2]")},
                            {"a \"name\"", Column(arrow::utf8_view(), R"(["x", null])")}});
  std::string out = "before\n";
  ASSERT_TRUE(AppendJsonRows(*batch, out).ok());
  EXPECT_EQ(out,
            "before\n"
            R"({"id":1,"a \"name\"":"x"})"
            "\n"
            R"({"id":2,"a \"name\"":null})"
            "\n");
}

TEST(RowWriter, AnErrorNamesTheColumnAndTheType) {
  const ArrayPtr months = Column(arrow::month_interval(), "[null, 3]");
  const auto wrapped = arrow::StructArray::Make({months}, std::vector<std::string>{"inner"});
  for (const ArrayPtr& column : {months, ArrayPtr(wrapped.ValueOrDie())}) {
    const auto batch = Batch({{"id", Column(arrow::int64(), "[1, 2]")}, {"span", column}});
    std::string out;
    const Status status = AppendJsonRows(*batch, out);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error(), Unsupported("column 'span': type month_interval has no JSON form; "
                                          "use --output arrow"));
  }
}

TEST(RowWriter, TypesWithoutAJsonFormAreRefused) {
  for (const auto& [type, json] :
       std::vector<std::pair<std::shared_ptr<arrow::DataType>, const char*>>{
           {arrow::day_time_interval(), "[[1, 2]]"},
           {arrow::month_day_nano_interval(), "[[1, 2, 3]]"},
           {arrow::sparse_union({arrow::field("x", arrow::int32())}, {0}), "[[0, 1]]"}}) {
    const Result<std::string> text = PlainText(*Column(type, json), 0);
    ASSERT_FALSE(text.ok()) << type->ToString();
    EXPECT_EQ(text.error().code, ErrorCode::kUnsupported);
  }
}

}  // namespace
}  // namespace icefield
