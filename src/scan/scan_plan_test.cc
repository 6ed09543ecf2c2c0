#include "scan/scan_plan.h"

#include <gtest/gtest.h>

#include "scan/table_files_test.h"

namespace icefield {
namespace {

class PlanScanTest : public ::testing::Test {
 protected:
  PlanScanTest() {
    Schema schema;
    schema.columns.fields = {{.id = {1}, .name = "id", .type = PrimitiveKind::kLong},
                             {.id = {2}, .name = "part", .type = PrimitiveKind::kInt}};
    metadata_.schemas = {schema};
    metadata_.partition_specs = {{{0}, {{{2}, {1000}, "part", {TransformKind::kIdentity}}}},
                                 {{1}, {{{1}, {1000}, "bucket", {TransformKind::kBucket, 4}}}}};
    metadata_.snapshots = {{.id = {9}, .sequence_number = {1}, .manifest_list = "list"}};
    metadata_.last_sequence_number = {1};
    metadata_.current_snapshot_id = SnapshotId{9};
  }

  // Makes these the manifests of the snapshot, which gets the greatest of their sequence numbers.
  void Commit(const std::vector<TestManifest>& manifests) {
    Snapshot& snapshot = metadata_.snapshots.front();
    for (const TestManifest& manifest : manifests) {
      store_.files[manifest.path] = ManifestBytes(manifest);
      snapshot.sequence_number.value =
          std::max(snapshot.sequence_number.value, manifest.sequence_number);
    }
    store_.files["list"] = ManifestListBytes(manifests);
  }

  Field Column(size_t position) const { return metadata_.schemas[0].columns.fields[position]; }

  Result<ScanPlan> Plan(Predicate predicate = {}) const {
    const Snapshot* snapshot = metadata_.snapshots.empty() ? nullptr : metadata_.snapshots.data();
    return PlanScan(store_, metadata_,
                    {.table_name = "ns.t",
                     .selected = {snapshot, metadata_.schemas.data()},
                     .predicate = std::move(predicate),
                     .threads = 2});
  }

  std::vector<std::string> Paths(Predicate predicate = {}) const {
    const Result<ScanPlan> plan = Plan(std::move(predicate));
    EXPECT_TRUE(plan.ok()) << plan.error();
    std::vector<std::string> paths;
    if (!plan.ok()) return paths;
    for (const FileTask& task : plan->tasks) paths.push_back(task.file.path);
    return paths;
  }

  void ExpectError(ErrorCode code, const std::vector<std::string_view>& words,
                   Predicate predicate = {}) const {
    const Result<ScanPlan> plan = Plan(std::move(predicate));
    ASSERT_FALSE(plan.ok());
    EXPECT_EQ(plan.error().code, code) << plan.error();
    for (const std::string_view word : words) {
      EXPECT_NE(plan.error().message.find(word), std::string::npos)
          << plan.error() << " lacks " << word;
    }
  }

  MemoryStore store_;
  TableMetadata metadata_;
};

TEST_F(PlanScanTest, OrdersLiveFilesBySequenceNumberThenPath) {
  Commit({{.path = "m1",
           .entries = {{.path = "b", .sequence_number = 2},
                       {.path = "d"},
                       {.path = "gone", .status = EntryStatus::kDeleted}},
           .sequence_number = 2},
          {.path = "m2",
           .entries = {{.path = "a", .status = EntryStatus::kExisting, .sequence_number = 2},
                       {.path = "c"}},
           .sequence_number = 2}});
  EXPECT_EQ(Paths(), (std::vector<std::string>{"c", "d", "a", "b"}));
  EXPECT_EQ(Plan()->counts, (ScanCounts{.manifests_read = 2}));
}

TEST_F(PlanScanTest, LeavesOutByTheManifestsOwnSpec) {
  // Bucket 3 of 34 under spec 1; under spec 0 the same number is a value of `part`.
  Commit({{.path = "m0", .entries = {{.path = "part3", .part = 3}, {.path = "part5", .part = 5}}},
          {.path = "m1",
           .entries = {{.path = "bucket2", .part = 2}, {.path = "bucket3", .part = 3}},
           .spec_id = 1}});
  const Predicate id = Compare(PredicateOp::kEqual, Column(0), int64_t{34});
  EXPECT_EQ(Paths(id), (std::vector<std::string>{"bucket3", "part3", "part5"}));
  const Predicate part = Compare(PredicateOp::kEqual, Column(1), int32_t{5});
  EXPECT_EQ(Paths(part), (std::vector<std::string>{"bucket2", "bucket3", "part5"}));
  EXPECT_EQ(Plan(part)->counts, (ScanCounts{.manifests_read = 2, .files_pruned_partition = 1}));
}

TEST_F(PlanScanTest, DoesNotReadManifestsThatTheirSummariesRuleOut) {
  Commit({{.path = "low", .entries = {{.path = "x", .part = 1}}, .lower = 0, .upper = 4},
          {.path = "m", .entries = {{.path = "a", .part = 5}}, .lower = 5, .upper = 9},
          {.path = "empty"}});
  store_.files.erase("low");
  store_.files.erase("empty");
  const Predicate part = Compare(PredicateOp::kGreater, Column(1), int32_t{4});
  EXPECT_EQ(Paths(part), std::vector<std::string>{"a"});
  EXPECT_EQ(Plan(part)->counts, (ScanCounts{.manifests_read = 1, .manifests_pruned = 1}));
  ExpectError(ErrorCode::kNotFound, {"ns.t", "snapshot 9", "low"});
}

TEST_F(PlanScanTest, SaysWhichPartRulesOut) {
  Commit(
      {{.path = "low", .entries = {{.path = "x", .part = 1}}, .lower = 0, .upper = 4},
       {.path = "m",
        .entries = {{.path = "a", .part = 5}, {.path = "b", .part = 6}, {.path = "c", .part = 9}},
        .lower = 5,
        .upper = 9}});
  const Predicate all;
  const Predicate above = Compare(PredicateOp::kGreater, Column(1), int32_t{4});
  const Predicate odd = Or(Compare(PredicateOp::kEqual, Column(1), int32_t{5}),
                           Compare(PredicateOp::kEqual, Column(1), int32_t{9}));
  const Result<ScanPlan> plan =
      PlanScan(store_, metadata_,
               {.table_name = "ns.t",
                .selected = {&metadata_.snapshots.front(), metadata_.schemas.data()},
                .predicate = And(And(all, above), odd),
                .threads = 2,
                .parts = {all, above, odd}});
  ASSERT_TRUE(plan.ok()) << plan.error();
  EXPECT_EQ(plan->tasks.size(), 2);
  EXPECT_EQ(plan->counts, (ScanCounts{.manifests_read = 1,
                                      .manifests_pruned = 1,
                                      .files_pruned_partition = 1,
                                      .by_part = {{}, {.manifests = 1}, {.files_partition = 1}}}));
}

TEST_F(PlanScanTest, GivesIdentityPartitionsAsConstants) {
  Commit({{.path = "m0", .entries = {{.path = "a", .part = 7}}},
          {.path = "m1", .entries = {{.path = "b", .part = 3}}, .spec_id = 1}});
  const Result<ScanPlan> plan = Plan();
  ASSERT_TRUE(plan.ok()) << plan.error();
  EXPECT_EQ(plan->tasks[0].constants, (std::vector<PartitionConstant>{{{2}, int32_t{7}}}));
  EXPECT_TRUE(plan->tasks[1].constants.empty());
  // A constant stays as it was written, though the column was promoted since: who reads it
  // promotes.
  metadata_.schemas[0].columns.fields[1].type = PrimitiveKind::kLong;
  EXPECT_EQ(Plan()->tasks[0].constants.front().value, Value(int32_t{7}));
}

TEST_F(PlanScanTest, RefusesOtherFormatsThatItWouldHaveToRead) {
  Commit({{.path = "m",
           .entries = {{.path = "a", .part = 1},
                       {.path = "b.orc", .part = 2, .format = "ORC"},
                       {.path = "c.avro", .part = 3, .format = "AVRO"}}}});
  ExpectError(ErrorCode::kUnsupported, {"b.orc", "ORC"});
  ExpectError(ErrorCode::kUnsupported, {"c.avro", "AVRO"},
              Compare(PredicateOp::kEqual, Column(1), int32_t{3}));
  EXPECT_EQ(Paths(Compare(PredicateOp::kEqual, Column(1), int32_t{1})),
            std::vector<std::string>{"a"});
}

TEST_F(PlanScanTest, RefusesWhatItDoesNotKnow) {
  Commit({{.path = "m", .entries = {{.path = "a"}}, .spec_id = 5}});
  ExpectError(ErrorCode::kCorruptData, {"ns.t", "spec 5", "m"});
  store_.files["list"] = "no container";
  ExpectError(ErrorCode::kCorruptData, {"ns.t", "list"});
  store_.files.clear();
  ExpectError(ErrorCode::kNotFound, {"ns.t", "snapshot 9", "list"});
  metadata_.snapshots[0].key_id = "k1";
  ExpectError(ErrorCode::kUnsupported, {"ns.t", "snapshot 9", "list", "encrypted", "k1"});
  metadata_.format_version = 4;
  ExpectError(ErrorCode::kUnsupported, {"ns.t", "version 4"});
}

// --- Damage ------------------------------------------------------------------------------------

TEST_F(PlanScanTest, RefusesTheListOfAnotherSnapshot) {
  Commit({{.path = "m", .entries = {{.path = "a"}}}});
  store_.files["list"] = ManifestListBytes({}, 8);
  ExpectError(ErrorCode::kCorruptData, {"ns.t", "list", "snapshot 8"});
}

TEST_F(PlanScanTest, RefusesAManifestThatIsNotTheListedOne) {
  const TestManifest listed{.path = "m", .entries = {{.path = "a"}}};
  const auto expect_error = [&](TestManifest other, const std::vector<std::string_view>& words) {
    Commit({listed});
    store_.files["m"] = ManifestBytes(other);
    ExpectError(ErrorCode::kCorruptData, words);
  };
  TestManifest other = listed;
  other.entries.push_back({.path = "b"});
  expect_error(other, {"ns.t", "manifest m", "2 added files", "says 1"});
  other.entries = {{.path = "a", .status = EntryStatus::kExisting}};
  expect_error(other, {"manifest m", "0 added files"});
  other = listed;
  other.spec_id = 1;
  expect_error(other, {"manifest m", "spec 1", "says 0"});
  other = listed;
  other.added_snapshot_id = 8;
  expect_error(other, {"manifest m", "added by snapshot 8", "manifest by 9"});
  other = listed;
  other.entries[0].sequence_number = 2;
  expect_error(other, {"manifest m", "a has the sequence number 2", "its manifest has 1"});
  other = listed;
  other.entries[0].content = FileContent::kEqualityDeletes;
  expect_error(other, {"manifest m", "a has the content 2"});
}

TEST_F(PlanScanTest, RefusesSequenceNumbersThatTheSnapshotsContradict) {
  const TestManifest manifest{.path = "m", .entries = {{.path = "a"}}, .sequence_number = 4};
  Commit({manifest});
  EXPECT_EQ(Paths(), std::vector<std::string>{"a"});
  metadata_.snapshots[0].sequence_number = {3};
  ExpectError(ErrorCode::kCorruptData, {"manifest list list", "manifest m", "4", "own is 3"});
  // Below the snapshot's own is right only for what another snapshot added.
  metadata_.snapshots[0].sequence_number = {5};
  ExpectError(ErrorCode::kCorruptData, {"manifest m", "snapshot 9 that added it has 5"});
  TestManifest older = manifest;
  older.added_snapshot_id = 7;  // Expired: nothing is known of it.
  metadata_.snapshots[0].sequence_number = {5};
  Commit({older});
  EXPECT_EQ(Paths(), std::vector<std::string>{"a"});
  metadata_.snapshots.push_back({.id = {7}, .sequence_number = {2}});
  ExpectError(ErrorCode::kCorruptData, {"manifest m", "snapshot 7 that added it has 2"});
}

// The specification leaves it open; so do Iceberg's own readers.
TEST_F(PlanScanTest, ReadsAFileAsOftenAsItIsListed) {
  Commit({{.path = "m", .entries = {{.path = "a"}, {.path = "a"}}}});
  EXPECT_EQ(Paths(), (std::vector<std::string>{"a", "a"}));
}

// v1 may name manifests without a list; each states its own spec.
TEST_F(PlanScanTest, ReadsManifestsWithoutAList) {
  metadata_.format_version = 1;
  metadata_.snapshots[0].manifest_list.clear();
  metadata_.snapshots[0].manifests = {"m0", "m1"};
  store_.files["m0"] = ManifestBytes({.entries = {{.path = "part3", .part = 3}}});
  store_.files["m1"] =
      ManifestBytes({.entries = {{.path = "bucket2", .part = 2}, {.path = "bucket3", .part = 3}},
                     .spec_id = 1,
                     .added_snapshot_id = 5});
  EXPECT_EQ(Paths(Compare(PredicateOp::kEqual, Column(0), int64_t{34})),
            (std::vector<std::string>{"bucket3", "part3"}));
}

// --- Deletes -----------------------------------------------------------------------------------

constexpr auto kPositionDeletes = FileContent::kPositionDeletes;
constexpr auto kEqualityDeletes = FileContent::kEqualityDeletes;

TestManifest DeleteManifest(std::vector<TestEntry> entries, int64_t sequence_number = 2) {
  return {.path = "deletes",
          .entries = std::move(entries),
          .content = ManifestContent::kDeletes,
          .sequence_number = sequence_number};
}

// All but the commit of the deletes is older.
TestManifest DataManifest(std::vector<TestEntry> entries) {
  return {.path = "data", .entries = std::move(entries), .added_snapshot_id = 8};
}

TestEntry Vector(const std::string& path, const std::string& data, int64_t offset) {
  return {.path = path,
          .sequence_number = 2,
          .content = kPositionDeletes,
          .format = "PUFFIN",
          .referenced_data_file = data,
          .content_offset = offset};
}

TEST_F(PlanScanTest, GivesEachFileItsDeletes) {
  Commit({DataManifest({{.path = "a"}, {.path = "b"}, {.path = "c", .part = 1}, {.path = "d"}}),
          DeleteManifest({Vector("v", "b", 80),
                          Vector("v", "gone", 40),
                          Vector("v", "a", 4),
                          {.path = "p", .sequence_number = 2, .content = kPositionDeletes},
                          {.path = "e",
                           .part = 1,
                           .sequence_number = 2,
                           .content = kEqualityDeletes,
                           .equality_ids = {1, 2}},
                          {.path = "other",
                           .part = 7,
                           .sequence_number = 2,
                           .content = kEqualityDeletes,
                           .equality_ids = {1}},
                          {.path = "removed",
                           .status = EntryStatus::kDeleted,
                           .sequence_number = 1,
                           .content = kPositionDeletes}})});
  const Result<ScanPlan> plan = Plan();
  ASSERT_TRUE(plan.ok()) << plan.error();
  std::vector<std::string> deletes;
  for (const DeleteFile& each : plan->delete_files) {
    deletes.push_back(StrCat(each.file.path, "@", each.file.content_offset.value_or(-1)));
  }
  EXPECT_EQ(deletes, (std::vector<std::string>{"e@-1", "p@-1", "v@4", "v@80"}));
  EXPECT_EQ(plan->delete_files[0].file.equality_ids, (std::vector<FieldId>{{1}, {2}}));
  EXPECT_EQ(plan->delete_files[3].file.referenced_data_file, "b");
  EXPECT_EQ(plan->delete_files[3].file.content_size_bytes, 40);
  EXPECT_EQ(plan->delete_files[3].data_sequence_number, SequenceNumber{2});
  ASSERT_EQ(plan->tasks.size(), 4U);
  EXPECT_EQ(plan->tasks[0].deletes, std::vector<uint32_t>{2});
  EXPECT_EQ(plan->tasks[1].deletes, std::vector<uint32_t>{3});
  EXPECT_EQ(plan->tasks[2].deletes, std::vector<uint32_t>{0});
  EXPECT_EQ(plan->tasks[3].deletes, std::vector<uint32_t>{1});
  EXPECT_EQ(plan->counts, (ScanCounts{.manifests_read = 2,
                                      .position_delete_files = 1,
                                      .equality_delete_files = 1,
                                      .deletion_vectors = 2}));
}

TEST_F(PlanScanTest, RefusesDeletesOfOtherFormatsOnlyWhereTheyApply) {
  for (const auto& [content, format, kind] :
       std::vector<std::tuple<FileContent, std::string, std::string>>{
           {kPositionDeletes, "ORC", "position delete"},
           {kEqualityDeletes, "AVRO", "equality delete"}}) {
    Commit({DataManifest({{.path = "a", .part = 1}, {.path = "b", .part = 2}}),
            DeleteManifest({{.path = "dead.x",
                             .part = 1,
                             .sequence_number = 2,
                             .content = content,
                             .format = format,
                             .equality_ids = {1}}})});
    ExpectError(ErrorCode::kUnsupported, {"ns.t", "snapshot 9", "dead.x", kind, format});
    EXPECT_EQ(Paths(Compare(PredicateOp::kEqual, Column(1), int32_t{2})),
              std::vector<std::string>{"b"});
  }
}

TEST_F(PlanScanTest, RefusesContradictingDeletesByName) {
  Commit({DataManifest({{.path = "a"}}),
          DeleteManifest({Vector("v1", "a", 4), Vector("v2", "a", 4)})});
  ExpectError(ErrorCode::kCorruptData, {"ns.t", "snapshot 9", "data file a", "v1", "v2"});
  Commit({DataManifest({{.path = "a"}}),
          DeleteManifest({{.path = "e", .sequence_number = 2, .content = kEqualityDeletes}})});
  ExpectError(ErrorCode::kCorruptData, {"ns.t", "e has no equality ids"});
}

// iceberg-traps 2: a delete without partitions reaches all of them, whatever the filter.
TEST_F(PlanScanTest, LeavesOutDeletesOfOtherPartitionsButNeverGlobalOnes) {
  metadata_.partition_specs.push_back({{2}, {{{2}, {1000}, "part", {TransformKind::kVoid}}}});
  TestManifest local = DeleteManifest({{.path = "local",
                                        .part = 1,
                                        .sequence_number = 2,
                                        .content = kEqualityDeletes,
                                        .equality_ids = {1}}});
  local.upper = 1;
  TestManifest global = local;
  global.path = "global deletes";
  global.spec_id = 2;
  global.entries[0].path = "global";
  Commit({DataManifest({{.path = "a", .part = 1}, {.path = "b", .part = 5}}), local, global});
  const Result<ScanPlan> all = Plan();
  ASSERT_TRUE(all.ok()) << all.error();
  EXPECT_EQ(all->tasks[0].deletes, (std::vector<uint32_t>{0, 1}));
  EXPECT_EQ(all->tasks[1].deletes, std::vector<uint32_t>{0});
  const Result<ScanPlan> some = Plan(Compare(PredicateOp::kEqual, Column(1), int32_t{5}));
  ASSERT_TRUE(some.ok()) << some.error();
  ASSERT_EQ(some->delete_files.size(), 1U);
  EXPECT_EQ(some->delete_files[0].file.path, "global");
  EXPECT_EQ(some->tasks[0].deletes, std::vector<uint32_t>{0});
  EXPECT_EQ(some->counts.manifests_pruned, 1);
}

// --- v3 ----------------------------------------------------------------------------------------

TEST_F(PlanScanTest, OrdersByRowIdsInV3) {
  // iceberg-traps 30: row ids are inherited by what has none of its own.
  Commit({{.path = "m1",
           .entries = {{.path = "y"},
                       {.path = "x", .status = EntryStatus::kExisting, .first_row_id = 7},
                       {.path = "a"}},
           .sequence_number = 2,
           .first_row_id = 1000},
          {.path = "m2", .entries = {{.path = "z"}}, .sequence_number = 2}});
  EXPECT_EQ(Paths(), (std::vector<std::string>{"a", "x", "y", "z"}));
  metadata_.format_version = 3;
  const Result<ScanPlan> plan = Plan();
  ASSERT_TRUE(plan.ok()) << plan.error();
  std::vector<std::pair<std::string, std::optional<int64_t>>> files;
  for (const FileTask& task : plan->tasks) {
    files.emplace_back(task.file.path, task.file.first_row_id);
  }
  EXPECT_EQ(files, (std::vector<std::pair<std::string, std::optional<int64_t>>>{
                       {"z", std::nullopt}, {"x", 7}, {"y", 1000}, {"a", 1010}}));
}

TEST_F(PlanScanTest, CarriesWhatReadersNeedOfTheMetadata) {
  metadata_.properties["schema.name-mapping.default"] = "[]";
  Schema older = metadata_.schemas[0];
  older.id = {7};
  older.columns.fields.push_back({.id = {3}, .name = "dropped", .type = PrimitiveKind::kInt});
  metadata_.schemas.push_back(older);
  Commit({{.path = "m", .entries = {{.path = "a"}}}});
  const Result<ScanPlan> plan = Plan();
  ASSERT_TRUE(plan.ok()) << plan.error();
  EXPECT_EQ(plan->specs, metadata_.partition_specs);
  EXPECT_EQ(plan->every_field.columns.fields, older.columns.fields);
  EXPECT_EQ(plan->name_mapping_json, "[]");
}

TEST_F(PlanScanTest, PlansNothingForATableWithoutSnapshots) {
  metadata_.snapshots.clear();
  const Result<ScanPlan> plan = Plan();
  ASSERT_TRUE(plan.ok()) << plan.error();
  EXPECT_TRUE(plan->tasks.empty());
  EXPECT_FALSE(plan->snapshot.has_value());
  EXPECT_EQ(plan->schema, metadata_.schemas[0]);
}

TEST_F(PlanScanTest, TellsPeopleWhatItPlanned) {
  const std::vector<TestEntry> data{
      {.path = "a", .part = 5}, {.path = "b", .part = 5}, {.path = "c", .part = 6}};
  const Predicate part = Compare(PredicateOp::kEqual, Column(1), int32_t{5});
  Commit({DataManifest(data)});
  EXPECT_EQ(Plan(part)->ToString(1),
            "table ns.t, snapshot 9 of 1970-01-01 00:00:00.000 UTC\n"
            "filter part = 5\n"
            "manifests 1 read, 0 pruned by partition\n"
            "files 2 to read (20 rows, 200 bytes), pruned 1 by partition, 0 by bounds\n"
            "  a (10 rows, 100 bytes, sequence number 1)\n"
            "  and 1 more\n");
  TestEntry vector = Vector("v", "a", 4);
  vector.part = 5;
  Commit({DataManifest(data), DeleteManifest({vector,
                                              {.path = "e",
                                               .part = 5,
                                               .sequence_number = 2,
                                               .content = kEqualityDeletes,
                                               .equality_ids = {1}}})});
  EXPECT_EQ(Plan(part)->ToString(),
            "table ns.t, snapshot 9 of 1970-01-01 00:00:00.000 UTC\n"
            "filter part = 5\n"
            "manifests 2 read, 0 pruned by partition\n"
            "files 2 to read (20 rows, 200 bytes), pruned 1 by partition, 0 by bounds\n"
            "deletes 1 deletion vectors, 0 position delete files, 1 equality delete files\n"
            "  a (10 rows, 100 bytes, sequence number 1, 2 deletes)\n"
            "  b (10 rows, 100 bytes, sequence number 1, 1 delete)\n");
}

}  // namespace
}  // namespace icefield
