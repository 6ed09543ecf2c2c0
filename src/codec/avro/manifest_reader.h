/// Manifest lists and manifests from their Avro bytes (specification: "Manifests", "Manifest
/// Lists").
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/manifest.h"
#include "model/partition_spec.h"
#include "model/schema.h"

namespace icefield {

/// The entries of a manifest list, in file order. `bytes` is the whole file; `location` names it in
/// errors. v1 lists get the values that the specification gives them (content data, sequence
/// numbers 0). CorruptData for a list that says that it is another snapshot's than `snapshot_id`.
Result<std::vector<ManifestFile>> ParseManifestList(
    std::string_view bytes, std::string_view location,
    std::optional<SnapshotId> snapshot_id = std::nullopt);

/// The entries of a manifest, in file order, deleted ones included, with status, snapshot id,
/// sequence numbers and first row ids inherited from `manifest`. Partition values have the types
/// that the manifest's own Avro schema states, by the order of `spec`'s fields (matched by field
/// id; a field that the file lacks is null). Columns of the manifest that Icefield does not know
/// are skipped. CorruptData for a manifest that is not the one that `manifest` describes: its
/// length, its content, its spec, its counts of files and rows, and who added its files.
Result<std::vector<ManifestEntry>> ParseManifest(std::string_view bytes,
                                                 const ManifestFile& manifest,
                                                 const PartitionSpec& spec);

}  // namespace icefield
