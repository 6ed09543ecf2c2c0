#include "catalog/sql_session.h"

#include <algorithm>

#include "base/strings.h"

namespace icefield {
namespace {

using Row = SqliteDatabase::Row;

constexpr const char* kNamespaceTable =
    "CREATE TABLE IF NOT EXISTS iceberg_namespace_properties ("
    "catalog_name VARCHAR(255) NOT NULL, namespace VARCHAR(255) NOT NULL,"
    " property_key VARCHAR(255) NOT NULL, property_value VARCHAR(1000) NOT NULL,"
    " PRIMARY KEY (catalog_name, namespace, property_key))";
constexpr const char* kTablesTable =
    "CREATE TABLE IF NOT EXISTS iceberg_tables ("
    "catalog_name VARCHAR(255) NOT NULL, table_namespace VARCHAR(255) NOT NULL,"
    " table_name VARCHAR(255) NOT NULL, metadata_location VARCHAR(1000),"
    " previous_metadata_location VARCHAR(1000), iceberg_type VARCHAR(5),"
    " PRIMARY KEY (catalog_name, table_namespace, table_name))";
constexpr const char* kSelectTableNames =
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%'"
    " ESCAPE '\\' ORDER BY 1";
constexpr std::string_view kOfTable =
    " WHERE catalog_name = ?1 AND table_namespace = ?2 AND table_name = ?3";

std::vector<std::string> FirstColumn(const std::vector<Row>& rows) {
  std::vector<std::string> out;
  for (const Row& row : rows) out.push_back(row[0].value_or(""));
  return out;
}

}  // namespace

bool IsBelow(std::string_view name, std::string_view parent) {
  return name.size() > parent.size() && name.starts_with(parent) && name[parent.size()] == '.';
}

Result<SqlSession::Layout> SqlSession::ReadLayout(const SqliteDatabase& database,
                                                  const std::string& path) {
  ICEFIELD_ASSIGN(const auto columns,
                  database.Query("SELECT name FROM pragma_table_info('iceberg_tables')"));
  ICEFIELD_ASSIGN(const auto tables, database.Query(kSelectTableNames));
  const auto has = [](const std::vector<Row>& rows, std::string_view name) {
    return std::any_of(rows.begin(), rows.end(),
                       [name](const auto& row) { return row[0] == name; });
  };
  if (columns.empty()) {
    const std::vector<std::string> names = FirstColumn(tables);
    return InvalidArgument(path,
                           " is an SQLite database, but not an Iceberg catalog: it has no"
                           " table iceberg_tables; it has ",
                           names.empty() ? "no tables at all" : Join(names, ", "));
  }
  return Layout{has(columns, "iceberg_type"), has(tables, "iceberg_namespace_properties")};
}

Status SqlSession::MakeTables(const SqliteDatabase& database) {
  ICEFIELD_TRY(database.Query(kTablesTable));
  ICEFIELD_TRY(database.Query(kNamespaceTable));
  return {};
}

Result<SqlSession> SqlSession::Open(const std::string& path, const std::string& catalog,
                                    std::chrono::milliseconds patience) {
  ICEFIELD_ASSIGN(SqliteDatabase database, SqliteDatabase::Open(path, patience));
  ICEFIELD_ASSIGN(const Layout layout, ReadLayout(database, path));
  return SqlSession(std::move(database), layout, catalog);
}

Result<SqlSession> SqlSession::OpenForWriting(const std::string& path, const std::string& catalog,
                                              std::chrono::milliseconds patience) {
  ICEFIELD_ASSIGN(SqliteDatabase database, SqliteDatabase::OpenForWriting(path, patience));
  ICEFIELD_ASSIGN(const auto tables, database.Query(kSelectTableNames));
  if (tables.empty()) ICEFIELD_TRY(MakeTables(database));
  ICEFIELD_ASSIGN(const Layout layout, ReadLayout(database, path));
  return SqlSession(std::move(database), layout, catalog);
}

Result<bool> SqlSession::IsEmpty(const std::string& path, std::chrono::milliseconds patience) {
  const Result<SqliteDatabase> database = SqliteDatabase::Open(path, patience);
  if (!database.ok() && database.error().code == ErrorCode::kNotFound) return true;
  if (!database.ok()) return database.error();
  ICEFIELD_ASSIGN(const auto tables, database->Query(kSelectTableNames));
  return tables.empty();
}

Result<std::set<std::string>> SqlSession::Namespaces() const {
  std::string sql = "SELECT table_namespace FROM iceberg_tables WHERE catalog_name = ?1";
  if (layout_.has_namespace_table) {
    sql += " UNION SELECT namespace FROM iceberg_namespace_properties WHERE catalog_name = ?1";
  }
  ICEFIELD_ASSIGN(const auto rows, database_.Query(sql, {catalog_}));
  const std::vector<std::string> names = FirstColumn(rows);
  return std::set<std::string>(names.begin(), names.end());
}

Result<bool> SqlSession::HasNamespace(const std::string& dotted_namespace) const {
  ICEFIELD_ASSIGN(const std::set<std::string> names, Namespaces());
  if (names.contains(dotted_namespace)) return true;
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return IsBelow(name, dotted_namespace); });
}

Result<Properties> SqlSession::NamespaceProperties(const std::string& dotted_namespace) const {
  Properties out;
  if (!layout_.has_namespace_table) return out;
  ICEFIELD_ASSIGN(const auto rows, database_.Query("SELECT property_key, property_value FROM"
                                                   " iceberg_namespace_properties WHERE"
                                                   " catalog_name = ?1 AND namespace = ?2",
                                                   {catalog_, dotted_namespace}));
  for (const Row& row : rows) out.emplace(row[0].value_or(""), row[1].value_or(""));
  return out;
}

Result<std::vector<std::string>> SqlSession::AllTables() const {
  ICEFIELD_ASSIGN(const auto rows,
                  database_.Query(StrCat("SELECT table_namespace || '.' || table_name FROM"
                                         " iceberg_tables WHERE catalog_name = ?1 AND ",
                                         IsTable(), " ORDER BY 1"),
                                  {catalog_}));
  return FirstColumn(rows);
}

Result<std::vector<std::string>> SqlSession::TablesOf(const std::string& dotted_namespace,
                                                      bool with_views) const {
  ICEFIELD_ASSIGN(const auto rows,
                  database_.Query(StrCat("SELECT table_name FROM iceberg_tables WHERE"
                                         " catalog_name = ?1 AND table_namespace = ?2 AND ",
                                         with_views ? "TRUE" : IsTable(), " ORDER BY 1"),
                                  {catalog_, dotted_namespace}));
  return FirstColumn(rows);
}

Result<std::optional<SqlSession::Entry>> SqlSession::Find(const TableIdentifier& table) const {
  ICEFIELD_ASSIGN(const auto rows,
                  database_.Query(StrCat("SELECT metadata_location, ",
                                         layout_.has_type_column ? "iceberg_type" : "NULL",
                                         " FROM iceberg_tables", kOfTable),
                                  KeyOf(table)));
  if (rows.empty()) return std::optional<Entry>();
  const Row& row = rows.front();
  return std::optional<Entry>(Entry{row[0].value_or(""), row[1].value_or("TABLE")});
}

Result<std::vector<std::string>> SqlSession::OtherCatalogs() const {
  ICEFIELD_ASSIGN(const auto rows,
                  database_.Query("SELECT DISTINCT catalog_name FROM iceberg_tables WHERE"
                                  " catalog_name <> ?1 ORDER BY 1",
                                  {catalog_}));
  return FirstColumn(rows);
}

Status SqlSession::AddNamespace(const std::string& dotted_namespace,
                                const Properties& properties) const {
  if (!layout_.has_namespace_table) ICEFIELD_TRY(database_.Query(kNamespaceTable));
  // A namespace is there by its properties; one that has none says just that.
  const Properties rows = properties.empty() ? Properties{{"exists", "true"}} : properties;
  for (const auto& [key, value] : rows) {
    ICEFIELD_TRY(
        database_.Change("INSERT INTO iceberg_namespace_properties (catalog_name,"
                         " namespace, property_key, property_value)"
                         " VALUES (?1, ?2, ?3, ?4)",
                         {catalog_, dotted_namespace, key, value}));
  }
  return {};
}

Status SqlSession::RemoveNamespace(const std::string& dotted_namespace) const {
  if (!layout_.has_namespace_table) return {};
  ICEFIELD_TRY(database_.Change(
      "DELETE FROM iceberg_namespace_properties WHERE catalog_name = ?1 AND namespace = ?2",
      {catalog_, dotted_namespace}));
  return {};
}

Status SqlSession::AddTable(const TableIdentifier& table, const std::string& location) const {
  ICEFIELD_ASSIGN(const std::optional<Entry> there, Find(table));
  if (there) {
    return Fail(ErrorCode::kAlreadyExists, "table ", table.ToString(), " exists already",
                there->type == "TABLE" ? "" : ", as a " + there->type);
  }
  std::vector<std::string> values = KeyOf(table);
  values.push_back(location);
  const bool typed = layout_.has_type_column;
  ICEFIELD_TRY(database_.Change(
      StrCat("INSERT INTO iceberg_tables (catalog_name, table_namespace, table_name,"
             " metadata_location",
             typed ? ", iceberg_type" : "", ") VALUES (?1, ?2, ?3, ?4", typed ? ", 'TABLE'" : "",
             ")"),
      values));
  return {};
}

Result<bool> SqlSession::MoveTable(const TableIdentifier& table, const std::string& from,
                                   const std::string& to) const {
  std::vector<std::string> values = KeyOf(table);
  values.push_back(from);
  values.push_back(to);
  ICEFIELD_ASSIGN(const int64_t rows,
                  database_.Change(StrCat("UPDATE iceberg_tables SET metadata_location = ?5,"
                                          " previous_metadata_location = ?4",
                                          kOfTable, " AND metadata_location = ?4 AND ", IsTable()),
                                   values));
  return rows == 1;
}

Result<bool> SqlSession::RemoveTable(const TableIdentifier& table) const {
  ICEFIELD_ASSIGN(const int64_t rows, database_.Change(StrCat("DELETE FROM iceberg_tables",
                                                              kOfTable, " AND ", IsTable()),
                                                       KeyOf(table)));
  return rows == 1;
}

std::string_view SqlSession::IsTable() const {
  return layout_.has_type_column ? "(iceberg_type = 'TABLE' OR iceberg_type IS NULL)" : "TRUE";
}

std::vector<std::string> SqlSession::KeyOf(const TableIdentifier& table) const {
  return {catalog_, Join(table.namespace_levels, "."), table.name};
}

}  // namespace icefield
