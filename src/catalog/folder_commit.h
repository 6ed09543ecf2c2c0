/// Commits to tables that no catalog keeps: the next number in the table's folder is the commit.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "catalog/catalog.h"
#include "io/object_store.h"
#include "model/table_update.h"

namespace icefield {

/// CommitTableAt for the table `name`. Metadata files are never compressed, so that one version has
/// one name, and never removed, so that a slow writer cannot take an old number again.
Result<LoadedTable> CommitInFolder(const ObjectStore& store, const std::string& name,
                                   std::string_view folder, const TableChange& change);

/// Removes the metadata files of the table in `folder`, the newest last, so that it is there whole
/// or not at all. Everything else stays. NotFound where there is no table. Does not: keep a commit
/// of somebody else from coming in between.
Status DropInFolder(const ObjectStore& store, const std::string& name, std::string_view folder);

}  // namespace icefield
