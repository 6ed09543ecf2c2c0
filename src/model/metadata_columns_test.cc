#include "model/metadata_columns.h"

#include <gtest/gtest.h>

namespace icefield {
namespace {

Field Column(int32_t id, const std::string& name, Type type, bool required = false) {
  return {.id = {id}, .name = name, .type = std::move(type), .required = required};
}

PartitionField Partition(int32_t source_id, int32_t id, const std::string& name,
                         std::string_view transform) {
  return {{source_id}, {id}, name, *ParseTransform(transform)};
}

TableMetadata TableOf(std::vector<Schema> schemas, std::vector<PartitionSpec> specs = {{}}) {
  TableMetadata metadata;
  metadata.current_schema_id = schemas.back().id;
  metadata.schemas = std::move(schemas);
  metadata.partition_specs = std::move(specs);
  return metadata;
}

Schema Events(int32_t id = 0) {
  return {
      {id},
      {{Column(1, "id", PrimitiveKind::kLong, true), Column(2, "at", PrimitiveKind::kTimestamptz),
        Column(3, "name", PrimitiveKind::kString)}},
      {}};
}

// "-1000: day: optional date" by line, or nothing where there is no `_partition`.
std::string PartitionText(const TableMetadata& metadata) {
  for (const Field& column : MetadataColumns(metadata)) {
    if (column.id == kPartitionColumn) return column.type.ToString();
  }
  return "";
}

TEST(MetadataColumnsTest, AreThoseOfTheSpecification) {
  Schema columns;
  columns.columns.fields =
      MetadataColumns(TableOf({Events()}, {{{0}, {Partition(2, 1000, "day", "day")}}}));
  EXPECT_EQ(columns.ToString(),
            "2147483646: _file: required string\n"
            "2147483645: _pos: required long\n"
            "2147483643: _spec_id: required int\n"
            "2147483642: _partition: optional struct<-1000: day: optional date>\n"
            "2147483540: _row_id: optional long\n"
            "2147483539: _last_updated_sequence_number: optional long\n");
}

TEST(MetadataColumnsTest, PartitionUnitesAllSpecsByFieldId) {
  EXPECT_EQ(PartitionText(TableOf({Events()})), "");
  EXPECT_EQ(
      PartitionText(TableOf(
          {Events()},
          {{{0}, {}},
           {{2},
            {Partition(1, 1002, "bucket", "bucket[4]"), Partition(2, 1000, "new name", "day")}},
           {{1},
            {Partition(2, 1000, "old name", "day"), Partition(3, 1001, "start", "truncate[2]")}}})),
      "struct<-1000: new name: optional date, -1001: start: optional string, "
      "-1002: bucket: optional int>");
}

// v1 replaces dropped fields by void ones of the same id.
TEST(MetadataColumnsTest, PartitionKnowsTheTypeOfFieldsThatBecameVoid) {
  EXPECT_EQ(PartitionText(TableOf({Events()}, {{{0}, {Partition(2, 1000, "day", "day")}},
                                               {{1}, {Partition(2, 1000, "day_void", "void")}}})),
            "struct<-1000: day_void: optional date>");
  EXPECT_EQ(PartitionText(TableOf({Events()}, {{{0}, {Partition(2, 1000, "day", "void")}},
                                               {{1}, {Partition(2, 1000, "day", "hour")}}})),
            "struct<-1000: day: optional int>");
  EXPECT_EQ(PartitionText(TableOf({Events()}, {{{0}, {Partition(2, 1000, "day", "void")}}})),
            "struct<-1000: day: optional timestamptz>");
}

// What has no one type is left out, like fields of dropped columns.
TEST(MetadataColumnsTest, PartitionLeavesOutWhatItCannotType) {
  EXPECT_EQ(PartitionText(TableOf({Events()}, {{{0},
                                                {Partition(9, 1000, "gone", "identity"),
                                                 Partition(1, 1001, "odd", "zorder"),
                                                 Partition(1, 1002, "id", "identity")}}})),
            "struct<-1002: id: optional long>");
  EXPECT_EQ(PartitionText(TableOf({Events()}, {{{0}, {Partition(1, 1000, "a", "bucket[4]")}},
                                               {{1}, {Partition(1, 1000, "b", "bucket[8]")}}})),
            "");
  EXPECT_EQ(PartitionText(TableOf({Events()}, {{{0}, {Partition(1, 1000, "a", "identity")}},
                                               {{1}, {Partition(3, 1000, "b", "identity")}}})),
            "");
}

TEST(MetadataColumnsTest, ColumnsOfTheSchemaGoBeforeThem) {
  Schema schema = Events();
  schema.columns.fields.push_back(Column(4, "_pos", PrimitiveKind::kString));
  schema.columns.fields.push_back(Column(kFileColumn.value, "path", PrimitiveKind::kString));
  const Schema with = WithMetadataColumns(schema, TableOf({schema}));
  EXPECT_EQ(with.ToString(), schema.ToString() +
                                 "2147483643: _spec_id: required int\n"
                                 "2147483540: _row_id: optional long\n"
                                 "2147483539: _last_updated_sequence_number: optional long\n");
}

TEST(EveryFieldTest, HoldsDroppedFieldsAfterTheCurrentOnes) {
  Schema oldest = Events(0);
  oldest.columns.fields[0].type = PrimitiveKind::kInt;
  Schema middle = Events(1);
  middle.columns.fields.erase(middle.columns.fields.begin());
  middle.columns.fields.push_back(Column(4, "name", PrimitiveKind::kInt, true));
  middle.columns.fields[1].name = "renamed";
  Schema current{{5}, {{Column(7, "new", PrimitiveKind::kDate, true)}}, {{7}}};
  const Schema every = EveryField(TableOf({oldest, middle, current}));
  EXPECT_EQ(every.id, current.id);
  EXPECT_TRUE(every.identifier_field_ids.empty());
  EXPECT_EQ(every.ToString(),
            "7: new: optional date\n"
            "2: at: optional timestamptz\n"
            "3: renamed: optional string\n"
            "4: name: optional int\n"
            "1: id: optional int\n");
}

// A table that went back to an older schema: the current one has the last word all the same.
TEST(EveryFieldTest, TheCurrentSchemaIsTheNewest) {
  Schema newer = Events(3);
  newer.columns.fields[2].name = "other";
  TableMetadata metadata = TableOf({Events(2), newer});
  metadata.current_schema_id = {2};
  EXPECT_EQ(EveryField(metadata).columns.fields[2].name, "name");
}

TEST(EveryFieldTest, MergesInsideStructsListsAndMaps) {
  const auto point = [](std::vector<Field> fields) { return StructType{std::move(fields)}; };
  const auto nested = [&](int32_t schema_id, std::vector<Field> fields) {
    Schema schema{{schema_id}, {}, {}};
    // The same fields under three parents, by ids of their own.
    const auto shifted = [&fields](int32_t by) {
      std::vector<Field> out = fields;
      for (Field& field : out) field.id.value += by;
      return out;
    };
    schema.columns.fields = {
        Column(1, "s", point({Column(2, "inner", point(shifted(10)), true)}), true),
        Column(3, "l", ListType{{Column(4, "element", point(shifted(20)), true)}}),
        Column(5, "m",
               MapType{{Column(6, "key", point(shifted(30)), true),
                        Column(7, "value", point(shifted(40)), true)}})};
    return schema;
  };
  const Schema every =
      EveryField(TableOf({nested(0, {Column(1, "a", PrimitiveKind::kInt, true),
                                     Column(2, "b", PrimitiveKind::kInt, true)}),
                          nested(1, {Column(2, "c", PrimitiveKind::kLong, true)})}));
  EXPECT_EQ(every.ToString(),
            "1: s: optional struct<2: inner: optional struct<12: c: optional long, "
            "11: a: optional int>>\n"
            "3: l: optional list<struct<22: c: optional long, 21: a: optional int>>\n"
            "5: m: optional map<struct<32: c: optional long, 31: a: optional int>, "
            "struct<42: c: optional long, 41: a: optional int>>\n");
  EXPECT_FALSE(every.FindByName("l.element")->required);
  EXPECT_TRUE(every.FindByName("m.key")->required);
  EXPECT_FALSE(every.FindByName("m.value")->required);
}

}  // namespace
}  // namespace icefield
