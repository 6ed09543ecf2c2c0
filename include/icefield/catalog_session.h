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

 private:
  Table TableOf(TableIdentifier table, LoadedTable loaded) const;

  std::shared_ptr<const ObjectStore> store_;
  std::shared_ptr<const Catalog> catalog_;
};

}  // namespace icefield
