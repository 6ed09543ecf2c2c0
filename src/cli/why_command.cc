// `icefield features why`: one entity row, explained.
#include <algorithm>

#include "cli/features_commands.h"
#include "cli/terminal_progress.h"
#include "icefield/files.h"

namespace icefield::cli {
namespace {

struct WhyCommand {
  TableSource source;
  std::string table;
  std::string views;
  std::string view;
  std::vector<std::string> keys;
  std::string at;
  std::string timestamp_field = "event_timestamp";
  std::optional<std::string> created_timestamp_column;
  std::string ttl = "0";
  std::string features;
  std::string row_filter;
  std::string created_cut = "none";
  bool commit_cut = false;
  int64_t rows = 20;
  int threads = 0;
  std::optional<int64_t> bytes_max;
  bool no_progress = false;
  Output output = Output::kText;
  std::vector<const CLI::Option*> of_table;  // What says a view over a table.
  std::vector<const CLI::Option*> of_file;   // What chooses a view of a file.

  Status Run() const {
    ICEFIELD_TRY(CheckGiven());
    TerminalProgress progress(!no_progress);
    WhyRequest request{.entity_timestamp = "entity time",
                       .created_cut = CutOf(created_cut),
                       .commit_cut = commit_cut,
                       .rows_max = rows};
    request.read.threads = threads;
    request.read.bytes_max = bytes_max;
    progress.Watch(request.read);
    ICEFIELD_ASSIGN(const auto given, GivenKeys());
    ICEFIELD_ASSIGN(request.view, View(given));
    ICEFIELD_ASSIGN(request.entity_row,
                    EntityRowFromText(request.view, given, request.entity_timestamp, at));
    ICEFIELD_ASSIGN(const Why why, ExplainWhy(std::move(request)));
    progress.Hide();
    return WriteText(output == Output::kJson ? why.ToJson() + "\n" : why.ToString());
  }

 private:
  using Pairs = std::vector<std::pair<std::string, std::string>>;

  Result<Pairs> GivenKeys() const {
    Pairs given;
    for (const std::string& key : keys) {
      const size_t equals = key.find('=');
      if (equals == std::string::npos)
        return InvalidArgument("--key ", key, " is not of the form column=value");
      given.emplace_back(key.substr(0, equals), key.substr(equals + 1));
    }
    return given;
  }

  // Options that would not be looked at are refused.
  Status CheckGiven() const {
    if (table.empty() == views.empty())
      return InvalidArgument("give a table, or --views with the file of its view");
    for (const CLI::Option* option : views.empty() ? of_file : of_table) {
      if (option->count() == 0) continue;
      if (views.empty())
        return InvalidArgument(option->get_name(), " chooses a view of --views; leave it out");
      return InvalidArgument(option->get_name(), " says a view over a table; the views of ", views,
                             " say it themselves: change it there, or give the table in place of ",
                             "--views");
    }
    return {};
  }

  Result<ViewRequest> View(const Pairs& given) const {
    if (!views.empty()) return ViewOfFile();
    ICEFIELD_ASSIGN(const Table loaded, source.Load(table));
    ViewRequest request{.source = loaded.source(), .spec = {}};
    FeatureViewSpec& spec = request.spec;
    spec.name = loaded.name().substr(loaded.name().find_last_of("./") + 1);
    for (const auto& [column, value] : given) spec.join_keys.push_back({column, column});
    spec.timestamp_field = timestamp_field;
    spec.created_timestamp_column = created_timestamp_column;
    ICEFIELD_ASSIGN(spec.ttl_us, ParseTtl(ttl));
    if (!features.empty()) {
      spec.features.emplace();
      for (const std::string& name : Split(features, ',')) spec.features->push_back({name, name});
    }
    if (!row_filter.empty()) {
      ICEFIELD_ASSIGN(spec.row_filter, ParseFilter(row_filter));
    }
    return request;
  }

  Result<ViewRequest> ViewOfFile() const {
    ICEFIELD_ASSIGN(std::vector<NamedView> named, ReadViewsFile(views));
    std::vector<std::string> names;
    for (const NamedView& one : named) names.push_back(one.spec.name);
    if (view.empty() && named.size() != 1)
      return InvalidArgument(views, " has several views; choose with --view: ", Join(names, ", "));
    const auto found = std::find_if(named.begin(), named.end(), [&](const NamedView& one) {
      return view.empty() || one.spec.name == view;
    });
    if (found == named.end()) {
      return Fail(ErrorCode::kNotFound, views, " has no view '", view, "'; it has ",
                  Join(names, ", "));
    }
    Result<Table> loaded = source.Load(found->table);
    if (!loaded.ok())
      return std::move(loaded).error().At(StrCat(views, ", view '", found->spec.name, "'"));
    return ViewRequest{.source = loaded->source(), .spec = std::move(found->spec)};
  }
};

void AddTableView(CLI::App& why, WhyCommand& command) {
  command.of_table = {
      why.add_option("--timestamp-field", command.timestamp_field, "The table's event time column")
          ->capture_default_str(),
      why.add_option("--created-timestamp-column", command.created_timestamp_column,
                     "The table's created time column"),
      why.add_option("--ttl", command.ttl, "How old a row may be, such as 90s, 15m, 3h, 2d; 0: any")
          ->capture_default_str(),
      why.add_option("--features", command.features,
                     "Columns, separated by commas (default: all but keys and times)"),
      why.add_option("--where", command.row_filter, "Row filter: other rows do not exist")};
  for (const CLI::Option* option : command.of_table)
    why.get_option(option->get_name())->group("The view, where a table is given");
}

constexpr const char* kExample = R"(Examples:
  icefield features why features.driver_stats --key driver_id=5 --at 2026-01-01T00:00:00Z --ttl 2d
  icefield features why --views views.yaml --view driver_stats --key driver_id=5 --at 2026-01-01T00:00:00Z -o json)";

}  // namespace

void AddWhy(CLI::App& features, Work& work) {
  CLI::App& why = *features.add_subcommand(
      "why", "All rows of one key, newest first, with the rule that decided on each");
  auto command = std::make_shared<WhyCommand>();
  why.add_option("table", command->table,
                 "namespace.table, or the path of a metadata file or table folder");
  why.add_option("--views", command->views, "A views file in place of a table");
  command->of_file = {
      why.add_option("--view", command->view, "Which view of the file, where it has several")};
  why.add_option("--key", command->keys, "A join key, as column=value; once for each");
  why.add_option("--at", command->at, "The entity time (ISO-8601; UTC without a zone)")
      ->required()
      ->option_text("TIME REQUIRED");
  AddTableView(why, *command);
  AddCuts(why, command->created_cut, command->commit_cut);
  why.add_option("--rows", command->rows, "Most rows to list")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  why.add_option("--threads", command->threads, "Threads (default: all cores)")
      ->check(CLI::NonNegativeNumber);
  why.add_option("--max-bytes", command->bytes_max, "Refuse to read more than so many bytes")
      ->check(CLI::NonNegativeNumber);
  AddNoProgress(why, command->no_progress);
  command->source.AddTo(why);
  AddOutput(why, command->output, false);
  why.footer(kExample);
  why.callback([&work, command] { work = [command] { return command->Run(); }; });
}

}  // namespace icefield::cli
