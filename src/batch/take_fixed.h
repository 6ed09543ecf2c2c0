/// Rows of a column whose values have one width, chosen by number.
#pragma once

#include <arrow/array.h>

#include <memory>

#include "base/result.h"

namespace icefield {

/// Whether TakeFixed knows the type: values of whole bytes, of a width that a register has.
bool IsTakenFixed(const arrow::DataType& type);

/// The values of `column`, which has rows, at `indices` (UInt32 or Int32, within it), null where an
/// index is null. As TakeValues, but at the pace of memory: no branch is taken for a value.
Result<std::shared_ptr<arrow::Array>> TakeFixed(const arrow::Array& column,
                                                const arrow::Array& indices);

}  // namespace icefield
