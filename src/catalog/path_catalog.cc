#include "catalog/path_catalog.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "catalog/folder_commit.h"
#include "catalog/metadata_commit.h"
#include "catalog/metadata_folder.h"
#include "catalog/similar_names.h"

namespace icefield {
namespace {

using Levels = std::vector<std::string>;

constexpr std::string_view kNamespaceFile = ".icefield-namespace";

// A level that is no plain folder name would lead out of the warehouse.
Status CheckLevels(const Levels& levels) {
  for (const std::string& level : levels) {
    if (level.empty() || level == "." || level == ".." || level.find('/') != std::string::npos) {
      return InvalidArgument("'", level, "' cannot be part of a name in a path catalog");
    }
  }
  return {};
}

class PathCatalog final : public Catalog {
 public:
  PathCatalog(const ObjectStore& store, std::string name, Properties properties,
              std::string warehouse)
      : store_(store),
        name_(std::move(name)),
        properties_(std::move(properties)),
        warehouse_(std::move(warehouse)) {}

  const std::string& name() const override { return name_; }
  const Properties& properties() const override { return properties_; }

  Result<std::vector<Levels>> ListNamespaces(const Levels& parent) const override {
    ICEFIELD_ASSIGN(const Children children, List(parent));
    std::vector<Levels> out;
    for (const std::string& child : children.namespaces) {
      Levels& levels = out.emplace_back(parent);
      levels.push_back(child);
    }
    return out;
  }

  Result<std::vector<TableIdentifier>> ListTables(const Levels& levels) const override {
    ICEFIELD_ASSIGN(const Children children, List(levels));
    std::vector<TableIdentifier> out;
    for (const std::string& child : children.tables) out.push_back({levels, child});
    return out;
  }

  Result<bool> TableExists(const TableIdentifier& table) const override {
    ICEFIELD_ASSIGN(const std::string folder, FolderOf(table));
    return IsTableFolder(store_, folder);
  }

  Status CreateNamespace(const Levels& levels, const Properties& properties) const override {
    ICEFIELD_ASSIGN(const std::string folder, FolderOf(levels));
    ICEFIELD_TRY(CheckVisible(levels));
    if (!properties.empty()) {
      return Unsupported("namespaces of ", Where(), " are folders and have no properties");
    }
    for (size_t depth = 1; depth <= levels.size(); ++depth) {
      const Levels above(levels.begin(), levels.begin() + static_cast<ptrdiff_t>(depth));
      ICEFIELD_ASSIGN(const std::string each, FolderOf(above));
      ICEFIELD_ASSIGN(const bool is_table, IsTableFolder(store_, each));
      if (is_table) return Fail(ErrorCode::kAlreadyExists, Join(above, "."), " is a table");
    }
    const Result<std::vector<std::string>> there = store_.List(folder);
    if (there.ok()) return NamespaceExists(levels);
    if (there.error().code != ErrorCode::kNotFound) return there.error();
    // Folders come with their files, so there is one that says that the namespace is meant.
    Status made = PutIfAbsent(store_, JoinLocation(folder, kNamespaceFile), "");
    if (!made.ok() && made.error().code == ErrorCode::kAlreadyExists) {
      return NamespaceExists(levels);
    }
    return made;
  }

  Status DropNamespace(const Levels& levels) const override {
    ICEFIELD_ASSIGN(const Children children, List(levels));
    ICEFIELD_ASSIGN(const std::string folder, FolderOf(levels));
    if (levels.empty()) return InvalidArgument("the warehouse itself cannot be dropped");
    std::vector<std::string> held = children.namespaces;
    held.insert(held.end(), children.tables.begin(), children.tables.end());
    if (held.empty()) {
      ICEFIELD_ASSIGN(held, store_.List(folder));
      std::erase(held, kNamespaceFile);
    }
    if (!held.empty()) {
      return Fail(ErrorCode::kConflict, "namespace ", Join(levels, "."), " in ", Where(),
                  " is not empty; it holds ", Join(held, ", "));
    }
    Status emptied = store_.Delete(JoinLocation(folder, kNamespaceFile));
    if (!emptied.ok() && emptied.error().code != ErrorCode::kNotFound) return emptied;
    return store_.Delete(folder + "/");
  }

  Result<std::string> DefaultLocation(const TableIdentifier& table) const override {
    ICEFIELD_ASSIGN(const std::string folder, FolderOf(table));
    return AbsoluteLocation(folder);
  }

  Result<LoadedTable> CommitTable(const TableIdentifier& table,
                                  const TableChange& change) const override {
    ICEFIELD_ASSIGN(const std::string folder, FolderOf(table));
    if (IsCreation(change)) {
      ICEFIELD_TRY(CheckVisible({table.name}));
      ICEFIELD_TRY(List(table.namespace_levels));
    }
    return CommitInFolder(store_, table.ToString(), folder, change);
  }

  Status DropTable(const TableIdentifier& table) const override {
    ICEFIELD_ASSIGN(const std::string folder, FolderOf(table));
    return DropInFolder(store_, table.ToString(), folder);
  }

  Result<LoadedTable> LoadTable(const TableIdentifier& table) const override {
    ICEFIELD_ASSIGN(const std::string folder, FolderOf(table));
    Result<std::string> location = NewestMetadata(store_, folder);
    if (location.ok()) return LoadMetadataFile(store_, table.ToString(), *std::move(location));
    if (location.error().code != ErrorCode::kNotFound) return std::move(location).error();
    ICEFIELD_ASSIGN(const std::vector<TableIdentifier> siblings,
                    ListTables(table.namespace_levels));
    std::vector<std::string> names;
    for (const TableIdentifier& sibling : siblings) names.push_back(sibling.ToString());
    return NotFound("table ", table.ToString(), " does not exist in ", Where(),
                    SimilarNamesHint(table.ToString(), names), " (", location.error().message, ")");
  }

 private:
  struct Children {
    std::vector<std::string> namespaces;
    std::vector<std::string> tables;
  };

  std::string Where() const { return StrCat("catalog '", name_, "' (", warehouse_, ")"); }

  // True for a folder with the metadata folder of a table, whether or not there is metadata in it:
  // what a dropped table leaves is no namespace.
  Result<bool> WasTable(const std::string& folder) const {
    const Result<std::vector<std::string>> names = store_.List(JoinLocation(folder, "metadata"));
    if (!names.ok() && names.error().code == ErrorCode::kNotFound) return false;
    if (!names.ok()) return names.error();
    return std::none_of(names->begin(), names->end(), [](const std::string& name) {
      return name.ends_with('/') || name == kNamespaceFile;
    });
  }

  Status NamespaceExists(const Levels& levels) const {
    return Fail(ErrorCode::kAlreadyExists, "namespace ", Join(levels, "."), " exists already in ",
                Where());
  }

  // Folders of other names are no namespaces and no tables to List.
  static Status CheckVisible(const Levels& levels) {
    if (levels.empty()) return InvalidArgument("a namespace needs a name");
    for (const std::string& level : levels) {
      if (!level.starts_with('.') && !level.starts_with('_')) continue;
      return InvalidArgument("'", level, "' cannot be a name in a path catalog: folders that begin",
                             " with '.' or '_' are passed over");
    }
    return {};
  }

  Result<std::string> FolderOf(const Levels& levels) const {
    ICEFIELD_TRY(CheckLevels(levels));
    std::string folder = warehouse_;
    for (const std::string& level : levels) folder = JoinLocation(folder, level);
    return folder;
  }

  Result<std::string> FolderOf(const TableIdentifier& table) const {
    Levels levels = table.namespace_levels;
    levels.push_back(table.name);
    return FolderOf(levels);
  }

  Result<Children> List(const Levels& levels) const {
    ICEFIELD_ASSIGN(const std::string folder, FolderOf(levels));
    const Result<std::vector<std::string>> names = store_.List(folder);
    if (!names.ok() && names.error().code == ErrorCode::kNotFound) {
      if (levels.empty()) return NotFound("the warehouse folder ", warehouse_, " does not exist");
      return NotFound("namespace ", Join(levels, "."), " does not exist in ", Where());
    }
    if (!names.ok()) return names.error();
    Children children;
    for (const std::string& name : *names) {
      if (!name.ends_with('/') || name.starts_with('.') || name.starts_with('_')) continue;
      const std::string child = name.substr(0, name.size() - 1);
      const std::string location = JoinLocation(folder, child);
      ICEFIELD_ASSIGN(const bool is_table, IsTableFolder(store_, location));
      ICEFIELD_ASSIGN(const bool was_table, WasTable(location));
      if (was_table && !is_table) continue;
      (is_table ? children.tables : children.namespaces).push_back(child);
    }
    return children;
  }

  const ObjectStore& store_;
  const std::string name_;
  const Properties properties_;
  const std::string warehouse_;
};

}  // namespace

Result<std::unique_ptr<Catalog>> OpenPathCatalog(const ObjectStore& store, std::string name,
                                                 Properties properties) {
  const auto found = properties.find("warehouse");
  if (found == properties.end() || found->second.empty()) {
    return InvalidArgument("catalog '", name,
                           "' of type none needs the property warehouse, the"
                           " folder below which its namespaces lie");
  }
  std::string warehouse = found->second;
  auto catalog = std::make_unique<PathCatalog>(store, std::move(name), std::move(properties),
                                               std::move(warehouse));
  ICEFIELD_TRY(catalog->ListNamespaces({}));
  return std::unique_ptr<Catalog>(std::move(catalog));
}

}  // namespace icefield
