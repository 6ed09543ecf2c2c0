#include "catalog/sql_catalog.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "catalog/metadata_folder.h"
#include "catalog/similar_names.h"
#include "catalog/sqlite_database.h"

namespace icefield {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using Levels = std::vector<std::string>;

constexpr milliseconds kRetryPause{10};

// What a catalog database looks like. Files of before 2024 lack the column `iceberg_type`, and a
// writer may add it at any time.
struct Layout {
  bool has_type_column = false;
  bool has_namespace_table = false;
};

Result<Layout> ReadLayout(const SqliteDatabase& database, const std::string& path) {
  ICEFIELD_ASSIGN(const auto columns,
                  database.Query("SELECT name FROM pragma_table_info('iceberg_tables')"));
  ICEFIELD_ASSIGN(const auto tables,
                  database.Query("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1"));
  const auto has = [](const std::vector<SqliteDatabase::Row>& rows, std::string_view name) {
    return std::any_of(rows.begin(), rows.end(),
                       [name](const auto& row) { return row[0] == name; });
  };
  if (columns.empty()) {
    std::vector<std::string> names;
    for (const auto& row : tables) names.push_back(row[0].value_or(""));
    return InvalidArgument(path,
                           " is an SQLite database, but not an Iceberg catalog: it has no"
                           " table iceberg_tables; it has ",
                           names.empty() ? "no tables at all" : Join(names, ", "));
  }
  return Layout{has(columns, "iceberg_type"), has(tables, "iceberg_namespace_properties")};
}

bool IsBelow(std::string_view name, std::string_view parent) {
  return name.size() > parent.size() && name.starts_with(parent) && name[parent.size()] == '.';
}

// A catalog's file during one call.
class Session {
 public:
  static Result<Session> Open(const std::string& path, const std::string& catalog,
                              milliseconds patience) {
    ICEFIELD_ASSIGN(SqliteDatabase database, SqliteDatabase::Open(path, patience));
    ICEFIELD_ASSIGN(const Layout layout, ReadLayout(database, path));
    return Session(std::move(database), layout, catalog);
  }

  // Every namespace that holds a table or a view or has properties, dotted, sorted.
  Result<std::set<std::string>> Namespaces() const {
    std::string sql = "SELECT table_namespace FROM iceberg_tables WHERE catalog_name = ?1";
    if (layout_.has_namespace_table) {
      sql += " UNION SELECT namespace FROM iceberg_namespace_properties WHERE catalog_name = ?1";
    }
    ICEFIELD_ASSIGN(const auto rows, database_.Query(sql, {catalog_}));
    std::set<std::string> out;
    for (const auto& row : rows) out.insert(row[0].value_or(""));
    return out;
  }

  // Dotted names of all tables, sorted.
  Result<std::vector<std::string>> AllTables() const {
    ICEFIELD_ASSIGN(const auto rows,
                    database_.Query(StrCat("SELECT table_namespace || '.' || table_name FROM"
                                           " iceberg_tables WHERE catalog_name = ?1 AND ",
                                           IsTable(), " ORDER BY 1"),
                                    {catalog_}));
    return FirstColumn(rows);
  }

  Result<std::vector<std::string>> TablesOf(const std::string& dotted_namespace) const {
    ICEFIELD_ASSIGN(const auto rows,
                    database_.Query(StrCat("SELECT table_name FROM iceberg_tables WHERE"
                                           " catalog_name = ?1 AND table_namespace = ?2 AND ",
                                           IsTable(), " ORDER BY 1"),
                                    {catalog_, dotted_namespace}));
    return FirstColumn(rows);
  }

  // The rows of one name: none or one, of columns metadata_location and iceberg_type.
  Result<std::vector<SqliteDatabase::Row>> Find(const TableIdentifier& table) const {
    return database_.Query(
        StrCat("SELECT metadata_location, ", layout_.has_type_column ? "iceberg_type" : "NULL",
               " FROM iceberg_tables WHERE catalog_name = ?1 AND table_namespace = ?2 AND"
               " table_name = ?3"),
        {catalog_, Join(table.namespace_levels, "."), table.name});
  }

  // The names of the other catalogs in the same file.
  Result<std::vector<std::string>> OtherCatalogs() const {
    ICEFIELD_ASSIGN(const auto rows,
                    database_.Query("SELECT DISTINCT catalog_name FROM iceberg_tables WHERE"
                                    " catalog_name <> ?1 ORDER BY 1",
                                    {catalog_}));
    return FirstColumn(rows);
  }

 private:
  Session(SqliteDatabase database, Layout layout, std::string catalog)
      : database_(std::move(database)), layout_(layout), catalog_(std::move(catalog)) {}

  std::string_view IsTable() const {
    return layout_.has_type_column ? "(iceberg_type = 'TABLE' OR iceberg_type IS NULL)" : "TRUE";
  }

  static std::vector<std::string> FirstColumn(const std::vector<SqliteDatabase::Row>& rows) {
    std::vector<std::string> out;
    for (const auto& row : rows) out.push_back(row[0].value_or(""));
    return out;
  }

  SqliteDatabase database_;
  Layout layout_;
  std::string catalog_;
};

class SqlCatalog final : public Catalog {
 public:
  SqlCatalog(const ObjectStore& store, std::string name, Properties properties, std::string path,
             milliseconds patience)
      : store_(store),
        name_(std::move(name)),
        properties_(std::move(properties)),
        path_(std::move(path)),
        patience_(patience) {}

  const std::string& name() const override { return name_; }
  const Properties& properties() const override { return properties_; }

  /// Fails where the file cannot be read as a catalog.
  Status Check() const {
    return Read([](const Session&) -> Status { return {}; });
  }

  Result<std::vector<Levels>> ListNamespaces(const Levels& parent) const override {
    return Read([&](const Session& session) -> Result<std::vector<Levels>> {
      ICEFIELD_ASSIGN(const std::set<std::string> names, session.Namespaces());
      if (!parent.empty()) ICEFIELD_TRY(CheckHolds(names, parent));
      std::set<Levels> children;
      for (const std::string& name : names) {
        Levels levels = Split(name, '.');
        if (levels.size() <= parent.size()) continue;
        if (!std::equal(parent.begin(), parent.end(), levels.begin())) continue;
        levels.resize(parent.size() + 1);
        children.insert(std::move(levels));
      }
      return std::vector<Levels>(children.begin(), children.end());
    });
  }

  Result<std::vector<TableIdentifier>> ListTables(const Levels& levels) const override {
    return Read([&](const Session& session) -> Result<std::vector<TableIdentifier>> {
      ICEFIELD_ASSIGN(const std::set<std::string> names, session.Namespaces());
      ICEFIELD_TRY(CheckHolds(names, levels));
      ICEFIELD_ASSIGN(const std::vector<std::string> tables, session.TablesOf(Join(levels, ".")));
      std::vector<TableIdentifier> out;
      for (const std::string& table : tables) out.push_back({levels, table});
      return out;
    });
  }

  Result<bool> TableExists(const TableIdentifier& table) const override {
    return Read([&](const Session& session) -> Result<bool> {
      ICEFIELD_ASSIGN(const auto rows, session.Find(table));
      return !rows.empty() && IsTable(rows.front());
    });
  }

  Result<LoadedTable> LoadTable(const TableIdentifier& table) const override {
    ICEFIELD_ASSIGN(std::string location, FindLocation(table));
    while (true) {
      Result<LoadedTable> loaded = LoadMetadataFile(store_, table.ToString(), location);
      if (loaded.ok()) return loaded;
      Error error = std::move(loaded).error().At(StrCat("table ", table.ToString()));
      if (error.code != ErrorCode::kNotFound) return error;
      // A commit may have replaced and removed the file since its name was read.
      ICEFIELD_ASSIGN(std::string now, FindLocation(table));
      if (now == location) return error;
      location = std::move(now);
    }
  }

 private:
  static bool IsTable(const SqliteDatabase::Row& row) {
    return row[1].value_or("TABLE") == "TABLE";
  }

  std::string Where() const { return StrCat("catalog '", name_, "' (", path_, ")"); }

  Status CheckHolds(const std::set<std::string>& names, const Levels& levels) const {
    const std::string wanted = Join(levels, ".");
    const auto found = names.lower_bound(wanted);
    if (found != names.end() && *found == wanted) return {};
    if (std::any_of(names.begin(), names.end(),
                    [&wanted](const std::string& name) { return IsBelow(name, wanted); })) {
      return {};
    }
    return NotFound("namespace ", wanted, " does not exist in ", Where(),
                    names.empty() ? "; it has no namespaces"
                                  : "; it has " + Join({names.begin(), names.end()}, ", "));
  }

  Result<std::string> FindLocation(const TableIdentifier& table) const {
    return Read([&](const Session& session) -> Result<std::string> {
      ICEFIELD_ASSIGN(const auto rows, session.Find(table));
      if (rows.empty()) return NoSuchTable(session, table);
      if (!IsTable(rows.front())) {
        return NotFound(table.ToString(), " in ", Where(), " is a ", *rows.front()[1],
                        ", not a table");
      }
      const std::string location = rows.front()[0].value_or("");
      if (location.empty()) {
        return CorruptData("table ", table.ToString(), " in ", Where(),
                           " has no metadata location");
      }
      return location;
    });
  }

  Error NoSuchTable(const Session& session, const TableIdentifier& table) const {
    const Result<std::vector<std::string>> tables = session.AllTables();
    if (!tables.ok()) return tables.error();
    std::string hint = SimilarNamesHint(table.ToString(), *tables);
    if (tables->empty()) {
      const Result<std::vector<std::string>> others = session.OtherCatalogs();
      if (!others.ok()) return others.error();
      hint = others->empty() ? "; it has no tables"
                             : StrCat("; it has no tables, but the file also holds the catalogs ",
                                      Join(*others, ", "), ": open it by that name");
    }
    return NotFound("table ", table.ToString(), " does not exist in ", Where(), hint);
  }

  // Runs `work` on a connection of its own, again and again while the file is locked and patience
  // lasts. SQLite waits for most locks by itself; some (a log being recovered) it reports at once.
  template <typename Work>
  auto Read(Work work) const -> decltype(work(std::declval<const Session&>())) {
    const auto deadline = steady_clock::now() + patience_;
    while (true) {
      const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
      auto answer = ReadOnce(work, std::max(left, milliseconds{0}));
      const bool passing = !answer.ok() && answer.error().code == ErrorCode::kUnavailable;
      if (!passing || steady_clock::now() + kRetryPause > deadline) return answer;
      std::this_thread::sleep_for(kRetryPause);
    }
  }

  template <typename Work>
  auto ReadOnce(Work work, milliseconds patience) const
      -> decltype(work(std::declval<const Session&>())) {
    ICEFIELD_ASSIGN(const Session session, Session::Open(path_, name_, patience));
    return work(session);
  }

  const ObjectStore& store_;
  const std::string name_;
  const Properties properties_;
  const std::string path_;
  const milliseconds patience_;
};

Result<milliseconds> ReadPatience(const Properties& properties) {
  const auto found = properties.find(std::string(kSqliteBusyTimeoutProperty));
  if (found == properties.end()) return milliseconds(kSqliteBusyTimeoutDefaultMs);
  const std::string& text = found->second;
  int64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  constexpr int64_t kDayMs = int64_t{24} * 3600 * 1000;
  if (failure != std::errc() || end != text.data() + text.size() || number < 0 || number > kDayMs) {
    return InvalidArgument("property ", kSqliteBusyTimeoutProperty, " is '", text,
                           "'; it must be a number of milliseconds, up to a day");
  }
  return milliseconds(number);
}

}  // namespace

Result<std::string> SqlitePath(std::string_view uri) {
  const size_t scheme_end = uri.find("://");
  const std::string_view scheme = uri.substr(0, scheme_end);
  if (scheme_end == std::string_view::npos || !scheme.starts_with("sqlite")) {
    return Unsupported("SQL catalogs at '", uri.substr(0, uri.find(':')),
                       "' URIs; those on SQLite"
                       " are read so far. For others, load the table with pyiceberg and give it"
                       " to FeatureView(table=...)");
  }
  if (scheme != "sqlite" && scheme != "sqlite+pysqlite") {
    return Unsupported("SQLite driver '", scheme, "'; write the URI as sqlite:////path/to/file");
  }
  std::string_view path = uri.substr(scheme_end + 3);
  path = path.substr(0, path.find('?'));
  if (!path.empty() && !path.starts_with('/')) {
    return InvalidArgument("'", uri,
                           "' names a host; write sqlite:///relative/path or"
                           " sqlite:////absolute/path");
  }
  path.remove_prefix(std::min<size_t>(path.size(), 1));
  if (path.starts_with("file:")) path.remove_prefix(5);
  if (path.empty() || path == ":memory:") {
    return InvalidArgument("'", uri,
                           "' is a database in memory, which no other reader can see;"
                           " the catalog must be a file: sqlite:////absolute/path");
  }
  if (path.find('\0') != std::string_view::npos) return InvalidArgument("`uri` holds a zero byte");
  std::error_code failure;
  const std::filesystem::path absolute = std::filesystem::absolute(path, failure);
  if (failure) return InvalidArgument("'", uri, "': ", failure.message());
  return absolute.string();
}

Result<std::unique_ptr<Catalog>> OpenSqlCatalog(const ObjectStore& store, std::string name,
                                                Properties properties) {
  const auto uri = properties.find("uri");
  if (uri == properties.end() || uri->second.empty()) {
    return InvalidArgument("catalog '", name,
                           "' of type sql needs the property uri, such as"
                           " sqlite:////absolute/path/catalog.db");
  }
  ICEFIELD_ASSIGN(std::string path, SqlitePath(uri->second));
  ICEFIELD_ASSIGN(const milliseconds patience, ReadPatience(properties));
  auto catalog = std::make_unique<SqlCatalog>(store, std::move(name), std::move(properties),
                                              std::move(path), patience);
  ICEFIELD_TRY(catalog->Check());
  return std::unique_ptr<Catalog>(std::move(catalog));
}

}  // namespace icefield
