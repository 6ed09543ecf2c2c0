/// Errors of the engine as Python exceptions of icefield.errors.
#pragma once

#include <nanobind/nanobind.h>

#include <map>
#include <string>

#include "icefield/icefield.h"

namespace icefield::python {

/// Keeps the Python exception that is set (a signal's handler or a callback raised it) for the
/// RaiseError in the same thread that follows. Needs the interpreter's lock.
void KeepRaised();

/// Raises the exception that the error table names for `error`; for Cancelled what KeepRaised kept,
/// else KeyboardInterrupt.
[[noreturn]] void RaiseError(const Error& error);

/// The value, or the exception.
template <typename T>
T ValueOrRaise(Result<T> result) {
  if (!result.ok()) RaiseError(result.error());
  return *std::move(result);
}

/// The same where there is no value.
inline void ValueOrRaise(Status status) {
  if (!status.ok()) RaiseError(status.error());
}

/// Exit code of the command by exception name: the error table for the package.
std::map<std::string, int> ExitCodes();

}  // namespace icefield::python
