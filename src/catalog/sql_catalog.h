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

/// The absolute path of the file that an SQLAlchemy URI names: sqlite:///relative,
/// sqlite:////absolute, sqlite+pysqlite://... InvalidArgument for databases in memory and URIs of
/// another form; Unsupported for other databases and drivers.
Result<std::string> SqlitePath(std::string_view uri);

/// Opens the catalog `name` in the SQLite file of property `uri`, which must exist and hold catalog
/// tables. Every call reads the file anew over a connection of its own, so commits of others show
/// at once, and a fork between calls is harmless.
Result<std::unique_ptr<Catalog>> OpenSqlCatalog(const ObjectStore& store, std::string name,
                                                Properties properties);

}  // namespace icefield
