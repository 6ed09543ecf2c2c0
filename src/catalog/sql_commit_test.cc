#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "catalog/catalog.h"
#include "catalog/metadata_folder.h"
#include "catalog/sql_catalog.h"
#include "catalog/sqlite_writer_test.h"
#include "catalog/table_change_test.h"
#include "io/local_store.h"
#include "io/path_map.h"
#include "io/temporary_folder_test.h"

namespace icefield {
namespace {

using Levels = std::vector<std::string>;

const TableIdentifier kTable{{"ns"}, "t"};

class SqlCommitTest : public testing::Test {
 protected:
  SqlCommitTest() : path_(folder_.At("catalog.db")) {}

  Properties PropertiesOf(int64_t patience_ms) const {
    return {{"type", "sql"},
            {"uri", "sqlite:///" + path_},
            {"warehouse", folder_.At("wh/")},
            {std::string(kSqliteBusyTimeoutProperty), std::to_string(patience_ms)}};
  }

  std::unique_ptr<Catalog> MustOpen(int64_t patience_ms = 20'000) const {
    auto catalog = OpenCatalog(*store_, "default", PropertiesOf(patience_ms));
    EXPECT_TRUE(catalog.ok()) << catalog.error();
    return *std::move(catalog);
  }

  // A catalog with the namespace ns and the table ns.t.
  std::unique_ptr<Catalog> MustMake(const Properties& properties = {}) const {
    auto catalog = MustOpen();
    EXPECT_TRUE(catalog->CreateNamespace({"ns"}, {}).ok());
    const auto table =
        catalog->CommitTable(kTable, Creation(*catalog->DefaultLocation(kTable), properties));
    EXPECT_TRUE(table.ok()) << table.error();
    return catalog;
  }

  std::vector<std::string> MetadataFiles() const {
    std::vector<std::string> names = *store_->List(folder_.At("wh/ns/t/metadata"));
    std::erase_if(names, [](const std::string& name) { return !IsMetadataFile(name); });
    return names;
  }

  const TemporaryFolder folder_;
  const std::string path_;
  const std::unique_ptr<ObjectStore> store_ = MakeLocalStore();
};

TEST_F(SqlCommitTest, ANewDatabaseIsMadeByItsFirstNamespace) {
  const auto catalog = MustOpen();
  EXPECT_FALSE(std::filesystem::exists(path_));
  ASSERT_TRUE(catalog->CreateNamespace({"a", "b"}, {}).ok());
  EXPECT_EQ(*catalog->ListNamespaces(), std::vector<Levels>{{"a"}});
  EXPECT_EQ(*catalog->ListNamespaces({"a"}), (std::vector<Levels>{{"a", "b"}}));
  // Another reader and another name see the same file.
  EXPECT_EQ(*MustOpen()->ListNamespaces(), std::vector<Levels>{{"a"}});
}

TEST_F(SqlCommitTest, NamespacesComeAndGo) {
  const auto catalog = MustMake();
  EXPECT_EQ(catalog->CreateNamespace({"ns"}, {}).error().ToString(),
            "AlreadyExists: namespace ns exists already in catalog 'default' (" + path_ + ")");
  ASSERT_TRUE(catalog->CreateNamespace({"empty"}, {{"owner", "me"}}).ok());
  ASSERT_TRUE(catalog->CreateNamespace({"up", "down"}, {}).ok());
  EXPECT_EQ(catalog->CreateNamespace({"up"}, {}).error().code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(catalog->CreateNamespace({"a.b"}, {}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(catalog->CreateNamespace({}, {}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(catalog->DropNamespace({"ns"}).error().ToString(),
            "Conflict: namespace ns in catalog 'default' (" + path_ + ") is not empty; it holds t");
  EXPECT_EQ(catalog->DropNamespace({"up"}).error().code, ErrorCode::kConflict);
  ASSERT_TRUE(catalog->DropNamespace({"up", "down"}).ok());
  EXPECT_EQ(catalog->DropNamespace({"up"}).error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(catalog->DropNamespace({"empty"}).ok());
  EXPECT_EQ(*catalog->ListNamespaces(), std::vector<Levels>{{"ns"}});
}

TEST_F(SqlCommitTest, MakesChangesAndDropsATable) {
  const auto catalog = MustMake({{"a", "1"}});
  const LoadedTable made = *catalog->LoadTable(kTable);
  EXPECT_EQ(made.metadata.location, folder_.At("wh/ns/t"));
  EXPECT_TRUE(made.metadata_location.starts_with(folder_.At("wh/ns/t/metadata/00000-")));
  EXPECT_EQ(MetadataNumber(made.metadata_location.substr(made.metadata_location.rfind('/') + 1)),
            0);
  const auto changed = catalog->CommitTable(kTable, Setting("b", "2"));
  ASSERT_TRUE(changed.ok()) << changed.error();
  EXPECT_TRUE(changed->metadata_location.starts_with(folder_.At("wh/ns/t/metadata/00001-")));
  EXPECT_EQ(changed->metadata.properties, (Properties{{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(changed->metadata.metadata_log.back().location, made.metadata_location);
  const LoadedTable loaded = *catalog->LoadTable(kTable);
  EXPECT_EQ(loaded.metadata, changed->metadata);
  EXPECT_EQ(loaded.metadata_location, changed->metadata_location);
  EXPECT_EQ(catalog->CommitTable(kTable, Creation("/elsewhere")).error().ToString(),
            "AlreadyExists: table ns.t exists already in catalog 'default' (" + path_ + ")");
  ASSERT_TRUE(catalog->DropTable(kTable).ok());
  EXPECT_EQ(catalog->DropTable(kTable).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(catalog->CommitTable(kTable, Setting("b", "3")).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(MetadataFiles().size(), 2U);
}

TEST_F(SqlCommitTest, RequirementsAreCheckedAndNothingIsLeft) {
  const auto catalog = MustMake();
  const LoadedTable base = *catalog->LoadTable(kTable);
  ASSERT_TRUE(catalog->CommitTable(kTable, Appending(base.metadata, 1)).ok());
  const auto late = catalog->CommitTable(kTable, Appending(base.metadata, 2));
  EXPECT_EQ(late.error().ToString(),
            "Conflict: table ns.t was changed by another writer: branch main did not exist and"
            " is now at 1");
  EXPECT_EQ(MetadataFiles().size(), 2U);
  EXPECT_EQ(catalog->CommitTable({{"ns"}, "x"}, Setting("a", "1")).error().code,
            ErrorCode::kNotFound);
  EXPECT_EQ(
      catalog->CommitTable({{"nix"}, "x"}, Creation("/x")).error().ToString(),
      "NotFound: namespace nix does not exist in catalog 'default' (" + path_ + "); it has ns");
  EXPECT_EQ(catalog->CommitTable(kTable, Setting("", "1")).error().ToString(),
            "InvalidArgument: table ns.t: a property of a table needs a name");
  // No updates, no commit.
  EXPECT_EQ(catalog->CommitTable(kTable, {})->metadata_location,
            catalog->LoadTable(kTable)->metadata_location);
}

TEST_F(SqlCommitTest, LocationsAreThoseOfPyiceberg) {
  const auto catalog = MustOpen();
  ASSERT_TRUE(catalog->CreateNamespace({"a", "b"}, {}).ok());
  ASSERT_TRUE(catalog->CreateNamespace({"placed"}, {{"location", "s3://bucket/here/"}}).ok());
  EXPECT_EQ(*catalog->DefaultLocation({{"a", "b"}, "t"}), folder_.At("wh/a.b/t"));
  EXPECT_EQ(*catalog->DefaultLocation({{"placed"}, "t"}), "s3://bucket/here/t");
  EXPECT_EQ(catalog->DefaultLocation({{"nix"}, "t"}).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(catalog->DefaultLocation({{"a", "b"}, ".."}).error().code, ErrorCode::kInvalidArgument);
  Properties homeless = PropertiesOf(100);
  homeless.erase("warehouse");
  const auto other = *OpenCatalog(*store_, "default", homeless);
  EXPECT_EQ(other->DefaultLocation({{"a", "b"}, "t"}).error().code, ErrorCode::kInvalidArgument);
}

TEST_F(SqlCommitTest, MetadataGoesWhereAndHowTheTableSays) {
  const auto catalog = MustMake({{"write.metadata.path", folder_.At("elsewhere/")},
                                 {"write.metadata.compression-codec", "gzip"}});
  const LoadedTable table = *catalog->LoadTable(kTable);
  EXPECT_TRUE(table.metadata_location.starts_with(folder_.At("elsewhere/00000-")));
  EXPECT_TRUE(table.metadata_location.ends_with(".gz.metadata.json"));
  EXPECT_TRUE(ReadAll(*store_, table.metadata_location)->starts_with("\x1f\x8b"));
  const auto changed = catalog->CommitTable(kTable, Setting("a", "1"));
  ASSERT_TRUE(changed.ok()) << changed.error();
  EXPECT_TRUE(changed->metadata_location.starts_with(folder_.At("elsewhere/00001-")));
  EXPECT_EQ(catalog->LoadTable(kTable)->metadata, changed->metadata);
  EXPECT_EQ(
      catalog->CommitTable(kTable, Setting("write.metadata.compression-codec", "lzo")).error().code,
      ErrorCode::kInvalidArgument);
}

TEST_F(SqlCommitTest, OldMetadataIsDeletedWhereTheTableSays) {
  const auto kept = MustMake({{"write.metadata.previous-versions-max", "2"}});
  for (const char* value : {"1", "2", "3", "4"}) {
    ASSERT_TRUE(kept->CommitTable(kTable, Setting("a", value)).ok());
  }
  EXPECT_EQ(MetadataFiles().size(), 5U);
  ASSERT_TRUE(
      kept->CommitTable(kTable, Setting("write.metadata.delete-after-commit.enabled", "true"))
          .ok());
  ASSERT_TRUE(kept->CommitTable(kTable, Setting("a", "5")).ok());
  const std::vector<std::string> names = MetadataFiles();
  ASSERT_EQ(names.size(), 5U);
  // Those that left the log before it was asked for stay.
  EXPECT_TRUE(names[1].starts_with("00001-"));
  EXPECT_TRUE(names[2].starts_with("00004-"));
  EXPECT_TRUE(names[4].starts_with("00006-"));
}

TEST_F(SqlCommitTest, MovedTablesAreWrittenWhereTheyLie) {
  const auto mapped = MapPaths(MakeLocalStore(), {{"s3://bucket/lake", folder_.At("here")}});
  Properties properties = PropertiesOf(1000);
  properties["warehouse"] = "s3://bucket/lake";
  const auto catalog = *OpenCatalog(*mapped, "default", properties);
  ASSERT_TRUE(catalog->CreateNamespace({"ns"}, {}).ok());
  const auto table = catalog->CommitTable(kTable, Creation(*catalog->DefaultLocation(kTable)));
  ASSERT_TRUE(table.ok()) << table.error();
  EXPECT_TRUE(table->metadata_location.starts_with("s3://bucket/lake/ns/t/metadata/00000-"));
  EXPECT_EQ(store_->List(folder_.At("here/ns/t/metadata"))->size(), 1U);
}

TEST_F(SqlCommitTest, OldLayoutsAreWritten) {
  SqliteWriter writer(path_);
  writer.Run(
      "CREATE TABLE iceberg_tables (catalog_name TEXT, table_namespace TEXT, table_name TEXT,"
      " metadata_location TEXT, previous_metadata_location TEXT)");
  const auto catalog = MustMake();
  ASSERT_TRUE(catalog->CommitTable(kTable, Setting("a", "1")).ok());
  EXPECT_EQ(catalog->LoadTable(kTable)->metadata.properties.at("a"), "1");
}

TEST_F(SqlCommitTest, ViewsStayViews) {
  const auto catalog = MustMake();
  SqliteWriter(path_).Run("UPDATE iceberg_tables SET iceberg_type = 'VIEW'");
  EXPECT_EQ(
      catalog->CommitTable(kTable, Creation("/x")).error().ToString(),
      "AlreadyExists: table ns.t exists already in catalog 'default' (" + path_ + "), as a VIEW");
  EXPECT_EQ(catalog->CommitTable(kTable, Setting("a", "1")).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(catalog->DropTable(kTable).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(catalog->DropNamespace({"ns"}).error().code, ErrorCode::kConflict);
}

TEST_F(SqlCommitTest, ALockedFileIsUnavailableAndNothingIsLeft) {
  MustMake();
  SqliteWriter writer(path_);
  writer.Run("BEGIN IMMEDIATE");
  const auto catalog = MustOpen(100);
  const auto locked = catalog->CommitTable(kTable, Setting("a", "1"));
  EXPECT_EQ(locked.error().code, ErrorCode::kUnavailable) << locked.error();
  EXPECT_EQ(MetadataFiles().size(), 1U);
  EXPECT_EQ(catalog->CreateNamespace({"x"}, {}).error().code, ErrorCode::kUnavailable);
  writer.Run("ROLLBACK");
  EXPECT_TRUE(catalog->CommitTable(kTable, Setting("a", "1")).ok());
}

// A reader that does not let go keeps the COMMIT of a rollback journal from ending.
TEST_F(SqlCommitTest, AReaderThatStaysMakesACommitUnavailable) {
  MustMake();
  SqliteWriter reader(path_);
  reader.Run("BEGIN; SELECT * FROM iceberg_tables");
  const auto catalog = MustOpen(100);
  const auto locked = catalog->CommitTable(kTable, Setting("a", "1"));
  EXPECT_EQ(locked.error().code, ErrorCode::kUnavailable) << locked.error();
  EXPECT_EQ(MetadataFiles().size(), 1U);
  reader.Run("ROLLBACK");
  EXPECT_FALSE(catalog->LoadTable(kTable)->metadata.properties.contains("a"));
  EXPECT_TRUE(catalog->CommitTable(kTable, Setting("a", "1")).ok());
}

TEST_F(SqlCommitTest, AMissingFolderIsNamed) {
  const auto catalog =
      *OpenCatalog(*store_, "default", {{"uri", "sqlite:///" + folder_.At("nix/c.db")}});
  EXPECT_EQ(catalog->CreateNamespace({"a"}, {}).error().ToString(),
            "NotFound: the folder " + folder_.At("nix") +
                " of the catalog database does not exist; make it first");
}

// Every commit counts one up from what it saw; none may be lost, whoever wins.
TEST_F(SqlCommitTest, CommitsAtTheSameTimeAreAllKept) {
  MustMake();
  constexpr int kWriters = 4;
  constexpr int kCommits = 8;
  std::atomic<int> conflicts = 0;
  std::vector<std::thread> threads;
  for (int writer = 0; writer < kWriters; ++writer) {
    threads.emplace_back([&, writer] {
      const auto catalog = MustOpen();
      for (int commit = 0; commit < kCommits;) {
        const LoadedTable base = *catalog->LoadTable(kTable);
        const int64_t id = writer * 1000 + commit + 1;
        const auto done = catalog->CommitTable(kTable, Appending(base.metadata, id));
        if (done.ok()) {
          ++commit;
        } else {
          ASSERT_EQ(done.error().code, ErrorCode::kConflict) << done.error();
          ++conflicts;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const LoadedTable table = *MustOpen()->LoadTable(kTable);
  EXPECT_EQ(table.metadata.snapshots.size(), size_t{kWriters * kCommits});
  EXPECT_EQ(table.metadata.last_sequence_number.value, kWriters * kCommits);
  EXPECT_EQ(MetadataFiles().size(), size_t{kWriters * kCommits + 1});
  for (size_t at = 1; at < table.metadata.snapshots.size(); ++at) {
    EXPECT_EQ(table.metadata.snapshots[at].parent_id, table.metadata.snapshots[at - 1].id);
  }
}

// Of many who make the file, the namespace and the table, one makes each.
TEST_F(SqlCommitTest, OneOfManyMakersWins) {
  std::atomic<int> namespaces = 0;
  std::atomic<int> tables = 0;
  std::vector<std::thread> threads;
  for (int maker = 0; maker < 4; ++maker) {
    threads.emplace_back([&] {
      const auto catalog = MustOpen();
      const Status made = catalog->CreateNamespace({"ns"}, {});
      if (made.ok()) ++namespaces;
      EXPECT_TRUE(made.ok() || made.error().code == ErrorCode::kAlreadyExists) << made.error();
      const auto table = catalog->CommitTable(kTable, Creation(folder_.At("wh/ns/t")));
      if (table.ok()) ++tables;
      EXPECT_TRUE(table.ok() || table.error().code == ErrorCode::kAlreadyExists) << table.error();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(namespaces, 1);
  EXPECT_EQ(tables, 1);
  EXPECT_EQ(MetadataFiles().size(), 1U);
}

}  // namespace
}  // namespace icefield
