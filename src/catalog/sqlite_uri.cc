#include "catalog/sqlite_uri.h"

#include <algorithm>
#include <filesystem>

namespace icefield {

Result<std::string> SqlitePath(std::string_view uri) {
  const size_t scheme_end = uri.find("://");
  const std::string_view scheme = uri.substr(0, scheme_end);
  if (scheme_end == std::string_view::npos || !scheme.starts_with("sqlite")) {
    return Unsupported(
        "SQL catalogs at '", uri.substr(0, uri.find(':')),
        "' URIs; those on SQLite"
        " are read and written so far. For others, load the table with pyiceberg and give it"
        " to FeatureView(table=...)");
  }
  if (scheme != "sqlite" && scheme != "sqlite+pysqlite") {
    return Unsupported("SQLite driver '", scheme, "'; write the URI as sqlite:////path/to/file");
  }
  std::string_view path = uri.substr(scheme_end + 3);
  path = path.substr(0, path.find('?'));
  if (!path.empty() && !path.starts_with('/')) {
    return InvalidArgument("'", uri,
                           "' names a host; write sqlite:///relative/path or"
                           " sqlite:////absolute/path");
  }
  path.remove_prefix(std::min<size_t>(path.size(), 1));
  if (path.starts_with("file:")) path.remove_prefix(5);
  if (path.empty() || path == ":memory:") {
    return InvalidArgument("'", uri,
                           "' is a database in memory, which no other reader can see;"
                           " the catalog must be a file: sqlite:////absolute/path");
  }
  if (path.find('\0') != std::string_view::npos) return InvalidArgument("`uri` holds a zero byte");
  std::error_code failure;
  const std::filesystem::path absolute = std::filesystem::absolute(path, failure);
  if (failure) return InvalidArgument("'", uri, "': ", failure.message());
  return absolute.string();
}

}  // namespace icefield
