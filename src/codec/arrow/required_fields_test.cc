#include "codec/arrow/required_fields.h"

#include <arrow/api.h>
#include <arrow/extension/uuid.h>
#include <arrow/json/from_string.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace icefield {
namespace {

using ArrayPtr = std::shared_ptr<arrow::Array>;
using TypePtr = std::shared_ptr<arrow::DataType>;

// The type with its uuids, at any depth, as what they are stored as.
TypePtr StorageOf(const TypePtr& type) {
  if (type->id() == arrow::Type::EXTENSION)
    return static_cast<const arrow::ExtensionType&>(*type).storage_type();
  if (type->id() == arrow::Type::MAP) {
    const auto& map = static_cast<const arrow::MapType&>(*type);
    return arrow::map(map.key_type(), StorageOf(map.item_type()));
  }
  if (type->id() == arrow::Type::LIST) return arrow::list(StorageOf(type->field(0)->type()));
  if (type->id() != arrow::Type::STRUCT) return type;
  arrow::FieldVector fields;
  for (const auto& field : type->fields())
    fields.push_back(field->WithType(StorageOf(field->type())));
  return arrow::struct_(fields);
}

std::shared_ptr<arrow::ArrayData> Typed(const std::shared_ptr<arrow::ArrayData>& data,
                                        const TypePtr& type) {
  std::shared_ptr<arrow::ArrayData> out = data->Copy();
  out->type = type;
  for (size_t at = 0; at < out->child_data.size(); ++at)
    out->child_data[at] = Typed(data->child_data[at], type->field(static_cast<int>(at))->type());
  return out;
}

// JSON makes no arrays of extension types: those of their storage, named anew.
ArrayPtr Json(const TypePtr& type, std::string_view json) {
  const ArrayPtr stored = arrow::json::ArrayFromJSONString(StorageOf(type), json).ValueOrDie();
  return arrow::MakeArray(Typed(stored->data(), type));
}

Field Member(std::string name, Type type, bool required) {
  return {.id = FieldId{1}, .name = std::move(name), .type = std::move(type), .required = required};
}

Field MapColumn(bool required_values) {
  return Member("c",
                MapType{{Member("key", PrimitiveKind::kString, true),
                         Member("value", PrimitiveKind::kUuid, required_values)}},
                false);
}

// What CheckRequired says of a column; "" where it finds nothing.
std::string Found(const ArrayPtr& column, const Field& field) {
  const auto rows = arrow::RecordBatch::Make(arrow::schema({arrow::field("c", column->type())}),
                                             column->length(), {column});
  const Status status = CheckRequired(*rows, StructType{{field}});
  return status.ok() ? "" : status.error().message;
}

const TypePtr kUuids = arrow::map(arrow::utf8(), arrow::extension::uuid());

TEST(RequiredFields, MapsWithoutEntriesHoldNoNulls) {
  for (const char* maps : {"[]", "[null]", "[[]]", "[null, [], null, [], []]"}) {
    for (const bool required : {false, true}) {
      const ArrayPtr column = Json(kUuids, maps);
      EXPECT_EQ(Found(column, MapColumn(required)), "") << maps;
      const Field outer = Member("c", StructType{{MapColumn(required)}}, false);
      const auto nested =
          arrow::StructArray::Make({column}, std::vector<std::string>{"c"}).ValueOrDie();
      EXPECT_EQ(Found(nested, outer), "") << maps;
    }
  }
}

TEST(RequiredFields, EntriesOutsideOfASliceDoNotCount) {
  const ArrayPtr column =
      Json(kUuids, R"([[["a", null]], null, [], [["b", "0123456789abcdef"]], [], [["c", null]]])");
  EXPECT_EQ(Found(column->Slice(1, 2), MapColumn(true)), "");
  EXPECT_EQ(Found(column->Slice(1, 4), MapColumn(true)), "");
  EXPECT_EQ(Found(column, MapColumn(false)), "");
  EXPECT_EQ(Found(column->Slice(1), MapColumn(true)),
            "column 'c.value' is required and null in row 4; fill it or make the column optional");
  EXPECT_EQ(Found(column, MapColumn(true)),
            "column 'c.value' is required and null in row 0; fill it or make the column optional");
}

// The search for the row halves the column: one half may be without entries.
TEST(RequiredFields, TheRowIsFoundAmongMapsWithoutEntries) {
  const int64_t count = 9;
  for (int64_t at = 0; at < count; ++at) {
    std::string maps;
    for (int64_t row = 0; row < count; ++row) {
      maps += row == 0 ? "[" : ", ";
      maps += row == at ? R"([["a", null]])" : row % 2 == 0 ? "null" : "[]";
    }
    EXPECT_EQ(Found(Json(kUuids, maps + "]"), MapColumn(true)),
              "column 'c.value' is required and null in row " + std::to_string(at) +
                  "; fill it or make the column optional");
  }
}

TEST(RequiredFields, ListsWithoutElementsHoldNoNulls) {
  const Field element = Member("element", PrimitiveKind::kUuid, true);
  const Field lists = Member("c", ListType{{element}}, false);
  const TypePtr type = arrow::list(arrow::extension::uuid());
  EXPECT_EQ(Found(Json(type, "[null, [], []]"), lists), "");
  EXPECT_EQ(Found(Json(type, "[null, [], [null]]"), lists),
            "column 'c.element' is required and null in row 2; fill it or make the column "
            "optional");
  const Field of_maps =
      Member("c", ListType{{Member("element", MapColumn(true).type, true)}}, true);
  EXPECT_EQ(Found(Json(arrow::list(kUuids), "[[], [[], []], []]"), of_maps), "");
  EXPECT_EQ(Found(Json(arrow::list(kUuids), "[[], [[], null], []]"), of_maps),
            "column 'c.element' is required and null in row 1; fill it or make the column "
            "optional");
}

}  // namespace
}  // namespace icefield
