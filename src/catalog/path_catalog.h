/// Catalogs that are nothing but folders.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "catalog/catalog.h"

namespace icefield {

/// Opens the catalog whose tables lie below the folder of property `warehouse`: each level of a
/// namespace is a folder, and a table is a folder with metadata/ inside. Names that begin with '.'
/// or '_' are no namespaces and no tables. Which metadata is a table's newest: NewestMetadata.
/// Commits as CommitTableAt; a table lies in its folder and nowhere else, and namespaces have no
/// properties.
Result<std::unique_ptr<Catalog>> OpenPathCatalog(const ObjectStore& store, std::string name,
                                                 Properties properties);

}  // namespace icefield
