#include "catalog/sql_catalog.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "catalog/sqlite_uri.h"
#include "catalog/sqlite_writer_test.h"
#include "io/local_store.h"
#include "io/temporary_folder_test.h"

namespace icefield {
namespace {

using Levels = std::vector<std::string>;

class SqlCatalogTest : public testing::Test {
 protected:
  SqlCatalogTest() : path_(folder_.At("catalog.db")) {
    metadata_ = folder_.Write("t/metadata/00001.metadata.json",
                              TestData("metadata/v2-evolved.metadata.json"));
  }

  // Opens the file as the catalog `name`, with little patience.
  Result<std::unique_ptr<Catalog>> Open(const std::string& name = "default") {
    return OpenCatalog(*store_, name,
                       {{"type", "sql"},
                        {"uri", "sqlite:///" + path_},
                        {std::string(kSqliteBusyTimeoutProperty), "200"}});
  }

  std::unique_ptr<Catalog> MustOpen(const std::string& name = "default") {
    Result<std::unique_ptr<Catalog>> catalog = Open(name);
    EXPECT_TRUE(catalog.ok()) << catalog.error();
    return *std::move(catalog);
  }

  std::string OpenFailure() {
    const auto catalog = Open();
    return catalog.ok() ? "no error" : catalog.error().ToString();
  }

  const TemporaryFolder folder_;
  const std::string path_;
  std::string metadata_;
  const std::unique_ptr<ObjectStore> store_ = MakeLocalStore();
};

TEST_F(SqlCatalogTest, ListsNamespacesOfTablesAndOfProperties) {
  SqliteWriter writer(path_);
  writer.CreateCatalog();
  writer.AddTable("default", "b.c", "t", metadata_);
  writer.AddTable("default", "a_x", "t", metadata_);
  writer.AddTable("other", "z", "t", metadata_);
  writer.AddNamespace("default", "empty");
  writer.AddNamespace("default", "b.d.e");
  writer.AddNamespace("default", "bb");
  const auto catalog = MustOpen();
  EXPECT_EQ(*catalog->ListNamespaces(), (std::vector<Levels>{{"a_x"}, {"b"}, {"bb"}, {"empty"}}));
  EXPECT_EQ(*catalog->ListNamespaces({"b"}), (std::vector<Levels>{{"b", "c"}, {"b", "d"}}));
  EXPECT_EQ(*catalog->ListNamespaces({"b", "d"}), (std::vector<Levels>{{"b", "d", "e"}}));
  EXPECT_EQ(*catalog->ListNamespaces({"empty"}), std::vector<Levels>{});
  EXPECT_EQ(catalog->ListNamespaces({"aXx"}).error().ToString(),
            "NotFound: namespace aXx does not exist in catalog 'default' (" + path_ +
                "); it has a_x, b.c, b.d.e, bb, empty");
}

TEST_F(SqlCatalogTest, ListsTablesSortedAndWithoutViews) {
  SqliteWriter writer(path_);
  writer.CreateCatalog();
  writer.AddTable("default", "ns", "b", metadata_);
  writer.AddTable("default", "ns", "a", metadata_);
  writer.AddTable("default", "ns.inner", "c", metadata_);
  writer.Run("INSERT INTO iceberg_tables VALUES ('default', 'ns', 'v', 'x', NULL, 'VIEW')");
  writer.Run("INSERT INTO iceberg_tables VALUES ('default', 'ns', 'old', 'x', NULL, NULL)");
  const auto catalog = MustOpen();
  EXPECT_EQ(*catalog->ListTables({"ns"}),
            (std::vector<TableIdentifier>{{{"ns"}, "a"}, {{"ns"}, "b"}, {{"ns"}, "old"}}));
  EXPECT_EQ(*catalog->ListTables({"ns", "inner"}),
            (std::vector<TableIdentifier>{{{"ns", "inner"}, "c"}}));
  EXPECT_TRUE(*catalog->TableExists({{"ns"}, "a"}));
  EXPECT_FALSE(*catalog->TableExists({{"ns"}, "v"}));
  EXPECT_FALSE(*catalog->TableExists({{"ns"}, "A"}));
  EXPECT_EQ(catalog->LoadTable({{"ns"}, "v"}).error().ToString(),
            "NotFound: ns.v in catalog 'default' (" + path_ + ") is a VIEW, not a table");
  EXPECT_EQ(catalog->ListTables({"none"}).error().code, ErrorCode::kNotFound);
}

TEST_F(SqlCatalogTest, ReadsTheLayoutWithoutTypesAndWithoutNamespaceProperties) {
  SqliteWriter writer(path_);
  writer.Run(
      "CREATE TABLE iceberg_tables (catalog_name TEXT, table_namespace TEXT, table_name TEXT,"
      " metadata_location TEXT, previous_metadata_location TEXT)");
  writer.Run("INSERT INTO iceberg_tables VALUES ('default', 'ns', 't', '" + metadata_ + "', NULL)");
  const auto catalog = MustOpen();
  EXPECT_EQ(*catalog->ListNamespaces(), std::vector<Levels>{{"ns"}});
  EXPECT_EQ(catalog->ListTables({"ns"})->size(), 1U);
  EXPECT_EQ(catalog->LoadTable({{"ns"}, "t"})->metadata.snapshots.size(), 4U);
}

TEST_F(SqlCatalogTest, LoadsTablesAndSeesCommitsAtOnce) {
  SqliteWriter writer(path_);
  writer.CreateCatalog();
  writer.AddTable("default", "ns", "t", "file://" + metadata_);
  const auto catalog = MustOpen();
  const LoadedTable before = *catalog->LoadTable({{"ns"}, "t"});
  EXPECT_EQ(before.name, "ns.t");
  EXPECT_EQ(before.metadata_location, "file://" + metadata_);
  EXPECT_EQ(before.metadata.snapshots.size(), 4U);
  writer.MoveTable("ns", "t",
                   folder_.Write("2.metadata.json", TestData("metadata/v2-empty.metadata.json")));
  EXPECT_EQ(catalog->LoadTable({{"ns"}, "t"})->metadata.snapshots.size(), 0U);
}

TEST_F(SqlCatalogTest, SaysWhichTablesAreNearAMissingOne) {
  SqliteWriter writer(path_);
  writer.CreateCatalog();
  writer.AddTable("default", "weather", "hourly", metadata_);
  writer.AddTable("default", "other", "unlike", metadata_);
  EXPECT_EQ(MustOpen()->LoadTable({{"weather"}, "hourl"}).error().ToString(),
            "NotFound: table weather.hourl does not exist in catalog 'default' (" + path_ +
                "); similar: weather.hourly");
  EXPECT_EQ(MustOpen("prod")->LoadTable({{"weather"}, "hourly"}).error().ToString(),
            "NotFound: table weather.hourly does not exist in catalog 'prod' (" + path_ +
                "); it has no tables, but the file also holds the catalogs default: open it by"
                " that name");
}

TEST_F(SqlCatalogTest, NamesTheTableWhoseMetadataIsWrong) {
  SqliteWriter writer(path_);
  writer.CreateCatalog();
  writer.AddTable("default", "ns", "gone", folder_.At("gone.metadata.json"));
  writer.AddTable("default", "ns", "bad", folder_.Write("bad.metadata.json", "{}"));
  writer.Run("INSERT INTO iceberg_tables VALUES ('default', 'ns', 'void', NULL, NULL, 'TABLE')");
  const auto catalog = MustOpen();
  const Error gone = catalog->LoadTable({{"ns"}, "gone"}).error();
  EXPECT_EQ(gone.code, ErrorCode::kNotFound);
  EXPECT_TRUE(gone.message.starts_with("table ns.gone: cannot open ")) << gone;
  EXPECT_EQ(catalog->LoadTable({{"ns"}, "bad"}).error().ToString(),
            "CorruptData: table ns.bad: " + folder_.At("bad.metadata.json") +
                ": format-version is missing");
  EXPECT_EQ(catalog->LoadTable({{"ns"}, "void"}).error().code, ErrorCode::kCorruptData);
}

// A store in which a commit of somebody else falls between looking up a table's metadata and
// opening it.
class StoreWithACommit final : public ObjectStore {
 public:
  StoreWithACommit(const ObjectStore& store, std::function<void()> commit)
      : store_(store), commit_(std::move(commit)) {}

  Result<std::unique_ptr<InputFile>> Open(std::string_view location) const override {
    if (std::exchange(armed_, false)) commit_();
    return store_.Open(location);
  }
  Result<std::vector<std::string>> List(std::string_view location) const override {
    return store_.List(location);
  }

 private:
  const ObjectStore& store_;
  const std::function<void()> commit_;
  mutable bool armed_ = true;
};

TEST_F(SqlCatalogTest, FollowsACommitThatRemovesTheOldMetadata) {
  SqliteWriter writer(path_);
  writer.CreateCatalog();
  writer.AddTable("default", "ns", "t", metadata_);
  const std::string next =
      folder_.Write("next.metadata.json", TestData("metadata/v2-empty.metadata.json"));
  const StoreWithACommit store(*store_, [&] {
    writer.MoveTable("ns", "t", next);
    std::filesystem::remove(metadata_);
  });
  const auto catalog = *OpenCatalog(store, "default", {{"uri", "sqlite:///" + path_}});
  const auto table = catalog->LoadTable({{"ns"}, "t"});
  ASSERT_TRUE(table.ok()) << table.error();
  EXPECT_EQ(table->metadata_location, next);
}

TEST_F(SqlCatalogTest, ReadingNeverCreatesADatabase) {
  const auto catalog = MustOpen();
  const std::string absent = "NotFound: the catalog database " + path_ +
                             " does not exist; the first create_namespace makes it, or pyiceberg's"
                             " load_catalog";
  EXPECT_EQ(catalog->ListNamespaces().error().ToString(), absent);
  EXPECT_EQ(catalog->ListTables({"ns"}).error().ToString(), absent);
  EXPECT_EQ(catalog->LoadTable({{"ns"}, "t"}).error().ToString(), absent);
  EXPECT_EQ(catalog->TableExists({{"ns"}, "t"}).error().ToString(), absent);
  EXPECT_EQ(catalog->CommitTable({{"ns"}, "t"}, {{AssertCreate{}}, {}}).error().ToString(), absent);
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(SqlCatalogTest, LeavesNoTraces) {
  SqliteWriter(path_).CreateCatalog();
  const std::vector<std::string> before = *store_->List(folder_.path());
  const auto time = std::filesystem::last_write_time(path_);
  const auto catalog = MustOpen();
  ASSERT_TRUE(catalog->ListNamespaces().ok());
  EXPECT_EQ(*store_->List(folder_.path()), before);
  EXPECT_EQ(std::filesystem::last_write_time(path_), time);
}

TEST_F(SqlCatalogTest, RefusesWhatIsNoCatalog) {
  folder_.Write("catalog.db", "this is a text file, and long enough to be seen as one");
  EXPECT_EQ(OpenFailure(), "InvalidArgument: " + path_ +
                               " is not an SQLite database; `uri` must name the catalog's file");
  folder_.Write("catalog.db", "");
  EXPECT_EQ(MustOpen()->ListNamespaces().error().ToString(),
            "InvalidArgument: " + path_ +
                " is an SQLite database, but not an Iceberg catalog: it has no"
                " table iceberg_tables; it has no tables at all");
  SqliteWriter(path_).Run("CREATE TABLE projects (a); CREATE TABLE entities (a)");
  EXPECT_EQ(OpenFailure(), "InvalidArgument: " + path_ +
                               " is an SQLite database, but not an Iceberg catalog: it has no"
                               " table iceberg_tables; it has entities, projects");
  SqliteWriter(path_).Run("CREATE TABLE iceberg_tables (name)");
  const auto catalog = MustOpen();
  EXPECT_EQ(catalog->ListNamespaces().error().code, ErrorCode::kInvalidArgument);
}

TEST_F(SqlCatalogTest, RefusesAFolder) {
  std::filesystem::create_directory(path_);
  EXPECT_EQ(OpenFailure(), "InvalidArgument: " + path_ +
                               " is a folder; `uri` must name the catalog's SQLite file");
}

TEST_F(SqlCatalogTest, SaysThatAFileIsDamaged) {
  SqliteWriter writer(path_);
  writer.CreateCatalog();
  writer.Run("BEGIN");
  for (int i = 0; i < 200; ++i) {
    writer.AddTable("default", "ns", "table" + std::to_string(i), metadata_);
  }
  writer.Run("COMMIT");
  writer.Close();
  std::filesystem::resize_file(path_, std::filesystem::file_size(path_) / 2);
  const auto catalog = Open();
  const Error error = catalog.ok() ? (*catalog)->ListTables({"ns"}).error() : catalog.error();
  EXPECT_EQ(error.code, ErrorCode::kCorruptData) << error;
  EXPECT_NE(error.message.find(path_), std::string::npos) << error;
}

TEST_F(SqlCatalogTest, SaysThatAFileIsLocked) {
  SqliteWriter writer(path_);
  writer.CreateCatalog();
  writer.Run("BEGIN EXCLUSIVE");
  EXPECT_EQ(OpenFailure(), "Unavailable: the catalog database " + path_ +
                               " is locked by another process; try again, or find out what holds"
                               " it (database is locked)");
  writer.Run("COMMIT");
  EXPECT_EQ(OpenFailure(), "no error");
}

TEST_F(SqlCatalogTest, WaitsForALockToGo) {
  SqliteWriter writer(path_);
  writer.CreateCatalog();
  writer.AddTable("default", "ns", "t", metadata_);
  const auto catalog = *OpenCatalog(
      *store_, "", {{"uri", "sqlite:///" + path_}, {"icefield.sqlite.busy-timeout-ms", "20000"}});
  writer.Run("BEGIN EXCLUSIVE");
  const std::jthread other([&writer] {
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
    writer.Run("COMMIT");
  });
  const auto exists = catalog->TableExists({{"ns"}, "t"});
  ASSERT_TRUE(exists.ok()) << exists.error();
  EXPECT_TRUE(*exists);
}

TEST_F(SqlCatalogTest, ChecksThePatienceProperty) {
  SqliteWriter(path_).CreateCatalog();
  for (const std::string text : {"", "x", "-1", "1.5", "99999999999"}) {
    const auto catalog = OpenCatalog(
        *store_, "c", {{"uri", "sqlite:///" + path_}, {"icefield.sqlite.busy-timeout-ms", text}});
    ASSERT_FALSE(catalog.ok()) << text;
    EXPECT_EQ(catalog.error().code, ErrorCode::kInvalidArgument);
  }
}

TEST(SqlitePathTest, ReadsTheFormsOfSqlAlchemy) {
  const std::string here = std::filesystem::current_path().string();
  EXPECT_EQ(*SqlitePath("sqlite:////a/b.db"), "/a/b.db");
  EXPECT_EQ(*SqlitePath("sqlite+pysqlite:////a/b%20c.db?timeout=3"), "/a/b%20c.db");
  EXPECT_EQ(*SqlitePath("sqlite:///b.db"), here + "/b.db");
  EXPECT_EQ(*SqlitePath("sqlite:///file:/a/b.db?mode=ro&uri=true"), "/a/b.db");
}

TEST(SqlitePathTest, RefusesOthers) {
  for (const std::string uri : {"sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite://file"}) {
    EXPECT_EQ(SqlitePath(uri).error().code, ErrorCode::kInvalidArgument) << uri;
  }
  for (const std::string uri : {"postgresql://h/db", "postgresql+psycopg2://h/db", "mysql://h/db",
                                "sqlite+aiosqlite:////a.db", "sqlite:/a.db", "a.db"}) {
    EXPECT_EQ(SqlitePath(uri).error().code, ErrorCode::kUnsupported) << uri;
  }
}

}  // namespace
}  // namespace icefield
