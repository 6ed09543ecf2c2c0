/// Manifests of a branch on their way from one snapshot to the next.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/object_store.h"
#include "model/manifest.h"
#include "model/table_metadata.h"
#include "write/file_change.h"
#include "write/write_options.h"

namespace icefield {

/// A manifest that stays as it is, or that is to be written.
struct ManifestDraft {
  ManifestFile file;  ///< Where `entries` is set: spec and content alone.
  std::optional<std::vector<ManifestEntry>> entries;
  bool operator==(const ManifestDraft&) const = default;
};

/// What a change took away, for the snapshot's summary.
struct RemovedCounts {
  std::vector<ManifestEntry> entries;  ///< Data and delete files.
};

/// The drafts of the next snapshot's manifests, first what is new. `snapshot_id` is the next
/// snapshot's. Manifests without live files are left out. Conflict names a removed file that is not
/// live in `manifests`.
Result<std::vector<ManifestDraft>> DraftManifests(const ObjectStore& store,
                                                  const TableMetadata& metadata,
                                                  const std::vector<ManifestFile>& manifests,
                                                  const FileChange& change, SnapshotId snapshot_id,
                                                  RemovedCounts& removed);

/// Packs small data manifests of one spec together, once there are enough of them (Iceberg's merge
/// append). Files that earlier snapshots deleted are forgotten.
Result<std::vector<ManifestDraft>> MergeDrafts(const ObjectStore& store,
                                               const TableMetadata& metadata,
                                               std::vector<ManifestDraft> drafts,
                                               SnapshotId snapshot_id,
                                               const CommitOptions& options);

}  // namespace icefield
