/// An SQLite file that others read and write at the same time.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

struct sqlite3;

namespace icefield {

/// A connection with one transaction. Meant to live for one call of a catalog: writers in
/// rollback-journal mode cannot commit while it reads, and only one writes. Does not: outlive a
/// fork.
class SqliteDatabase {
 public:
  using Row = std::vector<std::optional<std::string>>;  ///< Null columns are nothing.

  /// Opens an existing file and begins to read: one consistent state from now on, never a change
  /// but that of a writer taken back who died in the middle of it. Waits up to `patience` for locks
  /// of writers. NotFound and PermissionDenied name the file; InvalidArgument: it is not an SQLite
  /// file; Unavailable: it stayed locked; CorruptData: it is damaged.
  static Result<SqliteDatabase> Open(const std::string& path, std::chrono::milliseconds patience);

  /// Opens a file, made empty where there is none (its folder must exist), and begins to write:
  /// nobody else writes until Commit or the end of this object, which takes everything back. Errors
  /// as for Open; PermissionDenied where the file or its folder cannot be written.
  static Result<SqliteDatabase> OpenForWriting(const std::string& path,
                                               std::chrono::milliseconds patience);

  /// All rows of one statement with its `?` bound to `parameters`. Errors as for Open.
  Result<std::vector<Row>> Query(const std::string& sql,
                                 const std::vector<std::string>& parameters = {}) const;

  /// Runs one statement that changes rows; gives their number.
  Result<int64_t> Change(const std::string& sql,
                         const std::vector<std::string>& parameters = {}) const;

  /// Makes the changes durable and visible. Unavailable: readers kept the file for longer than the
  /// patience, and nothing was changed; CommitUnknown: any other fault.
  Status Commit() const;

 private:
  struct Closer {
    void operator()(sqlite3* handle) const;
  };
  using Handle = std::unique_ptr<sqlite3, Closer>;

  SqliteDatabase(Handle handle, std::string path)
      : handle_(std::move(handle)), path_(std::move(path)) {}

  static Result<SqliteDatabase> OpenAs(const std::string& name, const std::string& path, int flags,
                                       std::chrono::milliseconds patience);
  static Status Recover(const std::string& path, std::chrono::milliseconds patience);
  Status BeginReading() const;

  Handle handle_;
  std::string path_;
};

}  // namespace icefield
