/// icefield features get
#pragma once

#include "cli/table_commands.h"

namespace icefield::cli {

/// `features why`.
void AddWhy(CLI::App& features, Work& work);

/// The cut that --created-cut names.
CreatedCut CutOf(std::string_view text);

/// Adds --created-cut and --commit-cut.
void AddCuts(CLI::App& command, std::string& created_cut, bool& commit_cut);

void AddFeaturesCommands(CLI::App& app, Work& work);

}  // namespace icefield::cli
