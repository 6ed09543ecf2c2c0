// Every write with a fault at every call of the store: the table is the old one or the new one, and
// the answer says which.
#include <arrow/builder.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "catalog/catalog.h"
#include "codec/filter/row_filter_parser.h"
#include "codec/filter/table_term_parser.h"
#include "io/fault_store_test.h"
#include "io/memory_store_test.h"
#include "read/scan_stream.h"
#include "write/table_definition.h"
#include "write/table_write.h"

namespace icefield {
namespace {

using Numbers = std::multiset<int64_t>;

constexpr const char* kFolder = "/wh/ns/t";

std::shared_ptr<arrow::Schema> RowSchema() {
  return arrow::schema({arrow::field("x", arrow::int64(), false)});
}

// One batch of numbers.
class NumberStream final : public BatchStream {
 public:
  explicit NumberStream(const Numbers& numbers) : schema_(RowSchema()) {
    arrow::Int64Builder builder;
    for (const int64_t each : numbers) EXPECT_TRUE(builder.Append(each).ok());
    batch_ = arrow::RecordBatch::Make(schema_, static_cast<int64_t>(numbers.size()),
                                      {builder.Finish().ValueOrDie()});
  }
  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }
  Result<std::shared_ptr<arrow::RecordBatch>> Next() override {
    return std::exchange(batch_, nullptr);
  }

 private:
  std::shared_ptr<arrow::Schema> schema_;
  std::shared_ptr<arrow::RecordBatch> batch_;
};

std::shared_ptr<const ObjectStore> Borrowed(const ObjectStore& store) {
  return {&store, [](const ObjectStore*) {}};
}

Result<WriteTarget> Target(const ObjectStore& store, const CommitTarget& commits) {
  ICEFIELD_ASSIGN(LoadedTable base, LoadTableAt(store, kFolder));
  return WriteTarget{Borrowed(store), &commits, std::move(base)};
}

using Write = std::function<Result<LoadedTable>(const WriteTarget& target)>;

Result<LoadedTable> Perform(const ObjectStore& store, const Write& write) {
  const std::unique_ptr<const CommitTarget> commits = MakeFolderTarget(Borrowed(store), kFolder);
  ICEFIELD_ASSIGN(const WriteTarget target, Target(store, *commits));
  return write(target);
}

Write Append(Numbers numbers) {
  return [numbers = std::move(numbers)](const WriteTarget& target) {
    NumberStream rows(numbers);
    return AppendRows(target, rows, {});
  };
}

Numbers RowsOf(const ObjectStore& store) {
  Numbers numbers;
  const Result<LoadedTable> table = LoadTableAt(store, kFolder);
  EXPECT_TRUE(table.ok()) << table.error();
  const TableMetadata& metadata = table->metadata;
  const Result<SelectedSnapshot> selected = SelectSnapshot(metadata, {}, "t");
  const Result<ScanPlan> plan =
      PlanScan(store, metadata, {.table_name = "t", .selected = *selected, .predicate = {}});
  EXPECT_TRUE(plan.ok()) << plan.error();
  const Result<std::unique_ptr<BatchStream>> stream =
      OpenScanStream({.store = Borrowed(store),
                      .plan = *plan,
                      .columns = ReadAllColumns(metadata.CurrentSchema()).columns,
                      .limit = std::nullopt,
                      .options = {}});
  EXPECT_TRUE(stream.ok()) << stream.error();
  while (true) {
    const auto batch = (*stream)->Next();
    EXPECT_TRUE(batch.ok()) << batch.error();
    if (!batch.ok() || *batch == nullptr) return numbers;
    const auto& column = static_cast<const arrow::Int64Array&>(*(*batch)->column(0));
    for (int64_t row = 0; row < column.length(); ++row) numbers.insert(column.Value(row));
  }
}

MemoryStore::Files TableFiles(const std::string& format_version) {
  const MemoryStore store;
  TableDefinition definition;
  definition.schema.columns.fields = {{FieldId{1}, "x", {PrimitiveKind::kLong}, true}};
  definition.partitioning = std::vector{*ParsePartitionTerm("truncate(10, x)")};
  definition.properties = {{"format-version", format_version},
                           {"commit.retry.num-retries", "2"},
                           {"commit.retry.min-wait-ms", "1"},
                           {"commit.status-check.min-wait-ms", "1"}};
  const Result<TableChange> creation =
      DefineTable(definition, {"ns.t", kFolder, "9c12d441-03fe-4693-9a96-a0705ddf69c1"});
  EXPECT_TRUE(creation.ok()) << creation.error();
  EXPECT_TRUE(CommitTableAt(store, kFolder, *creation).ok());
  EXPECT_TRUE(Perform(store, Append({1, 2, 11, 12, 21})).ok());
  return store.files();
}

struct Case {
  const char* name;
  Write write;
  Numbers after;
};

std::vector<Case> Cases() {
  const RowFilter some = *ParseRowFilter("x = 2 or x > 20");
  return {{"append", Append({3, 31}), {1, 2, 3, 11, 12, 21, 31}},
          {"delete",
           [some](const WriteTarget& target) { return DeleteRows(target, some, {}); },
           {1, 11, 12}},
          {"overwrite",
           [some](const WriteTarget& target) {
             NumberStream rows({5});
             return OverwriteRows(target, rows, some, {});
           },
           {1, 5, 11, 12}},
          {"overwrite partitions",
           [](const WriteTarget& target) {
             NumberStream rows({19});
             return OverwritePartitions(target, rows, {});
           },
           {1, 2, 19, 21}}};
}

class TableFaults : public testing::TestWithParam<std::tuple<int, size_t>> {};

// What a write left behind after a fault, against what it said.
void CheckLeft(const MemoryStore& store, const MemoryStore::Files& files, const Case& write,
               const Result<LoadedTable>& outcome, const Fault& fault) {
  const Numbers before{1, 2, 11, 12, 21};
  const Numbers now = RowsOf(store);
  const std::string where = StrCat(write.name, ", call ", fault.call, fault.after ? " after" : "",
                                   fault.dies ? " dies" : "");
  if (outcome.ok()) {
    EXPECT_EQ(now, write.after) << where;
    return;
  }
  if (outcome.error().code == ErrorCode::kCommitUnknown) {
    EXPECT_TRUE(now == before || now == write.after) << where;
    return;
  }
  EXPECT_EQ(now, before) << where << ": " << outcome.error();
  if (!fault.after && !fault.dies) {
    EXPECT_EQ(store.files(), files) << where;
  }
}

TEST_P(TableFaults, LeaveTheOldTableOrTheNewOne) {
  const auto& [version, number] = GetParam();
  const MemoryStore::Files files = TableFiles(std::to_string(version));
  const Case write = Cases()[number];
  for (Fault fault : {Fault{.after = false, .dies = false}, Fault{.after = true, .dies = false},
                      Fault{.after = false, .dies = true}}) {
    for (fault.call = 0;; ++fault.call) {
      const MemoryStore store{MemoryStore::Files(files)};
      const FaultStore faulty(store, fault);
      const Result<LoadedTable> outcome = Perform(faulty, write.write);
      if (!faulty.fired()) {
        ASSERT_TRUE(outcome.ok()) << write.name << ": " << outcome.error();
        break;
      }
      CheckLeft(store, files, write, outcome, fault);
    }
    ASSERT_GT(fault.call, 10);
  }
}

INSTANTIATE_TEST_SUITE_P(Writes, TableFaults,
                         testing::Combine(testing::Values(2, 3), testing::Range<size_t>(0, 4)));

TEST(TableWrites, CommitsThatOthersWonAreTriedAgain) {
  const MemoryStore store{TableFiles("2")};
  const std::unique_ptr<const CommitTarget> commits = MakeFolderTarget(Borrowed(store), kFolder);
  const Result<WriteTarget> stale = Target(store, *commits);
  ASSERT_TRUE(stale.ok());
  ASSERT_TRUE(Perform(store, Append({13})).ok());
  ASSERT_TRUE(Append({4})(*stale).ok());
  EXPECT_EQ(RowsOf(store), (Numbers{1, 2, 4, 11, 12, 13, 21}));
  // 13 was added since; it may be what the filter means.
  const auto meets = DeleteRows(*stale, *ParseRowFilter("x > 12"), {});
  ASSERT_FALSE(meets.ok());
  EXPECT_EQ(meets.error().code, ErrorCode::kConflict);
  const auto passes = DeleteRows(*stale, *ParseRowFilter("x > 20"), {});
  ASSERT_TRUE(passes.ok()) << passes.error();
  EXPECT_EQ(RowsOf(store), (Numbers{1, 2, 4, 11, 12, 13}));
}

// A catalog that answers commits as a test says.
class OddTarget final : public CommitTarget {
 public:
  enum class Answer : uint8_t { kLost, kUnknownDone, kUnknownNotDone };

  OddTarget(const ObjectStore& store, Answer answer)
      : target_(MakeFolderTarget(Borrowed(store), kFolder)), answer_(answer) {}

  Result<LoadedTable> Load() const override { return target_->Load(); }

  Result<LoadedTable> Commit(const TableChange& change) const override {
    ++commits_;
    if (answer_ == Answer::kLost) return Fail(ErrorCode::kConflict, "another commit was first");
    if (answer_ == Answer::kUnknownDone) {
      EXPECT_TRUE(target_->Commit(change).ok());
    }
    return Fail(ErrorCode::kCommitUnknown, "the connection broke");
  }

  int commits() const { return commits_; }

 private:
  std::unique_ptr<const CommitTarget> target_;
  Answer answer_;
  mutable int commits_ = 0;
};

TEST(TableWrites, ThatAlwaysLoseEndAndLeaveNothing) {
  for (const auto answer : {OddTarget::Answer::kLost, OddTarget::Answer::kUnknownNotDone}) {
    const MemoryStore store{TableFiles("2")};
    const MemoryStore::Files files = store.files();
    const OddTarget late(store, answer);
    const auto outcome = Append({4})(*Target(store, late));
    ASSERT_FALSE(outcome.ok());
    EXPECT_EQ(outcome.error().code, ErrorCode::kConflict);
    EXPECT_EQ(late.commits(), 3);  // commit.retry.num-retries is 2
    EXPECT_EQ(store.files(), files);
  }
}

TEST(TableWrites, OfUnknownOutcomeAreLookedForInTheTable) {
  const MemoryStore store{TableFiles("2")};
  const OddTarget broken(store, OddTarget::Answer::kUnknownDone);
  const auto outcome = Append({4})(*Target(store, broken));
  ASSERT_TRUE(outcome.ok()) << outcome.error();
  EXPECT_EQ(broken.commits(), 1);
  EXPECT_EQ(RowsOf(store), (Numbers{1, 2, 4, 11, 12, 21}));
}

}  // namespace
}  // namespace icefield
