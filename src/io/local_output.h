/// Writing files of this machine: whole or not at all.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "io/object_store.h"

namespace icefield {

/// ObjectStore::Create for the file at `path`; `location` names it in errors. Bytes go to a hidden
/// file in the same folder (".icefield-<random>.tmp"), which Close links to its name.
Result<std::unique_ptr<OutputFile>> CreateLocalFile(std::string location, std::string path);

/// ObjectStore::Replace.
Status ReplaceLocalFile(std::string_view location, const std::string& path, std::string_view bytes);

/// ObjectStore::Delete.
Status DeleteLocalFile(std::string_view location, const std::string& path);

}  // namespace icefield
