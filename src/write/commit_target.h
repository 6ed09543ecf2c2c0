/// Where a table's commits go: a catalog's entry, a folder, or somebody else's catalog.
#pragma once

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

}  // namespace icefield
