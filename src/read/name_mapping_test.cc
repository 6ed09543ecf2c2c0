#include "read/name_mapping.h"

#include <gtest/gtest.h>

namespace icefield {
namespace {

FileColumn Leaf(const std::string& name) { return {.name = name}; }

FileColumn Nested(const std::string& name, FileColumn::Kind kind,
                  std::vector<FileColumn> children) {
  return {.name = name, .kind = kind, .children = std::move(children)};
}

MappedField Mapped(const std::string& name, int32_t id, std::vector<MappedField> fields = {}) {
  return {.names = {name}, .field_id = FieldId{id}, .fields = std::move(fields)};
}

std::string IdsOf(const std::vector<FileColumn>& columns) {
  std::string out;
  for (const FileColumn& column : columns) {
    out += StrCat(column.name, "=", column.id ? column.id->value : -1, " ");
    out += IdsOf(column.children);
  }
  return out;
}

TEST(NameMapping, GoesThroughStructsListsAndMapsWhateverTheFileCallsThem) {
  using Kind = FileColumn::Kind;
  const std::vector<FileColumn> columns{
      Nested("s", Kind::kStruct, {Leaf("a"), Leaf("element")}),
      Nested("l", Kind::kList, {Nested("array", Kind::kStruct, {Leaf("a")})}),
      Nested("m", Kind::kMap, {Leaf("k"), Leaf("v")})};
  const NameMapping mapping{{
      Mapped("m", 1, {Mapped("key", 2), Mapped("value", 3)}),
      Mapped("l", 4, {Mapped("element", 5, {Mapped("a", 6)})}),
      Mapped("s", 7, {Mapped("a", 8), Mapped("b", 9)}),
  }};
  const auto mapped = WithFieldIds(columns, mapping, "f");
  ASSERT_TRUE(mapped.ok()) << mapped.error();
  EXPECT_EQ(IdsOf(*mapped), "s=7 a=8 element=-1 l=4 array=5 a=6 m=1 k=2 v=3 ");
}

TEST(NameMapping, AnyOfSeveralNames) {
  const NameMapping mapping{{{.names = {"lat", "latitude", "a.b"}, .field_id = FieldId{4}}}};
  for (const char* name : {"lat", "latitude", "a.b"})
    EXPECT_EQ((*WithFieldIds({Leaf(name)}, mapping, "f"))[0].id, FieldId{4}) << name;
  EXPECT_FALSE((*WithFieldIds({Leaf("Lat")}, mapping, "f"))[0].id.has_value());
  const auto both = WithFieldIds({Leaf("lat"), Leaf("latitude")}, mapping, "f");
  ASSERT_FALSE(both.ok());
  EXPECT_EQ(both.error().ToString(),
            "CorruptData: f: the name mapping gives the field id 4 to both 'lat' and 'latitude'");
}

TEST(NameMapping, AFileWithAnyIdKeepsItsOwn) {
  FileColumn own = Nested("s", FileColumn::Kind::kStruct, {Leaf("a")});
  own.children[0].id = FieldId{3};
  const NameMapping mapping{{Mapped("b", 1)}};
  const auto mapped = WithFieldIds({own, Leaf("b")}, mapping, "f");
  EXPECT_EQ(IdsOf(*mapped), "s=-1 a=3 b=-1 ");
  EXPECT_TRUE(WithFieldIds({own}, Unsupported("no mapping"), "f").ok());
}

TEST(NameMapping, AFileWithoutIdsNeedsOne) {
  const auto mapped = WithFieldIds({Leaf("a")}, Unsupported("no mapping"), "f");
  ASSERT_FALSE(mapped.ok());
  EXPECT_EQ(mapped.error().ToString(), "Unsupported: f: no mapping");
}

}  // namespace
}  // namespace icefield
