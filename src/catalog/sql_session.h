/// The tables of a catalog database, in the layout that pyiceberg and the JDBC catalog share.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "catalog/catalog.h"
#include "catalog/sqlite_database.h"

namespace icefield {

/// One catalog's rows during one call: either for reading, or for one change that Commit ends.
/// Namespaces are dotted here.
class SqlSession {
 public:
  /// What stands in the row of a name.
  struct Entry {
    std::string metadata_location;
    std::string type;  ///< "TABLE" or what the file says: "VIEW"
    bool operator==(const Entry&) const = default;
  };

  /// For reading. InvalidArgument where the file is no catalog.
  static Result<SqlSession> Open(const std::string& path, const std::string& catalog,
                                 std::chrono::milliseconds patience);

  /// For writing; a file that does not exist, or is empty, becomes a catalog.
  static Result<SqlSession> OpenForWriting(const std::string& path, const std::string& catalog,
                                           std::chrono::milliseconds patience);

  /// True if nothing was ever put into the file: a catalog that its first writer will make.
  static Result<bool> IsEmpty(const std::string& path, std::chrono::milliseconds patience);

  /// Every namespace that holds a table or a view or has properties, sorted.
  Result<std::set<std::string>> Namespaces() const;

  /// As pyiceberg sees it: it is one of Namespaces, or lies above one.
  Result<bool> HasNamespace(const std::string& dotted_namespace) const;

  Result<Properties> NamespaceProperties(const std::string& dotted_namespace) const;

  /// Dotted names of all tables, sorted.
  Result<std::vector<std::string>> AllTables() const;

  /// Names of the tables directly in a namespace, sorted; with views too where they are asked for.
  Result<std::vector<std::string>> TablesOf(const std::string& dotted_namespace,
                                            bool with_views = false) const;

  Result<std::optional<Entry>> Find(const TableIdentifier& table) const;

  /// The names of the other catalogs in the same file.
  Result<std::vector<std::string>> OtherCatalogs() const;

  Status AddNamespace(const std::string& dotted_namespace, const Properties& properties) const;
  Status RemoveNamespace(const std::string& dotted_namespace) const;

  /// Puts the table at its first metadata. AlreadyExists where the name is taken.
  Status AddTable(const TableIdentifier& table, const std::string& location) const;

  /// Moves the table from one metadata to the next; false where it is not at `from` (any more).
  Result<bool> MoveTable(const TableIdentifier& table, const std::string& from,
                         const std::string& to) const;

  /// False where there is no such table.
  Result<bool> RemoveTable(const TableIdentifier& table) const;

  /// As SqliteDatabase::Commit.
  Status Commit() const { return database_.Commit(); }

 private:
  // What a catalog database looks like. Files of before 2024 lack the column `iceberg_type`, and a
  // writer may add it at any time.
  struct Layout {
    bool has_type_column = false;
    bool has_namespace_table = false;
  };

  SqlSession(SqliteDatabase database, Layout layout, std::string catalog)
      : database_(std::move(database)), layout_(layout), catalog_(std::move(catalog)) {}

  static Result<Layout> ReadLayout(const SqliteDatabase& database, const std::string& path);
  static Status MakeTables(const SqliteDatabase& database);
  std::string_view IsTable() const;
  std::vector<std::string> KeyOf(const TableIdentifier& table) const;

  SqliteDatabase database_;
  Layout layout_;
  std::string catalog_;
};

/// True if the dotted `name` lies below the dotted `parent`.
bool IsBelow(std::string_view name, std::string_view parent);

}  // namespace icefield
