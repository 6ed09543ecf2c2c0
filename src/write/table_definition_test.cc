#include "write/table_definition.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "codec/filter/table_term_parser.h"
#include "codec/json/schema_reader.h"
#include "codec/json/spec_reader.h"

namespace icefield {
namespace {

const TablePlace kPlace{"ns.t", "s3://b/ns/t", "u-1"};

// As pyiceberg writes it: `Schema.model_dump_json()`. The ids are not those of the table.
constexpr const char* kColumns = R"j({"type":"struct","schema-id":0,"identifier-field-ids":[12],
  "fields":[
    {"id":12,"name":"id","type":"long","required":true},
    {"id":13,"name":"where","required":false,"type":{"type":"struct","fields":[
      {"id":3,"name":"town","type":"string","required":true}]}},
    {"id":20,"name":"ts","type":"timestamptz","required":true},
    {"id":21,"name":"trips","required":false,"type":{"type":"list","element-id":22,
      "element":"double","element-required":false}},
    {"id":23,"name":"price","type":"double","required":false}]})j";

JsonDocument Document(const std::string& json) {
  Result<JsonDocument> document = JsonDocument::Parse(json);
  EXPECT_TRUE(document.ok()) << document.error();
  return *std::move(document);
}

TableDefinition Definition() {
  TableDefinition definition;
  definition.schema = *ReadSchema(Document(kColumns).Root());
  return definition;
}

TableDefinition Partitioned(const std::vector<std::string>& texts) {
  std::vector<PartitionTerm> terms;
  for (const std::string& text : texts) terms.push_back(*ParsePartitionTerm(text));
  TableDefinition definition = Definition();
  definition.partitioning = std::move(terms);
  return definition;
}

TableDefinition Sorted(const std::vector<std::string>& texts) {
  std::vector<SortTerm> terms;
  for (const std::string& text : texts) terms.push_back(*ParseSortTerm(text));
  TableDefinition definition = Definition();
  definition.sorting = std::move(terms);
  return definition;
}

// The update of one kind in the change that makes the table.
template <typename Update>
Update Made(const TableDefinition& definition) {
  const Result<TableChange> change = DefineTable(definition, kPlace);
  EXPECT_TRUE(change.ok()) << change.error();
  if (!change.ok()) return {};
  for (const TableUpdate& update : change->updates) {
    if (const auto* found = std::get_if<Update>(&update)) return *found;
  }
  ADD_FAILURE() << "no such update";
  return {};
}

std::string FailureOf(const TableDefinition& definition) {
  const Result<TableChange> change = DefineTable(definition, kPlace);
  return change.ok() ? "no error" : change.error().ToString();
}

TEST(DefineTable, MakesATableOfAllItsParts) {
  TableDefinition definition = Partitioned({"bucket(16, id)"});
  definition.properties = {{"format-version", "3"}, {"owner", "me"}};
  const Result<TableChange> change = DefineTable(definition, kPlace);
  ASSERT_TRUE(change.ok()) << change.error();
  EXPECT_EQ(change->requirements, std::vector<TableRequirement>{AssertCreate{}});
  const std::vector<TableUpdate> expected{
      AssignUuid{"u-1"},
      UpgradeFormatVersion{3},
      AddSchema{Made<AddSchema>(definition).schema},
      SetCurrentSchema{SchemaId{-1}},
      AddPartitionSpec{
          {SpecId{0}, {{FieldId{1}, FieldId{1000}, "id_bucket", *ParseTransform("bucket[16]")}}}},
      SetDefaultSpec{SpecId{-1}},
      AddSortOrder{{0, {}}},
      SetDefaultSortOrder{-1},
      SetLocation{"s3://b/ns/t"},
      SetProperties{{{"owner", "me"}}}};
  EXPECT_EQ(change->updates, expected);
}

TEST(DefineTable, NumbersColumnsLevelByLevel) {
  EXPECT_EQ(Made<AddSchema>(Definition()).schema.ToString(),
            "1: id: required long\n"
            "2: where: optional struct<6: town: required string>\n"
            "3: ts: required timestamptz\n"
            "4: trips: optional list<double>\n"
            "5: price: optional double\n");
  EXPECT_EQ(Made<AddSchema>(Definition()).schema.FindByName("trips.element")->id, FieldId{7});
  EXPECT_EQ(Made<AddSchema>(Definition()).schema.identifier_field_ids, std::vector{FieldId{1}});
  EXPECT_EQ(Made<UpgradeFormatVersion>(Definition()).version, 2);
}

TEST(DefineTable, NamesPartitionFieldsAsOthersDo) {
  const PartitionSpec spec =
      Made<AddPartitionSpec>(
          Partitioned({"day(ts)", "truncate(4, where.town)", "id", "bucket(8, id)", "void(price)"}))
          .spec;
  std::string names;
  for (const PartitionField& field : spec.fields)
    names += StrCat(field.field_id.value, " ", field.name, " ", field.source_id.value, "; ");
  EXPECT_EQ(names,
            "1000 ts_day 3; 1001 where.town_trunc 6; 1002 id 1; 1003 id_bucket 1; "
            "1004 price_null 5; ");
  EXPECT_EQ(Made<AddPartitionSpec>(Partitioned({"hours(ts) as h"})).spec.fields.front().name, "h");
}

TEST(DefineTable, TakesSpecsAndOrdersThatReferToTheGivenIds) {
  TableDefinition definition = Definition();
  definition.partitioning = *ReadPartitionSpec(
      Document(R"({"spec-id":3,"fields":[)"
               R"({"source-id":20,"field-id":1007,"transform":"month","name":"m"},)"
               R"({"source-id":3,"field-id":1003,"transform":"identity","name":"town"}]})")
          .Root(),
      PartitionFieldIds::kRequired);
  definition.sorting =
      *ReadSortOrder(Document(R"({"order-id":5,"fields":[{"source-id":20,"transform":"identity",)"
                              R"("direction":"desc","null-order":"nulls-last"}]})")
                         .Root());
  const PartitionSpec spec{SpecId{0},
                           {{FieldId{3}, FieldId{1000}, "m", *ParseTransform("month")},
                            {FieldId{6}, FieldId{1001}, "town", *ParseTransform("identity")}}};
  EXPECT_EQ(Made<AddPartitionSpec>(definition).spec, spec);
  const SortOrder order{1, {{FieldId{3}, *ParseTransform("identity"), false, false}}};
  EXPECT_EQ(Made<AddSortOrder>(definition).order, order);
}

TEST(DefineTable, SortsByTerms) {
  const SortOrder order{1,
                        {{FieldId{1}, *ParseTransform("bucket[4]"), true, true},
                         {FieldId{3}, *ParseTransform("identity"), false, false}}};
  EXPECT_EQ(Made<AddSortOrder>(Sorted({"bucket(4, id)", "ts desc"})).order, order);
  EXPECT_NE(FailureOf(Sorted({"trips"})).find("'trips'"), std::string::npos);
  EXPECT_NE(FailureOf(Sorted({"trips.element"})).find("lies in a list"), std::string::npos);
  EXPECT_NE(FailureOf(Sorted({"void(id)"})).find("void"), std::string::npos);
  EXPECT_NE(FailureOf(Sorted({"nowhere"})).find("'nowhere' is not in"), std::string::npos);
}

TEST(DefineTable, RefusesPartitionsThatCannotBe) {
  EXPECT_EQ(FailureOf(Partitioned({"day(id)"})),
            "InvalidArgument: table ns.t: partition field 'id_day' cannot be made of column 'id': "
            "transform day does not apply to a long");
  EXPECT_NE(FailureOf(Partitioned({"nowhere"})).find("column 'nowhere' is not in the schema"),
            std::string::npos);
  EXPECT_NE(FailureOf(Partitioned({"where"})).find("of type struct<"), std::string::npos);
  EXPECT_NE(FailureOf(Partitioned({"trips.element"})).find("lies in a list"), std::string::npos);
  EXPECT_NE(FailureOf(Partitioned({"day(ts) as price"})).find("'price' (day) has the name"),
            std::string::npos);
  EXPECT_NE(FailureOf(Partitioned({"id as price"})).find("'price' (identity) has the name"),
            std::string::npos);
  EXPECT_NE(FailureOf(Partitioned({"bucket(2, id)", "bucket(4, id)"}))
                .find("two partition fields are named 'id_bucket'"),
            std::string::npos);
  EXPECT_NE(FailureOf(Partitioned({"day(ts)", "hour(ts)"})).find("adds nothing"),
            std::string::npos);
  EXPECT_NE(FailureOf(Partitioned({"id", "id as i"})).find("adds nothing"), std::string::npos);
  TableDefinition definition = Definition();
  definition.partitioning =
      PartitionSpec{SpecId{0}, {{FieldId{99}, FieldId{1000}, "x", *ParseTransform("identity")}}};
  EXPECT_NE(FailureOf(definition).find("column id 99"), std::string::npos);
  definition.partitioning =
      PartitionSpec{SpecId{0}, {{FieldId{12}, FieldId{1000}, "x", *ParseTransform("zorder")}}};
  EXPECT_NE(FailureOf(definition).find("zorder"), std::string::npos);
}

TEST(DefineTable, RefusesSchemasThatCannotBe) {
  TableDefinition definition = Definition();
  definition.schema.columns.fields[4].type = PrimitiveKind::kTimestampNs;
  EXPECT_EQ(FailureOf(definition),
            "InvalidArgument: table ns.t: column 'price' is of type timestamp_ns, which needs "
            "format v3; the table has v2");
  definition.properties["format-version"] = "3";
  EXPECT_EQ(FailureOf(definition), "no error");
  definition.properties["format-version"] = "1";
  EXPECT_EQ(FailureOf(definition),
            "Unsupported: table ns.t: format-version '1' is not written; 2 and 3 are");
  definition = Definition();
  definition.schema.columns.fields[4].name = "id";
  EXPECT_NE(FailureOf(definition).find("two columns have the full name 'id'"), std::string::npos);
  definition = Definition();
  definition.schema.columns.fields[4].name = "where.town";
  EXPECT_NE(FailureOf(definition).find("full name 'where.town'"), std::string::npos);
  definition = Definition();
  definition.schema.identifier_field_ids = {FieldId{23}};
  EXPECT_NE(FailureOf(definition).find("'price' cannot be an identifier"), std::string::npos);
  definition.schema.identifier_field_ids = {FieldId{77}};
  EXPECT_NE(FailureOf(definition).find("column id 77"), std::string::npos);
  EXPECT_NE(FailureOf({}).find("no columns"), std::string::npos);
  definition = Definition();
  definition.properties["current-snapshot-id"] = "5";
  EXPECT_NE(FailureOf(definition).find("'current-snapshot-id' is reserved"), std::string::npos);
  EXPECT_NE(DefineTable(Definition(), {"ns.t", "", "u"}).error().message.find("no location"),
            std::string::npos);
}

}  // namespace
}  // namespace icefield
