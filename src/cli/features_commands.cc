#include "cli/features_commands.h"

#include <unistd.h>

#include <cstdio>

#include "icefield/files.h"

namespace icefield::cli {
namespace {

// A training set as a stream.
class SetStream final : public BatchStream {
 public:
  explicit SetStream(TrainingSet& set) : set_(set) {}
  const std::shared_ptr<arrow::Schema>& schema() const override { return set_.schema(); }
  Result<std::shared_ptr<arrow::RecordBatch>> Next() override { return set_.Next(); }

 private:
  TrainingSet& set_;
};

struct GetCommand {
  TableSource source;
  std::string frame;
  std::string views;
  std::string entity_timestamp = "event_timestamp";
  std::string created_cut = "none";
  bool commit_cut = false;
  std::string start;
  std::string end;
  bool full_feature_names = false;
  bool explain = false;
  bool report = false;
  int threads = 0;
  Output output = Output::kText;

  Status Run() const {
    ICEFIELD_ASSIGN(std::unique_ptr<TrainingSet> set, Make());
    if (explain) {
      ICEFIELD_ASSIGN(std::string text, set->Explain());
      return WriteText(text);
    }
    SetStream stream(*set);
    ICEFIELD_TRY(WriteRows(stream, output));
    if ((report || ::isatty(STDERR_FILENO) == 1) && set->report() != nullptr) {
      std::fputs(set->report()->ToString().c_str(), stderr);
    }
    return {};
  }

  static Result<std::optional<int64_t>> Bound(std::string_view option, const std::string& text) {
    if (text.empty()) return std::optional<int64_t>();
    Result<int64_t> micros = ParseFrameBound(text);
    if (!micros.ok()) return std::move(micros).error().At(option);
    return std::optional(*micros);
  }

  Result<std::unique_ptr<TrainingSet>> Make() const {
    JoinRequest request{.entity_timestamp = entity_timestamp,
                        .full_feature_names = full_feature_names};
    if (created_cut == "everywhere") request.created_cut = CreatedCut::kEverywhere;
    if (created_cut == "where_available") request.created_cut = CreatedCut::kWhereAvailable;
    request.commit_cut = commit_cut;
    request.read.threads = threads;
    ICEFIELD_ASSIGN(std::vector<NamedView> named, ReadViewsFile(views));
    for (NamedView& view : named) {
      Result<Table> table = source.Load(view.table);
      if (!table.ok())
        return std::move(table).error().At(StrCat(views, ", view '", view.spec.name, "'"));
      request.views.push_back({table->source(), std::move(view.spec)});
    }
    ICEFIELD_ASSIGN(request.bounds.start_us, Bound("--start", start));
    ICEFIELD_ASSIGN(request.bounds.end_us, Bound("--end", end));
    if (!frame.empty()) {
      ICEFIELD_ASSIGN(request.frame, ReadFrameFile(frame));
    }
    return MakeTrainingSet(std::move(request));
  }
};

constexpr const char* kGetFooter = R"(A views file (YAML):
  views:
    - name: driver_stats
      table: features.driver_stats
      join_keys: [driver_id]
      timestamp_field: event_timestamp
      created_timestamp_column: created     # optional
      ttl: 2d                               # optional: seconds, or 90s, 15m, 3h, 2d
      features: [conv_rate, {trips: trips_today}]   # optional: column, or column: name
      row_filter: "conv_rate is not null"   # optional
      snapshot_id: 123                      # optional; or ref: main, or as_of: 2024-01-31T00:00:00Z
Example:
  icefield features get --frame entities.parquet --views views.yaml --output arrow > training.arrows)";

}  // namespace

void AddFeaturesCommands(CLI::App& app, Work& work) {
  CLI::App& features = *app.add_subcommand("features", "Training sets: get");
  features.require_subcommand(1);
  CLI::App& get = *features.add_subcommand(
      "get",
      "Point-in-time correct features for every row of an entity frame, or of the views' own");
  auto command = std::make_shared<GetCommand>();
  get.add_option("--frame", command->frame,
                 "Entity frame: a Parquet, CSV or Arrow file; without one the views' own keys and "
                 "event times from --start to --end");
  get.add_option("--views", command->views, "Feature views: a YAML file, see below")->required();
  get.add_option("--entity-timestamp", command->entity_timestamp, "The frame's time column")
      ->capture_default_str();
  get.add_option("--created-cut", command->created_cut,
                 "Only rows created by the entity time: none, everywhere, where_available")
      ->check(CLI::IsMember({"none", "everywhere", "where_available"}))
      ->option_text("CUT [none]");
  get.add_flag("--commit-cut", command->commit_cut, "Only rows committed by the entity time");
  get.add_option("--start", command->start,
                 "First event time of a frame of the views (default: the longest ttl before --end, "
                 "else 30 days)")
      ->option_text("TIME");
  get.add_option("--end", command->end, "Last event time of a frame of the views (default: now)")
      ->option_text("TIME");
  get.add_flag("--full-feature-names", command->full_feature_names, "Name features view__feature");
  get.add_flag("--explain", command->explain, "Show what would be read, and read nothing");
  get.add_flag("--report", command->report,
               "Print the report to standard error, also where that is no terminal");
  get.add_option("--threads", command->threads, "Threads (default: all cores)")
      ->check(CLI::NonNegativeNumber);
  command->source.AddTo(get);
  AddOutput(get, command->output, true);
  get.footer(kGetFooter);
  get.callback([&work, command] { work = [command] { return command->Run(); }; });
}

}  // namespace icefield::cli
