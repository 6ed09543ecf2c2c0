/// Field ids for files that have none.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "codec/parquet/parquet_file.h"
#include "model/name_mapping.h"

namespace icefield {

/// True where a column at any depth has a field id.
bool AnyFieldId(const std::vector<FileColumn>& columns);

/// The columns of a file with the ids of `mapping`, by name at every depth; columns that it does
/// not name keep none. The element of a list, the key and the value of a map take the mapping's
/// "element", "key" and "value", whatever the file calls them. A file with a field id anywhere
/// comes back as it is: a mapping is for files without. The error of `mapping`, which such files do
/// not care for, names `location`; CorruptData where two columns of the file are mapped to one id.
Result<std::vector<FileColumn>> WithFieldIds(std::vector<FileColumn> columns,
                                             const Result<NameMapping>& mapping,
                                             const std::string& location);

}  // namespace icefield
