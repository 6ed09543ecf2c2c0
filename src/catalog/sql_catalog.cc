#include "catalog/sql_catalog.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "catalog/metadata_commit.h"
#include "catalog/metadata_folder.h"
#include "catalog/similar_names.h"
#include "catalog/sql_session.h"
#include "catalog/sqlite_uri.h"

namespace icefield {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using Levels = std::vector<std::string>;
using Entry = SqlSession::Entry;

constexpr milliseconds kRetryPause{10};

LoadedTable LoadedOf(const TableIdentifier& table, MetadataFile file) {
  return {table.ToString(), std::move(file.location), std::move(file.metadata)};
}

// What lies above or below by name may not lie elsewhere by its path.
Status CheckFolderNames(const TableIdentifier& table) {
  Levels parts = table.namespace_levels;
  parts.push_back(table.name);
  for (const std::string& part : parts) {
    if (part != "." && part != ".." && part.find('/') == std::string::npos) continue;
    return InvalidArgument("table ", table.ToString(), ": '", part,
                           "' cannot be the name of a folder; give the table a location");
  }
  return {};
}

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

  /// Fails where the file is there and cannot be read as a catalog.
  Status Check() const {
    const auto readable = [this] { return Read([](const SqlSession&) -> Status { return {}; }); };
    Status now = readable();
    if (now.ok()) return now;
    const ErrorCode code = now.error().code;
    if (code != ErrorCode::kNotFound && code != ErrorCode::kInvalidArgument) return now;
    const Result<bool> empty = SqlSession::IsEmpty(path_, patience_);
    if (empty.ok() && *empty) return {};
    return readable();  // Somebody may have made the catalog since.
  }

  Result<std::vector<Levels>> ListNamespaces(const Levels& parent) const override {
    return Read([&](const SqlSession& session) -> Result<std::vector<Levels>> {
      ICEFIELD_ASSIGN(const std::set<std::string> names, session.Namespaces());
      if (!parent.empty()) ICEFIELD_TRY(CheckHolds(session, parent));
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
    return Read([&](const SqlSession& session) -> Result<std::vector<TableIdentifier>> {
      ICEFIELD_TRY(CheckHolds(session, levels));
      ICEFIELD_ASSIGN(const std::vector<std::string> tables, session.TablesOf(Join(levels, ".")));
      std::vector<TableIdentifier> out;
      for (const std::string& table : tables) out.push_back({levels, table});
      return out;
    });
  }

  Result<bool> TableExists(const TableIdentifier& table) const override {
    return Read([&](const SqlSession& session) -> Result<bool> {
      ICEFIELD_ASSIGN(const std::optional<Entry> entry, session.Find(table));
      return entry && entry->type == "TABLE";
    });
  }

  Result<LoadedTable> LoadTable(const TableIdentifier& table) const override {
    ICEFIELD_ASSIGN(MetadataFile file, ReadCurrent(table));
    return LoadedOf(table, std::move(file));
  }

  Status CreateNamespace(const Levels& levels, const Properties& properties) const override {
    ICEFIELD_TRY(CheckLevels(levels));
    const std::string dotted = Join(levels, ".");
    return Write([&](const SqlSession& session) -> Status {
      ICEFIELD_ASSIGN(const bool exists, session.HasNamespace(dotted));
      if (exists) {
        return Fail(ErrorCode::kAlreadyExists, "namespace ", dotted, " exists already in ",
                    Where());
      }
      return session.AddNamespace(dotted, properties);
    });
  }

  Status DropNamespace(const Levels& levels) const override {
    const std::string dotted = Join(levels, ".");
    return Write([&](const SqlSession& session) -> Status {
      ICEFIELD_TRY(CheckHolds(session, levels));
      ICEFIELD_ASSIGN(std::vector<std::string> held, session.TablesOf(dotted, true));
      ICEFIELD_ASSIGN(const std::set<std::string> names, session.Namespaces());
      std::copy_if(names.begin(), names.end(), std::back_inserter(held),
                   [&](const std::string& name) { return IsBelow(name, dotted); });
      if (!held.empty()) {
        return Fail(ErrorCode::kConflict, "namespace ", dotted, " in ", Where(),
                    " is not empty; it holds ", Join(held, ", "));
      }
      return session.RemoveNamespace(dotted);
    });
  }

  Result<std::string> DefaultLocation(const TableIdentifier& table) const override {
    ICEFIELD_TRY(CheckFolderNames(table));
    const std::string dotted = Join(table.namespace_levels, ".");
    ICEFIELD_ASSIGN(const Properties of_namespace,
                    Read([&](const SqlSession& session) -> Result<Properties> {
                      ICEFIELD_TRY(CheckHolds(session, table.namespace_levels));
                      return session.NamespaceProperties(dotted);
                    }));
    if (const auto found = of_namespace.find("location");
        found != of_namespace.end() && !found->second.empty()) {
      return JoinLocation(AbsoluteLocation(found->second), table.name);
    }
    const auto warehouse = properties_.find("warehouse");
    if (warehouse == properties_.end() || warehouse->second.empty()) {
      return InvalidArgument("catalog '", name_, "' has no property warehouse, the folder for new",
                             " tables; set it, or give table ", table.ToString(), " a location");
    }
    return JoinLocation(JoinLocation(AbsoluteLocation(warehouse->second), dotted), table.name);
  }

  Result<LoadedTable> CommitTable(const TableIdentifier& table,
                                  const TableChange& change) const override {
    return IsCreation(change) ? MakeTable(table, change) : ChangeTable(table, change);
  }

  Status DropTable(const TableIdentifier& table) const override {
    return Write([&](const SqlSession& session) -> Status {
      ICEFIELD_ASSIGN(const bool removed, session.RemoveTable(table));
      if (removed) return {};
      return NoSuchTable(session, table);
    });
  }

 private:
  std::string Where() const { return StrCat("catalog '", name_, "' (", path_, ")"); }

  static Status CheckLevels(const Levels& levels) {
    const bool bad = std::any_of(levels.begin(), levels.end(), [](const std::string& level) {
      return level.empty() || level.find('.') != std::string::npos;
    });
    if (!levels.empty() && !bad) return {};
    return InvalidArgument("'", Join(levels, "."),
                           "' is no namespace: its levels are names without dots");
  }

  Status CheckHolds(const SqlSession& session, const Levels& levels) const {
    const std::string wanted = Join(levels, ".");
    ICEFIELD_ASSIGN(const bool exists, session.HasNamespace(wanted));
    if (exists) return {};
    ICEFIELD_ASSIGN(const std::set<std::string> names, session.Namespaces());
    return NotFound("namespace ", wanted, " does not exist in ", Where(),
                    names.empty() ? "; it has no namespaces"
                                  : "; it has " + Join({names.begin(), names.end()}, ", "));
  }

  Result<std::string> FindLocation(const TableIdentifier& table) const {
    return Read([&](const SqlSession& session) -> Result<std::string> {
      ICEFIELD_ASSIGN(const std::optional<Entry> entry, session.Find(table));
      if (!entry || entry->type != "TABLE") return NoSuchTable(session, table);
      if (entry->metadata_location.empty()) {
        return CorruptData("table ", table.ToString(), " in ", Where(),
                           " has no metadata location");
      }
      return entry->metadata_location;
    });
  }

  Error NoSuchTable(const SqlSession& session, const TableIdentifier& table) const {
    const Result<std::optional<Entry>> entry = session.Find(table);
    if (!entry.ok()) return entry.error();
    if (*entry) {
      return NotFound(table.ToString(), " in ", Where(), " is a ", (*entry)->type, ", not a table");
    }
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

  // The table's metadata as the catalog has it now.
  Result<MetadataFile> ReadCurrent(const TableIdentifier& table) const {
    ICEFIELD_ASSIGN(std::string location, FindLocation(table));
    while (true) {
      Result<MetadataFile> file = ReadMetadataFile(store_, location);
      if (file.ok()) return file;
      Error error = std::move(file).error().At(StrCat("table ", table.ToString()));
      if (error.code != ErrorCode::kNotFound) return error;
      // A commit may have replaced and removed the file since its name was read.
      ICEFIELD_ASSIGN(std::string now, FindLocation(table));
      if (now == location) return error;
      location = std::move(now);
    }
  }

  Result<LoadedTable> MakeTable(const TableIdentifier& table, const TableChange& change) const {
    ICEFIELD_TRY(CheckLevels(table.namespace_levels));
    ICEFIELD_TRY(Read([&](const SqlSession& session) -> Status {
      ICEFIELD_TRY(CheckHolds(session, table.namespace_levels));
      ICEFIELD_ASSIGN(const std::optional<Entry> entry, session.Find(table));
      return entry ? AlreadyExists(table, *entry) : Status();
    }));
    ICEFIELD_ASSIGN(MetadataFile next, ChangeMetadata(table.ToString(), nullptr, change));
    return Publish(table, nullptr, std::move(next));
  }

  Result<LoadedTable> ChangeTable(const TableIdentifier& table, const TableChange& change) const {
    ICEFIELD_ASSIGN(MetadataFile current, ReadCurrent(table));
    ICEFIELD_ASSIGN(MetadataFile next, ChangeMetadata(table.ToString(), &current, change));
    if (change.updates.empty()) return LoadedOf(table, std::move(current));
    return Publish(table, &current, std::move(next));
  }

  // Writes the file and makes it the table's; `before` null: the table is made.
  Result<LoadedTable> Publish(const TableIdentifier& table, const MetadataFile* before,
                              MetadataFile next) const {
    const std::string from = before == nullptr ? "" : before->location;
    next.location = NewMetadataLocation(next.metadata, from);
    Status done = WriteMetadata(store_, next);
    if (done.ok()) {
      done = Swap(table, from, next.location);
      if (!done.ok() && done.error().code == ErrorCode::kCommitUnknown) {
        done = ReadBack(table, from, next.location, done.error());
      }
    }
    if (!done.ok()) {
      const ErrorCode code = done.error().code;
      if (code != ErrorCode::kCommitUnknown) (void)store_.Delete(next.location);
      return std::move(done).error().At(StrCat("table ", table.ToString()));
    }
    if (before != nullptr) DeleteOldMetadata(store_, before->metadata, next.metadata);
    return LoadedOf(table, std::move(next));
  }

  // One transaction that puts `to` in the place of `from`; an empty `from`: of nothing.
  Status Swap(const TableIdentifier& table, const std::string& from, const std::string& to) const {
    return Write([&](const SqlSession& session) -> Status {
      if (from.empty()) {
        ICEFIELD_TRY(CheckHolds(session, table.namespace_levels));
        return session.AddTable(table, to);
      }
      ICEFIELD_ASSIGN(const bool moved, session.MoveTable(table, from, to));
      if (moved) return {};
      ICEFIELD_ASSIGN(const std::optional<Entry> entry, session.Find(table));
      if (!entry) return Fail(ErrorCode::kConflict, "it was dropped meanwhile");
      return Fail(ErrorCode::kConflict, "another commit came first: ", entry->metadata_location);
    });
  }

  // What became of a Swap that said `unknown`.
  Status ReadBack(const TableIdentifier& table, const std::string& from, const std::string& to,
                  const Error& unknown) const {
    const auto open = [&](const Error& why) {
      return Fail(ErrorCode::kCommitUnknown, unknown.message,
                  "; whether it was committed could not be read back: ", why.message);
    };
    const auto now = Read([&](const SqlSession& session) { return session.Find(table); });
    if (!now.ok()) return open(now.error());
    const std::string location = *now ? (*now)->metadata_location : "";
    if (location == to) return {};
    if (location == from) return Fail(ErrorCode::kUnavailable, unknown.message);
    if (location.empty()) return Fail(ErrorCode::kConflict, "it was dropped meanwhile");
    // Others may have committed on top of it since.
    const Result<MetadataFile> file = ReadMetadataFile(store_, location);
    if (!file.ok()) return open(file.error());
    for (const MetadataLogEntry& entry : file->metadata.metadata_log) {
      if (entry.location == to) return {};
    }
    return Fail(ErrorCode::kConflict, "another commit came first: ", location);
  }

  Status AlreadyExists(const TableIdentifier& table, const Entry& entry) const {
    return Fail(ErrorCode::kAlreadyExists, "table ", table.ToString(), " exists already in ",
                Where(), entry.type == "TABLE" ? "" : ", as a " + entry.type);
  }

  // Runs `work` on a connection of its own, again and again while the file is locked and patience
  // lasts. SQLite waits for most locks by itself; some (a log being recovered) it reports at once.
  template <typename Attempt>
  auto WithPatience(Attempt attempt) const -> decltype(attempt(milliseconds{0})) {
    const auto deadline = steady_clock::now() + patience_;
    while (true) {
      const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
      auto answer = attempt(std::max(left, milliseconds{0}));
      const bool passing = !answer.ok() && answer.error().code == ErrorCode::kUnavailable;
      if (!passing || steady_clock::now() + kRetryPause > deadline) return answer;
      std::this_thread::sleep_for(kRetryPause);
    }
  }

  template <typename Work>
  auto Read(Work work) const -> decltype(work(std::declval<const SqlSession&>())) {
    using Answer = decltype(work(std::declval<const SqlSession&>()));
    return WithPatience([&](milliseconds patience) -> Answer {
      ICEFIELD_ASSIGN(const SqlSession session, SqlSession::Open(path_, name_, patience));
      return work(session);
    });
  }

  template <typename Work>
  Status Write(Work work) const {
    return WithPatience([&](milliseconds patience) -> Status {
      ICEFIELD_ASSIGN(const SqlSession session, SqlSession::OpenForWriting(path_, name_, patience));
      ICEFIELD_TRY(work(session));
      return session.Commit();
    });
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
