// The Python extension: tables, scans and retrievals over the public C++ surface. Python classes around it live in the
// package; here are only what needs C++ and the crossing of errors and Arrow streams.
#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "arrow_bridge.h"
#include "errors.h"
#include "icefield/icefield.h"
#include "report_dict.h"

namespace nb = nanobind;

namespace icefield::python {
namespace {

// Only the main thread of Python sees signals; asking takes the lock for a moment.
bool SignalArrived() {
  const nb::gil_scoped_acquire gil;
  return PyErr_CheckSignals() != 0;
}

ReadOptions MakeReadOptions(int threads, int64_t batch_rows) {
  return {.threads = threads, .batch_rows = batch_rows, .interrupted = SignalArrived};
}

SnapshotSelector MakeSelector(std::optional<int64_t> snapshot_id, std::optional<std::string> ref,
                              std::optional<int64_t> as_of_ms) {
  SnapshotSelector selector{.ref = std::move(ref)};
  if (snapshot_id) selector.snapshot_id = SnapshotId{*snapshot_id};
  if (as_of_ms) selector.as_of = SnapshotTime{*as_of_ms};
  return selector;
}

// Runs fallible work without the interpreter's lock.
template <typename Work>
auto Unlocked(Work work) {
  auto result = [&] {
    const nb::gil_scoped_release release;
    return work();
  }();
  return ValueOrRaise(std::move(result));
}

ScanOptions MakeScanOptions(std::string row_filter, std::vector<std::string> selected_fields,
                            std::optional<int64_t> snapshot_id, std::optional<std::string> ref,
                            std::optional<int64_t> limit, int threads, int64_t batch_rows) {
  return {.row_filter = std::move(row_filter),
          .selected_fields = std::move(selected_fields),
          .snapshot = MakeSelector(snapshot_id, std::move(ref), std::nullopt),
          .limit = limit,
          .read = MakeReadOptions(threads, batch_rows)};
}

nb::list PlanFiles(const ScanPlan& plan) {
  nb::list files;
  for (const FileTask& task : plan.tasks) {
    nb::dict file;
    file["file_path"] = task.file.path;
    file["file_format"] = task.file.format;
    file["record_count"] = task.file.record_count;
    file["file_size_in_bytes"] = task.file.size_bytes;
    file["spec_id"] = task.spec_id.value;
    file["data_sequence_number"] = task.data_sequence_number.value;
    files.append(file);
  }
  return files;
}

nb::list Snapshots(const TableMetadata& metadata) {
  nb::list snapshots;
  for (const Snapshot& snapshot : metadata.snapshots) {
    nb::dict entry;
    entry["snapshot_id"] = snapshot.id.value;
    entry["parent_snapshot_id"] = snapshot.parent_id ? nb::cast(snapshot.parent_id->value) : nb::none();
    entry["sequence_number"] = snapshot.sequence_number.value;
    entry["timestamp_ms"] = snapshot.timestamp.value;
    entry["manifest_list"] = snapshot.manifest_list;
    entry["summary"] = snapshot.summary;
    snapshots.append(entry);
  }
  return snapshots;
}

nb::dict Refs(const TableMetadata& metadata) {
  nb::dict refs;
  for (const auto& [name, ref] : metadata.refs) {
    nb::dict entry;
    entry["snapshot_id"] = ref.snapshot_id.value;
    entry["type"] = ref.type;
    refs[name.c_str()] = entry;
  }
  return refs;
}

void BindTables(nb::module_& module) {
  nb::class_<Table>(module, "NativeTable")
      .def_prop_ro("name", [](const Table& table) { return table.name(); })
      .def_prop_ro("metadata_location", [](const Table& table) { return table.metadata_location(); })
      .def_prop_ro("format_version", [](const Table& table) { return table.metadata().format_version; })
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
            return ExportStream(Unlocked([&] { return table.Scan(options); }));
          },
          nb::arg("options"), "An Arrow stream capsule; rows are decoded while it is read.");

  nb::class_<ScanOptions>(module, "NativeScanOptions")
      .def_static("make", &MakeScanOptions, nb::arg("row_filter"), nb::arg("selected_fields"),
                  nb::arg("snapshot_id").none(), nb::arg("ref").none(), nb::arg("limit").none(), nb::arg("threads"),
                  nb::arg("batch_rows"));

  nb::class_<CatalogSession>(module, "NativeCatalog")
      .def_static(
          "open",
          [](const std::string& name, const Properties& properties) {
            return Unlocked([&] { return CatalogSession::Open(name, properties); });
          },
          nb::arg("name"), nb::arg("properties"))
      .def_prop_ro("name", [](const CatalogSession& session) { return session.catalog().name(); })
      .def_prop_ro("properties", [](const CatalogSession& session) { return session.catalog().properties(); })
      .def("list_namespaces",
           [](const CatalogSession& session) { return Unlocked([&] { return session.catalog().ListNamespaces(); }); })
      .def(
          "list_tables",
          [](const CatalogSession& session, const std::vector<std::string>& levels) {
            std::vector<std::pair<std::vector<std::string>, std::string>> tables;
            for (TableIdentifier& table : Unlocked([&] { return session.catalog().ListTables(levels); })) {
              tables.emplace_back(std::move(table.namespace_levels), std::move(table.name));
            }
            return tables;
          },
          nb::arg("namespace"))
      .def(
          "table_exists",
          [](const CatalogSession& session, const std::string& identifier) {
            return Unlocked([&]() -> Result<bool> {
              ICEFIELD_ASSIGN(TableIdentifier table, ParseTableIdentifier(identifier));
              return session.catalog().TableExists(table);
            });
          },
          nb::arg("identifier"))
      .def(
          "load_table",
          [](const CatalogSession& session, const std::string& identifier) {
            return Unlocked([&] { return session.LoadTable(identifier); });
          },
          nb::arg("identifier"));
}

// The parts of a feature view, as the Python class holds them.
ViewRequest MakeView(const Table& table, std::string name, std::vector<std::pair<std::string, std::string>> join_keys,
                     std::string timestamp_field, std::optional<std::string> created_timestamp_column, int64_t ttl_us,
                     std::optional<std::vector<std::pair<std::string, std::string>>> features,
                     std::optional<std::string> row_filter, std::optional<int64_t> snapshot_id,
                     std::optional<std::string> ref, std::optional<int64_t> as_of_ms) {
  ViewRequest request{.source = table.source()};
  FeatureViewSpec& spec = request.spec;
  spec.name = std::move(name);
  for (auto& [table_column, frame_column] : join_keys) spec.join_keys.push_back({table_column, frame_column});
  spec.timestamp_field = std::move(timestamp_field);
  spec.created_timestamp_column = std::move(created_timestamp_column);
  spec.ttl_us = ttl_us;
  if (features) {
    spec.features.emplace();
    for (auto& [column, output] : *features) spec.features->push_back({column, output});
  }
  if (row_filter) spec.row_filter = ValueOrRaise(ParseFilter(*row_filter));
  spec.snapshot = MakeSelector(snapshot_id, std::move(ref), as_of_ms);
  return request;
}

CreatedCut ParseCut(std::string_view text) {
  if (text == "everywhere") return CreatedCut::kEverywhere;
  if (text == "where_available") return CreatedCut::kWhereAvailable;
  return CreatedCut::kNone;
}

// A retrieval: the set itself, until its stream takes it over, and its report after that.
class Retrieval {
 public:
  explicit Retrieval(std::unique_ptr<TrainingSet> set) : set_(std::move(set)) {}

  nb::object Schema() const { return ExportSchema(*set_->schema()); }
  nb::list Pinned() const { return ViewList(set_->Pinned()); }
  std::string Explain() {
    return Unlocked([&] { return set_->Explain(); });
  }

  nb::object Stream() {
    if (std::exchange(streamed_, true)) {
      RaiseError(InvalidArgument("a training set is read once; make it again, or keep what to_arrow() gave"));
    }
    return ExportStream(std::make_unique<SharedStream>(set_));
  }

  nb::dict Report() const {
    const RetrievalReport* report = set_->report();
    if (report == nullptr) {
      RaiseError(InvalidArgument("the report is complete when the training set has been read to its end; read it first"));
    }
    return ReportDict(*report);
  }

 private:
  // The stream keeps the set alive, and the Python object the report.
  class SharedStream final : public BatchStream {
   public:
    explicit SharedStream(std::shared_ptr<TrainingSet> set) : set_(std::move(set)) {}
    const std::shared_ptr<arrow::Schema>& schema() const override { return set_->schema(); }
    Result<std::shared_ptr<arrow::RecordBatch>> Next() override { return set_->Next(); }

   private:
    std::shared_ptr<TrainingSet> set_;
  };

  std::shared_ptr<TrainingSet> set_;
  bool streamed_ = false;
};

void BindRetrieval(nb::module_& module) {
  nb::class_<ViewRequest>(module, "NativeView")
      .def_static("make", &MakeView, nb::arg("table"), nb::arg("name"), nb::arg("join_keys"),
                  nb::arg("timestamp_field"), nb::arg("created_timestamp_column").none(), nb::arg("ttl_us"),
                  nb::arg("features").none(), nb::arg("row_filter").none(), nb::arg("snapshot_id").none(),
                  nb::arg("ref").none(), nb::arg("as_of_ms").none());

  nb::class_<Retrieval>(module, "NativeRetrieval")
      .def("schema", &Retrieval::Schema, "An Arrow schema capsule.")
      .def("pinned", &Retrieval::Pinned)
      .def("explain", &Retrieval::Explain)
      .def("stream", &Retrieval::Stream, "An Arrow stream capsule; once.")
      .def("report", &Retrieval::Report);

  module.def(
      "point_in_time_join",
      [](nb::object frame, const std::vector<ViewRequest>& views, std::string entity_timestamp, bool full_feature_names,
         const std::string& created_cut, int threads, int64_t batch_rows) {
        JoinRequest request{.frame = ImportTable(frame),
                            .views = views,
                            .entity_timestamp = std::move(entity_timestamp),
                            .full_feature_names = full_feature_names,
                            .created_cut = ParseCut(created_cut),
                            .read = MakeReadOptions(threads, batch_rows)};
        return Retrieval(Unlocked([&] { return MakeTrainingSet(std::move(request)); }));
      },
      nb::arg("frame"), nb::arg("views"), nb::arg("entity_timestamp"), nb::arg("full_feature_names"),
      nb::arg("created_cut"), nb::arg("threads"), nb::arg("batch_rows"));

  module.def(
      "latest",
      [](const ViewRequest& view, std::optional<int64_t> start_us, std::optional<int64_t> end_us, int threads,
         int64_t batch_rows) {
        LatestRequest request{.view = view,
                              .start_us = start_us,
                              .end_us = end_us,
                              .read = MakeReadOptions(threads, batch_rows)};
        return Retrieval(Unlocked([&] { return MakeLatest(std::move(request)); }));
      },
      nb::arg("view"), nb::arg("start_us").none(), nb::arg("end_us").none(), nb::arg("threads"), nb::arg("batch_rows"));
}

}  // namespace

NB_MODULE(_native, module) {
  module.doc() = "The C++ engine of Icefield. Use the classes of the package icefield instead.";
  module.attr("__version__") = nb::str(Version().data(), Version().size());
  BindErrors(module);
  BindTables(module);
  BindRetrieval(module);
  module.def(
      "load_table", [](const std::string& location) { return Unlocked([&] { return LoadTable(location); }); },
      nb::arg("location"));
}

}  // namespace icefield::python
