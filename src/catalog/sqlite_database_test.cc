#include "catalog/sqlite_database.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <functional>

#include "catalog/sqlite_writer_test.h"
#include "io/temporary_folder_test.h"

namespace icefield {
namespace {

constexpr std::chrono::milliseconds kPatience{200};

// Runs `work` in a process of its own, which ends without closing anything. True if it went well.
bool InOtherProcess(const std::function<bool()>& work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work() ? 0 : 1);
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

class SqliteDatabaseTest : public testing::Test {
 protected:
  // How many rows table `t` has, or an error.
  Result<std::string> CountRows() const {
    ICEFIELD_ASSIGN(const SqliteDatabase database, SqliteDatabase::Open(path_, kPatience));
    ICEFIELD_ASSIGN(const auto rows, database.Query("SELECT count(*) FROM t"));
    return rows[0][0].value_or("null");
  }

  std::string Count() const {
    const Result<std::string> count = CountRows();
    return count.ok() ? *count : count.error().ToString();
  }

  const TemporaryFolder folder_;
  const std::string path_ = folder_.At("a #1?%20.db");  // Letters that mean something in URIs.
};

TEST_F(SqliteDatabaseTest, BindsParametersAndReadsNulls) {
  SqliteWriter(path_).Run("CREATE TABLE t (a, b); INSERT INTO t VALUES ('it''s', NULL), (7, 'x')");
  const auto database = SqliteDatabase::Open(path_, kPatience);
  ASSERT_TRUE(database.ok()) << database.error();
  using Rows = std::vector<SqliteDatabase::Row>;
  EXPECT_EQ(*database->Query("SELECT a, b FROM t WHERE a = ?", {"it's"}),
            (Rows{{"it's", std::nullopt}}));
  EXPECT_EQ(*database->Query("SELECT a, b FROM t WHERE b = ?1 OR b = ?1", {"x"}),
            (Rows{{"7", "x"}}));
  EXPECT_FALSE(database->Query("INSERT INTO t VALUES (1, 2)").ok());
}

TEST_F(SqliteDatabaseTest, ShowsOneStateFromTheFirstQueryOn) {
  SqliteWriter writer(path_);
  writer.Run("PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1)");
  const auto database = SqliteDatabase::Open(path_, kPatience);
  ASSERT_TRUE(database.ok()) << database.error();
  writer.Run("INSERT INTO t VALUES (2)");
  EXPECT_EQ((*database->Query("SELECT count(*) FROM t"))[0][0], "1");
  EXPECT_EQ(Count(), "2");
}

TEST_F(SqliteDatabaseTest, ReadsAWriteAheadLogThatAnotherProcessHoldsOpen) {
  int ready[2];
  int done[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(done), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    SqliteWriter writer(path_);
    writer.Run("PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    writer.Run("BEGIN; INSERT INTO t VALUES (2)");
    char byte = 0;
    const bool told = ::write(ready[1], "x", 1) == 1 && ::read(done[0], &byte, 1) == 1;
    ::_exit(told ? 0 : 1);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_GT(std::filesystem::file_size(path_ + "-wal"), 0U);
  EXPECT_EQ(Count(), "1");  // A writer's lock does not hinder readers of a log.
  ASSERT_EQ(::write(done[1], "x", 1), 1);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(Count(), "1");  // What the dead process had not committed never was.
  for (const int end : {ready[0], ready[1], done[0], done[1]}) ::close(end);
}

TEST_F(SqliteDatabaseTest, ReadsAWriteAheadDatabaseThatNobodyHoldsOpen) {
  SqliteWriter(path_).Run(
      "PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1)");
  EXPECT_FALSE(std::filesystem::exists(path_ + "-wal"));
  EXPECT_EQ(Count(), "1");
}

TEST_F(SqliteDatabaseTest, ReadsAWriteAheadDatabaseWhereItMayNotWrite) {
  SqliteWriter(path_).Run(
      "PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1)");
  std::filesystem::permissions(path_, std::filesystem::perms(0444));
  std::filesystem::permissions(folder_.path(), std::filesystem::perms(0555));
  EXPECT_TRUE(InOtherProcess([this] {
    if (::geteuid() == 0 && ::seteuid(65534) != 0) return false;  // Permissions do not bind root.
    return Count() == "1" && !std::filesystem::exists(path_ + "-shm");
  }));
  std::filesystem::permissions(folder_.path(), std::filesystem::perms(0755));
}

TEST_F(SqliteDatabaseTest, RefusesALogInUseThatItMayNotRead) {
  SqliteWriter writer(path_);
  writer.Run("PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1)");
  std::filesystem::permissions(folder_.path(), std::filesystem::perms(0555));
  std::filesystem::permissions(path_ + "-shm", std::filesystem::perms(0));
  std::filesystem::permissions(path_ + "-wal", std::filesystem::perms(0));
  EXPECT_TRUE(InOtherProcess([this] {
    if (::geteuid() == 0 && ::seteuid(65534) != 0) return false;
    const Result<std::string> count = CountRows();
    return !count.ok() && count.error().code == ErrorCode::kPermissionDenied;
  }));
  std::filesystem::permissions(folder_.path(), std::filesystem::perms(0755));
}

TEST_F(SqliteDatabaseTest, SaysThatItMayNotRead) {
  SqliteWriter(path_).Run("CREATE TABLE t (a)");
  std::filesystem::permissions(folder_.path(), std::filesystem::perms(0755));
  std::filesystem::permissions(path_, std::filesystem::perms(0));
  EXPECT_TRUE(InOtherProcess([this] {
    if (::geteuid() == 0 && ::seteuid(65534) != 0) return false;
    return Count() ==
           "PermissionDenied: cannot open the catalog database " + path_ + ": Permission denied";
  }));
}

TEST_F(SqliteDatabaseTest, WritesAreTakenBackWithoutCommit) {
  SqliteWriter(path_).Run("CREATE TABLE t (a); INSERT INTO t VALUES (1)");
  {
    const auto lost = SqliteDatabase::OpenForWriting(path_, kPatience);
    ASSERT_TRUE(lost.ok()) << lost.error();
    EXPECT_EQ(*lost->Change("INSERT INTO t VALUES (2), (3)"), 2);
    EXPECT_EQ(Count(), "1");
  }
  EXPECT_EQ(Count(), "1");
  const auto kept = SqliteDatabase::OpenForWriting(path_, kPatience);
  EXPECT_EQ(*kept->Change("INSERT INTO t VALUES (?)", {"4"}), 1);
  ASSERT_TRUE(kept->Commit().ok());
  EXPECT_EQ(Count(), "2");
}

TEST_F(SqliteDatabaseTest, SaysThatItMayNotWrite) {
  SqliteWriter(path_).Run("CREATE TABLE t (a)");
  std::filesystem::permissions(path_, std::filesystem::perms(0444));
  std::filesystem::permissions(folder_.path(), std::filesystem::perms(0555));
  EXPECT_TRUE(InOtherProcess([this] {
    if (::geteuid() == 0 && ::seteuid(65534) != 0) return false;
    const auto database = SqliteDatabase::OpenForWriting(path_, kPatience);
    return !database.ok() && database.error().code == ErrorCode::kPermissionDenied;
  }));
  EXPECT_TRUE(InOtherProcess([this] {
    if (::geteuid() == 0 && ::seteuid(65534) != 0) return false;
    const auto database = SqliteDatabase::OpenForWriting(folder_.At("new.db"), kPatience);
    return !database.ok() && database.error().code == ErrorCode::kPermissionDenied;
  }));
  std::filesystem::permissions(folder_.path(), std::filesystem::perms(0755));
}

TEST_F(SqliteDatabaseTest, TakesBackWhatADeadWriterBeganOrSaysThatItMayNot) {
  SqliteWriter(path_).Run("CREATE TABLE t (a); INSERT INTO t VALUES (zeroblob(100000))");
  // With so small a cache, the transaction has already changed the file when its process dies.
  EXPECT_TRUE(InOtherProcess([this] {
    SqliteWriter writer(path_);
    writer.Run("PRAGMA cache_size = 1; BEGIN; UPDATE t SET a = randomblob(100000)");
    ::_exit(0);
    return true;
  }));
  ASSERT_TRUE(std::filesystem::exists(path_ + "-journal"));
  std::filesystem::permissions(path_, std::filesystem::perms(0444));
  std::filesystem::permissions(path_ + "-journal", std::filesystem::perms(0444));
  std::filesystem::permissions(folder_.path(), std::filesystem::perms(0555));
  EXPECT_TRUE(InOtherProcess([this] {
    if (::geteuid() == 0 && ::seteuid(65534) != 0) return false;
    return Count().starts_with("Unavailable: the catalog database " + path_ +
                               " was left in the middle of a commit by a writer that died");
  }));
  std::filesystem::permissions(folder_.path(), std::filesystem::perms(0755));
  std::filesystem::permissions(path_, std::filesystem::perms(0644));
  EXPECT_EQ(Count(), "1");
  EXPECT_FALSE(std::filesystem::exists(path_ + "-journal"));
}

}  // namespace
}  // namespace icefield
