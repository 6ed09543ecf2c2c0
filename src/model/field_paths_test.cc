#include "model/field_paths.h"

#include <gtest/gtest.h>

namespace icefield {
namespace {

Field Of(int32_t id, std::string name, Type type = Type(PrimitiveKind::kLong)) {
  return {.id = FieldId{id}, .name = std::move(name), .type = std::move(type)};
}

TEST(FieldPaths, AreThoseOfTheSchema) {
  const Field member = Of(4, "street");
  const Field inner = Of(3, "address", StructType{{member, Of(5, "city")}});
  const Schema schema{.columns = {{Of(1, "id"), Of(2, "home", StructType{{inner}}), Of(7, "age")}}};
  const FieldPaths paths(schema);
  for (int32_t id = 0; id < 9; ++id) {
    EXPECT_EQ(paths.PathTo(FieldId{id}), schema.PathTo(FieldId{id})) << id;
    EXPECT_EQ(paths.FindById(FieldId{id}), schema.FindById(FieldId{id})) << id;
  }
  EXPECT_EQ(paths.PathTo(FieldId{4}).size(), 3U);
}

}  // namespace
}  // namespace icefield
