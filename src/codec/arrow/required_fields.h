/// Nulls where a table's schema allows none.
#pragma once

#include <arrow/record_batch.h>

#include <memory>

#include "base/result.h"
#include "model/type.h"

namespace icefield {

/// InvalidArgument names the field and the first row of a null in a required field at any depth of
/// `rows`, whose columns are `columns` one for one. What lies under a null struct, list or map is
/// no null of a field below it.
Status CheckRequired(const arrow::RecordBatch& rows, const StructType& columns);

/// `values` of `field`, which passed CheckRequired, with no required field below saying that it has
/// nulls: where something above it is null it holds values that mean nothing. For writers that
/// count such nulls.
std::shared_ptr<arrow::Array> WithoutMaskedNulls(const std::shared_ptr<arrow::Array>& values,
                                                 const Field& field);

}  // namespace icefield
