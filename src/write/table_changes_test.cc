// Plans of this folder carried out on metadata files: what was planned is what is read.
#include <gtest/gtest.h>

#include "codec/filter/table_term_parser.h"
#include "codec/json/metadata_editor.h"
#include "codec/json/metadata_reader.h"
#include "write/schema_update.h"
#include "write/table_definition.h"

namespace icefield {
namespace {

constexpr const char* kUuid = "9c12d441-03fe-4693-9a96-a0705ddf69c1";

TableDefinition Definition(const std::string& format_version) {
  TableDefinition definition;
  definition.schema.columns.fields = {{FieldId{7}, "id", {PrimitiveKind::kInt}, true},
                                      {FieldId{8}, "ts", {PrimitiveKind::kTimestamptz}, true},
                                      {FieldId{9}, "price", {PrimitiveKind::kFloat}}};
  definition.schema.identifier_field_ids = {FieldId{7}};
  definition.partitioning =
      std::vector{*ParsePartitionTerm("day(ts)"), *ParsePartitionTerm("bucket(4, id)")};
  definition.sorting = std::vector{*ParseSortTerm("ts desc")};
  definition.properties = {{"format-version", format_version}, {"owner", "me"}};
  return definition;
}

// The metadata file `text` after `change`.
std::string Applied(const std::string& text, const TableChange& change) {
  const Result<std::string> applied =
      ApplyUpdates(text, "/t/metadata/x.metadata.json", change.updates, {1000, ""});
  EXPECT_TRUE(applied.ok()) << applied.error();
  return applied.ok() ? *applied : "";
}

TableMetadata Read(const std::string& text) {
  Result<TableMetadata> metadata = ParseTableMetadata(text, "x.metadata.json");
  EXPECT_TRUE(metadata.ok()) << metadata.error();
  return metadata.ok() ? *std::move(metadata) : TableMetadata();
}

TEST(TableChanges, MakeTheTableThatWasDefined) {
  for (const int32_t version : {2, 3}) {
    const Result<TableChange> change =
        DefineTable(Definition(std::to_string(version)), {"ns.t", "/t", kUuid});
    ASSERT_TRUE(change.ok()) << change.error();
    const TableMetadata metadata = Read(Applied("", *change));
    EXPECT_EQ(metadata.format_version, version);
    EXPECT_EQ(metadata.table_uuid, kUuid);
    EXPECT_EQ(metadata.location, "/t");
    EXPECT_EQ(metadata.last_column_id, FieldId{3});
    EXPECT_EQ(metadata.last_partition_id, FieldId{1001});
    EXPECT_EQ(metadata.CurrentSchema().ToString(),
              "1: id: required int\n2: ts: required timestamptz\n3: price: optional float\n");
    EXPECT_EQ(metadata.CurrentSchema().identifier_field_ids, std::vector{FieldId{1}});
    const PartitionSpec spec{
        SpecId{0},
        {{FieldId{2}, FieldId{1000}, "ts_day", *ParseTransform("day")},
         {FieldId{1}, FieldId{1001}, "id_bucket", *ParseTransform("bucket[4]")}}};
    EXPECT_EQ(*metadata.FindSpec(metadata.default_spec_id), spec);
    EXPECT_EQ(metadata.default_sort_order_id, 1);
    const std::map<std::string, std::string> properties{{"owner", "me"}};
    EXPECT_EQ(metadata.properties, properties);
    EXPECT_FALSE(CheckRequirements(change->requirements, &metadata, "ns.t").ok());
  }
}

TEST(TableChanges, ChangeItsColumnsAndBack) {
  const Result<TableChange> made = DefineTable(Definition("3"), {"ns.t", "/t", kUuid});
  ASSERT_TRUE(made.ok()) << made.error();
  const std::string first = Applied("", *made);
  SchemaUpdate update(Read(first), "ns.t");
  ASSERT_TRUE(update.AddColumn({"", "n", {PrimitiveKind::kLong}, true, "how many", "5"}).ok());
  ASSERT_TRUE(update.ChangeType("price", {PrimitiveKind::kDouble}).ok());
  ASSERT_TRUE(update.MoveFirst("n").ok());
  const Result<TableChange> change = update.Apply();
  ASSERT_TRUE(change.ok()) << change.error();
  const TableMetadata before = Read(first);
  EXPECT_TRUE(CheckRequirements(change->requirements, &before, "ns.t").ok());
  const std::string second = Applied(first, *change);
  const TableMetadata after = Read(second);
  EXPECT_EQ(after.CurrentSchema().columns, update.schema().columns);
  EXPECT_EQ(after.current_schema_id, SchemaId{1});
  EXPECT_EQ(after.last_column_id, FieldId{4});
  EXPECT_FALSE(CheckRequirements(change->requirements, &after, "ns.t").ok());

  SchemaUpdate renamed(after, "ns.t");
  ASSERT_TRUE(renamed.RenameColumn("n", "m").ok());
  const TableMetadata third = Read(Applied(second, *renamed.Apply()));
  EXPECT_EQ(third.CurrentSchema().FindByName("m")->id, FieldId{4});
  SchemaUpdate back(third, "ns.t");
  ASSERT_TRUE(back.RenameColumn("m", "n").ok());
  EXPECT_EQ(back.Apply()->updates, std::vector<TableUpdate>{SetCurrentSchema{SchemaId{1}}});
}

}  // namespace
}  // namespace icefield
