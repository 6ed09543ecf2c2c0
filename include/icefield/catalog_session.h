/// Catalogs as users reach them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalog/catalog.h"
#include "icefield/table.h"

namespace icefield {

/// A table to be made.
struct NewTable {
  Schema schema;  ///< Its ids are replaced.
  /// "region", "bucket(16, driver_id)", "day(ts)"; empty: unpartitioned.
  std::vector<std::string> partition_terms;
  /// "driver_id", "ts desc nulls last"; empty: unsorted.
  std::vector<std::string> sort_terms;
  /// A partition spec and a sort order of the specification's JSON go before the terms; they refer
  /// to the ids of `schema`.
  std::string partition_spec_json;
  std::string sort_order_json;
  Properties properties;  ///< `format-version` among them: "2" (where it is missing) or "3".
  std::string location;   ///< Empty: below the namespace's location or the catalog's warehouse.
};

/// An open catalog with the store that its tables lie in. Cheap to copy, thread-safe.
class CatalogSession {
 public:
  /// By pyiceberg's property names; what `properties` does not say is taken from the user's
  /// pyiceberg configuration (environment, .pyiceberg.yaml). An empty name means the configured
  /// default catalog.
  static Result<CatalogSession> Open(const std::string& name, const Properties& properties);

  const Catalog& catalog() const { return *catalog_; }

  /// A table by "namespace.table"; its commits go to this catalog.
  Result<Table> LoadTable(std::string_view identifier) const;

  /// Makes a table. AlreadyExists where there is one of that name, NotFound names a missing
  /// namespace, InvalidArgument what the specification forbids (see write/table_definition.h).
  Result<Table> CreateTable(std::string_view identifier, const NewTable& table) const;

 private:
  Table TableOf(TableIdentifier table, LoadedTable loaded) const;

  std::shared_ptr<const ObjectStore> store_;
  std::shared_ptr<const Catalog> catalog_;
};

}  // namespace icefield
