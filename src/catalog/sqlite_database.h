/// Reading an SQLite file that others write.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

struct sqlite3;

namespace icefield {

/// An open read-only connection: one consistent state of the file from the first query on. Meant to
/// live for one call of a catalog: writers in rollback-journal mode cannot commit while it reads.
/// Does not: create, repair or change the file, or outlive a fork.
class SqliteDatabase {
 public:
  using Row = std::vector<std::optional<std::string>>;  ///< Null columns are nothing.

  /// Opens an existing file and begins to read. Waits up to `patience` for locks of writers.
  /// NotFound and PermissionDenied name the file; InvalidArgument: it is not an SQLite file;
  /// Unavailable: it stayed locked; CorruptData: it is damaged.
  static Result<SqliteDatabase> Open(const std::string& path, std::chrono::milliseconds patience);

  /// All rows of one statement with its `?` bound to `parameters`. Errors as for Open.
  Result<std::vector<Row>> Query(const std::string& sql,
                                 const std::vector<std::string>& parameters = {}) const;

 private:
  struct Closer {
    void operator()(sqlite3* handle) const;
  };
  using Handle = std::unique_ptr<sqlite3, Closer>;

  SqliteDatabase(Handle handle, std::string path)
      : handle_(std::move(handle)), path_(std::move(path)) {}

  static Result<SqliteDatabase> OpenAs(const std::string& name, const std::string& path, int flags,
                                       std::chrono::milliseconds patience);
  Status BeginReading() const;

  Handle handle_;
  std::string path_;
};

}  // namespace icefield
