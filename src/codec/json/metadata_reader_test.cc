#include "codec/json/metadata_reader.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "io/temporary_folder_test.h"

namespace icefield {
namespace {

using Json = nlohmann::json;

std::string Fixture(const std::string& name) { return TestData("metadata/" + name); }

TableMetadata MustParse(std::string_view bytes) {
  Result<TableMetadata> metadata = ParseTableMetadata(bytes, "t.metadata.json");
  EXPECT_TRUE(metadata.ok()) << metadata.error();
  return metadata.ok() ? *std::move(metadata) : TableMetadata();
}

std::string FailureOf(std::string_view bytes) {
  const Result<TableMetadata> metadata = ParseTableMetadata(bytes, "t.metadata.json");
  return metadata.ok() ? "no error" : metadata.error().ToString();
}

// The v2 fixture with one place changed, or removed where `value` is discarded.
std::string Edited(const std::string& fixture, const std::string& pointer, const Json& value) {
  Json json = Json::parse(Fixture(fixture));
  const Json::json_pointer place(pointer);
  if (!value.is_discarded()) {
    json[place] = value;
  } else {
    json[place.parent_pointer()].erase(place.back());
  }
  return json.dump();
}

// Stands for the absence of a value.
Json Removed() { return Json::value_t::discarded; }

TEST(MetadataReaderTest, ReadsNestedTypesPartitionsAndSortOrders) {
  const TableMetadata metadata = MustParse(Fixture("v2-empty.metadata.json"));
  EXPECT_EQ(metadata.format_version, 2);
  EXPECT_EQ(metadata.location, "/warehouse/ns/empty");
  EXPECT_EQ(metadata.table_uuid.size(), 36U);
  EXPECT_EQ(metadata.CurrentSchema().ToString(),
            "1: driver_id: required long\n"
            "2: event_timestamp: required timestamptz\n"
            "3: address: optional struct<7: city: optional string, 8: zip: optional fixed[5]>\n"
            "4: trips: optional list<double>\n"
            "5: tags: optional map<string, decimal(9, 2)>\n"
            "6: row_id: optional uuid\n");
  EXPECT_EQ(metadata.CurrentSchema().identifier_field_ids, std::vector{FieldId{1}});
  EXPECT_EQ(metadata.CurrentSchema().FindByName("driver_id")->doc, "who drives");
  EXPECT_EQ(metadata.CurrentSchema().FindByName("trips.element")->id, FieldId{9});
  EXPECT_TRUE(metadata.CurrentSchema().FindByName("tags.key")->required);
  EXPECT_TRUE(metadata.CurrentSchema().FindByName("tags.value")->required);
  const PartitionSpec expected{
      SpecId{0},
      {{FieldId{2}, FieldId{1000}, "event_day", *ParseTransform("day")},
       {FieldId{1}, FieldId{1001}, "driver_bucket", *ParseTransform("bucket[16]")}}};
  EXPECT_EQ(metadata.partition_specs, std::vector{expected});
  const SortOrder descending{1, {{FieldId{1}, *ParseTransform("identity"), false, false}}};
  EXPECT_EQ(metadata.sort_orders, std::vector{descending});
  EXPECT_EQ(metadata.default_sort_order_id, 1);
  EXPECT_EQ(metadata.properties.at("write.metadata.delete-after-commit.enabled"), "true");
  EXPECT_EQ(metadata.current_snapshot_id, std::nullopt);
  EXPECT_TRUE(metadata.snapshots.empty());
  EXPECT_TRUE(metadata.refs.empty());
}

TEST(MetadataReaderTest, ReadsHistoryOfAnEvolvedTable) {
  const TableMetadata metadata = MustParse(Fixture("v2-evolved.metadata.json"));
  EXPECT_EQ(metadata.schemas.size(), 3U);
  EXPECT_EQ(metadata.current_schema_id, SchemaId{2});
  EXPECT_EQ(metadata.partition_specs.size(), 2U);
  EXPECT_EQ(metadata.default_spec_id, SpecId{1});
  EXPECT_EQ(metadata.last_sequence_number, SequenceNumber{4});
  ASSERT_EQ(metadata.snapshots.size(), 4U);
  EXPECT_EQ(metadata.snapshots[0].parent_id, std::nullopt);
  for (size_t at = 0; at < 4; ++at) {
    const Snapshot& snapshot = metadata.snapshots[at];
    EXPECT_EQ(snapshot.sequence_number.value, static_cast<int64_t>(at) + 1);
    EXPECT_EQ(snapshot.summary.at("operation"), "append");
    EXPECT_TRUE(snapshot.manifest_list.starts_with("/warehouse/ns/v2/metadata/snap-"));
    EXPECT_EQ(metadata.snapshot_log[at], (SnapshotLogEntry{snapshot.timestamp, snapshot.id}));
    if (at > 0) {
      EXPECT_EQ(snapshot.parent_id, metadata.snapshots[at - 1].id);
    }
  }
  EXPECT_EQ(metadata.snapshots[1].schema_id, SchemaId{1});
  EXPECT_EQ(metadata.current_snapshot_id, metadata.snapshots[3].id);
  const std::map<std::string, SnapshotRef> refs{{"main", {metadata.snapshots[3].id, "branch"}},
                                                {"first", {metadata.snapshots[0].id, "tag"}},
                                                {"side", {metadata.snapshots[1].id, "branch"}}};
  EXPECT_EQ(metadata.refs, refs);
}

// The single `schema` and `partition-spec` that v1 writers keep may be older than the lists.
TEST(MetadataReaderTest, ListsOfV1GoBeforeTheirSingleForms) {
  const TableMetadata metadata = MustParse(Fixture("v1-evolved.metadata.json"));
  EXPECT_EQ(metadata.format_version, 1);
  EXPECT_EQ(metadata.current_schema_id, SchemaId{2});
  EXPECT_EQ(metadata.CurrentSchema().ToString(),
            "1: id: optional long\n3: name: optional double\n");
  EXPECT_EQ(metadata.default_spec_id, SpecId{1});
  EXPECT_EQ(metadata.last_sequence_number, SequenceNumber{0});
  for (const Snapshot& snapshot : metadata.snapshots) {
    EXPECT_EQ(snapshot.sequence_number, SequenceNumber{0});
  }
}

TEST(MetadataReaderTest, ReadsTheOldestFormsOfV1) {
  const TableMetadata metadata = MustParse(Fixture("spec-v1-oldest.metadata.json"));
  EXPECT_EQ(metadata.table_uuid, "");
  EXPECT_EQ(metadata.current_schema_id, SchemaId{0});
  EXPECT_EQ(metadata.CurrentSchema().columns.fields.size(), 3U);
  const PartitionSpec expected{
      SpecId{0},
      {{FieldId{2}, FieldId{1000}, "ts_day", *ParseTransform("day")},
       {FieldId{3}, FieldId{1001}, "name_trunc", *ParseTransform("truncate[4]")}}};
  EXPECT_EQ(metadata.partition_specs, std::vector{expected});
  ASSERT_EQ(metadata.snapshots.size(), 2U);
  EXPECT_EQ(metadata.snapshots[0].manifest_list, "");
  EXPECT_EQ(metadata.snapshots[0].manifests,
            (std::vector<std::string>{"s3://bucket/db/oldest/metadata/m0.avro",
                                      "s3://bucket/db/oldest/metadata/m1.avro"}));
  EXPECT_EQ(metadata.snapshots[0].schema_id, std::nullopt);
  EXPECT_TRUE(metadata.snapshots[1].manifests.empty());
  EXPECT_EQ(metadata.refs.at("main"), (SnapshotRef{metadata.snapshots[1].id, "branch"}));
}

TEST(MetadataReaderTest, ReadsV1WithoutSnapshots) {
  const TableMetadata metadata = MustParse(Fixture("spec-v1-empty.metadata.json"));
  EXPECT_EQ(metadata.current_snapshot_id, std::nullopt);
  EXPECT_TRUE(metadata.partition_specs.front().fields.empty());
  EXPECT_TRUE(metadata.refs.empty());
}

TEST(MetadataReaderTest, ReadsV3) {
  const TableMetadata metadata = MustParse(Fixture("spec-v3.metadata.json"));
  EXPECT_EQ(metadata.format_version, 3);
  EXPECT_EQ(metadata.next_row_id, 1375);
  EXPECT_EQ(metadata.CurrentSchema().ToString(),
            "1: id: required long\n"
            "3: nothing: optional unknown\n"
            "4: any: optional variant\n"
            "5: at: optional timestamp_ns\n"
            "6: at_utc: optional timestamptz_ns\n"
            "7: place: optional geometry(OGC:CRS84)\n"
            "8: route: optional geography(OGC:CRS84, spherical)\n"
            "9: score: required double\n"
            "10: owner: optional struct<11: name: optional string>\n"
            "2147483646: _file: optional string\n");
  ASSERT_EQ(metadata.snapshots.size(), 2U);
  // One from before the upgrade assigns no row ids.
  EXPECT_EQ(metadata.snapshots[0].first_row_id, std::nullopt);
  EXPECT_EQ(metadata.snapshots[0].added_rows, std::nullopt);
  EXPECT_EQ(metadata.snapshots[0].key_id, std::nullopt);
  EXPECT_EQ(metadata.snapshots[1].first_row_id, 1000);
  EXPECT_EQ(metadata.snapshots[1].added_rows, 375);
  EXPECT_EQ(metadata.snapshots[1].key_id, "5f819b");
  EXPECT_EQ(metadata.properties.at("schema.name-mapping.default"), "[]");
}

TEST(MetadataReaderTest, KeepsDefaultsOfV3) {
  const TableMetadata metadata = MustParse(Fixture("spec-v3.metadata.json"));
  const Field& score = *metadata.CurrentSchema().FindByName("score");
  EXPECT_EQ(score.initial_default_json, "0.5");
  EXPECT_EQ(score.write_default_json, "1.5");
  EXPECT_EQ(metadata.CurrentSchema().FindByName("owner")->initial_default_json, "{}");
  const Field& name = *metadata.CurrentSchema().FindByName("owner.name");
  EXPECT_EQ(name.initial_default_json, R"("none")");
  EXPECT_EQ(name.write_default_json, "");
}

// A bucket of two columns is not the bucket of either.
TEST(MetadataReaderTest, TransformsOfSeveralColumnsAreUnknownOnes) {
  const TableMetadata metadata = MustParse(Fixture("spec-v3.metadata.json"));
  const PartitionSpec expected{
      SpecId{1},
      {{FieldId{5}, FieldId{1000}, "at_day", *ParseTransform("day")},
       {FieldId{1}, FieldId{1001}, "both", {TransformKind::kUnknown, 0, "bucket[16]"}},
       {FieldId{1}, FieldId{1002}, "one", *ParseTransform("bucket[4]")}}};
  EXPECT_EQ(metadata.partition_specs[1], expected);
  EXPECT_EQ(metadata.sort_orders[0].fields[0].transform.kind, TransformKind::kUnknown);
  const std::string fixture = "spec-v3.metadata.json";
  EXPECT_EQ(FailureOf(Edited(fixture, "/partition-specs/1/fields/1/source-ids", Json::array())),
            "CorruptData: t.metadata.json: partition-specs[1].fields[1].source-id is missing");
  EXPECT_EQ(FailureOf(Edited(fixture, "/partition-specs/1/fields/1/source-ids", {1, "x"})),
            "CorruptData: t.metadata.json: partition-specs[1].fields[1].source-ids[1] must be a "
            "whole number, it is a string");
}

// As Iceberg's Java library, whose writers alone care for the version.
TEST(MetadataReaderTest, ReadsWhatV3AddedInOlderVersionsToo) {
  const TableMetadata newest = MustParse(Fixture("spec-v3.metadata.json"));
  TableMetadata older = MustParse(Edited("spec-v3.metadata.json", "/format-version", 2));
  older.format_version = 3;
  EXPECT_EQ(older, newest);
  EXPECT_EQ(MustParse(Edited("spec-v3.metadata.json", "/next-row-id", Removed())).next_row_id,
            std::nullopt);
}

TEST(MetadataReaderTest, ReadsGzip) {
  EXPECT_EQ(MustParse(Fixture("v2-evolved.metadata.json.gz")),
            MustParse(Fixture("v2-evolved.metadata.json")));
}

TEST(MetadataReaderTest, RefusesTruncationAtEveryByte) {
  for (const std::string name : {"v2-evolved.metadata.json", "v2-evolved.metadata.json.gz"}) {
    const std::string bytes = Fixture(name);
    const size_t end = bytes.find_last_not_of('\n');
    for (size_t size = 0; size < end; ++size) {
      const auto metadata = ParseTableMetadata(std::string_view(bytes).substr(0, size), name);
      ASSERT_FALSE(metadata.ok()) << name << " cut to " << size;
      ASSERT_EQ(metadata.error().code, ErrorCode::kCorruptData) << metadata.error();
      ASSERT_TRUE(metadata.error().message.starts_with(name)) << metadata.error();
    }
  }
}

TEST(MetadataReaderTest, SurvivesAChangeOfAnyByte) {
  for (const std::string name : {"v2-empty.metadata.json", "v2-evolved.metadata.json.gz"}) {
    std::string bytes = Fixture(name);
    for (char& byte : bytes) {
      const char kept = byte;
      for (const char other : {'\0', '"', '[', '9', static_cast<char>(kept ^ 0x55)}) {
        byte = other;
        const auto metadata = ParseTableMetadata(bytes, name);
        if (metadata.ok()) continue;
        ASSERT_TRUE(metadata.error().code == ErrorCode::kCorruptData ||
                    metadata.error().code == ErrorCode::kUnsupported)
            << metadata.error();
      }
      byte = kept;
    }
  }
}

struct Fault {
  std::string pointer;
  Json value;
  std::string message;  // Behind "CorruptData: t.metadata.json: ".
};

// Every member that readers use, once missing and once of a wrong type, in the fixture of v2.
std::vector<Fault> FaultsOfV2() {
  return {
      {"/format-version", Removed(), "format-version is missing"},
      {"/format-version", "2", "format-version must be a whole number, it is a string"},
      {"/format-version", 0, "format-version is 0; the first version is 1"},
      {"/table-uuid", Removed(), "table-uuid is missing, which format version 2 demands"},
      {"/table-uuid", 7, "table-uuid must be a string, it is 7"},
      {"/location", Removed(), "location is missing"},
      {"/location", nullptr, "location is missing"},
      {"/last-sequence-number", Removed(),
       "last-sequence-number is missing, which format version 2 demands"},
      {"/last-updated-ms", Removed(), "last-updated-ms is missing"},
      {"/last-updated-ms", 1.5, "last-updated-ms must be a whole number, it is 1.5"},
      {"/schemas", Removed(), "schemas is missing, which format version 2 demands"},
      {"/schemas", "x", "schemas must be a list, it is a string"},
      {"/schemas/1", "x", "schemas[1] must be an object, it is a string"},
      {"/schemas/1/schema-id", 0, "schemas[1] repeats an id"},
      {"/schemas/1/type", "list", "schemas[1].type must be 'struct', it is 'list'"},
      {"/schemas/1/fields", Removed(), "schemas[1].fields is missing"},
      {"/schemas/1/fields/0/id", Removed(), "schemas[1].fields[0].id is missing"},
      {"/schemas/1/fields/0/id", 2, "schemas[1] uses the field id 2 twice"},
      {"/schemas/1/fields/0/id", 1L << 40,
       "schemas[1].fields[0].id is 1099511627776, which does not fit 32 bits"},
      {"/schemas/1/fields/0/name", Removed(), "schemas[1].fields[0].name is missing"},
      {"/schemas/1/fields/0/name", "name", "schemas[1].fields has two fields named 'name'"},
      {"/schemas/1/fields/0/required", "yes",
       "schemas[1].fields[0].required must be true or false, it is a string"},
      {"/schemas/1/fields/0/type", Removed(), "schemas[1].fields[0].type is missing"},
      {"/schemas/1/fields/0/type", 3, "schemas[1].fields[0].type must be a type, it is 3"},
      {"/schemas/1/identifier-field-ids",
       {"a"},
       "schemas[1].identifier-field-ids[0] must be a whole number, it is a string"},
      {"/current-schema-id", Removed(), "current-schema-id is missing"},
      {"/current-schema-id", 9, "current-schema-id 9 is not among the schemas"},
      {"/partition-specs", Removed(), "partition-specs is missing, which format version 2 demands"},
      {"/partition-specs/1/spec-id", Removed(), "partition-specs[1].spec-id is missing"},
      {"/partition-specs/1/spec-id", 0, "partition-specs[1] repeats an id"},
      {"/partition-specs/1/fields", Removed(), "partition-specs[1].fields is missing"},
      {"/partition-specs/1/fields/0/field-id", Removed(),
       "partition-specs[1].fields[0].field-id is missing"},
      {"/partition-specs/1/fields/0/source-id", Removed(),
       "partition-specs[1].fields[0].source-id is missing"},
      {"/partition-specs/1/fields/0/name", Removed(),
       "partition-specs[1].fields[0].name is missing"},
      {"/partition-specs/1/fields/0/transform", Removed(),
       "partition-specs[1].fields[0].transform is missing"},
      {"/default-spec-id", Removed(), "default-spec-id is missing"},
      {"/default-spec-id", 9, "default-spec-id 9 is not among the partition specs"},
      {"/default-sort-order-id", 9, "default-sort-order-id 9 is not among the sort orders"},
      {"/sort-orders/0/order-id", Removed(), "sort-orders[0].order-id is missing"},
      {"/properties", "x", "properties must be an object, it is a string"},
      {"/properties/a", nullptr, "properties.a must be a string, it is null"},
      {"/snapshots", Removed(), "is not among the snapshots"},
      {"/snapshots/0/snapshot-id", Removed(), "snapshots[0].snapshot-id is missing"},
      {"/snapshots/0/timestamp-ms", Removed(), "snapshots[0].timestamp-ms is missing"},
      {"/snapshots/0/manifest-list", Removed(), "snapshots[0].manifest-list is missing"},
      {"/snapshots/0/sequence-number", "1",
       "snapshots[0].sequence-number must be a whole number, it is a string"},
      {"/snapshots/0/schema-id", "1",
       "snapshots[0].schema-id must be a whole number, it is a string"},
      {"/snapshots/0/summary/x", Json::array(),
       "snapshots[0].summary.x must be a string, it is a list"},
      {"/current-snapshot-id", 9, "current-snapshot-id 9 is not among the snapshots"},
      {"/current-snapshot-id", -1, "which is not the current snapshot"},
      {"/snapshot-log/0/timestamp-ms", Removed(), "snapshot-log[0].timestamp-ms is missing"},
      {"/snapshot-log/0/snapshot-id", Removed(), "snapshot-log[0].snapshot-id is missing"},
      {"/refs/side/snapshot-id", 9, "refs.side.snapshot-id 9 is not among the snapshots"},
      {"/refs/side/type", "fork", "refs.side.type must be 'branch' or 'tag', it is 'fork'"},
  };
}

TEST(MetadataReaderTest, NamesWhatIsMissingOrWrong) {
  for (const Fault& fault : FaultsOfV2()) {
    const std::string failure =
        FailureOf(Edited("v2-evolved.metadata.json", fault.pointer, fault.value));
    EXPECT_TRUE(failure.starts_with("CorruptData: t.metadata.json: ")) << failure;
    EXPECT_TRUE(failure.ends_with(fault.message)) << fault.pointer << " gives " << failure;
  }
}

TEST(MetadataReaderTest, NamesWhatIsWrongInNestedTypesAndSortOrders) {
  const std::pair<Fault, std::string> faults[] = {
      {{"/schemas/0/fields/3/type/element-id", Removed(), ""},
       "fields[3].type.element-id is missing"},
      {{"/schemas/0/fields/3/type/element-required", Removed(), ""},
       "fields[3].type.element-required is missing"},
      {{"/schemas/0/fields/4/type/value-id", 10, ""}, "schemas[0] uses the field id 10 twice"},
      {{"/schemas/0/fields/4/type/key", Removed(), ""}, "fields[4].type.key is missing"},
      {{"/schemas/0/fields/2/type/fields/0/id", 1, ""}, "schemas[0] uses the field id 1 twice"},
      {{"/sort-orders/0/fields/0/direction", "up", ""},
       "fields[0].direction must be 'asc' or 'desc', it is 'up'"},
      {{"/sort-orders/0/fields/0/null-order", Removed(), ""}, "fields[0].null-order is missing"},
  };
  for (const auto& [fault, message] : faults) {
    const std::string failure =
        FailureOf(Edited("v2-empty.metadata.json", fault.pointer, fault.value));
    EXPECT_TRUE(failure.starts_with("CorruptData: ")) << failure;
    EXPECT_TRUE(failure.ends_with(message)) << failure;
  }
}

TEST(MetadataReaderTest, V1DemandsOneOfBothForms) {
  const std::string fixture = "spec-v1-oldest.metadata.json";
  EXPECT_EQ(FailureOf(Edited(fixture, "/schema", Removed())),
            "CorruptData: t.metadata.json: schema is missing");
  EXPECT_EQ(FailureOf(Edited(fixture, "/partition-spec", Removed())),
            "CorruptData: t.metadata.json: partition-spec is missing");
  EXPECT_EQ(FailureOf(Edited(fixture, "/snapshots/0/manifests", Removed())),
            "CorruptData: t.metadata.json: snapshots[0].manifest-list is missing");
  EXPECT_EQ(FailureOf(Edited(fixture, "/partition-spec/1/field-id", 1000)),
            "CorruptData: t.metadata.json: partition-spec uses the field id 1000 twice");
}

TEST(MetadataReaderTest, RefusesWhatIsUnknownByName) {
  const std::string fixture = "v2-evolved.metadata.json";
  EXPECT_EQ(FailureOf(Edited(fixture, "/format-version", 4)),
            "Unsupported: t.metadata.json: table format version 4; Icefield reads versions 1 to 3");
  EXPECT_EQ(FailureOf(Edited(fixture, "/schemas/2/fields/0/type", "int128")),
            "Unsupported: t.metadata.json: schemas[2].fields[0].type: type 'int128' is not known "
            "to the table specification up to v3");
  EXPECT_EQ(FailureOf(Edited(fixture, "/schemas/2/fields/0/type", {{"type", "set"}})),
            "Unsupported: t.metadata.json: schemas[2].fields[0].type: nested type 'set' is not "
            "known");
}

TEST(MetadataReaderTest, IgnoresUnknownMembersAndKeepsUnknownTransforms) {
  const std::string fixture = "v2-evolved.metadata.json";
  const TableMetadata plain = MustParse(Fixture(fixture));
  EXPECT_EQ(MustParse(Edited(fixture, "/statistics", Json::array())), plain);
  EXPECT_EQ(MustParse(Edited(fixture, "/snapshots/0/color", "blue")), plain);
  EXPECT_EQ(MustParse(Edited(fixture, "/last-column-id", Removed())), plain);
  const TableMetadata unknown =
      MustParse(Edited(fixture, "/partition-specs/1/fields/0/transform", "zorder"));
  EXPECT_EQ(unknown.partition_specs[1].fields[0].transform.kind, TransformKind::kUnknown);
}

// A table that was upgraded from v1 keeps the snapshots of that time.
TEST(MetadataReaderTest, SnapshotsFromBeforeAnUpgradeHaveNoSequenceNumber) {
  const TableMetadata metadata =
      MustParse(Edited("v2-evolved.metadata.json", "/snapshots/0/sequence-number", Removed()));
  EXPECT_EQ(metadata.snapshots[0].sequence_number, SequenceNumber{0});
}

TEST(MetadataReaderTest, KeepsDefaultsAsJson) {
  Json json = Json::parse(Fixture("v2-empty.metadata.json"));
  json["schemas"][0]["fields"][0]["initial-default"] = 34;
  json["schemas"][0]["fields"][0]["write-default"] = "x\"y";
  const TableMetadata metadata = MustParse(json.dump());
  const std::vector<Field>& fields = metadata.CurrentSchema().columns.fields;
  EXPECT_EQ(fields[0].initial_default_json, "34");
  EXPECT_EQ(fields[0].write_default_json, R"("x\"y")");
  EXPECT_EQ(fields[1].initial_default_json, "");
}

TEST(MetadataReaderTest, RefusesDeeplyNestedTypes) {
  const auto nested = [](int depth) {
    Json type = "int";
    for (int id = 0; id < depth; ++id) {
      type = {{"type", "list"},
              {"element-id", 100 + id},
              {"element-required", false},
              {"element", std::move(type)}};
    }
    return Edited("v2-empty.metadata.json", "/schemas/0/fields/0/type", type);
  };
  EXPECT_EQ(MustParse(nested(200)).schemas.size(), 1U);
  EXPECT_EQ(FailureOf(nested(300)),
            "CorruptData: t.metadata.json: the JSON is nested deeper than 256 levels");
}

}  // namespace
}  // namespace icefield
