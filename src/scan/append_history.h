/// Which files a table was given between two of its snapshots, where nothing but appends and
/// compactions happened in between.
#pragma once

#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "io/object_store.h"
#include "model/manifest.h"
#include "model/table_metadata.h"

namespace icefield {

/// The snapshots after `since` up to `head`, newest first, each of the operation "append" or
/// "replace"; none where `since` is `head`. `since` itself may have expired: what came after it is
/// still known. The result points into `metadata`.
///
/// NotFound: the table has no snapshots (`head` is null), a snapshot in between has expired, or
/// `since` is no snapshot of the table. InvalidArgument: it is one, and no ancestor of `head`
/// (another branch, rolled back, or newer). Unsupported: a snapshot in between is of another
/// operation, or of none that it states.
Result<std::vector<const Snapshot*>> AppendsSince(const TableMetadata& metadata,
                                                  const Snapshot* head, SnapshotId since);

/// A manifest and the snapshot in whose list it stands.
struct ListedManifest {
  ManifestFile file;
  const Snapshot* snapshot = nullptr;
};

/// Of each snapshot the manifests in which it may have noted its own changes: of appends all, of
/// compactions the deletes that they added. In the order of `history`, then of the lists. Errors as
/// of ListManifests, with the snapshot's id. threads: 0 for all cores.
Result<std::vector<ListedManifest>> ListChanges(const ObjectStore& store,
                                                const TableMetadata& metadata,
                                                const std::vector<const Snapshot*>& history,
                                                int threads);

/// Whether the snapshot that lists the manifest of `entry` added its file itself. Unsupported for
/// an append that removes a file or adds deletes: it is not what it says.
Result<bool> IsAddedBy(const Snapshot& snapshot, const ManifestEntry& entry);

}  // namespace icefield
