// Writing tables: rows in, filters, properties; and tables whose commits go through Python.
#include <arrow/c/bridge.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "arrow_bridge.h"
#include "bindings.h"
#include "foreign_target.h"

namespace nb = nanobind;

namespace icefield::python {
namespace {

TableWriteOptions MakeWriteOptions(std::string branch, std::map<std::string, std::string> summary,
                                   bool downcast_ns, bool narrow, const ReadOptions& read) {
  return {.branch = std::move(branch),
          .summary = std::move(summary),
          .conform = {.downcast_ns = downcast_ns, .narrow = narrow},
          .read = read};
}

}  // namespace

void BindWrites(nb::module_& module, nb::class_<Table>& table) {
  nb::class_<TableWriteOptions>(module, "NativeWriteOptions")
      .def_static("make", &MakeWriteOptions, nb::arg("branch"), nb::arg("summary"),
                  nb::arg("downcast_ns"), nb::arg("narrow"), nb::arg("read"));

  table
      .def(
          "append",
          [](const Table& self, const nb::object& rows, const TableWriteOptions& options) {
            const std::unique_ptr<BatchStream> stream = ImportStream(rows, "rows to append");
            return Unlocked([&] { return self.Append(*stream, options); });
          },
          nb::arg("rows"), nb::arg("options"))
      .def(
          "overwrite",
          [](const Table& self, const nb::object& rows, const std::string& filter,
             const TableWriteOptions& options) {
            const std::unique_ptr<BatchStream> stream = ImportStream(rows, "rows to write");
            return Unlocked([&] { return self.Overwrite(*stream, filter, options); });
          },
          nb::arg("rows"), nb::arg("filter"), nb::arg("options"))
      .def(
          "overwrite_partitions",
          [](const Table& self, const nb::object& rows, const TableWriteOptions& options) {
            const std::unique_ptr<BatchStream> stream = ImportStream(rows, "rows to write");
            return Unlocked([&] { return self.OverwritePartitions(*stream, options); });
          },
          nb::arg("rows"), nb::arg("options"))
      .def(
          "delete",
          [](const Table& self, const std::string& filter, const TableWriteOptions& options) {
            return Unlocked([&] { return self.Delete(filter, options); });
          },
          nb::arg("filter"), nb::arg("options"))
      .def(
          "change_properties",
          [](const Table& self, std::map<std::string, std::string> set,
             std::vector<std::string> removed) {
            const ChangePlanner plan = PlanProperties(std::move(set), std::move(removed));
            return Unlocked([&] { return self.Change(plan); });
          },
          nb::arg("set"), nb::arg("removed"))
      .def("refresh", [](const Table& self) { return Unlocked([&] { return self.Refresh(); }); });

  module.def(
      "foreign_table",
      [](const std::string& name, const nb::object& catalog, const Properties& properties) {
        return MakeForeignTable(name, catalog, properties);
      },
      nb::arg("name"), nb::arg("catalog"), nb::arg("properties"),
      "A table whose commits go through `catalog`: an object with load() -> metadata location and "
      "commit(json) -> metadata location.");
}

}  // namespace icefield::python
