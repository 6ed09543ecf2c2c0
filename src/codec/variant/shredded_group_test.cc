#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/extension/parquet_variant.h>
#include <arrow/extension/uuid.h>
#include <arrow/extension_type.h>
#include <arrow/json/from_string.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "codec/variant/variant_bytes_test.h"
#include "codec/variant/variant_json.h"

namespace icefield {
namespace {

using namespace variant;  // NOLINT(google-build-using-namespace): the builder's short names

using ArrayPtr = std::shared_ptr<arrow::Array>;
using Cells = std::vector<std::optional<std::string>>;

constexpr std::nullopt_t kNone = std::nullopt;

struct NamedColumn {
  std::string name;
  ArrayPtr column;
};

ArrayPtr Binary(const Cells& cells) {
  arrow::BinaryBuilder builder;
  for (const auto& cell : cells) {
    EXPECT_TRUE((cell ? builder.Append(*cell) : builder.AppendNull()).ok());
  }
  return builder.Finish().ValueOrDie();
}

ArrayPtr Column(const std::shared_ptr<arrow::DataType>& type, std::string_view json) {
  return arrow::json::ArrayFromJSONString(type, json).ValueOrDie();
}

ArrayPtr Texts(std::string_view json) { return Column(arrow::utf8(), json); }

// A struct of these columns; '0' in `valid` stands for a null row.
ArrayPtr Group(const std::vector<NamedColumn>& columns, std::string_view valid = {}) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const auto& [name, column] : columns) {
    fields.push_back(arrow::field(name, column->type()));
    arrays.push_back(column);
  }
  std::shared_ptr<arrow::Buffer> validity;
  if (!valid.empty()) {
    arrow::TypedBufferBuilder<bool> bits;
    for (const char bit : valid) EXPECT_TRUE(bits.Append(bit == '1').ok());
    validity = bits.Finish().ValueOrDie();
  }
  return arrow::StructArray::Make(arrays, fields, validity).ValueOrDie();
}

// Lists over `elements`, bounded by `offsets` (a null one: a null list).
ArrayPtr Lists(std::string_view offsets, const ArrayPtr& elements) {
  return arrow::ListArray::FromArrays(*Column(arrow::int32(), offsets), *elements).ValueOrDie();
}

ArrayPtr MetadataColumn(int64_t rows, const std::vector<std::string>& names = {}) {
  return Binary(Cells(static_cast<size_t>(rows), Metadata(names)));
}

// The rows between spaces; "-" for a null row.
std::string JsonOf(const ArrayPtr& group) {
  const auto json = VariantColumnToJson(*group);
  if (!json.ok()) return json.error().ToString();
  EXPECT_TRUE((*json)->ValidateFull().ok());
  const auto& texts = static_cast<const arrow::StringArray&>(**json);
  std::string out;
  for (int64_t row = 0; row < texts.length(); ++row) {
    out += StrCat(row > 0 ? " " : "", texts.IsNull(row) ? "-" : texts.GetView(row));
  }
  return out;
}

std::string Shredded(const Cells& values, const ArrayPtr& typed,
                     const std::vector<std::string>& names = {}) {
  return JsonOf(Group({{"metadata", MetadataColumn(typed->length(), names)},
                       {"value", Binary(values)},
                       {"typed_value", typed}}));
}

std::string OneOf(const std::shared_ptr<arrow::DataType>& type, std::string_view json) {
  return Shredded({kNone}, Column(type, json));
}

TEST(ShreddedVariant, UnshreddedRows) {
  const ArrayPtr group = Group({{"value", Binary({Int8(1), Null(), Null()})},
                                {"metadata", Binary({Metadata({}), kNone, Metadata({})})}},
                               "101");
  EXPECT_EQ(JsonOf(group), "1 - null");
  EXPECT_EQ(JsonOf(group->Slice(1)), "- null");
  EXPECT_EQ(JsonOf(group->Slice(3)), "");
}

TEST(ShreddedVariant, EachRowHasItsOwnMetadata) {
  const std::string object = Object({{0, Int8(1)}});
  EXPECT_EQ(JsonOf(Group({{"metadata", Binary({Metadata({"a"}), Metadata({"b"}), Metadata({"b"}),
                                               Metadata({"a"})})},
                          {"value", Binary({object, object, object, object})}})),
            R"({"a":1} {"b":1} {"b":1} {"a":1})");
}

TEST(ShreddedVariant, EmptyMetadataIsCorrupt) {
  EXPECT_TRUE(JsonOf(Group({{"metadata", Binary({std::string()})}, {"value", Binary({Null()})}}))
                  .starts_with("CorruptData"));
}

// The specification's "measurement".
TEST(ShreddedVariant, Primitives) {
  EXPECT_EQ(Shredded({kNone, Null(), Short("n/a"), kNone},
                     Column(arrow::int64(), "[34, null, null, 100]")),
            R"(34 null "n/a" 100)");
}

TEST(ShreddedVariant, EveryTypeOfPrimitive) {
  EXPECT_EQ(OneOf(arrow::boolean(), "[true]"), "true");
  EXPECT_EQ(OneOf(arrow::int8(), "[-128]"), "-128");
  EXPECT_EQ(OneOf(arrow::int16(), "[-32768]"), "-32768");
  EXPECT_EQ(OneOf(arrow::int32(), "[-7]"), "-7");
  EXPECT_EQ(OneOf(arrow::float32(), "[0.1]"), "0.1");
  EXPECT_EQ(OneOf(arrow::float64(), "[1]"), "1.0");
  EXPECT_EQ(OneOf(arrow::decimal128(9, 2), R"(["-1.20"])"), "-1.20");
  EXPECT_EQ(OneOf(arrow::decimal128(38, 20), R"(["-0.00000000000000000012"])"),
            "-0.00000000000000000012");
  EXPECT_EQ(OneOf(arrow::date32(), "[19753]"), R"("2024-01-31")");
  EXPECT_EQ(OneOf(arrow::time64(arrow::TimeUnit::MICRO), "[45296123456]"), R"("12:34:56.123456")");
  EXPECT_EQ(OneOf(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"), "[-1]"),
            R"("1969-12-31T23:59:59.999999+00:00")");
  EXPECT_EQ(OneOf(arrow::timestamp(arrow::TimeUnit::NANO, "UTC"), "[1]"),
            R"("1970-01-01T00:00:00.000000001+00:00")");
  EXPECT_EQ(OneOf(arrow::timestamp(arrow::TimeUnit::MICRO), "[1]"),
            R"("1970-01-01T00:00:00.000001")");
  EXPECT_EQ(OneOf(arrow::timestamp(arrow::TimeUnit::NANO), "[1]"),
            R"("1970-01-01T00:00:00.000000001")");
  EXPECT_EQ(OneOf(arrow::binary(), R"(["abc"])"), R"("YWJj")");
  EXPECT_EQ(OneOf(arrow::utf8(), R"(["a\"b"])"), R"("a\"b")");
  EXPECT_EQ(OneOf(arrow::large_utf8(), R"(["x"])"), R"("x")");
  EXPECT_EQ(OneOf(arrow::utf8_view(), R"(["x"])"), R"("x")");
  EXPECT_EQ(OneOf(arrow::fixed_size_binary(16), R"(["0123456789abcdef"])"),
            R"("30313233-3435-3637-3839-616263646566")");
}

TEST(ShreddedVariant, ExtensionTypesAreReadAsWhatTheyStore) {
  const ArrayPtr uuid = arrow::ExtensionType::WrapArray(
      arrow::extension::uuid(), Column(arrow::fixed_size_binary(16), R"(["0123456789abcdef"])"));
  EXPECT_EQ(Shredded({kNone}, uuid), R"("30313233-3435-3637-3839-616263646566")");
  const arrow::FieldVector fields = {arrow::field("metadata", arrow::binary(), false),
                                     arrow::field("value", arrow::binary(), false)};
  const ArrayPtr group =
      arrow::StructArray::Make({MetadataColumn(1), Binary({Int8(1)})}, fields).ValueOrDie();
  const auto variant = arrow::extension::VariantExtensionType::Make(group->type()).ValueOrDie();
  EXPECT_EQ(JsonOf(arrow::ExtensionType::WrapArray(variant, group)), "1");
}

TEST(ShreddedVariant, TypesToWhichNothingIsShreddedAreUnsupported) {
  EXPECT_EQ(OneOf(arrow::uint32(), "[1]"),
            "Unsupported: typed_value has type uint32, to which variants are not shredded");
  for (const auto& type :
       {arrow::fixed_size_binary(4), arrow::time64(arrow::TimeUnit::NANO), arrow::decimal256(40, 2),
        arrow::timestamp(arrow::TimeUnit::MILLI), arrow::map(arrow::utf8(), arrow::int32())}) {
    EXPECT_TRUE(OneOf(type, "[null]").starts_with("Unsupported")) << type->ToString();
  }
}

TEST(ShreddedVariant, ShreddedValuesThatNoVariantHasAreCorrupt) {
  EXPECT_TRUE(OneOf(arrow::time64(arrow::TimeUnit::MICRO), "[-1]").starts_with("CorruptData"));
  arrow::StringBuilder builder;
  ASSERT_TRUE(builder.Append("\xff").ok());
  EXPECT_TRUE(Shredded({kNone}, builder.Finish().ValueOrDie()).starts_with("CorruptData"));
}

TEST(ShreddedVariant, OneValueInBothColumnsIsCorrupt) {
  EXPECT_EQ(Shredded({kNone, Int8(1)}, Column(arrow::int32(), "[1, 2]")),
            "CorruptData: variant in row 1: value and typed_value hold one value both");
}

TEST(ShreddedVariant, AValueInNeitherColumnIsNull) {
  EXPECT_EQ(Shredded({kNone}, Column(arrow::int32(), "[null]")), "null");
  EXPECT_EQ(JsonOf(Group({{"metadata", MetadataColumn(2)},
                          {"typed_value", Column(arrow::int32(), "[null, 3]")}})),
            "null 3");
}

// The specification's "tags".
TEST(ShreddedVariant, Arrays) {
  const ArrayPtr elements =
      Group({{"value", Binary({kNone, kNone, kNone, Null(), kNone, kNone, kNone})},
             {"typed_value",
              Texts(R"(["comedy", "drama", "horror", null, "comedy", "drama", "romance"])")}});
  EXPECT_EQ(
      Shredded({kNone, kNone, kNone, Null(), kNone}, Lists("[0, 2, 4, null, 7, 7]", elements)),
      R"(["comedy","drama"] ["horror",null] ["comedy","drama","romance"] null [])");
}

TEST(ShreddedVariant, SlicedArrays) {
  const ArrayPtr elements = Group({{"typed_value", Texts(R"(["a", "b", "c"])")}});
  const ArrayPtr group =
      Group({{"metadata", MetadataColumn(3)}, {"typed_value", Lists("[0, 1, 1, 3]", elements)}});
  EXPECT_EQ(JsonOf(group->Slice(1)), R"([] ["b","c"])");
  EXPECT_EQ(JsonOf(group->Slice(2, 1)), R"(["b","c"])");
}

TEST(ShreddedVariant, AMissingElementIsNull) {
  const ArrayPtr elements = Group({{"value", Binary({kNone})}});
  EXPECT_EQ(Shredded({kNone}, Lists("[0, 1]", elements)), "[null]");
}

// The rows of the specification's "event".
class ShreddedEvent : public ::testing::Test {
 protected:
  static ArrayPtr Event(const Cells& type_values, std::string_view types, const Cells& time_values,
                        std::string_view times, std::string_view valid) {
    const auto timestamps = arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
    return Group(
        {{"event_type", Group({{"value", Binary(type_values)}, {"typed_value", Texts(types)}})},
         {"event_ts",
          Group({{"value", Binary(time_values)}, {"typed_value", Column(timestamps, times)}})}},
        valid);
  }

  const std::vector<std::string> names_ = {"event_type", "event_ts", "email", "error_msg", "zoo"};
};

TEST_F(ShreddedEvent, RowsOfTheSpecification) {
  const ArrayPtr typed =
      Event({kNone, kNone, kNone, kNone, kNone, Null(), kNone, kNone, kNone},
            R"(["noop", "login", null, null, null, null, "noop", null, null])",
            {kNone, kNone, kNone, kNone, kNone, kNone, Short("2024-10-24"), kNone, kNone},
            "[0, 1, null, null, 2, 3, null, null, null]", "111011110");
  const Cells values = {kNone,
                        Object({{2, Short("user@example.com")}}),
                        Object({{3, Short("malformed: ...")}}),
                        Short("malformed: not an object"),
                        Object({{2, Null()}, {4, Int8(1)}}),
                        kNone,
                        kNone,
                        kNone,
                        Null()};
  EXPECT_EQ(
      Shredded(values, typed, names_),
      R"({"event_ts":"1970-01-01T00:00:00.000000+00:00","event_type":"noop"} )"
      R"({"email":"user@example.com","event_ts":"1970-01-01T00:00:00.000001+00:00","event_type":"login"} )"
      R"({"error_msg":"malformed: ..."} )"
      R"("malformed: not an object" )"
      R"({"email":null,"event_ts":"1970-01-01T00:00:00.000002+00:00","zoo":1} )"
      R"({"event_ts":"1970-01-01T00:00:00.000003+00:00","event_type":null} )"
      R"({"event_ts":"2024-10-24","event_type":"noop"} )"
      R"({} )"
      R"(null)");
}

TEST_F(ShreddedEvent, AFieldInBothColumnsIsReadFromItsOwn) {
  const ArrayPtr typed =
      Event({kNone, kNone}, R"(["login", null])", {kNone, kNone}, "[null, null]", "11");
  const std::string other = Object({{1, Short("old")}, {0, Short("old")}, {4, Int8(1)}});
  EXPECT_EQ(Shredded({other, other}, typed, names_), R"({"event_type":"login","zoo":1} {"zoo":1})");
}

TEST_F(ShreddedEvent, AnObjectBesideNoneIsCorrupt) {
  const ArrayPtr typed = Event({kNone}, R"(["a"])", {kNone}, "[null]", "1");
  EXPECT_EQ(
      Shredded({Short("a")}, typed, names_),
      "CorruptData: variant in row 0: value: a variant that is no object has shredded fields");
  EXPECT_TRUE(Shredded({std::string()}, typed, names_).starts_with("CorruptData"));
}

TEST_F(ShreddedEvent, CorruptBytesNameTheirColumn) {
  const ArrayPtr typed = Event({Short("\xff")}, "[null]", {kNone}, "[null]", "1");
  EXPECT_EQ(Shredded({kNone}, typed, names_),
            "CorruptData: variant in row 0: typed_value.event_type.value: a string of 1 bytes is "
            "not UTF-8");
}

TEST(ShreddedVariant, FieldsWhoseGroupIsNullAreMissing) {
  const ArrayPtr typed = Group({{"a", Group({{"typed_value", Texts(R"(["x", "y"])")}}, "01")}});
  EXPECT_EQ(Shredded({kNone, kNone}, typed, {"a"}), R"({} {"a":"y"})");
}

TEST(ShreddedVariant, ObjectsInArraysInObjects) {
  const ArrayPtr points =
      Group({{"x", Group({{"value", Binary({kNone, Short("?"), kNone})},
                          {"typed_value", Column(arrow::float64(), "[1.5, null, null]")}})}});
  const ArrayPtr elements =
      Group({{"value", Binary({Object({{2, Int8(2)}}), kNone, kNone})}, {"typed_value", points}});
  const ArrayPtr track = Group({{"value", Binary({kNone, Short("none")})},
                                {"typed_value", Lists("[0, null, 3]", elements)}});
  const ArrayPtr typed = Group({{"track", track}});
  EXPECT_EQ(Shredded({kNone, Object({{3, Null()}})}, typed, {"track", "x", "y", "z"}),
            R"({"track":[{"x":1.5,"y":2},{"x":"?"},{}]} {"track":"none","z":null})");
}

TEST(ShreddedVariant, GroupsOfAnotherShapeAreRefused) {
  const ArrayPtr metadata = MetadataColumn(1);
  const ArrayPtr value = Binary({Null()});
  const ArrayPtr text = Texts(R"(["x"])");
  const auto code_of = [](const ArrayPtr& group) {
    const auto json = VariantColumnToJson(*group);
    return json.ok() ? ErrorCode::kInternal : json.error().code;
  };
  EXPECT_EQ(code_of(value), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(Group({{"value", value}})), ErrorCode::kCorruptData);
  EXPECT_EQ(code_of(Group({{"metadata", metadata}})), ErrorCode::kCorruptData);
  EXPECT_EQ(code_of(Group({{"metadata", text}, {"value", value}})), ErrorCode::kCorruptData);
  EXPECT_EQ(code_of(Group({{"metadata", metadata}, {"value", text}})), ErrorCode::kCorruptData);
  EXPECT_EQ(code_of(Group({{"metadata", metadata}, {"value", value}, {"value", value}})),
            ErrorCode::kCorruptData);
  EXPECT_EQ(code_of(Group({{"metadata", Binary({kNone})}, {"value", value}})),
            ErrorCode::kCorruptData);
  const ArrayPtr bare = Group({{"a", text}});
  EXPECT_EQ(code_of(Group({{"metadata", metadata}, {"typed_value", bare}})),
            ErrorCode::kCorruptData);
  const ArrayPtr field = Group({{"typed_value", text}});
  const ArrayPtr twice = Group({{"a", field}, {"a", field}});
  EXPECT_EQ(code_of(Group({{"metadata", metadata}, {"typed_value", twice}})),
            ErrorCode::kCorruptData);
  EXPECT_EQ(code_of(Group({{"metadata", metadata}, {"typed_value", Lists("[0, 1]", text)}})),
            ErrorCode::kCorruptData);
}

}  // namespace
}  // namespace icefield
