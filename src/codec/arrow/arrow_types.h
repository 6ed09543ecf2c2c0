/// The one table between Iceberg types and Arrow types (pit-semantics, "Types").
#pragma once

#include <arrow/type.h>

#include <memory>

#include "base/result.h"
#include "model/schema.h"

namespace icefield {

/// The Arrow type of `type`'s values as they leave Icefield. Unsupported for variant, geometry and
/// geography. List elements are named "element"; struct children keep their names; required fields
/// are not nullable.
Result<std::shared_ptr<arrow::DataType>> ToArrowType(const Type& type);

/// The Arrow field of a column; errors name it.
Result<std::shared_ptr<arrow::Field>> ToArrowField(const Field& field);

}  // namespace icefield
