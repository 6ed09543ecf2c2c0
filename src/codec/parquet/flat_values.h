/// The values of flat columns, by their physical types.
#pragma once

#include <arrow/type.h>
#include <parquet/types.h>

namespace icefield {

/// True where values of a physical type lie in the arrays of `type` as they lie in plain pages.
bool HasFlatValues(parquet::Type::type physical, const arrow::DataType& type);

}  // namespace icefield
