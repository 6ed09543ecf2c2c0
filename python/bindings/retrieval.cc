// Feature views, point-in-time joins and latest rows.
#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "arrow_bridge.h"
#include "bindings.h"
#include "report_dict.h"
#include "watch.h"

namespace nb = nanobind;

namespace icefield::python {
namespace {

// The parts of a feature view, as the Python class holds them.
ViewRequest MakeView(const Table& table, std::string name,
                     std::vector<std::pair<std::string, std::string>> join_keys,
                     std::string timestamp_field,
                     std::optional<std::string> created_timestamp_column, int64_t ttl_us,
                     std::optional<std::vector<std::pair<std::string, std::string>>> features,
                     std::optional<std::string> row_filter, std::optional<int64_t> snapshot_id,
                     std::optional<std::string> ref, std::optional<int64_t> as_of_ms) {
  ViewRequest request{.source = table.source()};
  FeatureViewSpec& spec = request.spec;
  spec.name = std::move(name);
  for (auto& [table_column, frame_column] : join_keys)
    spec.join_keys.push_back({table_column, frame_column});
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

MemoryLimits MakeMemoryLimits(std::optional<int64_t> budget_bytes, std::string spill_directory,
                              std::optional<int64_t> pass_rows_max,
                              std::optional<int64_t> held_bytes_max) {
  return {.budget_bytes = budget_bytes,
          .spill_directory = std::move(spill_directory),
          .pass_rows_max = pass_rows_max,
          .held_bytes_max = held_bytes_max};
}

CreatedCut ParseCut(std::string_view text) {
  if (text == "everywhere") return CreatedCut::kEverywhere;
  if (text == "where_available") return CreatedCut::kWhereAvailable;
  return CreatedCut::kNone;
}

// A text for people and its JSON.
using TextAndJson = std::pair<std::string, std::string>;

// A retrieval: the set itself, until its stream takes it over, and its report after that.
class Retrieval {
 public:
  Retrieval(std::unique_ptr<TrainingSet> set, const ReadOptions& read)
      : set_(std::move(set)), read_(read) {}

  nb::object Schema() const { return ExportSchema(*set_->schema()); }
  DictList Pinned() const { return ViewList(set_->Pinned()); }
  TextAndJson Explain(bool footers) {
    const RetrievalPlan plan = Unlocked(
        [&] { return set_->Explain(footers ? PlanDepth::kPageIndexes : PlanDepth::kManifests); });
    return {plan.ToString(), plan.ToJson()};
  }

  NativeStream Stream() {
    if (std::exchange(streamed_, true)) {
      RaiseError(InvalidArgument(
          "a training set is read once; make it again, or keep what to_arrow() gave"));
    }
    return NativeStream(MakeWatched(std::make_unique<SharedStream>(set_), read_));
  }

  AnyDict Report() const {
    const RetrievalReport* report = set_->report();
    if (report == nullptr) {
      RaiseError(InvalidArgument(
          "the report is complete when the training set has been read to its end; read it first"));
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
  ReadOptions read_;
  bool streamed_ = false;
};

Retrieval Latest(const ViewRequest& view, std::optional<int64_t> start_us,
                 std::optional<int64_t> end_us, std::optional<int64_t> since_snapshot_id,
                 bool provenance, const MemoryLimits& memory, const ReadOptions& read) {
  LatestRequest request{.view = view,
                        .start_us = start_us,
                        .end_us = end_us,
                        .provenance = provenance,
                        .read = read,
                        .memory = memory};
  if (since_snapshot_id) request.since = SnapshotId{*since_snapshot_id};
  return Retrieval(Unlocked([&] { return MakeLatest(std::move(request)); }), read);
}

void BindClasses(nb::module_& module) {
  nb::class_<ViewRequest>(module, "NativeView")
      .def_static("make", &MakeView, nb::arg("table"), nb::arg("name"), nb::arg("join_keys"),
                  nb::arg("timestamp_field"), nb::arg("created_timestamp_column").none(),
                  nb::arg("ttl_us"), nb::arg("features").none(), nb::arg("row_filter").none(),
                  nb::arg("snapshot_id").none(), nb::arg("ref").none(), nb::arg("as_of_ms").none());

  nb::class_<MemoryLimits>(module, "NativeMemoryLimits")
      .def_static("make", &MakeMemoryLimits, nb::arg("budget_bytes").none(),
                  nb::arg("spill_directory"), nb::arg("pass_rows_max").none(),
                  nb::arg("held_bytes_max").none());

  nb::class_<Retrieval>(module, "NativeRetrieval")
      .def("schema", &Retrieval::Schema, "An Arrow schema capsule.")
      .def("pinned", &Retrieval::Pinned)
      .def("explain", &Retrieval::Explain, nb::arg("footers"),
           "The plan as a text for people, and as JSON.")
      .def("stream", &Retrieval::Stream, "The rows; once.")
      .def("report", &Retrieval::Report);
}

}  // namespace

void BindRetrieval(nb::module_& module) {
  BindClasses(module);

  module.def(
      "point_in_time_join",
      [](const nb::object& frame, std::optional<int64_t> start_us, std::optional<int64_t> end_us,
         const std::vector<ViewRequest>& views, std::string entity_timestamp,
         bool full_feature_names, const std::string& created_cut, bool commit_cut, bool provenance,
         const MemoryLimits& memory, const ReadOptions& read) {
        JoinRequest request{.frame = frame.is_none() ? nullptr : ImportTable(frame),
                            .bounds = {start_us, end_us},
                            .views = views,
                            .entity_timestamp = std::move(entity_timestamp),
                            .full_feature_names = full_feature_names,
                            .created_cut = ParseCut(created_cut),
                            .commit_cut = commit_cut,
                            .provenance = provenance,
                            .read = read,
                            .memory = memory};
        return Retrieval(Unlocked([&] { return MakeTrainingSet(std::move(request)); }), read);
      },
      nb::arg("frame").none(), nb::arg("start_us").none(), nb::arg("end_us").none(),
      nb::arg("views"), nb::arg("entity_timestamp"), nb::arg("full_feature_names"),
      nb::arg("created_cut"), nb::arg("commit_cut"), nb::arg("provenance"), nb::arg("memory"),
      nb::arg("read"));

  module.def(
      "why",
      [](const nb::object& entity_row, const ViewRequest& view, std::string entity_timestamp,
         const std::string& created_cut, bool commit_cut, int64_t rows_max,
         const ReadOptions& read) -> TextAndJson {
        WhyRequest request{.view = view,
                           .entity_row = ImportTable(entity_row),
                           .entity_timestamp = std::move(entity_timestamp),
                           .created_cut = ParseCut(created_cut),
                           .commit_cut = commit_cut,
                           .rows_max = rows_max,
                           .read = read};
        StartReports(read);
        const Why why = Unlocked([&]() -> Result<Why> {
          Result<Why> found = CaughtValue([&] { return ExplainWhy(std::move(request)); });
          Status told = EndReports(read, found.ok());
          if (found.ok() && !told.ok()) return std::move(told).error();
          return found;
        });
        return {why.ToString(), why.ToJson()};
      },
      nb::arg("entity_row"), nb::arg("view"), nb::arg("entity_timestamp"), nb::arg("created_cut"),
      nb::arg("commit_cut"), nb::arg("rows_max"), nb::arg("read"),
      "The answer as a text for people, and as JSON.");

  module.def("latest", &Latest, nb::arg("view"), nb::arg("start_us").none(),
             nb::arg("end_us").none(), nb::arg("since_snapshot_id").none(), nb::arg("provenance"),
             nb::arg("memory"), nb::arg("read"));
}

}  // namespace icefield::python
