#include <gtest/gtest.h>

#include <filesystem>

#include "catalog/catalog.h"
#include "catalog/metadata_folder.h"
#include "catalog/sql_catalog.h"
#include "catalog/sqlite_fault_test.h"
#include "catalog/table_change_test.h"
#include "io/fault_store_test.h"
#include "io/local_store.h"
#include "io/temporary_folder_test.h"

namespace icefield {
namespace {

const TableIdentifier kTable{{"ns"}, "t"};

// A catalog with the table ns.t, alone in a folder.
class Lake {
 public:
  Lake() {
    const auto catalog = Open(*store_);
    EXPECT_TRUE(catalog->CreateNamespace({"ns"}, {}).ok());
    const auto made = catalog->CommitTable(kTable, Creation(folder_.At("t")));
    EXPECT_TRUE(made.ok()) << made.error();
    old_ = made->metadata;
  }

  std::unique_ptr<Catalog> Open(const ObjectStore& store) const {
    // With so little patience faults that look passing are not tried again.
    return *OpenCatalog(store, "default",
                        {{"uri", "sqlite:///" + folder_.At("catalog.db")},
                         {std::string(kSqliteBusyTimeoutProperty), "1"}});
  }

  const ObjectStore& store() const { return *store_; }

  // That the table is the old one or the new one, that `done` says which, and that the next commit
  // goes on from there.
  void Check(const Result<LoadedTable>& done, const std::string& where) const {
    const auto catalog = Open(*store_);
    const auto now = catalog->LoadTable(kTable);
    ASSERT_TRUE(now.ok()) << where << now.error();
    const bool is_new = now->metadata.properties.contains("a");
    EXPECT_EQ(now->metadata == old_, !is_new) << where;
    if (done.ok()) {
      EXPECT_TRUE(is_new) << where;
      EXPECT_EQ(now->metadata, done->metadata) << where;
    } else if (done.error().code != ErrorCode::kCommitUnknown) {
      EXPECT_FALSE(is_new) << where << done.error();
    }
    const auto next = catalog->CommitTable(kTable, Setting("b", "1"));
    EXPECT_TRUE(next.ok()) << where << next.error();
  }

  size_t MetadataFiles() const { return store_->List(folder_.At("t/metadata"))->size(); }

 private:
  const TemporaryFolder folder_;
  const std::unique_ptr<ObjectStore> store_ = MakeLocalStore();
  TableMetadata old_;
};

TEST(SqlFaults, OfTheStoreLeaveTheOldOrTheNewTable) {
  for (const bool dies : {false, true}) {
    for (const bool after : {false, true}) {
      int64_t call = 0;
      for (bool fired = true; fired; ++call) {
        const Lake lake;
        const FaultStore store(lake.store(), {.call = call, .after = after, .dies = dies});
        const auto done = lake.Open(store)->CommitTable(kTable, Setting("a", "1"));
        fired = store.fired();
        lake.Check(done,
                   StrCat("call ", call, after ? " after" : " before", dies ? " dies: " : ": "));
        EXPECT_EQ(done.ok(), !fired);
      }
      EXPECT_GE(call, 5);
    }
  }
}

TEST(SqlFaults, OfTheDatabaseLeaveTheOldOrTheNewTable) {
  int unknown = 0;
  int committed = 0;
  for (const bool dies : {false, true}) {
    for (const bool after : {false, true}) {
      int64_t call = 0;
      for (bool fired = true; fired; ++call) {
        const Lake lake;
        const auto catalog = lake.Open(lake.store());
        const auto done = [&] {
          const SqliteFaults faults({.call = call, .after = after, .dies = dies});
          auto answer = catalog->CommitTable(kTable, Setting("a", "1"));
          fired = SqliteFaults::fired();
          return answer;
        }();
        if (!done.ok() && done.error().code == ErrorCode::kCommitUnknown) ++unknown;
        if (!done.ok() && done.error().code != ErrorCode::kCommitUnknown) {
          EXPECT_EQ(lake.MetadataFiles(), 1U) << call;
        }
        if (done.ok() && fired) ++committed;
        lake.Check(done,
                   StrCat("call ", call, after ? " after" : " before", dies ? " dies: " : ": "));
      }
      EXPECT_GE(call, 10);
    }
  }
  // Both ways out of a doubtful COMMIT were gone: read back, and not readable.
  EXPECT_GT(unknown, 0);
  EXPECT_GT(committed, 0);
}

// A database half made is a catalog that is not made yet.
TEST(SqlFaults, OfMakingACatalogLeaveItToTheNext) {
  for (const bool dies : {false, true}) {
    for (const bool after : {false, true}) {
      bool fired = true;
      for (int64_t call = 0; fired; ++call) {
        const TemporaryFolder folder;
        const auto store = MakeLocalStore();
        const Properties properties{{"uri", "sqlite:///" + folder.At("catalog.db")},
                                    {std::string(kSqliteBusyTimeoutProperty), "1"}};
        const auto catalog = *OpenCatalog(*store, "default", properties);
        const Status made = [&] {
          const SqliteFaults faults({.call = call, .after = after, .dies = dies});
          Status answer = catalog->CreateNamespace({"ns"}, {});
          fired = SqliteFaults::fired();
          return answer;
        }();
        const auto next = OpenCatalog(*store, "default", properties);
        ASSERT_TRUE(next.ok()) << call << next.error();
        const Status again = (*next)->CreateNamespace({"ns"}, {});
        EXPECT_TRUE(again.ok() || again.error().code == ErrorCode::kAlreadyExists)
            << call << again.error();
        if (!again.ok()) {
          EXPECT_TRUE(made.ok() || made.error().code == ErrorCode::kCommitUnknown) << call;
        }
        EXPECT_EQ(*(*next)->ListNamespaces(), (std::vector<std::vector<std::string>>{{"ns"}}));
      }
    }
  }
}

}  // namespace
}  // namespace icefield
