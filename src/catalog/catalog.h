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
#include "model/table_update.h"

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

  /// AlreadyExists names the namespace.
  virtual Status CreateNamespace(const std::vector<std::string>& levels,
                                 const Properties& properties) const = 0;
  /// NotFound names the namespace, Conflict one that holds tables or namespaces.
  virtual Status DropNamespace(const std::vector<std::string>& levels) const = 0;

  /// The location of a new table's folder where its creator gives none. InvalidArgument where the
  /// catalog has no warehouse. Reads nothing but the namespace's properties.
  virtual Result<std::string> DefaultLocation(const TableIdentifier& table) const = 0;

  /// Checks the requirements against the table as it is now, applies the updates, writes a new
  /// metadata file and makes it the table's, atomically: the old table or the new one, whatever
  /// fails. Gives the new table. With AssertCreate among the requirements the table is made
  /// (NotFound names a missing namespace). Conflict where a requirement does not hold or another
  /// commit came between; CommitUnknown where it may have happened (the caller reads back); any
  /// other error: it did not happen, and its metadata file is removed or an orphan.
  virtual Result<LoadedTable> CommitTable(const TableIdentifier& table,
                                          const TableChange& change) const = 0;

  /// Forgets the table; its files stay. NotFound as in LoadTable.
  virtual Status DropTable(const TableIdentifier& table) const = 0;
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

/// Catalog::CommitTable for a table that its folder alone knows: the next
/// metadata/v<N>.metadata.json is put where nobody has put it yet, and of several commits on one
/// version one succeeds. Makes a table where AssertCreate is demanded; its location is the folder.
/// InvalidArgument for the location of a metadata file, for a folder of which a catalog keeps the
/// metadata (00005-<uuid>.metadata.json) and for a table that says that it lies elsewhere.
Result<LoadedTable> CommitTableAt(const ObjectStore& store, std::string_view folder,
                                  const TableChange& change);

}  // namespace icefield
