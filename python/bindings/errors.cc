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

void BindErrors(nb::module_& module) {
  nb::dict codes;
  for (int code = 0; code <= static_cast<int>(ErrorCode::kInternal); ++code) {
    const ErrorBorder& border = BorderOf(static_cast<ErrorCode>(code));
    codes[nb::str(border.python_exception.data(), border.python_exception.size())] = border.exit_code;
  }
  module.attr("exit_codes") = codes;
}

}  // namespace icefield::python
