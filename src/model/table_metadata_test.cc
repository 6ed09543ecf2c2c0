#include "model/table_metadata.h"

#include <gtest/gtest.h>

namespace icefield {
namespace {

Schema SchemaWith(int32_t id) {
  return {SchemaId{id}, {{Field{FieldId{1}, "a" + std::to_string(id), PrimitiveKind::kLong}}}, {}};
}

Snapshot SnapshotAt(int64_t id, int64_t time_ms, std::optional<int32_t> schema_id) {
  Snapshot snapshot;
  snapshot.id = SnapshotId{id};
  snapshot.timestamp = SnapshotTime{time_ms};
  if (schema_id) snapshot.schema_id = SchemaId{*schema_id};
  return snapshot;
}

// Snapshot 1 at 100 (schema 0), 2 at 200 (schema 1), rolled back to 1 at 300, 3 at 400 (schema not
// said); the current schema is 2.
TableMetadata History() {
  TableMetadata metadata;
  metadata.location = "/t";
  metadata.schemas = {SchemaWith(0), SchemaWith(1), SchemaWith(2)};
  metadata.current_schema_id = SchemaId{2};
  metadata.snapshots = {SnapshotAt(1, 100, 0), SnapshotAt(2, 200, 1),
                        SnapshotAt(3, 400, std::nullopt)};
  metadata.snapshots[1].parent_id = SnapshotId{1};
  metadata.snapshots[2].parent_id = SnapshotId{1};
  metadata.current_snapshot_id = SnapshotId{3};
  metadata.snapshot_log = {{SnapshotTime{100}, SnapshotId{1}},
                           {SnapshotTime{200}, SnapshotId{2}},
                           {SnapshotTime{300}, SnapshotId{1}},
                           {SnapshotTime{400}, SnapshotId{3}}};
  metadata.refs = {{"main", {SnapshotId{3}, "branch"}}, {"v1", {SnapshotId{2}, "tag"}}};
  return metadata;
}

SnapshotSelector AsOf(int64_t time_ms) {
  return {std::nullopt, std::nullopt, SnapshotTime{time_ms}};
}
SnapshotSelector Ref(const std::string& name) { return {std::nullopt, name, std::nullopt}; }
SnapshotSelector Id(int64_t id) { return {SnapshotId{id}, std::nullopt, std::nullopt}; }

// "snapshot/schema" or the error.
std::string Selected(const TableMetadata& metadata, const SnapshotSelector& selector) {
  const Result<SelectedSnapshot> selected = SelectSnapshot(metadata, selector, "ns.t");
  if (!selected.ok()) return selected.error().ToString();
  const std::string snapshot =
      selected->snapshot == nullptr ? "none" : std::to_string(selected->snapshot->id.value);
  return snapshot + "/" + std::to_string(selected->schema->id.value);
}

TEST(SelectSnapshotTest, TheCurrentSnapshotIsReadWithTheCurrentSchema) {
  EXPECT_EQ(Selected(History(), {}), "3/2");
}

// P11: what is named is read with its own schema.
TEST(SelectSnapshotTest, ANamedSnapshotIsReadWithItsOwnSchema) {
  EXPECT_EQ(Selected(History(), Id(1)), "1/0");
  EXPECT_EQ(Selected(History(), Ref("v1")), "2/1");
  EXPECT_EQ(Selected(History(), Ref("main")), "3/2");  // Says no schema: the current one.
}

TEST(SelectSnapshotTest, AsOfFollowsTheLogThroughARollback) {
  EXPECT_EQ(Selected(History(), AsOf(100)), "1/0");
  EXPECT_EQ(Selected(History(), AsOf(199)), "1/0");
  EXPECT_EQ(Selected(History(), AsOf(200)), "2/1");
  EXPECT_EQ(Selected(History(), AsOf(300)), "1/0");
  EXPECT_EQ(Selected(History(), AsOf(1'000'000)), "3/2");
  EXPECT_EQ(
      Selected(History(), AsOf(99)),
      "NotFound: table ns.t had no snapshot yet at 1970-01-01T00:00:00.099Z; its history begins"
      " at 1970-01-01T00:00:00.100Z");
}

TEST(SelectSnapshotTest, AsOfWithoutALogFollowsTheAncestors) {
  TableMetadata metadata = History();
  metadata.snapshot_log.clear();
  EXPECT_EQ(Selected(metadata, AsOf(250)), "1/0");
  EXPECT_EQ(Selected(metadata, AsOf(400)), "3/2");
  EXPECT_EQ(Selected(metadata, AsOf(50)),
            "NotFound: table ns.t had no snapshot yet at 1970-01-01T00:00:00.050Z; it has 1, 2, 3");
  metadata.snapshots[0].parent_id = SnapshotId{3};  // A circle, as only damage can make it.
  EXPECT_TRUE(Selected(metadata, AsOf(50)).starts_with("NotFound"));
}

TEST(SelectSnapshotTest, SaysThatASnapshotExpired) {
  TableMetadata metadata = History();
  metadata.snapshots.erase(metadata.snapshots.begin() + 1);
  EXPECT_EQ(
      Selected(metadata, AsOf(250)),
      "NotFound: the snapshot 2 that was current in table ns.t at 1970-01-01T00:00:00.250Z has"
      " expired; it has 1, 3");
}

TEST(SelectSnapshotTest, NamesWhatThereIs) {
  EXPECT_EQ(Selected(History(), Id(9)), "NotFound: table ns.t has no snapshot 9; it has 1, 2, 3");
  EXPECT_EQ(Selected(History(), Ref("v2")),
            "NotFound: table ns.t has no branch or tag 'v2'; it has branch main, tag v1");
  TableMetadata many = History();
  for (int64_t id = 4; id <= 40; ++id) many.snapshots.push_back(SnapshotAt(id, id * 100, 0));
  EXPECT_EQ(Selected(many, Id(99)).substr(0, 60),
            "NotFound: table ns.t has no snapshot 99; it has 20 older one");
}

TEST(SelectSnapshotTest, AnEmptyTableHasTheCurrentSchemaOnly) {
  TableMetadata metadata = History();
  metadata.snapshots.clear();
  metadata.snapshot_log.clear();
  metadata.refs.clear();
  metadata.current_snapshot_id.reset();
  EXPECT_EQ(Selected(metadata, {}), "none/2");
  EXPECT_EQ(Selected(metadata, Id(1)),
            "NotFound: table ns.t has no snapshot 1; the table has no snapshots");
  EXPECT_EQ(Selected(metadata, Ref("main")),
            "NotFound: table ns.t has no branch or tag 'main'; the table has no snapshots");
  EXPECT_EQ(Selected(metadata, AsOf(1)),
            "NotFound: table ns.t had no snapshot yet at 1970-01-01T00:00:00.001Z; the table has no"
            " snapshots");
}

TEST(SelectSnapshotTest, TakesOnlyOneWish) {
  SnapshotSelector both = Id(1);
  both.ref = "main";
  EXPECT_EQ(Selected(History(), both),
            "InvalidArgument: table ns.t: only one of snapshot id, ref and as-of time may be"
            " given");
}

TEST(TableMetadataTest, RefusesASnapshotWhoseSchemaIsGone) {
  TableMetadata metadata = History();
  metadata.schemas.erase(metadata.schemas.begin());
  EXPECT_EQ(Selected(metadata, Id(1)),
            "CorruptData: the schema 0 of snapshot 1 is not among the schemas of the table at /t");
}

}  // namespace
}  // namespace icefield
