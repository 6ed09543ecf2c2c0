#include "cli/features_commands.h"

#include <unistd.h>

#include <cstdio>

#include "cli/terminal_progress.h"
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

// What a join is made of, and its options: `get` and `explain` share them.
struct JoinArguments {
  TableSource source;
  std::string frame;
  std::string views;
  std::string entity_timestamp = "event_timestamp";
  std::string created_cut = "none";
  bool commit_cut = false;
  std::string start;
  std::string end;
  bool full_feature_names = false;
  bool provenance = false;
  int threads = 0;
  std::optional<int64_t> bytes_max;
  std::string memory_budget;
  MemoryLimits memory;

  void AddTo(CLI::App& command);

  static Result<std::optional<int64_t>> Bound(std::string_view option, const std::string& text) {
    if (text.empty()) return std::optional<int64_t>();
    Result<int64_t> micros = ParseFrameBound(text);
    if (!micros.ok()) return std::move(micros).error().At(option);
    return std::optional(*micros);
  }

  // `progress`: null where nothing is read.
  Result<std::unique_ptr<TrainingSet>> Make(TerminalProgress* progress = nullptr) const {
    JoinRequest request{.entity_timestamp = entity_timestamp,
                        .full_feature_names = full_feature_names};
    if (progress != nullptr) progress->Watch(request.read);
    request.created_cut = CutOf(created_cut);
    request.commit_cut = commit_cut;
    request.provenance = provenance;
    request.read.threads = threads;
    request.read.bytes_max = bytes_max;
    request.memory = memory;
    if (!memory_budget.empty()) {
      Result<int64_t> bytes = ParseByteSize(memory_budget);
      if (!bytes.ok()) return std::move(bytes).error().At("--memory-budget");
      request.memory.budget_bytes = *bytes;
    }
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

void JoinArguments::AddTo(CLI::App& command) {
  command.add_option("--frame", frame,
                     "Entity frame: a Parquet, CSV or Arrow file; without one the views' own keys "
                     "and event times from --start to --end");
  command.add_option("--views", views, "Feature views: a YAML file, see below")->required();
  command.add_option("--entity-timestamp", entity_timestamp, "The frame's time column")
      ->capture_default_str();
  AddCuts(command, created_cut, commit_cut);
  command
      .add_option("--start", start,
                  "First event time of a frame of the views (default: the longest ttl before "
                  "--end, else 30 days)")
      ->option_text("TIME");
  command.add_option("--end", end, "Last event time of a frame of the views (default: now)")
      ->option_text("TIME");
  command.add_flag("--full-feature-names", full_feature_names, "Name features view__feature");
  command.add_flag("--provenance", provenance,
                   "Add columns that say which row of which file gave each view's features");
  command.add_option("--threads", threads, "Threads (default: all cores)")
      ->check(CLI::NonNegativeNumber);
  command.add_option("--max-bytes", bytes_max, "Refuse to read more than so many bytes")
      ->check(CLI::NonNegativeNumber);
  command
      .add_option("--memory-budget", memory_budget,
                  "Memory beside the frame: features beyond it are spilled, large frames joined in "
                  "passes (default: a quarter of the machine's)")
      ->option_text("SIZE, such as 2GiB");
  command
      .add_option("--spill-directory", memory.spill_directory,
                  "Where spilled features lie (default: TMPDIR, else /tmp)")
      ->option_text("DIRECTORY");
  source.AddTo(command);
}

Status WritePlan(const RetrievalPlan& plan, Output output) {
  return WriteText(output == Output::kJson ? plan.ToJson() + "\n" : plan.ToString());
}

struct GetCommand {
  JoinArguments join;
  bool explain = false;
  bool report = false;
  bool no_progress = false;
  Output output = Output::kText;

  Status Run() const {
    if (explain && output == Output::kArrow)
      return InvalidArgument("a plan has no Arrow form; give --output text or json");
    TerminalProgress progress(!no_progress && !explain);
    ICEFIELD_ASSIGN(std::unique_ptr<TrainingSet> set, join.Make(&progress));
    if (explain) {
      ICEFIELD_ASSIGN(const RetrievalPlan plan, set->Explain(PlanDepth::kManifests));
      return WritePlan(plan, output);
    }
    SetStream stream(*set);
    ICEFIELD_TRY(WriteRows(*progress.Show(stream), output));
    if ((report || ::isatty(STDERR_FILENO) == 1) && set->report() != nullptr) {
      std::fputs(set->report()->ToString().c_str(), stderr);
    }
    return {};
  }
};

struct ExplainCommand {
  JoinArguments join;
  bool footers = false;
  Output output = Output::kText;

  Status Run() const {
    ICEFIELD_ASSIGN(std::unique_ptr<TrainingSet> set, join.Make());
    ICEFIELD_ASSIGN(const RetrievalPlan plan,
                    set->Explain(footers ? PlanDepth::kPageIndexes : PlanDepth::kManifests));
    return WritePlan(plan, output);
  }
};

constexpr const char* kViewsHelp = R"(A views file (YAML):
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
)";

constexpr const char* kGetExample = R"(Example:
  icefield features get --frame entities.parquet --views views.yaml --output arrow > training.arrows)";

constexpr const char* kExplainExample = R"(Examples:
  icefield features explain --frame entities.parquet --views views.yaml
  icefield features explain --frame entities.parquet --views views.yaml --footers --output json)";

void AddGet(CLI::App& features, Work& work) {
  CLI::App& get = *features.add_subcommand(
      "get",
      "Point-in-time correct features for every row of an entity frame, or of the views' own");
  auto command = std::make_shared<GetCommand>();
  command->join.AddTo(get);
  get.add_flag("--explain", command->explain, "Show what would be read, and read nothing");
  get.add_flag("--report", command->report,
               "Print the report to standard error, also where that is no terminal");
  AddNoProgress(get, command->no_progress);
  AddOutput(get, command->output, true);
  get.footer(StrCat(kViewsHelp, kGetExample));
  get.callback([&work, command] { work = [command] { return command->Run(); }; });
}

void AddExplain(CLI::App& features, Work& work) {
  CLI::App& explain = *features.add_subcommand(
      "explain", "What `features get` with the same options would read: files, bytes, memory");
  auto command = std::make_shared<ExplainCommand>();
  command->join.AddTo(explain);
  explain.add_flag("--footers", command->footers,
                   "Read the footers and page indexes of all planned files: bytes and row groups "
                   "are exact then, and pages are counted");
  AddOutput(explain, command->output, false);
  explain.footer(StrCat(kViewsHelp, kExplainExample));
  explain.callback([&work, command] { work = [command] { return command->Run(); }; });
}

}  // namespace

CreatedCut CutOf(std::string_view text) {
  if (text == "everywhere") return CreatedCut::kEverywhere;
  if (text == "where_available") return CreatedCut::kWhereAvailable;
  return CreatedCut::kNone;
}

void AddCuts(CLI::App& command, std::string& created_cut, bool& commit_cut) {
  command
      .add_option("--created-cut", created_cut,
                  "Only rows created by the entity time: none, everywhere, where_available")
      ->check(CLI::IsMember({"none", "everywhere", "where_available"}))
      ->option_text("CUT [none]");
  command.add_flag("--commit-cut", commit_cut, "Only rows committed by the entity time");
}

void AddFeaturesCommands(CLI::App& app, Work& work) {
  CLI::App& features = *app.add_subcommand("features", "Training sets: get, explain, why");
  features.require_subcommand(1);
  AddGet(features, work);
  AddExplain(features, work);
  AddWhy(features, work);
}

}  // namespace icefield::cli
