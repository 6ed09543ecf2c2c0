/// Errors of the engine as Python exceptions of icefield.errors.
#pragma once

#include <nanobind/nanobind.h>

#include "icefield/icefield.h"

namespace icefield::python {

/// Raises the exception that the error table names for `error`. A pending KeyboardInterrupt goes
/// before Cancelled.
[[noreturn]] void RaiseError(const Error& error);

/// The value, or the exception.
template <typename T>
T ValueOrRaise(Result<T> result) {
  if (!result.ok()) RaiseError(result.error());
  return *std::move(result);
}

}  // namespace icefield::python
