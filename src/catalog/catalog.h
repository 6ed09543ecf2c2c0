/// From a table's name to its metadata.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/yaml/catalog_config.h"
#include "io/object_store.h"
#include "model/table_metadata.h"

namespace icefield {

using Properties = std::map<std::string, std::string>;

/// A table as its catalog knows it at one moment.
struct LoadedTable {
  std::string name;  ///< "ns.table", or the metadata location where there is no catalog
  std::string metadata_location;
  TableMetadata metadata;
};

/// Namespace levels and a table's own name.
struct TableIdentifier {
  std::vector<std::string> namespace_levels;
  std::string name;
  bool operator==(const TableIdentifier&) const = default;
  auto operator<=>(const TableIdentifier&) const = default;
  std::string ToString() const;  ///< "a.b.table"
};

/// "ns.table" or "a.b.table"; InvalidArgument without a namespace or with an empty part.
Result<TableIdentifier> ParseTableIdentifier(std::string_view text);

/// A catalog. Thread-safe. Loading reads the catalog and one metadata file.
class Catalog {
 public:
  virtual ~Catalog() = default;
  virtual const std::string& name() const = 0;
  virtual const Properties& properties() const = 0;
  /// The namespaces directly below `parent`, sorted; without one those of the top level. NotFound
  /// names the parent.
  virtual Result<std::vector<std::vector<std::string>>> ListNamespaces(
      const std::vector<std::string>& parent = {}) const = 0;
  /// Sorted. NotFound names the namespace.
  virtual Result<std::vector<TableIdentifier>> ListTables(
      const std::vector<std::string>& namespace_levels) const = 0;
  virtual Result<bool> TableExists(const TableIdentifier& table) const = 0;
  /// NotFound names the table, the catalog and tables of similar name.
  virtual Result<LoadedTable> LoadTable(const TableIdentifier& table) const = 0;
};

/// Opens a catalog by pyiceberg's property names: `type` sql | none (or none given and `uri`
/// starting with sqlite:), `uri`, `warehouse`. Unsupported names types and URIs that are not there
/// yet and says how to go through pyiceberg. `name` empty: "default". The store is borrowed and
/// must outlive the catalog.
Result<std::unique_ptr<Catalog>> OpenCatalog(const ObjectStore& store, std::string name,
                                             Properties properties);

/// OpenCatalog with what the user's pyiceberg configuration says of the catalog (~/.pyiceberg.yaml
/// and PYICEBERG_* of this process); `properties` that are not empty go before it. `name` empty:
/// the configured default catalog.
Result<std::unique_ptr<Catalog>> OpenConfiguredCatalog(const ObjectStore& store,
                                                       std::string_view name,
                                                       const Properties& properties);

/// The same with given sources of configuration.
Result<std::unique_ptr<Catalog>> OpenConfiguredCatalog(const ObjectStore& store,
                                                       const ConfigSources& sources,
                                                       std::string_view name,
                                                       const Properties& properties);

/// A table by the location of its metadata file, or of its folder (then the newest metadata in
/// `metadata/` by version-hint.text or by number is taken: a path catalog), without a catalog.
Result<LoadedTable> LoadTableAt(const ObjectStore& store, std::string_view location);

}  // namespace icefield
