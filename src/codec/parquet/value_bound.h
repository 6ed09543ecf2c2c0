/// Bounds as Parquet stores them.
#pragma once

#include <parquet/schema.h>

#include <optional>
#include <string>

#include "model/type.h"
#include "model/value.h"

namespace icefield {

/// A bound of the values of `column`, as a value of `type` (the column's type in the table),
/// rounded so that it still holds: down if `lower`. Nothing for types that filters are not pushed
/// down for, and for bounds that do not hold for `type`; unknown prunes nothing.
std::optional<Value> BoundOf(const std::string& bytes, const parquet::ColumnDescriptor& column,
                             const PrimitiveType& type, bool lower);

}  // namespace icefield
