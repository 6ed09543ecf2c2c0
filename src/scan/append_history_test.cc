#include "scan/append_history.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scan/scan_plan.h"
#include "scan/table_files_test.h"

namespace icefield {
namespace {

constexpr auto kExisting = EntryStatus::kExisting;
constexpr auto kDeleted = EntryStatus::kDeleted;

// A table whose snapshots are 1, 2, 3, ..., each with its id as its sequence number.
class AppendHistoryTest : public ::testing::Test {
 protected:
  AppendHistoryTest() {
    Schema schema;
    schema.columns.fields = {{.id = {1}, .name = "id", .type = PrimitiveKind::kLong},
                             {.id = {2}, .name = "part", .type = PrimitiveKind::kInt}};
    metadata_.schemas = {schema};
    metadata_.partition_specs = {{{0}, {{{2}, {1000}, "part", {TransformKind::kIdentity}}}}};
  }

  // A snapshot on top of the last one that lists `made` before what was listed. Their files are of
  // this snapshot, where they are not said to exist already.
  void Commit(const std::string& operation, std::vector<TestManifest> made) {
    const auto id = static_cast<int64_t>(metadata_.snapshots.size()) + 1;
    for (TestManifest& manifest : made) {
      manifest.added_snapshot_id = manifest.sequence_number = id;
      for (TestEntry& entry : manifest.entries) {
        if (entry.status == EntryStatus::kAdded && entry.sequence_number == 1)
          entry.sequence_number = id;
      }
      store_.files[manifest.path] = ManifestBytes(manifest);
    }
    listed_.insert(listed_.begin(), made.begin(), made.end());
    Snapshot snapshot{.id = {id}, .sequence_number = {id}, .manifest_list = StrCat("list", id)};
    if (id > 1) snapshot.parent_id = SnapshotId{id - 1};
    if (!operation.empty()) snapshot.summary["operation"] = operation;
    store_.files[snapshot.manifest_list] = ManifestListBytes(listed_, id);
    metadata_.snapshots.push_back(std::move(snapshot));
    metadata_.last_sequence_number = {id};
    metadata_.current_snapshot_id = SnapshotId{id};
  }

  // An append of one file in a manifest of its own.
  void Append(const std::string& path, int32_t part = 0) {
    Commit("append", {{.path = "m-" + path,
                       .entries = {{.path = path, .part = part}},
                       .lower = part,
                       .upper = part}});
  }

  Result<ScanPlan> Plan(int64_t since, ScanRequest request = {}) const {
    request.table_name = "ns.t";
    if (request.selected.snapshot == nullptr && !metadata_.snapshots.empty())
      request.selected.snapshot = &metadata_.snapshots.back();
    request.selected.schema = metadata_.schemas.data();
    request.threads = 2;
    request.appended_since = SnapshotId{since};
    return PlanScan(store_, metadata_, request);
  }

  std::vector<std::string> Paths(int64_t since, Predicate predicate = {}) const {
    const Result<ScanPlan> plan = Plan(since, {.predicate = std::move(predicate)});
    EXPECT_TRUE(plan.ok()) << plan.error();
    std::vector<std::string> paths;
    if (!plan.ok()) return paths;
    EXPECT_TRUE(plan->delete_files.empty());
    for (const FileTask& task : plan->tasks) paths.push_back(task.file.path);
    return paths;
  }

  void ExpectError(ErrorCode code, int64_t since,
                   const std::vector<std::string_view>& words) const {
    const Result<ScanPlan> plan = Plan(since);
    ASSERT_FALSE(plan.ok());
    EXPECT_EQ(plan.error().code, code) << plan.error();
    for (const std::string_view word : words) {
      EXPECT_NE(plan.error().message.find(word), std::string::npos)
          << plan.error() << " lacks " << word;
    }
  }

  Predicate PartIs(int32_t part) const {
    return Compare(PredicateOp::kEqual, metadata_.schemas[0].columns.fields[1], part);
  }

  using Names = std::vector<std::string>;

  MemoryStore store_;
  TableMetadata metadata_;
  std::vector<TestManifest> listed_;
};

TEST_F(AppendHistoryTest, ReadsWhatAppendsAddedAndNothingElse) {
  Append("b");
  Append("c");
  Append("a");
  store_.files.erase("m-b");
  EXPECT_EQ(Paths(1), (Names{"c", "a"}));
  EXPECT_EQ(Plan(1)->counts, (ScanCounts{.manifests_read = 2}));
  EXPECT_EQ(Paths(2), Names{"a"});
  EXPECT_EQ(Plan(2)->counts, (ScanCounts{.manifests_read = 1}));
  EXPECT_EQ(Plan(1)->tasks.front().added_by, SnapshotId{2});
  EXPECT_EQ(Plan(1)->snapshot->id, SnapshotId{3});
}

TEST_F(AppendHistoryTest, HasNothingNewSinceTheSnapshotItself) {
  Append("a");
  Append("b");
  store_.files.clear();
  const Result<ScanPlan> plan = Plan(2);
  ASSERT_TRUE(plan.ok()) << plan.error();
  EXPECT_TRUE(plan->tasks.empty());
  EXPECT_EQ(plan->snapshot->id, SnapshotId{2});
  EXPECT_EQ(plan->schema, metadata_.schemas[0]);
  EXPECT_EQ(plan->counts, ScanCounts{});
}

TEST_F(AppendHistoryTest, FindsFilesThatWereCompactedSince) {
  Append("a");
  Append("b");
  listed_.clear();
  Commit("replace", {{.path = "m-new", .entries = {{.path = "ab"}}},
                     {.path = "m-gone",
                      .entries = {{.path = "a", .status = kDeleted},
                                  {.path = "b", .status = kDeleted, .sequence_number = 2}}}});
  Append("c");
  EXPECT_EQ(Paths(1), (Names{"b", "c"}));
  EXPECT_EQ(Paths(2), Names{"c"});
  EXPECT_EQ(Paths(3), Names{"c"});
}

// Appends may merge manifests of older ones into theirs, and compactions may rewrite them.
TEST_F(AppendHistoryTest, LeavesOutWhatManifestsOnlyCarry) {
  Append("a");
  Append("b");
  listed_.clear();
  Commit("append", {{.path = "m-merged",
                     .entries = {{.path = "a", .status = kExisting},
                                 {.path = "b", .status = kExisting, .sequence_number = 2},
                                 {.path = "c"}}}});
  listed_.clear();
  Commit("replace", {{.path = "m-rewritten",
                      .entries = {{.path = "a", .status = kExisting},
                                  {.path = "b", .status = kExisting, .sequence_number = 2},
                                  {.path = "c", .status = kExisting, .sequence_number = 3}}}});
  EXPECT_EQ(Paths(1), (Names{"b", "c"}));
  EXPECT_EQ(Paths(2), Names{"c"});
  EXPECT_TRUE(Paths(3).empty());
}

TEST_F(AppendHistoryTest, PrunesAsEveryScanDoes) {
  Append("old", 5);
  Append("a", 4);
  Append("b", 5);
  Commit("append",
         {{.path = "m-both", .entries = {{.path = "c", .part = 5}, {.path = "d", .part = 6}}}});
  store_.files.erase("m-a");
  EXPECT_EQ(Paths(1, PartIs(5)), (Names{"b", "c"}));
  const Result<ScanPlan> plan = Plan(1, {.predicate = PartIs(5), .parts = {{}, PartIs(5)}});
  EXPECT_EQ(plan->counts, (ScanCounts{.manifests_read = 2,
                                      .manifests_pruned = 1,
                                      .files_pruned_partition = 1,
                                      .by_part = {{}, {.manifests = 1, .files_partition = 1}}}));
  ExpectError(ErrorCode::kNotFound, 1, {"ns.t", "snapshot 4", "manifest list list2", "m-a"});
}

TEST_F(AppendHistoryTest, SaysInWordsWhatItReads) {
  Append("a");
  Append("b");
  EXPECT_TRUE(Plan(1)->ToString().starts_with(
      "table ns.t, snapshot 2 of 1970-01-01 00:00:00.000 UTC, appended since snapshot 1\n"))
      << Plan(1)->ToString();
}

// --- What is refused ---------------------------------------------------------------------------

TEST_F(AppendHistoryTest, RefusesOtherOperationsInBetween) {
  for (const std::string operation : {"overwrite", "delete", "squash", ""}) {
    metadata_.snapshots.clear();
    listed_.clear();
    Append("a");
    Append("b");
    Commit(operation, {{.path = "m-c", .entries = {{.path = "c"}}}});
    Append("d");
    const std::string said = operation.empty() ? "no stated operation" : "'" + operation + "'";
    ExpectError(
        ErrorCode::kUnsupported, 2,
        {"table ns.t", "snapshot 3", said, "since snapshot 2", "without since_snapshot_id"});
    EXPECT_EQ(Paths(3), Names{"d"}) << operation;
  }
}

TEST_F(AppendHistoryTest, RefusesWhatIsNoAncestor) {
  Append("a");
  Append("b");
  Append("c");
  metadata_.snapshots.back().parent_id = SnapshotId{1};  // 2 was rolled back.
  ExpectError(ErrorCode::kInvalidArgument, 2, {"ns.t", "snapshot 2", "ancestor", "3"});
  ExpectError(ErrorCode::kNotFound, 77, {"ns.t", "snapshot 77", "does not know"});
  const Result<ScanPlan> newer = Plan(3, {.selected = {&metadata_.snapshots.front(), nullptr}});
  ASSERT_FALSE(newer.ok());
  EXPECT_EQ(newer.error().code, ErrorCode::kInvalidArgument) << newer.error();
  metadata_.snapshots.clear();
  ExpectError(ErrorCode::kNotFound, 1, {"ns.t", "no snapshots"});
}

TEST_F(AppendHistoryTest, NeedsEverySnapshotInBetweenButNotTheFirst) {
  for (const std::string path : {"a", "b", "c", "d"}) Append(path);
  metadata_.snapshots.erase(metadata_.snapshots.begin(), metadata_.snapshots.begin() + 2);
  EXPECT_EQ(Paths(2), (Names{"c", "d"}));
  ExpectError(ErrorCode::kNotFound, 1, {"ns.t", "snapshot 2", "parent of 3", "expired"});
}

TEST_F(AppendHistoryTest, RefusesSnapshotsThatDescendFromThemselves) {
  Append("a");
  Append("b");
  metadata_.snapshots.front().parent_id = SnapshotId{2};
  ExpectError(ErrorCode::kCorruptData, 77, {"ns.t", "its own ancestor"});
}

TEST_F(AppendHistoryTest, RefusesAppendsThatRemove) {
  Append("a");
  listed_.clear();
  Commit("append", {{.path = "m-2", .entries = {{.path = "a", .part = 1, .status = kDeleted}}}});
  ExpectError(ErrorCode::kUnsupported, 1, {"ns.t", "snapshot 2", "list2", "removes the file a"});
  listed_.clear();
  metadata_.snapshots.resize(1);
  Commit("append", {{.path = "m-d",
                     .entries = {{.path = "d", .content = FileContent::kPositionDeletes}},
                     .content = ManifestContent::kDeletes}});
  ExpectError(ErrorCode::kUnsupported, 1, {"ns.t", "snapshot 2", "adds the delete file d"});
}

TEST_F(AppendHistoryTest, TakesCompactedDeletesOfOlderRowsAlone) {
  const auto deletes = [](std::vector<TestEntry> entries) {
    for (TestEntry& entry : entries) {
      entry.content = entry.equality_ids.empty() ? FileContent::kPositionDeletes
                                                 : FileContent::kEqualityDeletes;
    }
    return TestManifest{
        .path = "deletes", .entries = entries, .content = ManifestContent::kDeletes};
  };
  const auto compact = [&](TestEntry entry) {
    metadata_.snapshots.clear();
    listed_.clear();
    Append("a");
    Append("e");
    Append("b");
    Commit("replace", {deletes({std::move(entry)})});
    Append("c");
  };
  // Snapshot 2 removed rows of a: those deletes lie in another file now.
  compact({.path = "old", .sequence_number = 2, .equality_ids = {1}});
  EXPECT_EQ(Paths(2), (Names{"b", "c"}));
  compact({.path = "vector",
           .sequence_number = 4,
           .format = "PUFFIN",
           .referenced_data_file = "a",
           .content_offset = 4});
  EXPECT_EQ(Paths(2), (Names{"b", "c"}));
  compact({.path = "wide", .sequence_number = 4});
  ExpectError(ErrorCode::kUnsupported, 2, {"ns.t", "snapshot 4", "wide", "rows of b"});
  EXPECT_EQ(Paths(3), Names{"c"});
  compact({.path = "keys", .sequence_number = 4, .equality_ids = {1}});
  ExpectError(ErrorCode::kUnsupported, 2, {"ns.t", "snapshot 4", "keys", "rows of b"});
  compact({.path = "vector",
           .sequence_number = 4,
           .format = "PUFFIN",
           .referenced_data_file = "b",
           .content_offset = 4});
  ExpectError(ErrorCode::kUnsupported, 2, {"ns.t", "snapshot 4", "vector", "rows of b"});
}

// Each of two compactions may write the deletes of one file again.
TEST_F(AppendHistoryTest, TakesTheSameDeletesCompactedTwice) {
  const auto vector = [](const std::string& path) {
    return TestManifest{.path = "m-" + path,
                        .entries = {{.path = path,
                                     .content = FileContent::kPositionDeletes,
                                     .format = "PUFFIN",
                                     .referenced_data_file = "a",
                                     .content_offset = 4}},
                        .content = ManifestContent::kDeletes};
  };
  Append("a");
  Append("b");
  Commit("replace", {vector("v1")});
  Commit("replace", {vector("v2")});
  EXPECT_EQ(Paths(1), Names{"b"});
}

TEST_F(AppendHistoryTest, NamesTheSnapshotOfABrokenList) {
  Append("a");
  Append("b");
  Append("c");
  store_.files["list2"] = "no container";
  ExpectError(ErrorCode::kCorruptData, 1, {"ns.t", "snapshot 2", "list2"});
  EXPECT_EQ(Paths(2), Names{"c"});
}

// --- Versions 1 and 3 --------------------------------------------------------------------------

TEST_F(AppendHistoryTest, TellsFilesApartInManifestsWithoutAList) {
  Append("a");
  Append("b");
  Append("c");
  metadata_.format_version = 1;
  for (size_t at = 0; at < 3; ++at) {
    Snapshot& snapshot = metadata_.snapshots[at];
    snapshot.manifest_list.clear();
    for (size_t older = 0; older <= at; ++older)
      snapshot.manifests.push_back(Names{"m-a", "m-b", "m-c"}[older]);
  }
  EXPECT_EQ(Paths(1), (Names{"b", "c"}));
  EXPECT_EQ(Paths(2), Names{"c"});
}

TEST_F(AppendHistoryTest, OrdersByRowIdsInV3) {
  metadata_.format_version = 3;
  Append("old");
  Commit("append",
         {{.path = "m1", .entries = {{.path = "z"}, {.path = "a"}}, .first_row_id = 100}});
  Commit("append", {{.path = "m2", .entries = {{.path = "b"}}, .first_row_id = 120}});
  EXPECT_EQ(Paths(1), (Names{"z", "a", "b"}));
  EXPECT_EQ(Plan(1)->tasks[1].file.first_row_id, 110);
}

}  // namespace
}  // namespace icefield
