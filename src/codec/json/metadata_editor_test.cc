#include "codec/json/metadata_editor.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "codec/json/metadata_reader.h"
#include "io/temporary_folder_test.h"

namespace icefield {
namespace {

using Json = nlohmann::ordered_json;
using Updates = std::vector<TableUpdate>;

constexpr const char* kFile = "/t/metadata/v9.metadata.json";

std::string Fixture(const std::string& name) { return TestData("metadata/" + name); }

std::string MustApply(std::string_view text, const Updates& updates, MetadataStamp stamp = {}) {
  if (stamp.now_ms == 0) stamp.now_ms = 2'000'000'000'000;
  Result<std::string> out = ApplyUpdates(text, kFile, updates, stamp);
  EXPECT_TRUE(out.ok()) << out.error();
  return out.ok() ? *out : "{}";
}

TableMetadata MustParse(std::string_view text) {
  Result<TableMetadata> metadata = ParseTableMetadata(text, kFile);
  EXPECT_TRUE(metadata.ok()) << metadata.error();
  return metadata.ok() ? *std::move(metadata) : TableMetadata();
}

std::string Failure(std::string_view text, const Updates& updates) {
  const Result<std::string> out = ApplyUpdates(text, kFile, updates, {2'000'000'000'000, ""});
  return out.ok() ? "no error" : out.error().ToString();
}

Schema OneColumn(int32_t schema_id, int32_t field_id, Type type = PrimitiveKind::kLong) {
  return {SchemaId{schema_id}, {{{FieldId{field_id}, "x", std::move(type), true}}}, {}};
}

// A table just made, of one column.
std::string NewTable(int32_t version) {
  return MustApply(
      "", {AssignUuid{"0b5f5a3c-8f0e-4a4e-9d8e-3f6f2f6f1c11"}, UpgradeFormatVersion{version},
           AddSchema{OneColumn(0, 1)}, SetCurrentSchema{SchemaId{-1}}, SetLocation{"/t/"}});
}

Snapshot SnapshotOf(int64_t id, int64_t number) {
  Snapshot snapshot;
  snapshot.id = SnapshotId{id};
  snapshot.sequence_number = SequenceNumber{number};
  snapshot.timestamp = SnapshotTime{2'100'000'000'000 + id};
  snapshot.manifest_list = "/t/metadata/snap.avro";
  snapshot.summary = {{"added-records", "3"}, {"operation", "append"}};
  snapshot.schema_id = SchemaId{0};
  return snapshot;
}

SetSnapshotRef Main(int64_t id) { return {"main", {SnapshotId{id}, "branch"}}; }

TEST(MetadataEditor, MakesATable) {
  const SortOrder order{1, {{FieldId{1}, *ParseTransform("identity"), false, false}}};
  const PartitionSpec spec{SpecId{0},
                           {{FieldId{1}, FieldId{1000}, "x_bucket", *ParseTransform("bucket[4]")}}};
  const std::string text =
      MustApply("", {AssignUuid{"0b5f5a3c-8f0e-4a4e-9d8e-3f6f2f6f1c11"}, UpgradeFormatVersion{2},
                     AddSchema{OneColumn(0, 1)}, SetCurrentSchema{SchemaId{-1}},
                     AddPartitionSpec{spec}, SetDefaultSpec{SpecId{-1}}, AddSortOrder{order},
                     SetDefaultSortOrder{}, SetLocation{"/t"}, SetProperties{{{"a", "1"}}}});
  const TableMetadata table = MustParse(text);
  EXPECT_EQ(table.format_version, 2);
  EXPECT_EQ(table.table_uuid, "0b5f5a3c-8f0e-4a4e-9d8e-3f6f2f6f1c11");
  EXPECT_EQ(table.location, "/t");
  EXPECT_EQ(table.last_updated_ms, 2'000'000'000'000);
  EXPECT_EQ(table.last_column_id, FieldId{1});
  EXPECT_EQ(table.last_partition_id, FieldId{1000});
  EXPECT_EQ(table.schemas, std::vector{OneColumn(0, 1)});
  EXPECT_EQ(table.partition_specs, std::vector{spec});
  EXPECT_EQ(table.sort_orders, std::vector{order});
  EXPECT_EQ(table.default_sort_order_id, 1);
  EXPECT_EQ(table.properties, (std::map<std::string, std::string>{{"a", "1"}}));
  EXPECT_EQ(table.current_snapshot_id, std::nullopt);
  EXPECT_EQ(table.next_row_id, std::nullopt);
  EXPECT_EQ(Json::parse(text)["metadata-log"], Json::array());
}

TEST(MetadataEditor, ANewTableIsUnpartitionedAndUnsortedWhereNothingIsSaid) {
  const TableMetadata table = MustParse(NewTable(3));
  EXPECT_EQ(table.format_version, 3);
  EXPECT_EQ(table.location, "/t");
  EXPECT_EQ(table.partition_specs, std::vector{PartitionSpec{}});
  EXPECT_EQ(table.sort_orders, std::vector{SortOrder{}});
  EXPECT_EQ(table.last_partition_id, FieldId{999});
  EXPECT_EQ(table.next_row_id, 0);
}

TEST(MetadataEditor, ANewTableNeedsItsParts) {
  EXPECT_EQ(Failure("", {SetLocation{"/t"}}),
            "InvalidArgument: a new table needs a schema that is its current one");
  EXPECT_EQ(Failure("", {AddSchema{OneColumn(0, 1)}, SetCurrentSchema{SchemaId{0}}}),
            "InvalidArgument: a new table needs a location");
  EXPECT_EQ(Failure("", {UpgradeFormatVersion{4}}),
            "Unsupported: table format version 4; Icefield writes versions 1 to 3");
  EXPECT_NE(Failure("", {AssignUuid{"0b5f"}}).find("not a UUID"), std::string::npos);
}

TEST(MetadataEditor, UnknownMembersAndWideNumbersStay) {
  Json before = Json::parse(Fixture("v2-evolved.metadata.json"));
  before["x-vendor"] = {{"deep", {1, 9007199254740993, 0.1, nullptr}}, {"text", "\u00e9\u2028"}};
  before["snapshots"][1]["x-vendor"] = 18446744073709551615U;
  before["schemas"][0]["fields"][0]["x-vendor"] = true;
  before["refs"]["main"]["max-ref-age-ms"] = 9007199254740993;
  before["refs"]["main"]["x-vendor"] = "kept";
  before["statistics"] = {{{"snapshot-id", 1}, {"statistics-path", "p"}}};
  const TableMetadata table = MustParse(before.dump());
  Snapshot snapshot = SnapshotOf(9'007'199'254'740'993, 5);
  snapshot.parent_id = table.current_snapshot_id;
  const std::string text = MustApply(
      before.dump(), {AddSnapshot{snapshot}, Main(snapshot.id.value), SetProperties{{{"a", "b"}}}},
      {2'000'000'000'000, "/old.metadata.json"});
  Json after = Json::parse(text);
  EXPECT_EQ(after["snapshots"].back()["snapshot-id"].dump(), "9007199254740993");
  EXPECT_EQ(after["metadata-log"].back(), (Json{{"timestamp-ms", table.last_updated_ms},
                                                {"metadata-file", "/old.metadata.json"}}));
  EXPECT_EQ(after["refs"]["main"]["max-ref-age-ms"].dump(), "9007199254740993");
  EXPECT_EQ(after["refs"]["main"]["x-vendor"], "kept");
  // Every difference is one that was asked for.
  after["snapshots"].erase(after["snapshots"].size() - 1);
  after["snapshot-log"].erase(after["snapshot-log"].size() - 1);
  after["metadata-log"].erase(after["metadata-log"].size() - 1);
  after["properties"].erase("a");
  for (const char* key : {"last-updated-ms", "last-sequence-number", "current-snapshot-id"}) {
    EXPECT_NE(after[key], before[key]) << key;
    after[key] = before[key];
  }
  after["refs"]["main"]["snapshot-id"] = before["refs"]["main"]["snapshot-id"];
  EXPECT_EQ(after.dump(1), before.dump(1));
}

TEST(MetadataEditor, SnapshotsMoveMainAndItsLog) {
  Snapshot second = SnapshotOf(2, 2);
  second.parent_id = SnapshotId{1};
  const std::string one = MustApply(NewTable(2), {AddSnapshot{SnapshotOf(1, 1)}, Main(1)});
  // Of two snapshots in one commit the first was never current to anybody.
  Snapshot third = SnapshotOf(3, 3);
  third.parent_id = SnapshotId{2};
  const std::string three =
      MustApply(one, {AddSnapshot{second}, Main(2), AddSnapshot{third}, Main(3)});
  const TableMetadata table = MustParse(three);
  EXPECT_EQ(table.snapshots[0], SnapshotOf(1, 1));
  EXPECT_EQ(table.current_snapshot_id, SnapshotId{3});
  EXPECT_EQ(table.last_sequence_number, SequenceNumber{3});
  EXPECT_EQ(table.last_updated_ms, third.timestamp.value);
  const std::vector<SnapshotLogEntry> log{{SnapshotOf(1, 1).timestamp, SnapshotId{1}},
                                          {third.timestamp, SnapshotId{3}}};
  EXPECT_EQ(table.snapshot_log, log);
  EXPECT_EQ(Json::parse(three)["snapshots"][0]["summary"].dump(),
            R"({"operation":"append","added-records":"3"})");
  // Back to an older one: the log says so; times never go back.
  const TableMetadata back = MustParse(MustApply(three, {Main(1)}, {1'000, "/old.metadata.json"}));
  EXPECT_EQ(back.last_updated_ms, third.timestamp.value);
  EXPECT_EQ(back.snapshot_log.back(), (SnapshotLogEntry{third.timestamp, SnapshotId{1}}));
  // Nothing of it is changed by a commit to another branch.
  const TableMetadata side =
      MustParse(MustApply(three, {SetSnapshotRef{"side", {SnapshotId{2}, "branch"}}}));
  EXPECT_EQ(side.snapshot_log, log);
  EXPECT_EQ(side.current_snapshot_id, SnapshotId{3});
  EXPECT_EQ(side.refs.at("side").snapshot_id, SnapshotId{2});
}

TEST(MetadataEditor, RefsComeAndGo) {
  const std::string text = MustApply(NewTable(2), {AddSnapshot{SnapshotOf(1, 1)}, Main(1),
                                                   SetSnapshotRef{"old", {SnapshotId{1}, "tag"}}});
  const TableMetadata untagged = MustParse(MustApply(text, {RemoveSnapshotRef{"old"}}));
  EXPECT_FALSE(untagged.refs.contains("old"));
  const TableMetadata empty = MustParse(MustApply(text, {RemoveSnapshotRef{"main"}}));
  EXPECT_EQ(empty.current_snapshot_id, std::nullopt);
  EXPECT_TRUE(empty.snapshot_log.empty());
  EXPECT_EQ(empty.snapshots.size(), 1U);
  EXPECT_EQ(Failure(text, {RemoveSnapshotRef{"nix"}}),
            "InvalidArgument: the table has no branch or tag 'nix'; it has main, old");
  EXPECT_EQ(Failure(text, {SetSnapshotRef{"old", {SnapshotId{1}, "branch"}}}),
            "InvalidArgument: 'old' is a tag, not a branch");
  EXPECT_EQ(Failure(text, {SetSnapshotRef{"main", {SnapshotId{2}, "branch"}}}),
            "InvalidArgument: the table has no snapshot 2 for the ref main");
  EXPECT_EQ(Failure(NewTable(2), {AddSnapshot{SnapshotOf(1, 1)},
                                  SetSnapshotRef{"main", {SnapshotId{1}, "tag"}}}),
            "InvalidArgument: 'main' cannot be the name of a tag");
  // How long a ref is kept can be set and then stays.
  const std::string kept = MustApply(
      text,
      {SetSnapshotRef{"old", {.snapshot_id = SnapshotId{1}, .type = "tag", .max_ref_age_ms = 5}}});
  EXPECT_EQ(MustParse(MustApply(kept, {SetSnapshotRef{"old", {SnapshotId{1}, "tag"}}}))
                .refs.at("old")
                .max_ref_age_ms,
            5);
}

TEST(MetadataEditor, SnapshotsThatDoNotFitAreRefused) {
  const std::string text = MustApply(NewTable(2), {AddSnapshot{SnapshotOf(1, 1)}, Main(1)});
  const auto failure = [&text](auto change) {
    Snapshot snapshot = SnapshotOf(2, 2);
    change(snapshot);
    return Failure(text, {AddSnapshot{snapshot}});
  };
  EXPECT_EQ(failure([](Snapshot&) {}), "no error");
  EXPECT_EQ(failure([](Snapshot& s) { s.id = SnapshotId{1}; }),
            "InvalidArgument: snapshot 1 is in the table already");
  EXPECT_EQ(failure([](Snapshot& s) { s.sequence_number = SequenceNumber{1}; }),
            "InvalidArgument: snapshot 2 has the sequence number 1; in this table of format version"
            " 2 the last is 1");
  EXPECT_EQ(failure([](Snapshot& s) { s.parent_id = SnapshotId{8}; }),
            "InvalidArgument: snapshot 2 has the parent 8, which the table does not have");
  EXPECT_EQ(failure([](Snapshot& s) { s.schema_id = SchemaId{8}; }),
            "InvalidArgument: snapshot 2 has the schema 8, which the table does not have");
  EXPECT_EQ(failure([](Snapshot& s) { s.summary.clear(); }),
            "InvalidArgument: snapshot 2 does not say its operation");
  EXPECT_EQ(failure([](Snapshot& s) { s.manifest_list.clear(); }),
            "InvalidArgument: snapshot 2 has no manifest list");
  EXPECT_EQ(
      failure([](Snapshot& s) { s.first_row_id = 0; }),
      "InvalidArgument: snapshot 2 has row ids, which tables of format version 2 do not have");
}

TEST(MetadataEditor, RowIdsOfVersion3Advance) {
  Snapshot first = SnapshotOf(1, 1);
  first.first_row_id = 0;
  first.added_rows = 3;
  const std::string text = MustApply(NewTable(3), {AddSnapshot{first}, Main(1)});
  EXPECT_EQ(MustParse(text).next_row_id, 3);
  Snapshot second = SnapshotOf(2, 2);
  second.first_row_id = 3;
  second.added_rows = 9'007'199'254'740'993;
  EXPECT_EQ(MustParse(MustApply(text, {AddSnapshot{second}})).next_row_id, 9'007'199'254'740'996);
  second.added_rows.reset();
  EXPECT_EQ(Failure(text, {AddSnapshot{second}}),
            "InvalidArgument: snapshot 2 does not say how many row ids it takes");
  second.added_rows = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(Failure(text, {AddSnapshot{second}}),
            "InvalidArgument: snapshot 2 takes more row ids than there are");
  second.first_row_id = 2;
  EXPECT_EQ(Failure(text, {AddSnapshot{second}}),
            "InvalidArgument: snapshot 2 must begin at the table's next row id 3, it begins at 2");
  second.first_row_id.reset();
  EXPECT_NE(Failure(text, {AddSnapshot{second}}).find("it begins at none"), std::string::npos);
}

TEST(MetadataEditor, SchemasEvolve) {
  const std::string text =
      MustApply(NewTable(2), {AddSchema{OneColumn(1, 7)}, SetCurrentSchema{SchemaId{-1}}});
  const TableMetadata table = MustParse(text);
  EXPECT_EQ(table.current_schema_id, SchemaId{1});
  EXPECT_EQ(table.last_column_id, FieldId{7});
  // The highest id stays when its column goes.
  EXPECT_EQ(MustParse(MustApply(text, {SetCurrentSchema{SchemaId{0}}})).last_column_id, FieldId{7});
  EXPECT_EQ(MustParse(MustApply(text, {AddSchema{OneColumn(1, 7)}})).schemas.size(), 2U);
  EXPECT_EQ(Failure(text, {AddSchema{OneColumn(1, 8)}}),
            "InvalidArgument: the table has another schema of id 1");
  EXPECT_EQ(Failure(text, {SetCurrentSchema{SchemaId{5}}}),
            "InvalidArgument: the table has no schema 5 to make current; it has 0, 1");
  EXPECT_EQ(Failure(text, {SetCurrentSchema{SchemaId{-1}}}),
            "InvalidArgument: no schema was added that could become the current one");
}

TEST(MetadataEditor, ColumnsOfVersion3AreRefusedInVersion2) {
  const Updates nanos{AddSchema{OneColumn(1, 2, PrimitiveKind::kTimestampNs)}};
  EXPECT_NE(Failure(NewTable(2), nanos).find("needs format version 3"), std::string::npos);
  EXPECT_EQ(Failure(NewTable(3), nanos), "no error");
  Schema with_default = OneColumn(1, 2);
  with_default.columns.fields[0].initial_default_json = "5";
  const Type nested = StructType{with_default.columns};
  EXPECT_NE(Failure(NewTable(2), {AddSchema{OneColumn(1, 3, nested)}}).find("format version 3"),
            std::string::npos);
}

TEST(MetadataEditor, SpecsAndOrdersKeepToTheirColumns) {
  const PartitionSpec spec{SpecId{1},
                           {{FieldId{1}, FieldId{1000}, "x_day", *ParseTransform("bucket[4]")}}};
  const SortOrder order{1, {{FieldId{1}, *ParseTransform("identity"), true, true}}};
  const std::string text =
      MustApply(NewTable(2), {AddPartitionSpec{spec}, SetDefaultSpec{SpecId{-1}},
                              AddSortOrder{order}, SetDefaultSortOrder{-1}});
  const TableMetadata table = MustParse(text);
  EXPECT_EQ(table.default_spec_id, SpecId{1});
  EXPECT_EQ(table.last_partition_id, FieldId{1000});
  EXPECT_EQ(table.default_sort_order_id, 1);
  EXPECT_EQ(Failure(text, {AddSchema{OneColumn(1, 7)}, SetCurrentSchema{SchemaId{1}}}),
            "InvalidArgument: the partition field x_day needs the column of id 1, which the schema"
            " does not have");
  EXPECT_EQ(Failure(text, {AddSchema{OneColumn(1, 7)}, SetCurrentSchema{SchemaId{1}},
                           SetDefaultSpec{SpecId{0}}}),
            "InvalidArgument: the sort order needs the column of id 1, which the schema does not"
            " have");
  EXPECT_EQ(Failure(text, {AddSchema{OneColumn(1, 7)}, SetCurrentSchema{SchemaId{1}},
                           SetDefaultSpec{SpecId{0}}, SetDefaultSortOrder{0}}),
            "no error");
  EXPECT_NE(Failure(text, {SetDefaultSpec{SpecId{3}}}).find("it has 0, 1"), std::string::npos);
  EXPECT_NE(Failure(text, {SetDefaultSortOrder{3}}).find("it has 0, 1"), std::string::npos);
  EXPECT_NE(Failure(text, {AddPartitionSpec{PartitionSpec{SpecId{1}, {}}}}).find("another"),
            std::string::npos);
  EXPECT_NE(Failure(text, {AddSortOrder{SortOrder{2, {}}}}).find("0 fields"), std::string::npos);
}

TEST(MetadataEditor, LogsAreCutToTheirLength) {
  std::string text =
      MustApply(NewTable(2), {SetProperties{{{"write.metadata.previous-versions-max", "2"}}}},
                {2'000'000'000'001, "/0.metadata.json"});
  for (const char* file : {"/1.metadata.json", "/2.metadata.json"}) {
    text = MustApply(text, {SetProperties{{{"a", file}}}}, {2'000'000'000'002, file});
  }
  const Json log = Json::parse(text)["metadata-log"];
  ASSERT_EQ(log.size(), 2U);
  EXPECT_EQ(log[0]["metadata-file"], "/1.metadata.json");
  EXPECT_EQ(log[1]["metadata-file"], "/2.metadata.json");
  EXPECT_EQ(log[1]["timestamp-ms"], 2'000'000'000'002);
  EXPECT_NE(Failure(text, {SetProperties{{{"write.metadata.previous-versions-max", "many"}}}})
                .find("must be a whole number"),
            std::string::npos);
}

TEST(MetadataEditor, PropertiesAreSetAndRemoved) {
  const std::string text = MustApply(NewTable(2), {SetProperties{{{"a", "1"}, {"b", "2"}}}});
  const TableMetadata table =
      MustParse(MustApply(text, {RemoveProperties{{"a", "nix"}}, SetProperties{{{"b", "3"}}}}));
  EXPECT_EQ(table.properties, (std::map<std::string, std::string>{{"b", "3"}}));
  EXPECT_EQ(Failure(text, {SetProperties{{{"", "1"}}}}),
            "InvalidArgument: a property of a table needs a name");
  EXPECT_TRUE(Failure(text, {SetProperties{{{"a", "\xff"}}}}).starts_with("InvalidArgument"));
}

TEST(MetadataEditor, VersionsGoUpAlone) {
  const std::string text = Fixture("v2-evolved.metadata.json");
  EXPECT_NE(Failure(text, {UpgradeFormatVersion{1}}).find("cannot go down to 1"),
            std::string::npos);
  EXPECT_EQ(Failure(text, {UpgradeFormatVersion{2}}), "no error");
  EXPECT_NE(
      Failure(text, {AssignUuid{"0b5f5a3c-8f0e-4a4e-9d8e-3f6f2f6f1c11"}}).find("cannot change"),
      std::string::npos);
  const TableMetadata before = MustParse(text);
  const TableMetadata after = MustParse(MustApply(text, {UpgradeFormatVersion{3}}));
  EXPECT_EQ(after.format_version, 3);
  EXPECT_EQ(after.next_row_id, 0);
  EXPECT_EQ(after.snapshots, before.snapshots);
}

TEST(MetadataEditor, TheOldestFormsOfV1AreCompleted) {
  const std::string old = Fixture("spec-v1-oldest.metadata.json");
  const TableMetadata before = MustParse(old);
  EXPECT_EQ(before.last_column_id, FieldId{3});
  EXPECT_EQ(before.last_partition_id, FieldId{1001});
  // v1 stays v1, with the members of v1 in step with the lists.
  const std::string text =
      MustApply(old, {AddSchema{OneColumn(1, 9)}, AddPartitionSpec{PartitionSpec{SpecId{1}, {}}},
                      SetCurrentSchema{SchemaId{-1}}, SetDefaultSpec{SpecId{-1}}});
  const TableMetadata v1 = MustParse(text);
  EXPECT_EQ(v1.format_version, 1);
  EXPECT_EQ(v1.table_uuid.size(), 36U);
  EXPECT_EQ(v1.schemas.size(), 2U);
  EXPECT_EQ(v1.partition_specs[0], before.partition_specs[0]);
  const Json json = Json::parse(text);
  EXPECT_EQ(json["schema"], json["schemas"][1]);
  EXPECT_EQ(json["partition-spec"], Json::array());
  EXPECT_EQ(json["refs"]["main"]["snapshot-id"], 3055729675574597004);
  EXPECT_FALSE(json.contains("last-sequence-number"));
  Snapshot snapshot = SnapshotOf(5, 0);
  snapshot.parent_id = before.current_snapshot_id;
  const std::string grown = MustApply(text, {AddSnapshot{snapshot}, Main(5)});
  EXPECT_FALSE(Json::parse(grown)["snapshots"].back().contains("sequence-number"));
  EXPECT_NE(Failure(text, {AddSnapshot{SnapshotOf(6, 1)}}).find("sequence number 1"),
            std::string::npos);
  // Up to v2 and v3 at once.
  const std::string upgraded = MustApply(grown, {UpgradeFormatVersion{2}, UpgradeFormatVersion{3}});
  const Json v3 = Json::parse(upgraded);
  EXPECT_FALSE(v3.contains("schema"));
  EXPECT_FALSE(v3.contains("partition-spec"));
  EXPECT_EQ(v3["last-sequence-number"], 0);
  EXPECT_EQ(v3["next-row-id"], 0);
  EXPECT_EQ(v3["snapshots"][2]["sequence-number"], 0);
  EXPECT_EQ(MustParse(upgraded).snapshots.size(), 3U);
  EXPECT_EQ(MustParse(upgraded).partition_specs[0], before.partition_specs[0]);
}

// Java says "no snapshot" by -1 below v3.
TEST(MetadataEditor, AnEmptyV1TableUpgrades) {
  const std::string text = MustApply(Fixture("spec-v1-empty.metadata.json"),
                                     {UpgradeFormatVersion{2}, UpgradeFormatVersion{3}});
  EXPECT_FALSE(Json::parse(text).contains("current-snapshot-id"));
  EXPECT_EQ(MustParse(text).format_version, 3);
}

TEST(MetadataEditor, DamagedTextIsRefused) {
  const Result<std::string> out = ApplyUpdates("{\"format-version\": 2", kFile, {}, {1, ""});
  EXPECT_EQ(out.error().code, ErrorCode::kCorruptData);
  EXPECT_NE(out.error().message.find(kFile), std::string::npos);
}

}  // namespace
}  // namespace icefield
