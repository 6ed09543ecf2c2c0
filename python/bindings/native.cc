// The Python extension: the public C++ surface for the package icefield. Python classes around it
// live in the package; here is only what needs C++: the crossing of calls, errors and Arrow
// streams.
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include "bindings.h"
#include "watch.h"

namespace nb = nanobind;

namespace icefield::python {
namespace {

// They stop at a signal (Ctrl-C).
ReadOptions MakeReadOptions(int threads, int64_t batch_rows, std::optional<int64_t> bytes_max,
                            const nb::object& reporter) {
  ReadOptions options = WatchedOptions(reporter);
  options.threads = threads;
  options.batch_rows = batch_rows;
  options.bytes_max = bytes_max;
  return options;
}

std::string LineOf(const std::string& stage, double fraction, std::optional<double> remaining,
                   size_t columns) {
  ProgressReport report{.state = {.stage = stage}};
  report.fraction = fraction;
  report.remaining_s = remaining;
  return ProgressLine(report, columns);
}

}  // namespace

void BindReadOptions(nb::module_& module) {
  nb::class_<ReadOptions>(module, "NativeReadOptions")
      .def_static("make", &MakeReadOptions, nb::arg("threads"), nb::arg("batch_rows"),
                  nb::arg("bytes_max").none(), nb::arg("reporter").none());
  module.def(
      "byte_size", [](const std::string& text) { return ValueOrRaise(ParseByteSize(text)); },
      nb::arg("text"), "The bytes of a text such as 2GiB.");
  module.def("progress_line", &LineOf, nb::arg("stage"), nb::arg("fraction"),
             nb::arg("remaining").none(), nb::arg("columns"),
             "Progress as one line of at most so many characters.");
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
