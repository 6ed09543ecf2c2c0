#include "codec/arrow/conform.h"

#include <arrow/api.h>
#include <arrow/extension/json.h>
#include <arrow/extension/uuid.h>
#include <arrow/json/from_string.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/strings.h"
#include "codec/arrow/arrow_types.h"

namespace icefield {
namespace {

using arrow::TimeUnit;
using ArrayPtr = std::shared_ptr<arrow::Array>;
using TypePtr = std::shared_ptr<arrow::DataType>;

Field ColumnOf(std::string name, Type type, bool required = false) {
  return {.id = FieldId{1}, .name = std::move(name), .type = std::move(type), .required = required};
}

Schema SchemaOf(std::vector<Field> columns) { return {.columns = StructType{std::move(columns)}}; }

Type Named(std::string_view type) { return *ParsePrimitiveType(type); }

ArrayPtr Json(const TypePtr& type, std::string_view json) {
  return arrow::json::ArrayFromJSONString(type, json).ValueOrDie();
}

std::shared_ptr<arrow::RecordBatch> Batch(const std::vector<std::string>& names,
                                          arrow::ArrayVector columns) {
  arrow::FieldVector fields;
  for (size_t at = 0; at < names.size(); ++at)
    fields.push_back(arrow::field(names[at], columns[at]->type()));
  const int64_t rows = columns.empty() ? 0 : columns[0]->length();
  return arrow::RecordBatch::Make(arrow::schema(fields), rows, std::move(columns));
}

Result<std::shared_ptr<arrow::RecordBatch>> TryConform(const Schema& table,
                                                       const arrow::RecordBatch& batch,
                                                       ConformOptions options = {}) {
  ICEFIELD_ASSIGN(const Conformer conformer, Conformer::Make(*batch.schema(), table, options));
  return conformer.Apply(batch);
}

// One column "c" of a table; whole, and as a slice of a longer one.
Result<ArrayPtr> TryColumn(const ArrayPtr& given, const Field& column,
                           ConformOptions options = {}) {
  ICEFIELD_ASSIGN(const auto out, TryConform(SchemaOf({column}), *Batch({"c"}, {given}), options));
  EXPECT_TRUE(out->ValidateFull().ok())
      << given->type()->ToString() << out->ValidateFull().ToString();
  if (given->length() > 1) {
    const ArrayPtr tail = given->Slice(1);
    ICEFIELD_ASSIGN(const auto sliced,
                    TryConform(SchemaOf({column}), *Batch({"c"}, {tail}), options));
    EXPECT_TRUE(sliced->ValidateFull().ok()) << sliced->ValidateFull().ToString();
    EXPECT_TRUE(sliced->column(0)->Equals(*out->column(0)->Slice(1),
                                          arrow::EqualOptions().nans_equal(true)))
        << sliced->column(0)->ToString();
  }
  return out->column(0);
}

void ExpectConforms(const ArrayPtr& given, std::string_view type, std::string_view json,
                    ConformOptions options = {}) {
  const Type table_type = Named(type);
  const auto out = TryColumn(given, ColumnOf("c", table_type), options);
  ASSERT_TRUE(out.ok()) << given->type()->ToString() << " to " << type << ": " << out.error();
  EXPECT_TRUE((*out)->type()->Equals(**ToArrowType(table_type)));
  ArrayPtr storage = *out;
  if (storage->type_id() == arrow::Type::EXTENSION)
    storage = static_cast<const arrow::ExtensionArray&>(*storage).storage();
  EXPECT_TRUE(storage->Equals(*Json(storage->type(), json), arrow::EqualOptions().nans_equal(true)))
      << given->type()->ToString() << " to " << type << ": " << storage->ToString();
}

std::string RefusalOf(const ArrayPtr& given, const Field& column, ConformOptions options = {}) {
  const auto out = TryColumn(given, column, options);
  if (out.ok()) return "conforms";
  EXPECT_EQ(out.error().code, ErrorCode::kInvalidArgument) << out.error();
  return out.error().message;
}

std::string RefusalOf(const ArrayPtr& given, std::string_view type, ConformOptions options = {}) {
  return RefusalOf(given, ColumnOf("c", Named(type)), options);
}

bool Says(const std::string& message, std::string_view words) {
  return message.find(words) != std::string::npos;
}

constexpr ConformOptions kNarrow{.narrow = true};
constexpr ConformOptions kDowncast{.downcast_ns = true};

TEST(Conform, WhatHasTheTypeIsPassedOn) {
  const ArrayPtr numbers = Json(arrow::int64(), "[1, null]");
  const auto out = TryConform(SchemaOf({ColumnOf("c", Named("long"))}), *Batch({"c"}, {numbers}));
  EXPECT_EQ((*out)->column(0)->data()->buffers[1], numbers->data()->buffers[1]);
}

TEST(Conform, NumbersWiden) {
  for (const TypePtr& type : {arrow::int8(), arrow::int16(), arrow::uint8(), arrow::uint16()}) {
    ExpectConforms(Json(type, "[1, null, 127]"), "int", "[1, null, 127]");
    ExpectConforms(Json(type, "[1, null, 127]"), "long", "[1, null, 127]");
  }
  ExpectConforms(Json(arrow::int32(), "[-1, null]"), "long", "[-1, null]");
  ExpectConforms(Json(arrow::uint32(), "[4294967295, null]"), "long", "[4294967295, null]");
  ExpectConforms(Json(arrow::float16(), "[1.5, null]"), "float", "[1.5, null]");
  ExpectConforms(Json(arrow::float16(), "[1.5, null]"), "double", "[1.5, null]");
  ExpectConforms(Json(arrow::float32(), "[1.5, null]"), "double", "[1.5, null]");
}

TEST(Conform, NumbersDoNotNarrowUnasked) {
  EXPECT_TRUE(Says(RefusalOf(Json(arrow::int64(), "[1]"), "int"), "values may not fit"));
  EXPECT_TRUE(Says(RefusalOf(Json(arrow::uint32(), "[1]"), "int"), "values may not fit"));
  EXPECT_TRUE(Says(RefusalOf(Json(arrow::uint64(), "[1]"), "long"), "values may not fit"));
  EXPECT_TRUE(Says(RefusalOf(Json(arrow::float64(), "[1]"), "float"), "values may not fit"));
  EXPECT_TRUE(Says(RefusalOf(Json(arrow::int64(), "[1]"), "double"), "values may not fit"));
  EXPECT_TRUE(Says(RefusalOf(Json(arrow::boolean(), "[true]"), "int"), "cast it first"));
  EXPECT_TRUE(Says(RefusalOf(Json(arrow::utf8(), R"(["1"])"), "int"), "cast it first"));
}

TEST(Conform, NarrowKeepsValuesOrRefuses) {
  ExpectConforms(Json(arrow::int64(), "[1, null, -7]"), "int", "[1, null, -7]", kNarrow);
  ExpectConforms(Json(arrow::uint64(), "[1, null, 7]"), "long", "[1, null, 7]", kNarrow);
  ExpectConforms(Json(arrow::float64(), "[1.0, null, 7.0]"), "int", "[1, null, 7]", kNarrow);
  ExpectConforms(Json(arrow::float64(), "[1.5, null, NaN]"), "float", "[1.5, null, NaN]", kNarrow);
  ExpectConforms(Json(arrow::float64(), "[Inf, -Inf]"), "float", "[Inf, -Inf]", kNarrow);
  ExpectConforms(Json(arrow::int64(), "[1, null]"), "double", "[1, null]", kNarrow);
  ExpectConforms(Json(arrow::int64(), "[12, null]"), "decimal(9, 2)", R"(["12.00", null])",
                 kNarrow);
  EXPECT_TRUE(Says(RefusalOf(Json(arrow::int64(), "[1, null, 4294967296, 5]"), "int", kNarrow),
                   "column 'c', row 2"));
  EXPECT_TRUE(
      Says(RefusalOf(Json(arrow::float64(), "[0.5, 0.1]"), "float", kNarrow), "column 'c', row 1"));
  EXPECT_TRUE(Says(RefusalOf(Json(arrow::float64(), "[1e300]"), "float", kNarrow), "row 0"));
  EXPECT_TRUE(Says(RefusalOf(Json(arrow::float64(), "[1, NaN]"), "long", kNarrow), "row 1"));
  EXPECT_TRUE(
      Says(RefusalOf(Json(arrow::int64(), "[9007199254740993]"), "double", kNarrow), "row 0"));
}

TEST(Conform, Decimals) {
  ExpectConforms(Json(arrow::decimal128(9, 2), R"(["1.25", null])"), "decimal(9, 2)",
                 R"(["1.25", null])");
  ExpectConforms(Json(arrow::decimal32(5, 2), R"(["1.25", null])"), "decimal(9, 2)",
                 R"(["1.25", null])");
  ExpectConforms(Json(arrow::decimal64(12, 2), R"(["-1.25", null])"), "decimal(19, 3)",
                 R"(["-1.250", null])");
  ExpectConforms(Json(arrow::decimal256(20, 2), R"(["1.25", null])"), "decimal(20, 2)",
                 R"(["1.25", null])");
  ExpectConforms(Json(arrow::decimal256(50, 2), R"(["1.25", null])"), "decimal(20, 2)",
                 R"(["1.25", null])", kNarrow);
  EXPECT_TRUE(Says(RefusalOf(Json(arrow::decimal128(9, 2), R"(["1.25"])"), "decimal(8, 2)"),
                   "may not fit"));
  EXPECT_TRUE(Says(
      RefusalOf(Json(arrow::decimal128(9, 3), R"(["1.250", "1.255"])"), "decimal(9, 2)", kNarrow),
      "row 1"));
  EXPECT_TRUE(
      Says(RefusalOf(Json(arrow::decimal256(50, 0), R"(["1", "100"])"), "decimal(2, 0)", kNarrow),
           "row 1"));
}

TEST(Conform, DatesAndTimes) {
  ExpectConforms(Json(arrow::date64(), "[-86400000, null, 86400000]"), "date", "[-1, null, 1]");
  EXPECT_TRUE(Says(RefusalOf(Json(arrow::date64(), "[0, 1]"), "date"), "row 1"));
  ExpectConforms(Json(arrow::date32(), "[-1, null]"), "timestamp", "[-86400000000, null]");
  EXPECT_TRUE(Says(RefusalOf(Json(arrow::date32(), "[0, 2147483647]"), "timestamp"), "row 1"));
  EXPECT_TRUE(Says(RefusalOf(Json(arrow::date32(), "[0]"), "timestamptz"), "cast it first"));
  ExpectConforms(Json(arrow::time32(TimeUnit::SECOND), "[1, null]"), "time", "[1000000, null]");
  ExpectConforms(Json(arrow::time32(TimeUnit::MILLI), "[1, null]"), "time", "[1000, null]");
  ExpectConforms(Json(arrow::time64(TimeUnit::NANO), "[1999, null]"), "time", "[1, null]",
                 kDowncast);
  EXPECT_TRUE(Says(RefusalOf(Json(arrow::time64(TimeUnit::NANO), "[1]"), "time"), "downcast_ns"));
  const TypePtr ns = arrow::timestamp(TimeUnit::NANO);
  ExpectConforms(Json(ns, "[-86400000000000, null]"), "date", "[-1, null]", kNarrow);
  EXPECT_TRUE(Says(RefusalOf(Json(ns, "[0, 1]"), "date", kNarrow), "row 1"));
}

TEST(Conform, Timestamps) {
  ExpectConforms(Json(arrow::timestamp(TimeUnit::SECOND), "[-1, null]"), "timestamp",
                 "[-1000000, null]");
  ExpectConforms(Json(arrow::timestamp(TimeUnit::MILLI, "Asia/Tokyo"), "[-1, null]"), "timestamptz",
                 "[-1000, null]");
  ExpectConforms(Json(arrow::timestamp(TimeUnit::MICRO, "Asia/Tokyo"), "[-1, null]"), "timestamptz",
                 "[-1, null]");
  ExpectConforms(Json(arrow::timestamp(TimeUnit::NANO), "[-1, null, 1999, -1000]"), "timestamp",
                 "[-1, null, 1, -1]", kDowncast);
  ExpectConforms(Json(arrow::timestamp(TimeUnit::NANO, "UTC"), "[-1001, null]"), "timestamptz",
                 "[-2, null]", kDowncast);
  ExpectConforms(Json(arrow::timestamp(TimeUnit::NANO), "[-2000, null]"), "timestamp",
                 "[-2, null]");
  ExpectConforms(Json(arrow::timestamp(TimeUnit::NANO), "[-1, null]"), "timestamp_ns",
                 "[-1, null]");
  ExpectConforms(Json(arrow::timestamp(TimeUnit::MICRO, "UTC"), "[-1, null]"), "timestamptz_ns",
                 "[-1000, null]");
  EXPECT_TRUE(Says(
      RefusalOf(Json(arrow::timestamp(TimeUnit::SECOND), "[0, 9223372036854775807]"), "timestamp"),
      "row 1"));
  EXPECT_TRUE(Says(
      RefusalOf(Json(arrow::timestamp(TimeUnit::MICRO), "[9223372036854775807]"), "timestamp_ns"),
      "row 0"));
  EXPECT_TRUE(
      Says(RefusalOf(Json(arrow::timestamp(TimeUnit::NANO), "[1]"), "timestamp"), "downcast_ns"));
  EXPECT_TRUE(
      Says(RefusalOf(Json(arrow::timestamp(TimeUnit::MICRO), "[1]"), "timestamptz"), "zone"));
  EXPECT_TRUE(
      Says(RefusalOf(Json(arrow::timestamp(TimeUnit::MICRO, "UTC"), "[1]"), "timestamp"), "zone"));
}

TEST(Conform, TextsAndBytesOfEveryForm) {
  const std::string_view json = R"(["", null, "häuser that are long enough", "b"])";
  for (const TypePtr& type : {arrow::utf8(), arrow::large_utf8(), arrow::utf8_view()})
    ExpectConforms(Json(type, json), "string", json);
  for (const TypePtr& type : {arrow::binary(), arrow::large_binary(), arrow::binary_view()})
    ExpectConforms(Json(type, json), "binary", json);
  ExpectConforms(Json(arrow::fixed_size_binary(2), R"(["ab", null])"), "binary", R"(["ab", null])");
  ExpectConforms(Json(arrow::fixed_size_binary(2), R"(["ab", null])"), "fixed[2]",
                 R"(["ab", null])");
  ExpectConforms(Json(arrow::large_binary(), R"(["ab", null])"), "fixed[2]", R"(["ab", null])",
                 kNarrow);
  EXPECT_TRUE(
      Says(RefusalOf(Json(arrow::binary(), R"(["ab", "abc"])"), "fixed[2]", kNarrow), "row 1"));
  EXPECT_TRUE(Says(RefusalOf(Json(arrow::fixed_size_binary(3), R"(["abc"])"), "fixed[2]", kNarrow),
                   "cast"));
  EXPECT_TRUE(Says(RefusalOf(Json(arrow::binary(), R"(["ab"])"), "string", kNarrow), "cast"));
  ExpectConforms(
      arrow::ExtensionType::WrapArray(arrow::extension::json(), Json(arrow::utf8(), R"(["{}"])")),
      "string", R"(["{}"])");
}

TEST(Conform, Dictionaries) {
  const auto texts =
      arrow::json::DictArrayFromJSONString(arrow::dictionary(arrow::int8(), arrow::large_utf8()),
                                           "[1, null, 0, 1]", R"(["a", "b"])")
          .ValueOrDie();
  ExpectConforms(texts, "string", R"(["b", null, "a", "b"])");
  const auto numbers =
      arrow::json::DictArrayFromJSONString(arrow::dictionary(arrow::int32(), arrow::int16()),
                                           "[1, null, 0]", "[10, 20]")
          .ValueOrDie();
  ExpectConforms(numbers, "long", "[20, null, 10]");
}

TEST(Conform, Uuids) {
  const std::string_view json = R"(["0123456789abcdef", null])";
  const ArrayPtr bytes = Json(arrow::fixed_size_binary(16), json);
  ExpectConforms(bytes, "uuid", json);
  ExpectConforms(arrow::ExtensionType::WrapArray(arrow::extension::uuid(), bytes), "uuid", json);
  ExpectConforms(
      Json(
          arrow::large_utf8(),
          R"(["30313233-3435-3637-3839-616263646566", null, "30313233343536373839616263646566", "30313233-3435-3637-3839-616263646566"])"),
      "uuid", R"(["0123456789abcdef", null, "0123456789abcdef", "0123456789abcdef"])", kNarrow);
  EXPECT_TRUE(
      Says(RefusalOf(Json(arrow::utf8(), R"(["30313233-3435-3637-3839-616263646566"])"), "uuid"),
           "cast"));
  for (const std::string_view bad : {R"([""])", R"(["30313233x3435-3637-3839-616263646566"])",
                                     R"(["g0313233343536373839616263646566"])"})
    EXPECT_TRUE(Says(RefusalOf(Json(arrow::utf8(), bad), "uuid", kNarrow), "is no UUID"));
}

TEST(Conform, TextsMustBeUtf8) {
  arrow::BinaryBuilder builder;
  // Together they are UTF-8, each alone is not.
  ASSERT_TRUE(builder.AppendValues({"ok", "\xC3", "\xA4"}).ok());
  auto data = builder.Finish().ValueOrDie()->data()->Copy();
  data->type = arrow::utf8();
  const std::string refusal = RefusalOf(arrow::MakeArray(data), "string");
  EXPECT_TRUE(Says(refusal, "column 'c', row 1") && Says(refusal, "UTF-8")) << refusal;
  arrow::BinaryBuilder under_null;
  ASSERT_TRUE(under_null.AppendValues({"a", "\xFF", "b"}).ok());
  data = under_null.Finish().ValueOrDie()->data()->Copy();
  data->type = arrow::utf8();
  EXPECT_TRUE(Says(RefusalOf(arrow::MakeArray(data), "string"), "row 1"));
  data->buffers[0] = arrow::Buffer::FromString(std::string(1, '\x05'));
  data->null_count = arrow::kUnknownNullCount;
  EXPECT_EQ(RefusalOf(arrow::MakeArray(data), "string"), "conforms");
}

TEST(Conform, ColumnsOfNulls) {
  const ArrayPtr nulls = std::make_shared<arrow::NullArray>(3);
  ExpectConforms(nulls, "decimal(9, 2)", "[null, null, null]");
  ExpectConforms(nulls, "uuid", "[null, null, null]");
  ExpectConforms(nulls, "unknown", "[null, null, null]");
  EXPECT_EQ(RefusalOf(nulls, ColumnOf("c", ListType{{ColumnOf("element", Named("int"), true)}})),
            "conforms");
  EXPECT_TRUE(Says(RefusalOf(nulls, ColumnOf("c", Named("int"), true)), "required"));
  EXPECT_TRUE(Says(RefusalOf(Json(arrow::int32(), "[1]"), "unknown"), "cast it first"));
}

TEST(Conform, ColumnsByName) {
  const Schema table = SchemaOf({ColumnOf("a", Named("int"), true), ColumnOf("b", Named("string")),
                                 ColumnOf("d", Named("double"))});
  const auto batch =
      Batch({"d", "a"}, {Json(arrow::float32(), "[1.5]"), Json(arrow::int8(), "[3]")});
  const auto out = TryConform(table, *batch);
  ASSERT_TRUE(out.ok()) << out.error();
  EXPECT_TRUE((*out)->column(0)->Equals(*Json(arrow::int32(), "[3]")));
  EXPECT_TRUE((*out)->column(1)->Equals(*Json(arrow::utf8(), "[null]")));
  EXPECT_TRUE((*out)->column(2)->Equals(*Json(arrow::float64(), "[1.5]")));
  EXPECT_EQ((*out)->schema()->field_names(), (std::vector<std::string>{"a", "b", "d"}));
  EXPECT_FALSE((*out)->schema()->field(0)->nullable());
}

TEST(Conform, AllDifferencesAndBothSchemasAreNamed) {
  const Schema table = SchemaOf({ColumnOf("a", Named("int"), true), ColumnOf("b", Named("string")),
                                 ColumnOf("s", StructType{{ColumnOf("x", Named("int"))}})});
  const auto inner =
      arrow::struct_({arrow::field("x", arrow::utf8()), arrow::field("q", arrow::int8())});
  const auto batch = Batch({"b", "odd", "s"}, {Json(arrow::int8(), "[1]"),
                                               Json(arrow::int8(), "[1]"), Json(inner, "[null]")});
  const auto out = TryConform(table, *batch);
  ASSERT_FALSE(out.ok());
  const std::string& message = out.error().message;
  for (const std::string_view words :
       {"column 'a' is required and not in the data",
        "column 'b' is int8 in the data and string in the table",
        "column 'odd' is not in the table",
        "column 's.x' is string in the data and int in the table",
        "column 's.q' is not in the table", "\ntable:\n1: a: required int", "\ndata:\nb: int8"}) {
    EXPECT_TRUE(Says(message, words)) << words << "\n" << message;
  }
}

TEST(Conform, TwinsAreRefused) {
  const auto batch = Batch({"a", "a"}, {Json(arrow::int8(), "[1]"), Json(arrow::int8(), "[1]")});
  const auto out = TryConform(SchemaOf({ColumnOf("a", Named("int"))}), *batch);
  ASSERT_FALSE(out.ok());
  EXPECT_TRUE(Says(out.error().message, "'a' is there twice"));
}

TEST(Conform, NullsInRequiredColumns) {
  EXPECT_TRUE(
      Says(RefusalOf(Json(arrow::int8(), "[1, null, null]"), ColumnOf("c", Named("int"), true)),
           "'c' is required and null in row 1"));
}

TEST(Conform, WriteDefaults) {
  Field number = ColumnOf("n", Named("int"), true);
  number.write_default_json = "7";
  Field member = ColumnOf("m", Named("string"));
  member.id = FieldId{5};
  member.write_default_json = "\"x\"";
  const Field structure = ColumnOf("s", StructType{{ColumnOf("a", Named("int")), member}});
  const auto batch = Batch(
      {"s"}, {Json(arrow::struct_({arrow::field("a", arrow::int32())}), R"([{"a": 1}, null])")});
  const auto out = TryConform(SchemaOf({number, structure}), *batch);
  ASSERT_TRUE(out.ok()) << out.error();
  EXPECT_TRUE((*out)->column(0)->Equals(*Json(arrow::int32(), "[7, 7]")));
  EXPECT_TRUE(
      (*out)->column(1)->Equals(*Json((*out)->column(1)->type(), R"([{"a": 1, "m": "x"}, null])")));
}

// A list of structs with a map inside, by name at every depth.
TEST(Conform, NestedByName) {
  const Type pair =
      StructType{{ColumnOf("x", Named("long"), true), ColumnOf("y", Named("string"))}};
  const Field column = ColumnOf("c", ListType{{ColumnOf("element", pair)}});
  const TypePtr given_pair =
      arrow::struct_({arrow::field("y", arrow::large_utf8()), arrow::field("x", arrow::int16())});
  const std::string_view json = R"([[{"y": "a", "x": 1}, null], null, [], [{"y": null, "x": 3}]])";
  const std::string_view expected =
      R"([[{"x": 1, "y": "a"}, null], null, [], [{"x": 3, "y": null}]])";
  for (const TypePtr& type : {arrow::list(given_pair), arrow::large_list(given_pair),
                              arrow::list_view(given_pair), arrow::large_list_view(given_pair)}) {
    const auto out = TryColumn(Json(type, json), column);
    ASSERT_TRUE(out.ok()) << type->ToString() << out.error();
    EXPECT_TRUE((*out)->Equals(*Json(*ToArrowType(column.type), expected))) << (*out)->ToString();
  }
  EXPECT_TRUE(Says(RefusalOf(Json(arrow::list(given_pair),
                                  R"([[], [{"y": "a", "x": 1}, {"y": "b", "x": null}]])"),
                             column),
                   "'c.element.x' is required and null in row 1"));
}

TEST(Conform, FixedSizeLists) {
  const Field column = ColumnOf("c", ListType{{ColumnOf("element", Named("double"))}});
  const auto out = TryColumn(
      Json(arrow::fixed_size_list(arrow::float32(), 2), "[[1, 2], null, [3, null]]"), column);
  ASSERT_TRUE(out.ok()) << out.error();
  EXPECT_TRUE((*out)->Equals(*Json(*ToArrowType(column.type), "[[1, 2], null, [3, null]]")));
}

TEST(Conform, Maps) {
  const Field column = ColumnOf(
      "c", MapType{{ColumnOf("key", Named("string"), true), ColumnOf("value", Named("long"))}});
  const auto out = TryColumn(Json(arrow::map(arrow::large_utf8(), arrow::int8()),
                                  R"([[["a", 1], ["b", null]], null, [], [["c", 3]]])"),
                             column);
  ASSERT_TRUE(out.ok()) << out.error();
  EXPECT_TRUE((*out)->Equals(
      *Json(*ToArrowType(column.type), R"([[["a", 1], ["b", null]], null, [], [["c", 3]]])")));
  EXPECT_TRUE(
      Says(RefusalOf(Json(arrow::map(arrow::utf8(), arrow::utf8()), "[]"), column), "'c.value'"));
}

TEST(Conform, WhatLiesUnderANullIsNobodysValue) {
  // A value that does not fit under a null struct, and under a null list.
  const ArrayPtr seconds = Json(arrow::timestamp(TimeUnit::SECOND), "[1, 9223372036854775807]");
  const auto validity = arrow::Buffer::FromString(std::string(1, '\x01'));
  const auto structs =
      std::make_shared<arrow::StructArray>(arrow::struct_({arrow::field("t", seconds->type())}), 2,
                                           arrow::ArrayVector{seconds}, validity);
  const Field column = ColumnOf("c", StructType{{ColumnOf("t", Named("timestamp"), true)}});
  const auto out = TryColumn(structs, column);
  ASSERT_TRUE(out.ok()) << out.error();
  EXPECT_TRUE((*out)->Equals(*Json(*ToArrowType(column.type), R"([{"t": 1000000}, null])")));
}

TEST(Conform, EmptyBatches) {
  const Schema table = SchemaOf({ColumnOf("s", Named("string"), true),
                                 ColumnOf("l", ListType{{ColumnOf("element", Named("int"))}})});
  const auto out =
      TryConform(table, *Batch({"s", "l"}, {Json(arrow::large_utf8(), "[]"),
                                            Json(arrow::large_list(arrow::int8()), "[]")}));
  ASSERT_TRUE(out.ok()) << out.error();
  EXPECT_EQ((*out)->num_rows(), 0);
  EXPECT_TRUE((*out)->ValidateFull().ok());
}

TEST(Conform, OtherBatchesThanTheFirstAreRefused) {
  const auto conformer = Conformer::Make(*arrow::schema({arrow::field("c", arrow::int8())}),
                                         SchemaOf({ColumnOf("c", Named("int"))}), {});
  ASSERT_TRUE(conformer.ok());
  EXPECT_FALSE(conformer->Apply(*Batch({"c"}, {Json(arrow::utf8(), R"(["a"])")})).ok());
}

}  // namespace
}  // namespace icefield
