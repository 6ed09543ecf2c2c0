#include "cli/table_commands.h"

#include "cli/terminal_progress.h"
#include "icefield/files.h"

namespace icefield::cli {
namespace {

struct ListCommand {
  TableSource source;
  std::string namespace_name;
  Output output = Output::kText;

  Status Run() const {
    ICEFIELD_ASSIGN(CatalogSession session, source.Open());
    std::vector<std::vector<std::string>> namespaces;
    if (namespace_name.empty()) {
      ICEFIELD_ASSIGN(namespaces, session.catalog().ListNamespaces());
    } else {
      namespaces.push_back(Split(namespace_name, '.'));
    }
    std::string out;
    for (const std::vector<std::string>& levels : namespaces) {
      ICEFIELD_ASSIGN(std::vector<TableIdentifier> tables, session.catalog().ListTables(levels));
      for (const TableIdentifier& table : tables) {
        if (output == Output::kJson) {
          out += "{\"table\":";
          AppendJsonText(table.ToString(), out);
          out += "}\n";
        } else {
          out += table.ToString() + "\n";
        }
      }
    }
    return WriteText(out);
  }
};

// The options of reading a table.
struct ReadArguments {
  std::string table;
  std::string row_filter;
  std::string columns;
  std::optional<int64_t> snapshot_id;
  std::optional<std::string> ref;
  std::optional<std::string> as_of;
  std::optional<int64_t> limit;
  int threads = 0;
  std::optional<int64_t> bytes_max;

  void AddTo(CLI::App& command, bool with_rows) {
    command
        .add_option("table", table,
                    "namespace.table, or the path of a metadata file or table folder")
        ->required();
    command.add_option("--snapshot", snapshot_id, "Read this snapshot");
    command.add_option("--ref", ref, "Read this branch or tag");
    command.add_option("--as-of", as_of,
                       "Read the snapshot that was current at this ISO-8601 time");
    if (!with_rows) return;
    command.add_option("--where", row_filter,
                       "Row filter, such as \"id = 7 and at >= '2024-01-01'\"");
    command.add_option("--columns", columns,
                       "Columns, separated by commas; dotted for nested ones");
    command.add_option("--limit", limit, "Most rows")->check(CLI::NonNegativeNumber);
    command.add_option("--threads", threads, "Threads (default: all cores)")
        ->check(CLI::NonNegativeNumber);
    command.add_option("--max-bytes", bytes_max, "Refuse to read more than so many bytes")
        ->check(CLI::NonNegativeNumber);
  }

  Result<ScanOptions> Options() const {
    ScanOptions options{.row_filter = row_filter, .limit = limit};
    if (!columns.empty()) options.selected_fields = Split(columns, ',');
    if (snapshot_id) options.snapshot.snapshot_id = SnapshotId{*snapshot_id};
    options.snapshot.ref = ref;
    if (as_of) {
      ICEFIELD_ASSIGN(options.snapshot.as_of, ParseSnapshotTime(*as_of));
    }
    options.read.threads = threads;
    options.read.bytes_max = bytes_max;
    return options;
  }
};

struct ShowCommand {
  TableSource source;
  ReadArguments read;
  Output output = Output::kText;

  Status Run() const {
    ICEFIELD_ASSIGN(Table table, source.Load(read.table));
    ICEFIELD_ASSIGN(ScanOptions options, read.Options());
    ICEFIELD_ASSIGN(SelectedSnapshot selected,
                    SelectSnapshot(table.metadata(), options.snapshot, table.name()));
    return WriteText(output == Output::kJson ? Json(table, selected) : Text(table, selected));
  }

  static std::string Text(const Table& table, const SelectedSnapshot& selected) {
    const TableMetadata& metadata = table.metadata();
    std::string out =
        StrCat("table      ", table.name(), "\nmetadata   ", table.metadata_location(),
               "\nlocation   ", metadata.location, "\nformat     v", metadata.format_version,
               "\nsnapshots  ", metadata.snapshots.size(), "\n");
    if (selected.snapshot == nullptr) {
      out += "snapshot   none: nothing was ever written\n";
    } else {
      out += StrCat("snapshot   ", selected.snapshot->id.value, "\n");
      for (const auto& [key, value] : selected.snapshot->summary)
        out += StrCat("           ", key, " = ", value, "\n");
    }
    for (const auto& [name, ref] : metadata.refs) {
      out += StrCat(ref.type, "     ", name, " -> ", ref.snapshot_id.value, "\n");
    }
    return out + "columns\n" + selected.schema->ToString();
  }

  static std::string Json(const Table& table, const SelectedSnapshot& selected) {
    std::string out = "{\"table\":";
    AppendJsonText(table.name(), out);
    out += ",\"metadata_location\":";
    AppendJsonText(table.metadata_location(), out);
    out += StrCat(",\"format_version\":", table.metadata().format_version, ",\"snapshot_id\":");
    out += selected.snapshot == nullptr ? "null" : StrCat(selected.snapshot->id.value);
    out += ",\"columns\":[";
    for (const Field& field : selected.schema->columns.fields) {
      if (&field != &selected.schema->columns.fields.front()) out += ',';
      out += StrCat("{\"id\":", field.id.value, ",\"name\":");
      AppendJsonText(field.name, out);
      out += ",\"type\":";
      AppendJsonText(field.type.ToString(), out);
      out += StrCat(",\"required\":", field.required ? "true" : "false", "}");
    }
    return out + "]}\n";
  }
};

struct ScanCommand {
  TableSource source;
  ReadArguments read;
  bool no_progress = false;
  Output output = Output::kText;

  Status Run() const {
    ICEFIELD_ASSIGN(Table table, source.Load(read.table));
    ICEFIELD_ASSIGN(ScanOptions options, read.Options());
    TerminalProgress progress(!no_progress);
    progress.Watch(options.read);
    ICEFIELD_ASSIGN(std::unique_ptr<BatchStream> stream, table.Scan(options));
    return WriteRows(*progress.Show(*stream), output);
  }
};

struct PlanCommand {
  TableSource source;
  ReadArguments read;
  Output output = Output::kText;

  Status Run() const {
    ICEFIELD_ASSIGN(Table table, source.Load(read.table));
    ICEFIELD_ASSIGN(ScanOptions options, read.Options());
    ICEFIELD_ASSIGN(ScanPlan plan, table.Plan(options));
    if (output == Output::kText) return WriteText(plan.ToString());
    std::string out;
    for (const FileTask& task : plan.tasks) {
      out += "{\"file_path\":";
      AppendJsonText(task.file.path, out);
      out += StrCat(
          ",\"record_count\":", task.file.record_count,
          ",\"file_size_in_bytes\":", task.file.size_bytes, ",\"spec_id\":", task.spec_id.value,
          ",\"data_sequence_number\":", task.data_sequence_number.value, ",\"delete_files\":[");
      for (const uint32_t number : task.deletes) {
        if (number != task.deletes.front()) out += ',';
        AppendJsonText(plan.delete_files[number].file.path, out);
      }
      out += "]}\n";
    }
    return WriteText(out);
  }
};

// A subcommand whose struct lives as long as the parser.
template <typename Command>
CLI::App& Add(CLI::App& parent, Work& work, const std::string& name, const std::string& help,
              bool with_arrow, std::shared_ptr<Command>& command) {
  CLI::App& app = *parent.add_subcommand(name, help);
  command = std::make_shared<Command>();
  command->source.AddTo(app);
  AddOutput(app, command->output, with_arrow);
  app.callback([&work, command] { work = [command] { return command->Run(); }; });
  return app;
}

}  // namespace

void AddTableCommands(CLI::App& app, Work& work) {
  CLI::App& table = *app.add_subcommand("table", "Look at tables: list, show, scan, plan");
  table.require_subcommand(1);

  std::shared_ptr<ListCommand> list;
  Add(table, work, "list", "List the tables of a catalog", false, list)
      .footer("Example:\n  icefield table list --uri sqlite:////data/catalog.db")
      ->add_option("namespace", list->namespace_name, "Only this namespace");

  std::shared_ptr<ShowCommand> show;
  CLI::App& show_app =
      Add(table, work, "show", "Show a table's columns, snapshot and references", false, show);
  show->read.AddTo(show_app, false);
  show_app.footer("Example:\n  icefield table show features.drivers --catalog prod");

  std::shared_ptr<ScanCommand> scan;
  CLI::App& scan_app = Add(table, work, "scan", "Print rows", true, scan);
  scan->read.AddTo(scan_app, true);
  AddNoProgress(scan_app, scan->no_progress);
  scan_app.footer(
      "Examples:\n  icefield table scan features.drivers --where \"driver_id = 7\" --limit 10\n"
      "  icefield table scan /data/wh/features/drivers --output arrow > drivers.arrows");

  std::shared_ptr<PlanCommand> plan;
  CLI::App& plan_app = Add(table, work, "plan",
                           "Show which files a scan would read, and what was pruned", false, plan);
  plan->read.AddTo(plan_app, true);
  plan_app.footer(
      "Example:\n  icefield table plan features.drivers --where \"day = '2024-01-31'\"");
}

}  // namespace icefield::cli
