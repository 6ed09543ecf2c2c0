/// Files of this machine.
#pragma once

#include <memory>
#include <string_view>

#include "io/object_store.h"

namespace icefield {

/// Reads and writes "file:///a/b", "file:/a/b" and plain paths. Locations are taken letter for
/// letter: nothing is percent-decoded (table formats write such characters into the names
/// themselves). Unsupported names the scheme of any other location. Writes are durable (synced with
/// their folder) before they are told done; Unsupported where a file system cannot keep two writers
/// of one name apart. A writer that dies may leave a hidden file ".icefield-<random>.tmp".
std::unique_ptr<ObjectStore> MakeLocalStore();

/// The path of a local location, or Unsupported.
Result<std::string> LocalPath(std::string_view location);

}  // namespace icefield
