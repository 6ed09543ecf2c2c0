/// Arrow data across the border, without copies: PyCapsules of the Arrow C interfaces.
#pragma once

#include <arrow/table.h>
#include <nanobind/nanobind.h>

#include <memory>

#include "icefield/icefield.h"

namespace icefield::python {

/// A stream as a PyCapsule "arrow_array_stream". Reading it releases the interpreter's lock where
/// Python holds it.
nanobind::object ExportStream(std::unique_ptr<BatchStream> stream);

/// A schema as a PyCapsule "arrow_schema".
nanobind::object ExportSchema(const arrow::Schema& schema);

/// All batches of an object with __arrow_c_stream__, as a table. Raises TypeError for objects
/// without it.
std::shared_ptr<arrow::Table> ImportTable(const nanobind::object& frame);

}  // namespace icefield::python
