#include "errors.h"

#include <utility>

namespace nb = nanobind;

namespace icefield::python {

namespace {

// What Python code that this thread called raised, until the engine's call that it stops comes
// back. Not destroyed with the thread: that has no interpreter's lock then.
thread_local PyObject* kept = nullptr;

void RestoreRaised() {
  const nb::object raised = nb::steal(std::exchange(kept, nullptr));
  if (raised.is_valid()) {
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(raised.ptr())), raised.ptr());
  } else {
    PyErr_SetNone(PyExc_KeyboardInterrupt);
  }
}

}  // namespace

void KeepRaised() {
  PyObject* type = nullptr;
  PyObject* value = nullptr;
  PyObject* trace = nullptr;
  PyErr_Fetch(&type, &value, &trace);
  PyErr_NormalizeException(&type, &value, &trace);
  if (trace != nullptr) PyException_SetTraceback(value, trace);
  Py_XDECREF(std::exchange(kept, value));
  Py_XDECREF(type);
  Py_XDECREF(trace);
}

void RaiseError(const Error& error) {
  if (error.code == ErrorCode::kCancelled) {
    RestoreRaised();
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
