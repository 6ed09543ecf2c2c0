/// Rows as aligned columns for people.
#pragma once

#include "icefield/icefield.h"

namespace icefield::cli {

/// Writes a header and all rows to standard output. Columns are as wide as the first batch needs.
Status WriteTextTable(BatchStream& stream);

}  // namespace icefield::cli
