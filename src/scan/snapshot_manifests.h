/// The manifests of a snapshot, as far as they can be trusted without being read.
#pragma once

#include <vector>

#include "base/result.h"
#include "io/object_store.h"
#include "model/manifest.h"
#include "model/table_metadata.h"

namespace icefield {

/// The manifests that `snapshot` lists, in the order of its list. What the list says is checked
/// against the metadata, so that one that is damaged, or another snapshot's, is not taken for it:
/// partition specs exist, and sequence numbers are those of the snapshots that added the manifests,
/// none above the snapshot's own. CorruptData and NotFound name the list (in v1 that has none: the
/// manifest); Unsupported for encrypted ones.
Result<std::vector<ManifestFile>> ListManifests(const ObjectStore& store,
                                                const TableMetadata& metadata,
                                                const Snapshot& snapshot);

}  // namespace icefield
