// The Python extension: the public C++ surface for the package icefield. Python classes around it
// live in the package; here is only what needs C++: the crossing of calls, errors and Arrow
// streams.
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include "bindings.h"

namespace nb = nanobind;

namespace icefield::python {
namespace {

// Only the main thread of Python sees signals; asking takes the lock for a moment. What was raised
// comes back as the exception of a cancelled call.
bool SignalArrived() {
  const nb::gil_scoped_acquire gil;
  if (PyErr_CheckSignals() == 0) return false;
  KeepRaised();
  return true;
}

// They stop at a signal (Ctrl-C).
ReadOptions MakeReadOptions(int threads, int64_t batch_rows, std::optional<int64_t> bytes_max) {
  return {.threads = threads,
          .batch_rows = batch_rows,
          .interrupted = SignalArrived,
          .bytes_max = bytes_max};
}

}  // namespace

void BindReadOptions(nb::module_& module) {
  nb::class_<ReadOptions>(module, "NativeReadOptions")
      .def_static("make", &MakeReadOptions, nb::arg("threads"), nb::arg("batch_rows"),
                  nb::arg("bytes_max").none());
}

SnapshotSelector MakeSelector(std::optional<int64_t> snapshot_id, std::optional<std::string> ref,
                              std::optional<int64_t> as_of_ms) {
  SnapshotSelector selector{.ref = std::move(ref)};
  if (snapshot_id) selector.snapshot_id = SnapshotId{*snapshot_id};
  if (as_of_ms) selector.as_of = SnapshotTime{*as_of_ms};
  return selector;
}

}  // namespace icefield::python

NB_MODULE(_native, module) {
  module.doc() = "The C++ engine of Icefield. Use the classes of the package icefield instead.";
  module.def("version",
             [] { return nb::str(icefield::Version().data(), icefield::Version().size()); });
  module.def("exit_codes", &icefield::python::ExitCodes,
             "Exit code of the command by exception name.");
  icefield::python::BindReadOptions(module);
  icefield::python::BindTables(module);
  icefield::python::BindCatalogs(module);
  icefield::python::BindSchemaChanges(module);
  icefield::python::BindRetrieval(module);
}
