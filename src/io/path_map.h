/// Tables that lie elsewhere than their metadata says: locations are rewritten by prefix.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "io/object_store.h"

namespace icefield {

/// The property of catalogs and tables that holds a path-prefix map, as "FROM=TO;FROM=TO".
inline constexpr std::string_view kPathPrefixMapProperty = "path-prefix-map";

/// What lies below `from` lies below `to`.
struct PathPrefix {
  std::string from;
  std::string to;
  bool operator==(const PathPrefix&) const = default;
};

/// Parses "FROM=TO;FROM=TO". InvalidArgument names the part that has no "=" or an empty side.
Result<std::vector<PathPrefix>> ParsePathPrefixMap(std::string_view text);

/// `location` with the longest matching prefix replaced; whole path segments match only. The
/// spellings of a local path ("/a", "file:/a", "file:///a") are equal.
std::string MapPath(const std::vector<PathPrefix>& prefixes, std::string_view location);

/// `store` with MapPath applied to every location; `store` itself where there are no prefixes.
std::unique_ptr<ObjectStore> MapPaths(std::unique_ptr<ObjectStore> store,
                                      std::vector<PathPrefix> prefixes);

}  // namespace icefield
