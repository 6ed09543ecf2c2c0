#include "codec/json/name_mapping_writer.h"

#include <gtest/gtest.h>

#include "codec/json/name_mapping_reader.h"

namespace icefield {
namespace {

TEST(NameMappingJson, WritesWhatItReads) {
  const std::string text =
      R"([{"field-id":1,"names":["id","record \"id\""]},{"names":["lost"]},)"
      R"({"field-id":2,"names":[],"fields":[{"field-id":3,"names":["element"]}]}])";
  const auto mapping = ReadNameMapping(text);
  ASSERT_TRUE(mapping.ok()) << mapping.error();
  EXPECT_EQ(NameMappingJson(*mapping), text);
  EXPECT_EQ(NameMappingJson({}), "[]");
}

}  // namespace
}  // namespace icefield
