// The native `icefield` program. Data goes to standard output, everything else to standard error.
#include <csignal>
#include <iostream>

#include "cli/features_commands.h"
#include "cli/table_commands.h"
#include "cli/terminal_progress.h"

namespace icefield::cli {
namespace {

constexpr const char* kFooter = R"(Exit codes:
  0 done   1 fault of icefield   2 wrong arguments or input   3 not found   7 corrupt data   8 unsupported
  9 unavailable, try again   11 permission denied   12 out of memory or over a limit   130 interrupted
Examples:
  icefield table list --uri sqlite:////data/catalog.db
  icefield features get --frame entities.csv --views views.yaml --output json)";

int Run(int argc, char** argv) {
  CLI::App app("Icefield: point-in-time correct training sets out of Apache Iceberg tables.",
               "icefield");
  app.set_version_flag("--version", std::string(Version()));
  app.require_subcommand(1);
  app.footer(kFooter);
  app.get_formatter()->column_width(34);
  Work work;
  AddTableCommands(app, work);
  AddFeaturesCommands(app, work);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& failure) {
    return app.exit(failure) == 0 ? 0 : BorderOf(ErrorCode::kInvalidArgument).exit_code;
  }
  const Status status = Caught(work);
  if (status.ok()) return 0;
  std::cerr << "icefield: " << status.error().message << "\n";
  return BorderOf(status.error().code).exit_code;
}

}  // namespace
}  // namespace icefield::cli

int main(int argc, char** argv) {
  // A reader that has seen enough (head) ends the program without a word.
  std::signal(SIGPIPE, SIG_DFL);
  icefield::cli::ExitAtInterrupt();
  return icefield::cli::Run(argc, argv);
}
