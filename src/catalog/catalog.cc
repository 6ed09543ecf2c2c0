#include "catalog/catalog.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/strings.h"
#include "catalog/folder_commit.h"
#include "catalog/metadata_folder.h"
#include "catalog/path_catalog.h"
#include "catalog/sql_catalog.h"

namespace icefield {
namespace {

// URI schemes and the catalog types that pyiceberg takes them for.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kTypesByScheme{{
    {"http", "rest"},
    {"thrift", "hive"},
    {"sqlite", "sql"},
    {"postgresql", "sql"},
}};

std::string ValueOf(const Properties& properties, const std::string& key) {
  const auto found = properties.find(key);
  return found == properties.end() ? "" : found->second;
}

// `type`, or what the URI says where none is given.
Result<std::string> TypeOf(const std::string& name, const Properties& properties) {
  std::string type = ValueOf(properties, "type");
  std::transform(type.begin(), type.end(), type.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (!type.empty()) return type;
  const std::string uri = ValueOf(properties, "uri");
  for (const auto& [scheme, inferred] : kTypesByScheme) {
    if (uri.starts_with(scheme)) return std::string(inferred);
  }
  if (!uri.empty()) {
    return InvalidArgument("catalog '", name, "': no catalog type is known for the URI '", uri,
                           "'; set the property type to sql or none");
  }
  return InvalidArgument("catalog '", name,
                         "' has neither type nor uri; give them as properties,"
                         " in ~/.pyiceberg.yaml below catalog: ",
                         name,
                         ":, or in the environment as"
                         " PYICEBERG_CATALOG__<NAME>__URI");
}

}  // namespace

std::string TableIdentifier::ToString() const {
  return namespace_levels.empty() ? name : StrCat(Join(namespace_levels, "."), ".", name);
}

Result<TableIdentifier> ParseTableIdentifier(std::string_view text) {
  std::vector<std::string> parts = Split(text, '.');
  if (std::find(parts.begin(), parts.end(), "") != parts.end()) {
    return InvalidArgument("table name '", text, "' has an empty part; write namespace.table");
  }
  if (parts.size() < 2) {
    return InvalidArgument("table name '", text, "' has no namespace; write namespace.table");
  }
  TableIdentifier identifier;
  identifier.name = std::move(parts.back());
  parts.pop_back();
  identifier.namespace_levels = std::move(parts);
  return identifier;
}

Result<std::unique_ptr<Catalog>> OpenCatalog(const ObjectStore& store, std::string name,
                                             Properties properties) {
  if (name.empty()) name = "default";
  const std::string custom = ValueOf(properties, "py-catalog-impl");
  if (!custom.empty()) {
    return Unsupported("catalog '", name, "' is the Python class ", custom,
                       "; load the table with"
                       " pyiceberg and give it to FeatureView(table=...)");
  }
  ICEFIELD_ASSIGN(const std::string type, TypeOf(name, properties));
  if (type == "sql") return OpenSqlCatalog(store, std::move(name), std::move(properties));
  if (type == "none") return OpenPathCatalog(store, std::move(name), std::move(properties));
  return Unsupported("catalog '", name, "' has the type ", type,
                     "; sql (SQLite) and none (folders)"
                     " are known so far. Load the table with pyiceberg and give it to"
                     " FeatureView(table=...)");
}

Result<std::unique_ptr<Catalog>> OpenConfiguredCatalog(const ObjectStore& store,
                                                       std::string_view name,
                                                       const Properties& properties) {
  return OpenConfiguredCatalog(store, ProcessConfigSources(), name, properties);
}

Result<std::unique_ptr<Catalog>> OpenConfiguredCatalog(const ObjectStore& store,
                                                       const ConfigSources& sources,
                                                       std::string_view name,
                                                       const Properties& properties) {
  ICEFIELD_ASSIGN(const CatalogConfig config, ReadCatalogConfig(store, sources));
  const std::string known_name = name.empty() ? config.default_catalog : std::string(name);
  Properties merged = config.PropertiesOf(known_name);
  for (const auto& [key, value] : properties) {
    if (!value.empty() || !merged.contains(key)) merged[key] = value;
  }
  return OpenCatalog(store, known_name, std::move(merged));
}

Result<LoadedTable> CommitTableAt(const ObjectStore& store, std::string_view folder,
                                  const TableChange& change) {
  if (IsMetadataFile(folder)) {
    return InvalidArgument("the table at ", folder,
                           " was opened by its metadata file and can only be read; open it through"
                           " its catalog, or by its folder where it has none");
  }
  return CommitInFolder(store, std::string(folder), folder, change);
}

Result<LoadedTable> LoadTableAt(const ObjectStore& store, std::string_view location) {
  std::string file(location);
  if (!IsMetadataFile(location)) {
    ICEFIELD_ASSIGN(file, NewestMetadata(store, location));
  }
  return LoadMetadataFile(store, file, file);
}

}  // namespace icefield
