/// Table changes as JSON of the Iceberg REST protocol.
#pragma once

#include <string>

#include "model/table_update.h"

namespace icefield {

/// {"requirements": [...], "updates": [...]}: the body of a commit ("CommitTableRequest") without
/// the identifier.
std::string TableChangeJson(const TableChange& change);

}  // namespace icefield
