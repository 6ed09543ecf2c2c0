/// From a change of files to a commit: manifests, a manifest list, a snapshot.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "io/object_store.h"
#include "model/table_update.h"
#include "write/file_change.h"
#include "write/write_options.h"

namespace icefield {

/// A commit that is ready: its files are written, the table does not know it yet.
struct SnapshotPlan {
  TableChange change;
  SnapshotId snapshot_id;
  /// Manifests and their list, which only this commit needs.
  std::vector<std::string> files;
};

struct SnapshotRequest {
  const ObjectStore* store = nullptr;
  const TableMetadata* metadata = nullptr;  ///< Of v2 or v3: the table that the commit goes on.
  std::string table_name;                   ///< For messages.
  std::string metadata_location;            ///< Folder of the new files.
  CommitOptions options;
  int64_t now_ms = 0;  ///< The commit clock.
};

/// Writes the manifests of the branch after `change`: those that no change touches are kept, those
/// that hold removed files are written again without them, new files get a new one; small ones are
/// merged as the options say. Existing entries keep their sequence numbers and first row ids; new
/// ones inherit this commit's (specification: "Sequence Number Inheritance", "Row Lineage").
/// Conflict as CheckConflicts says, and where a removed file is not in the table any more. On an
/// error nothing that was written stays.
Result<SnapshotPlan> PlanSnapshot(const SnapshotRequest& request, const FileChange& change);

}  // namespace icefield
