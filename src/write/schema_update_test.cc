#include "write/schema_update.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "codec/json/schema_reader.h"

namespace icefield {
namespace {

constexpr const char* kColumns = R"j({"type":"struct","schema-id":0,"identifier-field-ids":[1],
  "fields":[
    {"id":1,"name":"id","required":true,"type":"int","doc":"who"},
    {"id":2,"name":"ts","required":true,"type":"timestamptz"},
    {"id":3,"name":"day","required":false,"type":"date"},
    {"id":4,"name":"price","required":false,"type":"decimal(9, 2)"},
    {"id":5,"name":"where","required":false,"type":{"type":"struct","fields":[
      {"id":6,"name":"town","required":true,"type":"string"},
      {"id":7,"name":"zip","required":false,"type":"int"}]}},
    {"id":8,"name":"trips","required":false,"type":{"type":"list","element-id":9,
      "element-required":true,"element":{"type":"struct","fields":[
        {"id":10,"name":"km","required":false,"type":"float"}]}}},
    {"id":11,"name":"tags","required":false,"type":{"type":"map","key-id":12,"key":"int",
      "value-id":13,"value-required":false,"value":"float"}}]})j";

Schema SchemaOf(const std::string& json) {
  const Result<JsonDocument> document = JsonDocument::Parse(json);
  EXPECT_TRUE(document.ok()) << document.error();
  Result<Schema> schema = ReadSchema(document->Root());
  EXPECT_TRUE(schema.ok()) << schema.error();
  return *std::move(schema);
}

TableMetadata Metadata(int32_t format_version = 2) {
  TableMetadata metadata;
  metadata.format_version = format_version;
  metadata.table_uuid = "u-1";
  metadata.last_column_id = FieldId{20};  // Some were dropped.
  metadata.schemas = {SchemaOf(kColumns)};
  metadata.partition_specs = {
      {SpecId{0}, {{FieldId{3}, FieldId{1000}, "day_bucket", *ParseTransform("bucket[4]")}}},
      {SpecId{1}, {{FieldId{2}, FieldId{1001}, "ts_day", *ParseTransform("day")}}}};
  metadata.default_spec_id = SpecId{1};
  metadata.sort_orders = {{1, {{FieldId{4}, *ParseTransform("identity"), true, true}}}};
  metadata.default_sort_order_id = 1;
  return metadata;
}

SchemaUpdate Update(int32_t format_version = 2) { return {Metadata(format_version), "ns.t"}; }

// The schema that the change adds.
Schema Added(const SchemaUpdate& update) {
  const Result<TableChange> change = update.Apply();
  EXPECT_TRUE(change.ok()) << change.error();
  if (!change.ok() || change->updates.empty()) return {};
  const auto* added = std::get_if<AddSchema>(&change->updates.front());
  EXPECT_NE(added, nullptr);
  return added == nullptr ? Schema() : added->schema;
}

std::string Failure(const Status& status) {
  return status.ok() ? "no error" : status.error().ToString();
}

std::string ApplyFailure(const SchemaUpdate& update) {
  const Result<TableChange> change = update.Apply();
  return change.ok() ? "no error" : change.error().ToString();
}

#define EXPECT_OK(expression)                   \
  do {                                          \
    const Status status = (expression);         \
    EXPECT_TRUE(status.ok()) << status.error(); \
  } while (false)

TEST(SchemaUpdate, AddsAColumnAndSaysWhatItBuiltOn) {
  SchemaUpdate update = Update();
  EXPECT_OK(update.AddColumn({"", "note", {PrimitiveKind::kString}, false, "free text", ""}));
  const Result<TableChange> change = update.Apply();
  ASSERT_TRUE(change.ok()) << change.error();
  const std::vector<TableRequirement> requirements{
      AssertTableUuid{"u-1"}, AssertCurrentSchema{SchemaId{0}}, AssertLastColumnId{FieldId{20}}};
  EXPECT_EQ(change->requirements, requirements);
  Schema expected = Metadata().CurrentSchema();
  expected.id = SchemaId{1};
  expected.columns.fields.push_back(
      {FieldId{21}, "note", {PrimitiveKind::kString}, false, "free text", "", ""});
  const std::vector<TableUpdate> updates{AddSchema{expected}, SetCurrentSchema{SchemaId{-1}}};
  EXPECT_EQ(change->updates, updates);
}

TEST(SchemaUpdate, GivesNestedTypesFreshIdsLevelByLevel) {
  SchemaUpdate update = Update();
  const Schema other = SchemaOf(
      R"({"type":"struct","fields":[{"id":1,"name":"m","required":false,"type":{"type":"map",
          "key-id":2,"key":{"type":"struct","fields":[
             {"id":3,"name":"a","required":true,"type":"int"}]},
          "value-id":4,"value-required":true,"value":{"type":"list","element-id":5,"element":"int",
          "element-required":true}}}]})");
  EXPECT_OK(update.AddColumn({"where", "m", other.columns.fields.front().type, false, "", ""}));
  const Schema added = Added(update);
  EXPECT_EQ(added.FindByName("where.m")->id, FieldId{21});
  EXPECT_EQ(added.FindByName("where.m.key")->id, FieldId{22});
  EXPECT_EQ(added.FindByName("where.m.value")->id, FieldId{23});
  EXPECT_EQ(added.FindByName("where.m.key.a")->id, FieldId{24});
  EXPECT_EQ(added.FindByName("where.m.value.element")->id, FieldId{25});
}

TEST(SchemaUpdate, AddsToStructsInListsAndMaps) {
  SchemaUpdate update = Update();
  EXPECT_OK(update.AddColumn({"trips", "minutes", {PrimitiveKind::kInt}}));
  EXPECT_OK(update.AddColumn({"trips.element", "stops", {PrimitiveKind::kInt}}));
  const Schema added = Added(update);
  EXPECT_EQ(added.FindByName("trips.element.minutes")->id, FieldId{21});
  EXPECT_EQ(added.FindByName("trips.element.stops")->id, FieldId{22});
  EXPECT_EQ(
      Failure(update.AddColumn({"tags", "x", {PrimitiveKind::kInt}})),
      "InvalidArgument: table ns.t: column 'tags.x' cannot be added: 'tags' is a float, not a "
      "struct");
  EXPECT_NE(
      Failure(update.AddColumn({"tags.key", "x", {PrimitiveKind::kInt}})).find("key of a map"),
      std::string::npos);
}

TEST(SchemaUpdate, RefusesColumnsThatCannotBeAdded) {
  SchemaUpdate update = Update();
  EXPECT_EQ(Failure(update.AddColumn({"", "ts", {PrimitiveKind::kInt}})),
            "InvalidArgument: table ns.t: column 'ts' is there already");
  EXPECT_NE(Failure(update.AddColumn({"", "x", {PrimitiveKind::kInt}, true}))
                .find("column 'x' cannot be added as required"),
            std::string::npos);
  EXPECT_NE(Failure(update.AddColumn({"nowhere", "x", {PrimitiveKind::kInt}}))
                .find("column 'nowhere' is not in table ns.t"),
            std::string::npos);
  EXPECT_EQ(Failure(update.AddColumn({"", "x", {PrimitiveKind::kTimestampNs}})),
            "InvalidArgument: table ns.t: column 'x' is of type timestamp_ns, which needs format "
            "v3; the table has v2");
  EXPECT_NE(Failure(update.AddColumn({"", "x", {PrimitiveKind::kInt}, false, "", "5"}))
                .find("needs format v3"),
            std::string::npos);
  EXPECT_NE(Failure(update.AddColumn({"", "", {PrimitiveKind::kInt}})).find("empty name"),
            std::string::npos);
  EXPECT_NE(Failure(update.AddColumn({"", "s", Type(StructType{})})).find("without fields"),
            std::string::npos);
  EXPECT_EQ(update.schema(), Metadata().CurrentSchema());
  EXPECT_TRUE(update.Apply()->updates.empty());
}

TEST(SchemaUpdate, DefaultsNeedFormatThree) {
  SchemaUpdate update = Update(3);
  EXPECT_OK(update.AddColumn({"", "count", {PrimitiveKind::kLong}, true, "", "5"}));
  EXPECT_OK(update.ChangeDefault("count", "6"));
  EXPECT_OK(update.ChangeDefault("price", "\"1.50\""));
  const Schema added = Added(update);
  EXPECT_EQ(added.FindByName("count")->initial_default_json, "5");
  EXPECT_EQ(added.FindByName("count")->write_default_json, "6");
  EXPECT_EQ(added.FindByName("price")->initial_default_json, "");
  EXPECT_EQ(added.FindByName("price")->write_default_json, "\"1.50\"");
  EXPECT_EQ(Failure(update.ChangeDefault("count", "\"many\"")),
            "InvalidArgument: table ns.t: the default \"many\" of column 'count' is not a long");
  EXPECT_NE(Failure(update.AddColumn({"", "b", {PrimitiveKind::kLong}, true, "", "null"}))
                .find("the default null"),
            std::string::npos);
  EXPECT_NE(Failure(update.ChangeDefault("where", "{}")).find("cannot have a default"),
            std::string::npos);
  EXPECT_NE(Failure(update.AddColumn({"", "u", {PrimitiveKind::kUnknown}, true, "", "1"}))
                .find("cannot be required"),
            std::string::npos);
}

TEST(SchemaUpdate, DeletesColumnsWithWhatIsInThem) {
  SchemaUpdate update = Update();
  EXPECT_OK(update.DeleteColumn("where"));
  EXPECT_OK(update.DeleteColumn("trips.element.km"));
  EXPECT_OK(update.AddColumn({"trips", "km", {PrimitiveKind::kDouble}}));
  const Schema added = Added(update);
  EXPECT_EQ(added.FindByName("where.town"), nullptr);
  EXPECT_EQ(added.FindByName("trips.element.km")->id, FieldId{21});
  EXPECT_NE(Failure(update.DeleteColumn("where")).find("is not in table ns.t"), std::string::npos);
  EXPECT_NE(Failure(update.DeleteColumn("tags.value")).find("part of a list or map"),
            std::string::npos);
  EXPECT_NE(Failure(update.DeleteColumn("tags.key")).find("key of a map"), std::string::npos);
}

TEST(SchemaUpdate, KeepsColumnsThatAreInUse) {
  SchemaUpdate partition = Update();
  EXPECT_OK(partition.DeleteColumn("ts"));
  EXPECT_EQ(ApplyFailure(partition),
            "InvalidArgument: table ns.t: column 'ts' cannot be deleted: partition field 'ts_day' "
            "uses it");
  SchemaUpdate sorted = Update();
  EXPECT_OK(sorted.DeleteColumn("price"));
  EXPECT_NE(ApplyFailure(sorted).find("sort order"), std::string::npos);
  SchemaUpdate identifier = Update();
  EXPECT_OK(identifier.DeleteColumn("id"));
  EXPECT_NE(ApplyFailure(identifier).find("identifier"), std::string::npos);
  EXPECT_OK(identifier.SetIdentifierFields({}));
  EXPECT_EQ(ApplyFailure(identifier), "no error");
  SchemaUpdate former_spec = Update();
  EXPECT_OK(former_spec.DeleteColumn("day"));
  EXPECT_EQ(ApplyFailure(former_spec), "no error");
  SchemaUpdate emptied = Update();
  EXPECT_OK(emptied.DeleteColumn("trips.element.km"));
  EXPECT_NE(ApplyFailure(emptied).find("'trips.element' is a struct without fields"),
            std::string::npos);
}

TEST(SchemaUpdate, RenamesByFormerAndNewNames) {
  SchemaUpdate update = Update();
  EXPECT_OK(update.RenameColumn("id", "key"));
  EXPECT_OK(update.RenameColumn("where.town", "city"));
  EXPECT_OK(update.ChangeDoc("id", "whom"));
  EXPECT_OK(update.ChangeType("key", {PrimitiveKind::kLong}));
  const Schema added = Added(update);
  EXPECT_EQ(*added.FindByName("key"),
            (Field{FieldId{1}, "key", {PrimitiveKind::kLong}, true, "whom", "", ""}));
  EXPECT_EQ(added.FindByName("where.city")->id, FieldId{6});
  EXPECT_EQ(added.identifier_field_ids, std::vector{FieldId{1}});
}

TEST(SchemaUpdate, SwapsNames) {
  SchemaUpdate update = Update();
  EXPECT_OK(update.RenameColumn("ts", "day"));
  EXPECT_NE(ApplyFailure(update).find("two columns have the full name 'day'"), std::string::npos);
  EXPECT_OK(update.RenameColumn("day", "ts"));
  EXPECT_EQ(Added(update).FindByName("ts")->id, FieldId{3});
}

TEST(SchemaUpdate, RefusesNamesOfPartitionFields) {
  SchemaUpdate update = Update();
  EXPECT_OK(update.AddColumn({"", "ts_day", {PrimitiveKind::kDate}}));
  EXPECT_NE(ApplyFailure(update).find("partition field 'ts_day' (day) has the name of a column"),
            std::string::npos);
  EXPECT_NE(Failure(update.RenameColumn("tags.value", "x")).find("no name"), std::string::npos);
  EXPECT_NE(Failure(update.RenameColumn("ts", "")).find("empty name"), std::string::npos);
}

TEST(SchemaUpdate, WidensTypes) {
  SchemaUpdate update = Update();
  PrimitiveType decimal{PrimitiveKind::kDecimal, 18, 2};
  EXPECT_OK(update.ChangeType("price", decimal));
  EXPECT_OK(update.ChangeType("trips.element.km", {PrimitiveKind::kDouble}));
  EXPECT_OK(update.ChangeType("tags.value", {PrimitiveKind::kDouble}));
  const Schema added = Added(update);
  EXPECT_EQ(added.FindByName("price")->type, Type(decimal));
  EXPECT_EQ(added.FindByName("trips.element.km")->type, Type(PrimitiveKind::kDouble));
  EXPECT_EQ(added.FindByName("tags.value")->type, Type(PrimitiveKind::kDouble));
  EXPECT_EQ(Failure(update.ChangeType("ts", {PrimitiveKind::kTimestamp})),
            "InvalidArgument: table ns.t: column 'ts' is of type timestamptz and cannot become a "
            "timestamp");
  EXPECT_NE(Failure(update.ChangeType("where", {PrimitiveKind::kInt})).find("struct<"),
            std::string::npos);
  EXPECT_NE(Failure(update.ChangeType("tags.key", {PrimitiveKind::kLong})).find("key of a map"),
            std::string::npos);
}

TEST(SchemaUpdate, MakesTimestampsOfDatesInFormatThreeUnlessPartitionsDependOnThem) {
  SchemaUpdate former = Update(2);
  EXPECT_NE(Failure(former.ChangeType("day", {PrimitiveKind::kTimestamp})).find("format v3"),
            std::string::npos);
  SchemaUpdate bucket = Update(3);
  EXPECT_EQ(Failure(bucket.ChangeType("day", {PrimitiveKind::kTimestamp})),
            "InvalidArgument: table ns.t: column 'day' cannot become a timestamp: partition field "
            "'day_bucket' (bucket[4]) would have other values");
  TableMetadata metadata = Metadata(3);
  metadata.partition_specs[0].fields[0].transform = *ParseTransform("month");
  metadata.schemas[0].columns.fields[2].initial_default_json = "\"2020-01-31\"";
  SchemaUpdate month(metadata, "ns.t");
  EXPECT_OK(month.ChangeType("day", {PrimitiveKind::kTimestampNs}));
  EXPECT_EQ(Added(month).FindByName("day")->initial_default_json, "\"2020-01-31T00:00:00\"");
}

TEST(SchemaUpdate, ChangesWhatIsRequired) {
  SchemaUpdate update = Update();
  EXPECT_OK(update.MakeOptional("ts"));
  EXPECT_OK(update.MakeOptional("trips.element"));
  EXPECT_FALSE(Added(update).FindByName("ts")->required);
  EXPECT_FALSE(Added(update).FindByName("trips.element")->required);
  EXPECT_NE(Failure(update.MakeRequired("price")).find("cannot become required"),
            std::string::npos);
  EXPECT_OK(update.MakeOptional("id"));
  EXPECT_NE(ApplyFailure(update).find("column 'id' cannot be an identifier: 'id' is optional"),
            std::string::npos);
  SchemaUpdate incompatible(Metadata(), "ns.t", {.allow_incompatible = true});
  EXPECT_OK(incompatible.MakeRequired("price"));
  EXPECT_OK(incompatible.AddColumn({"", "x", {PrimitiveKind::kInt}, true}));
  EXPECT_TRUE(Added(incompatible).FindByName("price")->required);
}

std::string NamesOf(const std::vector<Field>& fields) {
  std::vector<std::string> names;
  for (const Field& field : fields) names.push_back(field.name);
  return Join(names, " ");
}

TEST(SchemaUpdate, MovesColumnsInTheirStruct) {
  SchemaUpdate update = Update();
  EXPECT_OK(update.AddColumn({"", "new", {PrimitiveKind::kInt}}));
  EXPECT_OK(update.MoveFirst("new"));
  EXPECT_OK(update.MoveAfter("id", "tags"));
  EXPECT_OK(update.MoveBefore("tags", "ts"));
  EXPECT_OK(update.MoveFirst("where.zip"));
  EXPECT_EQ(NamesOf(Added(update).columns.fields), "new tags ts day price where trips id");
  EXPECT_EQ(NamesOf(Added(update).FindByName("where")->type.children()), "zip town");
  EXPECT_NE(Failure(update.MoveAfter("ts", "where.zip")).find("in another struct"),
            std::string::npos);
  EXPECT_NE(Failure(update.MoveAfter("ts", "ts")).find("next to itself"), std::string::npos);
  EXPECT_NE(Failure(update.MoveFirst("tags.value")).find("cannot be moved"), std::string::npos);
  EXPECT_NE(Failure(update.MoveBefore("ts", "nowhere")).find("'nowhere' is not in"),
            std::string::npos);
}

TEST(SchemaUpdate, UnitesSchemasByName) {
  SchemaUpdate update = Update();
  const Schema other = SchemaOf(
      R"j({"type":"struct","fields":[
        {"id":1,"name":"price","required":false,"type":"decimal(12, 2)","doc":"EUR"},
        {"id":2,"name":"extra","required":false,"type":"string"},
        {"id":3,"name":"ts","required":false,"type":"timestamptz"},
        {"id":4,"name":"where","required":false,"type":{"type":"struct","fields":[
          {"id":5,"name":"country","required":false,"type":"string"}]}},
        {"id":6,"name":"trips","required":false,"type":{"type":"list","element-id":7,
          "element-required":true,"element":{"type":"struct","fields":[
            {"id":8,"name":"km","required":false,"type":"double"},
            {"id":9,"name":"fare","required":false,"type":"int"}]}}},
        {"id":10,"name":"id","required":true,"type":"int"}]})j");
  EXPECT_OK(update.UnionByName(other));
  const Schema added = Added(update);
  EXPECT_EQ(added.FindByName("price")->type.ToString(), "decimal(12, 2)");
  EXPECT_EQ(added.FindByName("price")->doc, "EUR");
  EXPECT_EQ(added.FindByName("extra")->id, FieldId{21});
  EXPECT_FALSE(added.FindByName("ts")->required);
  EXPECT_EQ(added.FindByName("where.country")->id, FieldId{22});
  EXPECT_EQ(added.FindByName("trips.element.km")->type, Type(PrimitiveKind::kDouble));
  EXPECT_EQ(added.FindByName("trips.element.fare")->id, FieldId{23});
  EXPECT_EQ(added.FindByName("id")->doc, "who");
}

TEST(SchemaUpdate, UnionKeepsWiderTypesAndRefusesOthersWhole) {
  SchemaUpdate update = Update();
  EXPECT_OK(update.ChangeType("id", {PrimitiveKind::kLong}));
  EXPECT_OK(update.UnionByName(Metadata().CurrentSchema()));
  EXPECT_EQ(Added(update).FindByName("id")->type, Type(PrimitiveKind::kLong));
  const SchemaUpdate before = update;
  const auto refused = [&update](const std::string& field) {
    return Failure(update.UnionByName(SchemaOf(
        R"({"type":"struct","fields":[{"id":1,"name":"fresh","required":false,"type":"int"},)" +
        field + "]}")));
  };
  EXPECT_NE(refused(R"({"id":2,"name":"ts","required":true,"type":"string"})").find("'ts'"),
            std::string::npos);
  EXPECT_NE(refused(R"({"id":2,"name":"where","required":true,"type":"string"})").find("'where'"),
            std::string::npos);
  EXPECT_NE(refused(R"({"id":2,"name":"must","required":true,"type":"string"})").find("'must'"),
            std::string::npos);
  EXPECT_EQ(update.schema(), before.schema());
}

TEST(SchemaUpdate, ChecksIdentifierFields) {
  SchemaUpdate update(Metadata(), "ns.t", {.allow_incompatible = true});
  const auto refused = [&update](const std::string& name) {
    EXPECT_OK(update.SetIdentifierFields({name}));
    return ApplyFailure(update);
  };
  EXPECT_NE(refused("price").find("optional"), std::string::npos);
  EXPECT_NE(refused("where.town").find("'where' is optional"), std::string::npos);
  EXPECT_NE(refused("where").find("struct<"), std::string::npos);
  EXPECT_NE(Failure(update.SetIdentifierFields({"nowhere"})).find("'nowhere'"), std::string::npos);
  EXPECT_OK(update.MakeRequired("trips"));
  EXPECT_OK(update.MakeRequired("trips.element.km"));
  EXPECT_NE(refused("trips.element.km").find("type float"), std::string::npos);
  EXPECT_OK(update.AddColumn({"trips", "n", {PrimitiveKind::kInt}, true}));
  EXPECT_NE(refused("trips.element.n").find("lies in a list"), std::string::npos);
  EXPECT_OK(update.MakeRequired("where"));
  EXPECT_EQ(refused("where.town"), "no error");
}

TEST(SchemaUpdate, UsesAnEqualSchemaAgain) {
  TableMetadata metadata = Metadata();
  Schema former = metadata.schemas[0];
  former.id = SchemaId{7};
  former.columns.fields.pop_back();
  metadata.schemas.push_back(former);
  SchemaUpdate update(metadata, "ns.t");
  EXPECT_OK(update.DeleteColumn("tags"));
  const Result<TableChange> change = update.Apply();
  ASSERT_TRUE(change.ok()) << change.error();
  EXPECT_EQ(change->updates, std::vector<TableUpdate>{SetCurrentSchema{SchemaId{7}}});
  SchemaUpdate other(metadata, "ns.t");
  EXPECT_OK(other.DeleteColumn("trips"));
  EXPECT_EQ(Added(other).id, SchemaId{8});
}

TEST(SchemaUpdate, PropertiesFollowTheirColumns) {
  TableMetadata metadata = Metadata();
  metadata.properties = {
      {"schema.name-mapping.default",
       R"([{"field-id":1,"names":["id"]},{"field-id":5,"names":["where"],"fields":[)"
       R"({"field-id":6,"names":["town"]}]}])"},
      {"write.metadata.metrics.column.where.town", "full"},
      {"write.metadata.metrics.column.price", "none"},
      {"write.parquet.bloom-filter-enabled.column.trips", "true"},
      {"write.parquet.row-group-size-bytes", "1"}};
  SchemaUpdate update(metadata, "ns.t");
  EXPECT_OK(update.RenameColumn("where", "place"));
  EXPECT_OK(update.DeleteColumn("trips"));
  EXPECT_OK(update.AddColumn({"where", "country", {PrimitiveKind::kString}}));
  const Result<TableChange> change = update.Apply();
  ASSERT_TRUE(change.ok()) << change.error();
  ASSERT_EQ(change->updates.size(), 4U);
  EXPECT_EQ(change->updates[2],
            TableUpdate(RemoveProperties{{"write.metadata.metrics.column.where.town",
                                          "write.parquet.bloom-filter-enabled.column.trips"}}));
  const SetProperties expected{
      {{"schema.name-mapping.default",
        R"([{"field-id":1,"names":["id"]},{"field-id":5,"names":["where","place"],"fields":[)"
        R"({"field-id":6,"names":["town"]},{"field-id":21,"names":["country"]}]}])"},
       {"write.metadata.metrics.column.place.town", "full"}}};
  EXPECT_EQ(change->updates[3], TableUpdate(expected));
}

TEST(SchemaUpdate, ANewColumnTakesItsNameFromTheOneThatHadIt) {
  TableMetadata metadata = Metadata();
  metadata.properties = {{"schema.name-mapping.default",
                          R"([{"field-id":8,"names":["trips"]},{"field-id":1,"names":["id"]}])"}};
  SchemaUpdate update(metadata, "ns.t");
  EXPECT_OK(update.DeleteColumn("trips"));
  EXPECT_OK(update.AddColumn({"", "trips", {PrimitiveKind::kInt}}));
  const Result<TableChange> change = update.Apply();
  ASSERT_TRUE(change.ok()) << change.error();
  const SetProperties expected{{{"schema.name-mapping.default",
                                 R"([{"field-id":8,"names":[]},{"field-id":1,"names":["id"]},)"
                                 R"({"field-id":21,"names":["trips"]}])"}}};
  EXPECT_EQ(change->updates.back(), TableUpdate(expected));
  metadata.properties["schema.name-mapping.default"] = "{";
  SchemaUpdate broken(metadata, "ns.t");
  EXPECT_OK(broken.DeleteColumn("trips"));
  EXPECT_NE(ApplyFailure(broken).find("schema.name-mapping.default"), std::string::npos);
}

}  // namespace
}  // namespace icefield
