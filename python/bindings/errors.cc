#include "errors.h"

namespace nb = nanobind;

namespace icefield::python {

void RaiseError(const Error& error) {
  if (error.code == ErrorCode::kCancelled) {
    PyErr_SetNone(PyExc_KeyboardInterrupt);
    throw nb::python_error();
  }
  const std::string name(BorderOf(error.code).python_exception);
  const nb::object type = nb::module_::import_("icefield.errors").attr(name.c_str());
  // A message may quote damaged bytes, which need not be UTF-8.
  const nb::object message = nb::steal(PyUnicode_DecodeUTF8(
      error.message.data(), static_cast<Py_ssize_t>(error.message.size()), "backslashreplace"));
  PyErr_SetObject(type.ptr(), message.ptr());
  throw nb::python_error();
}

std::map<std::string, int> ExitCodes() {
  std::map<std::string, int> codes;
  for (int code = 0; code <= static_cast<int>(ErrorCode::kInternal); ++code) {
    const ErrorBorder& border = BorderOf(static_cast<ErrorCode>(code));
    codes[std::string(border.python_exception)] = border.exit_code;
  }
  return codes;
}

}  // namespace icefield::python
