/// From a table's schema to another as a change to commit.
#pragma once

#include <string_view>

#include "base/result.h"
#include "model/table_metadata.h"
#include "model/table_update.h"

namespace icefield {

/// Makes `schema` (its id does not matter) current: by an equal schema that the table has, else as
/// a new one. Nothing where it is current already. InvalidArgument where the table's name mapping
/// is none and would have to change.
Result<TableChange> ChangeSchema(const TableMetadata& metadata, const Schema& schema,
                                 std::string_view table_name);

}  // namespace icefield
