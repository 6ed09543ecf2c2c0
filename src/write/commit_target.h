/// Where a table's commits go: a catalog's entry, a folder, or somebody else's catalog.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "catalog/catalog.h"
#include "model/table_update.h"

namespace icefield {

/// One table of a catalog. Thread-safe.
class CommitTarget {
 public:
  virtual ~CommitTarget() = default;

  /// The table as it is now.
  virtual Result<LoadedTable> Load() const = 0;

  /// As Catalog::CommitTable.
  virtual Result<LoadedTable> Commit(const TableChange& change) const = 0;
};

/// A table of a catalog. `store`, which the catalog borrows, lives as long.
std::unique_ptr<const CommitTarget> MakeCatalogTarget(std::shared_ptr<const ObjectStore> store,
                                                      std::shared_ptr<const Catalog> catalog,
                                                      TableIdentifier table);

/// A table that its folder alone knows (see CommitTableAt).
std::unique_ptr<const CommitTarget> MakeFolderTarget(std::shared_ptr<const ObjectStore> store,
                                                     std::string folder);

}  // namespace icefield
