/// icefield table list | show | scan | plan
#pragma once

#include <functional>

#include "cli/command.h"

namespace icefield::cli {

/// The chosen command's work, set while the arguments are parsed.
using Work = std::function<Status()>;

void AddTableCommands(CLI::App& app, Work& work);

}  // namespace icefield::cli
