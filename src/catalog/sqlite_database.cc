#include "catalog/sqlite_database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <string_view>

namespace icefield {
namespace {

struct StatementCloser {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, StatementCloser>;

// Codes that a passing state of the file gives: a lock, or a journal that its writer is about to
// remove.
bool IsPassing(int code) {
  const int primary = code & 0xff;
  return primary == SQLITE_BUSY || primary == SQLITE_LOCKED || primary == SQLITE_PROTOCOL;
}

// Codes of a database in write-ahead mode, where even readers make files beside it, in a folder
// where they may not.
bool LacksCompanions(int code) {
  return (code & 0xff) == SQLITE_CANTOPEN || code == SQLITE_READONLY_DIRECTORY ||
         code == SQLITE_READONLY_CANTINIT || code == SQLITE_READONLY_CANTLOCK;
}

Error CannotWrite(const std::string& path) {
  return Fail(ErrorCode::kPermissionDenied, "cannot write the catalog database ", path,
              ": the file or its folder is read-only");
}

// Codes of a file with the journal of a commit that never ended, for those who may not write it.
bool IsLeftByTheDead(int code) {
  return code == SQLITE_READONLY_ROLLBACK || code == SQLITE_READONLY_RECOVERY;
}

Error CannotReadLog(const std::string& path) {
  return Fail(ErrorCode::kPermissionDenied, "the catalog database ", path,
              " is in write-ahead mode and in use, and its folder does not allow the files that"
              " readers need beside it; make the folder writable, or copy the database");
}

Error ErrorOf(sqlite3* handle, const std::string& path) {
  const int code = sqlite3_extended_errcode(handle);
  const std::string_view text = sqlite3_errmsg(handle);
  const int system = sqlite3_system_errno(handle);
  if (IsPassing(code)) {
    return Fail(ErrorCode::kUnavailable, "the catalog database ", path,
                " is locked by another process; try again, or find out what holds it (", text, ")");
  }
  switch (code & 0xff) {
    case SQLITE_NOTADB:
      return InvalidArgument(path,
                             " is not an SQLite database; `uri` must name the catalog's file");
    case SQLITE_CORRUPT:
      return CorruptData("the catalog database ", path, " is damaged: ", text);
    case SQLITE_READONLY:
      if (LacksCompanions(code)) return CannotReadLog(path);
      if (!IsLeftByTheDead(code)) return CannotWrite(path);
      return Fail(ErrorCode::kUnavailable, "the catalog database ", path,
                  " was left in the middle of a commit by a writer that died; open it once with a"
                  " program that writes (pyiceberg, sqlite3) to have it repaired (",
                  text, ")");
    case SQLITE_NOMEM:
    case SQLITE_FULL:
      return Fail(ErrorCode::kResourceExhausted, "using the catalog database ", path, ": ", text);
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return Fail(ErrorCode::kPermissionDenied, "cannot read ", path, ": ", text);
    case SQLITE_CANTOPEN:
      if (system != ENOENT) {
        return Fail(ErrorCode::kPermissionDenied, "cannot open the catalog database ", path, ": ",
                    system == 0 ? text : std::string_view(std::strerror(system)));
      }
      return Fail(ErrorCode::kUnavailable, "cannot open the catalog database ", path, ": ", text);
    case SQLITE_ERROR:
      return InvalidArgument("the catalog database ", path, " has another layout: ", text);
    default:
      return Fail(ErrorCode::kUnavailable, "using the catalog database ", path, ": ", text);
  }
}

Status CheckIsFile(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) {
      return NotFound("the catalog database ", path,
                      " does not exist; the first"
                      " create_namespace makes it, or pyiceberg's load_catalog");
    }
    return Fail(ErrorCode::kPermissionDenied, "cannot open the catalog database ", path, ": ",
                std::strerror(errno));
  }
  if (S_ISDIR(status.st_mode)) {
    return InvalidArgument(path, " is a folder; `uri` must name the catalog's SQLite file");
  }
  return {};
}

Status CheckFolder(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos || slash == 0) return {};
  const std::string folder = path.substr(0, slash);
  struct stat status{};
  if (::stat(folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    return NotFound("the folder ", folder,
                    " of the catalog database does not exist; make it first");
  }
  if (::faccessat(AT_FDCWD, folder.c_str(), W_OK, AT_EACCESS) != 0) return CannotWrite(path);
  return {};
}

// A file name as an SQLite URI that says that nobody writes the file.
std::string ImmutableUri(std::string_view path) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out = "file:";
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#') {
      const auto byte = static_cast<unsigned char>(c);
      out += StrCat('%', kHex[byte >> 4], kHex[byte & 15]);
    } else {
      out += c;
    }
  }
  return out + "?immutable=1";
}

bool HasWriteAheadLog(const std::string& path) {
  struct stat status{};
  return ::stat((path + "-wal").c_str(), &status) == 0;
}

}  // namespace

void SqliteDatabase::Closer::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

Result<SqliteDatabase> SqliteDatabase::OpenAs(const std::string& name, const std::string& path,
                                              int flags, std::chrono::milliseconds patience) {
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &raw, flags, nullptr);
  SqliteDatabase database(Handle(raw), path);
  if (raw == nullptr) return Fail(ErrorCode::kResourceExhausted, "no memory to open ", path);
  if (code != SQLITE_OK) return ErrorOf(raw, path);
  const int64_t limit = std::numeric_limits<int>::max();
  sqlite3_busy_timeout(raw, static_cast<int>(std::clamp<int64_t>(patience.count(), 0, limit)));
  return database;
}

// Any program that may write takes back what a writer who died had begun; so does its first read.
Status SqliteDatabase::Recover(const std::string& path, std::chrono::milliseconds patience) {
  ICEFIELD_ASSIGN(const SqliteDatabase database,
                  OpenAs(path, path, SQLITE_OPEN_READWRITE, patience));
  return database.BeginReading();
}

Result<SqliteDatabase> SqliteDatabase::Open(const std::string& path,
                                            std::chrono::milliseconds patience) {
  ICEFIELD_TRY(CheckIsFile(path));
  ICEFIELD_ASSIGN(SqliteDatabase database, OpenAs(path, path, SQLITE_OPEN_READONLY, patience));
  Status begun = database.BeginReading();
  if (!begun.ok() && IsLeftByTheDead(sqlite3_extended_errcode(database.handle_.get())) &&
      Recover(path, patience).ok()) {
    ICEFIELD_ASSIGN(database, OpenAs(path, path, SQLITE_OPEN_READONLY, patience));
    begun = database.BeginReading();
  }
  if (begun.ok()) return database;
  // Where no log lies beside a database in write-ahead mode, nobody has it open, and the file alone
  // is the whole truth.
  if (!LacksCompanions(sqlite3_extended_errcode(database.handle_.get())) ||
      HasWriteAheadLog(path)) {
    return begun.error();
  }
  ICEFIELD_ASSIGN(SqliteDatabase fixed, OpenAs(ImmutableUri(path), path,
                                               SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, patience));
  ICEFIELD_TRY(fixed.BeginReading());
  return fixed;
}

Result<SqliteDatabase> SqliteDatabase::OpenForWriting(const std::string& path,
                                                      std::chrono::milliseconds patience) {
  const Status exists = CheckIsFile(path);
  if (!exists.ok() && exists.error().code == ErrorCode::kNotFound) {
    ICEFIELD_TRY(CheckFolder(path));
  } else {
    ICEFIELD_TRY(exists);
  }
  ICEFIELD_ASSIGN(SqliteDatabase database,
                  OpenAs(path, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, patience));
  // SQLite opens a file that it may not write for reading, and says so late.
  if (sqlite3_db_readonly(database.handle_.get(), "main") == 1) return CannotWrite(path);
  ICEFIELD_TRY(database.Query("BEGIN IMMEDIATE"));
  return database;
}

Status SqliteDatabase::Commit() const {
  const Result<std::vector<Row>> committed = Query("COMMIT");
  if (committed.ok()) return {};
  // A busy file leaves the transaction open: then nothing was written, and all is taken back.
  const bool is_open = sqlite3_get_autocommit(handle_.get()) == 0;
  if (committed.error().code == ErrorCode::kUnavailable && is_open &&
      IsPassing(sqlite3_extended_errcode(handle_.get())) && Query("ROLLBACK").ok()) {
    return committed.error();
  }
  return Fail(ErrorCode::kCommitUnknown, committed.error().message);
}

Status SqliteDatabase::BeginReading() const {
  ICEFIELD_TRY(Query("BEGIN"));
  ICEFIELD_TRY(Query("SELECT count(*) FROM sqlite_master"));
  return {};
}

Result<std::vector<SqliteDatabase::Row>> SqliteDatabase::Query(
    const std::string& sql, const std::vector<std::string>& parameters) const {
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v2(handle_.get(), sql.c_str(), -1, &raw, nullptr) != SQLITE_OK) {
    return ErrorOf(handle_.get(), path_);
  }
  const Statement statement(raw);
  int position = 0;
  for (const std::string& parameter : parameters) {
    if (sqlite3_bind_text64(raw, ++position, parameter.data(), parameter.size(), SQLITE_TRANSIENT,
                            SQLITE_UTF8) != SQLITE_OK) {
      return ErrorOf(handle_.get(), path_);
    }
  }
  std::vector<Row> rows;
  int code = sqlite3_step(raw);
  for (; code == SQLITE_ROW; code = sqlite3_step(raw)) {
    Row& row = rows.emplace_back();
    for (int column = 0; column < sqlite3_column_count(raw); ++column) {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(raw, column));
      const auto size = static_cast<size_t>(sqlite3_column_bytes(raw, column));
      row.push_back(text == nullptr ? std::nullopt : std::optional(std::string(text, size)));
    }
  }
  if (code != SQLITE_DONE) return ErrorOf(handle_.get(), path_);
  return rows;
}

Result<int64_t> SqliteDatabase::Change(const std::string& sql,
                                       const std::vector<std::string>& parameters) const {
  ICEFIELD_TRY(Query(sql, parameters));
  return int64_t{sqlite3_changes64(handle_.get())};
}

}  // namespace icefield
