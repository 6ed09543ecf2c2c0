#include "errors.h"

namespace nb = nanobind;

namespace icefield::python {

void RaiseError(const Error& error) {
  if (PyErr_Occurred() != nullptr) throw nb::python_error();
  const std::string name(BorderOf(error.code).python_exception);
  const nb::object type = nb::module_::import_("icefield.errors").attr(name.c_str());
  PyErr_SetString(type.ptr(), error.message.c_str());
  throw nb::python_error();
}

}  // namespace icefield::python
