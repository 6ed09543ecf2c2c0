/// Changes of a table that touch no file: schema, properties, refs.
#pragma once

#include <functional>

#include "base/result.h"
#include "write/commit_target.h"

namespace icefield {

/// What to change, decided on the newest state of the table. A change without updates: nothing.
using ChangePlanner = std::function<Result<TableChange>(const LoadedTable& base)>;

/// Plans and commits; where another commit came first it loads and plans again, as often as the
/// table's properties allow. Gives the table after the commit. The planner's own errors end it.
/// CommitUnknown where the outcome is not known.
Result<LoadedTable> CommitChange(const CommitTarget& target, LoadedTable base,
                                 const ChangePlanner& plan);

/// Sets properties; "format-version" among them upgrades the table, and never goes down.
ChangePlanner PlanProperties(std::map<std::string, std::string> set,
                             std::vector<std::string> removed);

}  // namespace icefield
