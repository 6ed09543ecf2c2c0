/// Nulls where a table's schema allows none.
#pragma once

#include <arrow/record_batch.h>

#include "base/result.h"
#include "model/type.h"

namespace icefield {

/// InvalidArgument names the field and the first row of a null in a required field at any depth of
/// `rows`, whose columns are `columns` one for one. What lies under a null struct, list or map is
/// no null of a field below it.
Status CheckRequired(const arrow::RecordBatch& rows, const StructType& columns);

}  // namespace icefield
