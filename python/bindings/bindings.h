/// The parts of the extension, and what they share.
#pragma once

#include <nanobind/nanobind.h>

#include <optional>
#include <string>
#include <utility>

#include "errors.h"
#include "icefield/icefield.h"

namespace icefield::python {

/// Dictionaries with text keys, as the type stub shows them.
using AnyDict = nanobind::typed<nanobind::dict, nanobind::str, nanobind::any>;
using DictList = nanobind::typed<nanobind::list, AnyDict>;

/// Tables and scans: NativeTable, NativeScanOptions, load_table.
void BindTables(nanobind::module_& module);

/// Catalogs: NativeCatalog.
void BindCatalogs(nanobind::module_& module);

/// Writing: the writing methods of NativeTable, NativeWriteOptions, foreign_table.
void BindWrites(nanobind::module_& module, nanobind::class_<Table>& table);

/// Changing columns: NativeSchemaChanges.
void BindSchemaChanges(nanobind::module_& module);

/// How reading uses the machine: NativeReadOptions.
void BindReadOptions(nanobind::module_& module);

/// Views and retrievals: NativeView, NativeRetrieval, point_in_time_join, latest.
void BindRetrieval(nanobind::module_& module);

/// At most one of the three is given; the engine says so otherwise.
SnapshotSelector MakeSelector(std::optional<int64_t> snapshot_id, std::optional<std::string> ref,
                              std::optional<int64_t> as_of_ms);

/// work(), a Result, with what it throws as an error, as Caught does it.
template <typename Work>
auto CaughtValue(Work work) -> decltype(work()) {
  std::optional<decltype(work())> answer;
  Status status = Caught([&]() -> Status {
    answer.emplace(work());
    return {};
  });
  if (!status.ok()) return std::move(status).error();
  return *std::move(answer);
}

/// Runs fallible work without the interpreter's lock, and gives its value or raises. The border
/// that no exception of the engine crosses.
template <typename Work>
auto Unlocked(Work work) {
  auto result = [&] {
    const nanobind::gil_scoped_release release;
    return CaughtValue(std::move(work));
  }();
  return ValueOrRaise(std::move(result));
}

}  // namespace icefield::python
