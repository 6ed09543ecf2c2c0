/// Catalogs in SQL databases, in the layout that pyiceberg and the JDBC catalog share.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "catalog/catalog.h"

namespace icefield {

/// How long a call waits for writers' locks, in milliseconds, where the property is not set.
inline constexpr std::string_view kSqliteBusyTimeoutProperty = "icefield.sqlite.busy-timeout-ms";
inline constexpr int64_t kSqliteBusyTimeoutDefaultMs = 10'000;

/// Opens the catalog `name` in the SQLite file of property `uri`. A file that does not exist is
/// made by the first CreateNamespace; until then reading is NotFound. InvalidArgument where the
/// file holds something else than catalog tables. Every call reads the file anew over a connection
/// of its own, so commits of others show at once, and a fork between calls is harmless. A commit
/// compares and swaps the table's metadata location in one transaction, as pyiceberg does.
Result<std::unique_ptr<Catalog>> OpenSqlCatalog(const ObjectStore& store, std::string name,
                                                Properties properties);

}  // namespace icefield
