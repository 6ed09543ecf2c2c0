#include "retrieval/commit_times.h"

#include <gtest/gtest.h>

#include "base/row_order.h"

namespace icefield {
namespace {

// Snapshots 1, 2, ... each the child of the one before it, at 1000 ms, 2000 ms, ...
class History {
 public:
  explicit History(int32_t format_version) { metadata_.format_version = format_version; }

  void Commit(const std::string& operation) {
    const auto number = static_cast<int64_t>(metadata_.snapshots.size()) + 1;
    Snapshot& snapshot = metadata_.snapshots.emplace_back();
    snapshot.id = SnapshotId{number};
    if (number > 1) snapshot.parent_id = SnapshotId{number - 1};
    snapshot.sequence_number = SequenceNumber{metadata_.format_version > 1 ? number : 0};
    snapshot.timestamp = SnapshotTime{number * 1000};
    if (!operation.empty()) snapshot.summary["operation"] = operation;
    if (metadata_.format_version > 2) snapshot.first_row_id = 0;
  }

  void Upgrade(int32_t format_version) { metadata_.format_version = format_version; }
  void Expire(int64_t id) {
    std::erase_if(metadata_.snapshots, [&](const Snapshot& each) { return each.id.value == id; });
  }

  Result<CommitTimes> Times() const {
    const Snapshot* read = metadata_.snapshots.empty() ? nullptr : &metadata_.snapshots.back();
    return CommitTimes::Make(metadata_, read, "lake.stats");
  }

  // The commit time of a row in milliseconds, or what is wrong with it.
  std::string Of(const FileTask& task, int64_t last_updated) const {
    const Result<CommitTimes> times = Times();
    if (!times.ok()) return times.error().message;
    const Result<SnapshotTime> time = times->Of(task, last_updated);
    return time.ok() ? std::to_string(time->value) : time.error().message;
  }

  TableMetadata metadata_;
};

FileTask FileOf(int64_t snapshot, int64_t sequence_number) {
  FileTask task;
  task.file.path = "f.parquet";
  task.added_by = SnapshotId{snapshot};
  task.data_sequence_number = SequenceNumber{sequence_number};
  return task;
}

bool Contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(CommitTimes, BeforeVersion3TheFileDatesItsRows) {
  for (const int32_t version : {1, 2}) {
    History history(version);
    history.Commit("append");
    history.Commit("append");
    const int64_t sequence_number = version == 1 ? 0 : 1;
    EXPECT_EQ(history.Of(FileOf(1, sequence_number), RowLineage::kNone), "1000");
    EXPECT_EQ(history.Of(FileOf(2, 2 * sequence_number), RowLineage::kNone), "2000");
    // What files of such a table store under the ids of lineage is not theirs.
    EXPECT_EQ(history.Of(FileOf(2, 2 * sequence_number), 1), "2000");
  }
}

TEST(CommitTimes, BeforeVersion3AnythingButAppendsIsRefused) {
  for (const std::string operation : {"replace", "overwrite", "delete", "", "magic"}) {
    History history(2);
    history.Commit("append");
    history.Commit(operation);
    history.Commit("append");
    const Result<CommitTimes> times = history.Times();
    ASSERT_FALSE(times.ok()) << operation;
    EXPECT_EQ(times.error().code, ErrorCode::kUnsupported);
    EXPECT_TRUE(Contains(times.error().message, "lake.stats")) << times.error().message;
    EXPECT_TRUE(Contains(times.error().message, "snapshot 2 is")) << times.error().message;
    EXPECT_TRUE(Contains(times.error().message, operation)) << times.error().message;
  }
}

TEST(CommitTimes, OnlyTheHistoryOfTheSnapshotReadCounts) {
  History history(2);
  history.Commit("append");
  history.Commit("overwrite");
  EXPECT_TRUE(CommitTimes::Make(history.metadata_, &history.metadata_.snapshots[0], "t").ok());
  EXPECT_FALSE(CommitTimes::Make(history.metadata_, &history.metadata_.snapshots[1], "t").ok());
}

TEST(CommitTimes, BeforeVersion3TheWholeHistoryMustBeKnown) {
  History history(2);
  for (int commit = 0; commit < 3; ++commit) history.Commit("append");
  history.Expire(1);
  EXPECT_TRUE(Contains(history.Of(FileOf(3, 3), 3), "snapshot 1, the parent of 2, has expired"));
}

TEST(CommitTimes, ATableWithoutSnapshotsHasNoRowsToDate) {
  EXPECT_TRUE(History(1).Times().ok());
  EXPECT_TRUE(History(3).Times().ok());
}

TEST(CommitTimes, InVersion3TheRowSaysItsCommit) {
  History history(3);
  history.Commit("append");
  history.Commit("replace");
  history.Commit("overwrite");
  EXPECT_EQ(history.Of(FileOf(2, 2), 1), "1000");
  EXPECT_EQ(history.Of(FileOf(2, 2), 3), "3000");
}

TEST(CommitTimes, InVersion3AnExpiredCommitIsRefused) {
  History history(3);
  history.Commit("append");
  history.Commit("append");
  history.Expire(1);
  EXPECT_EQ(history.Of(FileOf(2, 2), 2), "2000");
  const std::string message = history.Of(FileOf(1, 1), 1);
  EXPECT_TRUE(Contains(message, "lake.stats")) << message;
  EXPECT_TRUE(Contains(message, "sequence number 1")) << message;
}

TEST(CommitTimes, RowsOfBeforeAnUpgradeToVersion3FollowTheOldRule) {
  History appended(2);
  appended.Commit("append");
  appended.Upgrade(3);
  appended.Commit("replace");
  EXPECT_EQ(appended.Of(FileOf(1, 1), 1), "1000");
  EXPECT_EQ(appended.Of(FileOf(1, 1), RowLineage::kNone), "1000");

  History compacted(2);
  compacted.Commit("append");
  compacted.Commit("replace");
  compacted.Upgrade(3);
  compacted.Commit("append");
  EXPECT_TRUE(Contains(compacted.Of(FileOf(2, 2), 2), "snapshot 2 is a 'replace'"));
  EXPECT_TRUE(Contains(compacted.Of(FileOf(2, 2), RowLineage::kNone), "snapshot 2"));
  EXPECT_EQ(compacted.Of(FileOf(3, 3), 3), "3000");
}

TEST(CommitTimes, RowsOfVersion1HaveNoSequenceNumber) {
  History history(1);
  history.Commit("append");
  history.Commit("append");
  history.Upgrade(2);
  history.Upgrade(3);
  history.Commit("replace");
  EXPECT_EQ(history.Of(FileOf(2, 0), 0), "2000");
  EXPECT_TRUE(Contains(history.Of(FileOf(3, 3), 0), "before version 2"));
}

TEST(CommitTimes, AFileOfVersion3WithoutRowIdsIsRefused) {
  History history(3);
  history.Commit("append");
  EXPECT_TRUE(Contains(history.Of(FileOf(1, 1), RowLineage::kNone), "no row ids"));
}

TEST(CommitTimes, ASequenceNumberOfTwoSnapshotsIsCorrupt) {
  History history(2);
  history.Commit("append");
  history.Commit("append");
  history.metadata_.snapshots[1].sequence_number = SequenceNumber{1};
  EXPECT_EQ(history.Times().error().code, ErrorCode::kCorruptData);
}

TEST(CommitTimes, AHistoryInACircleEnds) {
  History history(3);
  history.Commit("append");
  history.Commit("append");
  history.metadata_.snapshots[0].parent_id = SnapshotId{2};
  EXPECT_EQ(history.Of(FileOf(2, 2), 2), "2000");
  history.metadata_.format_version = 2;
  EXPECT_TRUE(Contains(history.Of(FileOf(2, 2), 2), "its own ancestor"));
}

}  // namespace
}  // namespace icefield
