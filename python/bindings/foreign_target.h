/// Tables whose catalog is a Python object.
#pragma once

#include <nanobind/nanobind.h>

#include <string>

#include "icefield/icefield.h"

namespace icefield::python {

/// A table that `catalog` knows. Its load() and commit(json) give a metadata location, and raise
/// the exceptions of icefield.errors: Conflict, CommitUnknown and the others keep their meaning;
/// any other exception of commit() leaves the outcome unknown. `properties` are those of LoadTable.
/// Called with the interpreter's lock held, on any thread.
Table MakeForeignTable(const std::string& name, const nanobind::object& catalog,
                       const Properties& properties);

}  // namespace icefield::python
