// Tables and scans.
#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "arrow_bridge.h"
#include "bindings.h"
#include "watch.h"

namespace nb = nanobind;

namespace icefield::python {
namespace {

ScanOptions MakeScanOptions(std::string row_filter, std::vector<std::string> selected_fields,
                            std::optional<int64_t> snapshot_id, std::optional<std::string> ref,
                            std::optional<int64_t> as_of_ms, std::optional<int64_t> limit,
                            const ReadOptions& read) {
  return {.row_filter = std::move(row_filter),
          .selected_fields = std::move(selected_fields),
          .snapshot = MakeSelector(snapshot_id, std::move(ref), as_of_ms),
          .limit = limit,
          .read = read};
}

DictList PlanFiles(const ScanPlan& plan) {
  nb::list files;
  for (const FileTask& task : plan.tasks) {
    nb::dict file;
    file["file_path"] = task.file.path;
    file["file_format"] = task.file.format;
    file["record_count"] = task.file.record_count;
    file["file_size_in_bytes"] = task.file.size_bytes;
    file["spec_id"] = task.spec_id.value;
    file["data_sequence_number"] = task.data_sequence_number.value;
    nb::list deletes;
    for (const uint32_t number : task.deletes) {
      const DeleteFile& entry = plan.delete_files[number];
      nb::dict delete_file;
      delete_file["file_path"] = entry.file.path;
      delete_file["file_format"] = entry.file.format;
      delete_file["content"] = entry.IsDeletionVector() ? "deletion vector"
                               : entry.IsEquality()     ? "equality deletes"
                                                        : "position deletes";
      delete_file["record_count"] = entry.file.record_count;
      delete_file["data_sequence_number"] = entry.data_sequence_number.value;
      deletes.append(delete_file);
    }
    file["delete_files"] = deletes;
    files.append(file);
  }
  return files;
}

DictList Snapshots(const TableMetadata& metadata) {
  nb::list snapshots;
  for (const Snapshot& snapshot : metadata.snapshots) {
    nb::dict entry;
    entry["snapshot_id"] = snapshot.id.value;
    entry["parent_snapshot_id"] =
        snapshot.parent_id ? nb::cast(snapshot.parent_id->value) : nb::none();
    entry["sequence_number"] = snapshot.sequence_number.value;
    entry["timestamp_ms"] = snapshot.timestamp.value;
    entry["manifest_list"] = snapshot.manifest_list;
    entry["summary"] = snapshot.summary;
    snapshots.append(entry);
  }
  return snapshots;
}

AnyDict Refs(const TableMetadata& metadata) {
  nb::dict refs;
  for (const auto& [name, ref] : metadata.refs) {
    nb::dict entry;
    entry["snapshot_id"] = ref.snapshot_id.value;
    entry["type"] = ref.type;
    refs[name.c_str()] = entry;
  }
  return refs;
}

}  // namespace

void BindTables(nb::module_& module) {
  nb::class_<NativeStream>(module, "NativeStream")
      .def("schema", &NativeStream::Schema, "An Arrow schema capsule.")
      .def("next", &NativeStream::Next, "Capsules of the next batch, or None.")
      .def("capsule", &NativeStream::Capsule, "An Arrow stream capsule of all that is left.")
      .def("close", &NativeStream::Close, "Gives up what is left.");

  nb::class_<ScanOptions>(module, "NativeScanOptions")
      .def_static("make", &MakeScanOptions, nb::arg("row_filter"), nb::arg("selected_fields"),
                  nb::arg("snapshot_id").none(), nb::arg("ref").none(), nb::arg("as_of_ms").none(),
                  nb::arg("limit").none(), nb::arg("read"));

  nb::class_<Table> table(module, "NativeTable");
  table.def_prop_ro("name", [](const Table& table) { return table.name(); })
      .def_prop_ro("metadata_location",
                   [](const Table& table) { return table.metadata_location(); })
      .def_prop_ro("format_version",
                   [](const Table& table) { return table.metadata().format_version; })
      .def_prop_ro("location", [](const Table& table) { return table.metadata().location; })
      .def_prop_ro("properties", [](const Table& table) { return table.metadata().properties; })
      .def_prop_ro("current_snapshot_id",
                   [](const Table& table) -> std::optional<int64_t> {
                     if (!table.metadata().current_snapshot_id) return std::nullopt;
                     return table.metadata().current_snapshot_id->value;
                   })
      .def("snapshots", [](const Table& table) { return Snapshots(table.metadata()); })
      .def("refs", [](const Table& table) { return Refs(table.metadata()); })
      .def(
          "arrow_schema",
          [](const Table& table, const ScanOptions& options) {
            return ExportSchema(*ValueOrRaise(table.ArrowSchema(options)));
          },
          nb::arg("options"), "An Arrow schema capsule.")
      .def(
          "plan_files",
          [](const Table& table, const ScanOptions& options) {
            return PlanFiles(Unlocked([&] { return table.Plan(options); }));
          },
          nb::arg("options"))
      .def(
          "explain",
          [](const Table& table, const ScanOptions& options) {
            return Unlocked([&] { return table.Plan(options); }).ToString();
          },
          nb::arg("options"))
      .def(
          "scan",
          [](const Table& table, const ScanOptions& options) {
            StartReports(options.read);
            return NativeStream(
                MakeWatched(Unlocked([&] { return table.Scan(options); }), options.read));
          },
          nb::arg("options"));

  BindWrites(module, table);

  module.def(
      "load_table",
      [](const std::string& location, const Properties& properties) {
        return Unlocked([&] { return LoadTable(location, properties); });
      },
      nb::arg("location"), nb::arg("properties"));
}

}  // namespace icefield::python
