/// icefield features get
#pragma once

#include "cli/table_commands.h"

namespace icefield::cli {

void AddFeaturesCommands(CLI::App& app, Work& work);

}  // namespace icefield::cli
