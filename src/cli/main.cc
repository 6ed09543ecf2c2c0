// The native `icefield` program. Data goes to standard output, everything else to standard error.
#include <fcntl.h>
#include <unistd.h>

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

// A word in the place of a command, where that is why the arguments do not parse; else null.
const CLI::App* WithUnknownCommand(const CLI::App& app) {
  const CLI::App* chosen = &app;
  while (!chosen->get_subcommands().empty()) chosen = chosen->get_subcommands().front();
  const bool wants_command = !chosen->get_subcommands([](const CLI::App*) { return true; }).empty();
  return wants_command && !app.remaining(true).empty() ? chosen : nullptr;
}

int SayUsage(const CLI::App& app, const CLI::ParseError& failure) {
  const CLI::App* const chosen = WithUnknownCommand(app);
  if (failure.get_exit_code() == 0 || chosen == nullptr) return app.exit(failure);
  std::vector<std::string> names;
  for (const CLI::App* each : chosen->get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(each->get_name());
  const std::string path = chosen == &app ? "icefield" : "icefield " + chosen->get_name();
  std::cerr << path << ": there is no command '" << app.remaining(true).front() << "'; choose from "
            << Join(names, ", ") << "; " << path << " --help says more\n";
  return failure.get_exit_code();
}

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
    return SayUsage(app, failure) == 0 ? 0 : BorderOf(ErrorCode::kInvalidArgument).exit_code;
  }
  const Status status = Caught(work);
  if (status.ok()) return 0;
  std::cerr << "icefield: " << status.error().message << "\n";
  return BorderOf(status.error().code).exit_code;
}

}  // namespace
}  // namespace icefield::cli

int main(int argc, char** argv) {
  // Where it is closed, the next file that is opened would take its place and get what is printed.
  if (::fcntl(STDOUT_FILENO, F_GETFD) < 0 || ::fcntl(STDERR_FILENO, F_GETFD) < 0) {
    std::cerr << "icefield: standard output or standard error is closed; open both\n";
    return icefield::BorderOf(icefield::ErrorCode::kInvalidArgument).exit_code;
  }
  // A reader that has seen enough (head) ends the program without a word.
  std::signal(SIGPIPE, SIG_DFL);
  icefield::cli::ExitAtInterrupt();
  return icefield::cli::Run(argc, argv);
}
