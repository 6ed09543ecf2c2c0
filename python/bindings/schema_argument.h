/// Schemas as Python callers give them.
#pragma once

#include <nanobind/nanobind.h>

#include "icefield/icefield.h"

namespace icefield::python {

/// An object with __arrow_c_schema__, or the specification's JSON as text (what pyiceberg's schemas
/// give). Raises the exception that the error table names.
Schema SchemaArgument(const nanobind::object& schema, const ArrowSchemaOptions& options);

}  // namespace icefield::python
