/// A change of files made part of a table, again and again until it is or cannot be.
#pragma once

#include <functional>
#include <memory>

#include "base/result.h"
#include "io/object_store.h"
#include "write/commit_target.h"
#include "write/file_change.h"

namespace icefield {

struct CommitRequest {
  const ObjectStore* store = nullptr;
  const CommitTarget* target = nullptr;
  LoadedTable base;  ///< The table that the change was planned from.
  /// Asked while waiting between attempts; true stops with Cancelled. May be empty.
  std::function<bool()> interrupted;
};

/// Plans a snapshot on the newest state and commits it; where another commit came first it waits,
/// loads and plans again, as often and as long as the table's properties allow. A commit whose
/// outcome is unknown is looked for in the table before anything else happens. Gives the table
/// after the commit. Conflict where the change and another commit contradict each other, or where
/// others always came first; CommitUnknown where the table cannot be asked: then all files stay, as
/// they may be the table's. On any other error the files of the snapshot are deleted, not those of
/// `change`.
Result<LoadedTable> CommitFiles(const CommitRequest& request, const FileChange& change);

}  // namespace icefield
