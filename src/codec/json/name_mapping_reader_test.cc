#include "codec/json/name_mapping_reader.h"

#include <gtest/gtest.h>

namespace icefield {
namespace {

std::string ErrorOf(std::string_view json) {
  const Result<NameMapping> mapping = ReadNameMapping(json);
  return mapping.ok() ? "" : mapping.error().ToString();
}

TEST(NameMappingReader, TheExampleOfTheSpecification) {
  const Result<NameMapping> mapping = ReadNameMapping(
      R"([{"field-id": 1, "names": ["id", "record_id"]}, {"field-id": 2, "names": ["data"]},
          {"field-id": 3, "names": ["location"], "fields": [
            {"field-id": 4, "names": ["latitude", "lat"]},
            {"field-id": 5, "names": ["longitude", "long"]}]}])");
  ASSERT_TRUE(mapping.ok()) << mapping.error();
  const NameMapping wanted{{
      {.names = {"id", "record_id"}, .field_id = FieldId{1}},
      {.names = {"data"}, .field_id = FieldId{2}},
      {.names = {"location"},
       .field_id = FieldId{3},
       .fields = {{.names = {"latitude", "lat"}, .field_id = FieldId{4}},
                  {.names = {"longitude", "long"}, .field_id = FieldId{5}}}},
  }};
  EXPECT_EQ(*mapping, wanted);
}

TEST(NameMappingReader, NamesAndIdsMayBeNone) {
  const Result<NameMapping> mapping =
      ReadNameMapping(R"([{"names": ["only in files"]}, {"field-id": 2, "names": []}])");
  ASSERT_TRUE(mapping.ok()) << mapping.error();
  EXPECT_FALSE(mapping->fields[0].field_id.has_value());
  EXPECT_TRUE(mapping->fields[1].names.empty());
}

TEST(NameMappingReader, FaultsNameThePropertyAndThePlace) {
  const std::string property = "CorruptData: table property schema.name-mapping.default: ";
  EXPECT_EQ(ErrorOf(R"([{"field-id": 1}])"), property + "[0].names is missing");
  EXPECT_EQ(ErrorOf(R"([{"names": [], "fields": [{"names": [3]}]}])"),
            property + "[0].fields[0].names[0] must be a string, it is 3");
  EXPECT_EQ(ErrorOf(R"([{"names": ["a"]}, {"names": ["b", "a"]}])"),
            property + "[1] maps the name 'a' a second time");
  EXPECT_EQ(ErrorOf("{}"), property + "the document must be a list, it is an object");
  EXPECT_TRUE(ErrorOf("[").starts_with(property + "not valid JSON"));
}

TEST(NameMappingReader, WithoutThePropertyItSaysWhatToDo) {
  const std::string error = ErrorOf("");
  EXPECT_TRUE(error.starts_with("Unsupported: ")) << error;
  EXPECT_NE(error.find("set the table property schema.name-mapping.default"), std::string::npos);
}

}  // namespace
}  // namespace icefield
