/// What was appended between any two snapshots of the golden tables, against what their writers say
/// of it in the summaries: Iceberg's Java library, Spark and pyiceberg.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "golden_table_test.h"
#include "scan/append_history.h"
#include "scan/scan_plan.h"

namespace icefield {
namespace {

struct Tally {
  int compared = 0;
  int over_compactions = 0;
  int refused = 0;
};

// Rows that the snapshots of a line of appends and compactions added, as they say.
int64_t StatedRows(const std::vector<const Snapshot*>& history) {
  int64_t rows = 0;
  for (const Snapshot* snapshot : history) {
    const auto added = snapshot->summary.find("added-records");
    if (OperationOf(*snapshot) == "append" && added != snapshot->summary.end())
      rows += std::stoll(added->second);
  }
  return rows;
}

bool HasCompaction(const std::vector<const Snapshot*>& history) {
  return std::any_of(history.begin(), history.end(),
                     [](const Snapshot* each) { return OperationOf(*each) == "replace"; });
}

int64_t PlannedRows(const ScanPlan& plan) {
  int64_t rows = 0;
  for (const FileTask& task : plan.tasks) {
    EXPECT_TRUE(task.deletes.empty()) << task.file.path;
    rows += task.file.record_count;
  }
  return rows;
}

void ComparePair(const GoldenTable& golden, const TableMetadata& metadata, const Snapshot& head,
                 SnapshotId since, Tally& tally) {
  const auto history = AppendsSince(metadata, &head, since);
  const Result<const Schema*> schema = metadata.SchemaOf(head);
  ASSERT_TRUE(schema.ok()) << schema.error();
  const Result<ScanPlan> plan = PlanScan(
      *golden.store, metadata,
      {.table_name = "t", .selected = {&head, *schema}, .threads = 1, .appended_since = since});
  ASSERT_TRUE(history.ok() || !plan.ok());
  if (!plan.ok()) {
    ++tally.refused;
    return;
  }
  EXPECT_EQ(PlannedRows(*plan), StatedRows(*history)) << plan->ToString();
  ++tally.compared;
  if (HasCompaction(*history)) ++tally.over_compactions;
}

TEST(GoldenAppends, RowsAreThoseThatTheirWritersCounted) {
  Tally tally;
  const std::filesystem::path tables = ICEFIELD_TEST_DATA "/../golden/tables";
  for (const auto& folder : std::filesystem::directory_iterator(tables)) {
    const std::string name = folder.path().filename();
    SCOPED_TRACE(name);
    const GoldenTable golden = LoadGoldenTable(name);
    const Result<LoadedTable> loaded = LoadTableAt(*golden.store, golden.metadata_location);
    if (!loaded.ok()) continue;  // Tables that are refused as a whole.
    for (const Snapshot& head : loaded->metadata.snapshots) {
      for (const Snapshot& since : loaded->metadata.snapshots) {
        if (since.id != head.id) ComparePair(golden, loaded->metadata, head, since.id, tally);
      }
    }
  }
  EXPECT_GT(tally.compared, 400);
  EXPECT_GT(tally.over_compactions, 20);
  EXPECT_GT(tally.refused, 200);
}

}  // namespace
}  // namespace icefield
