#include "scan/snapshot_manifests.h"

#include <string>
#include <unordered_map>

#include "codec/avro/manifest_reader.h"
#include "codec/avro/manifest_spec.h"

namespace icefield {
namespace {

using SequenceNumbers = std::unordered_map<SnapshotId, SequenceNumber>;

// v1 may name its manifests in the snapshot, with nothing known of them.
Result<std::vector<ManifestFile>> ListBareManifests(const ObjectStore& store,
                                                    const TableMetadata& metadata,
                                                    const Snapshot& snapshot) {
  std::vector<ManifestFile> manifests;
  for (const std::string& path : snapshot.manifests) {
    ManifestFile& manifest = manifests.emplace_back();
    manifest.path = path;
    if (metadata.partition_specs.size() == 1) {
      manifest.partition_spec_id = metadata.partition_specs.front().id;
    } else {
      ICEFIELD_ASSIGN(const std::string bytes, ReadAll(store, path));
      ICEFIELD_ASSIGN(manifest.partition_spec_id, ReadManifestSpecId(bytes, path));
    }
  }
  return manifests;
}

// Specification: "Manifest Lists". Lists from before an upgrade to v2 have no sequence numbers,
// which are 0 then, as those of their snapshots are.
Status CheckSequenceNumbers(const ManifestFile& manifest, const Snapshot& snapshot,
                            const SequenceNumbers& known) {
  const int64_t number = manifest.sequence_number.value;
  if (number < 0 || manifest.min_sequence_number > manifest.sequence_number ||
      manifest.sequence_number > snapshot.sequence_number) {
    return CorruptData("manifest ", manifest.path, " has the sequence number ", number,
                       " and the least one ", manifest.min_sequence_number.value, " in snapshot ",
                       snapshot.id.value, ", whose own is ", snapshot.sequence_number.value);
  }
  const auto added = known.find(manifest.added_snapshot_id);
  if (added == known.end() || added->second == manifest.sequence_number) return {};
  return CorruptData("manifest ", manifest.path, " has the sequence number ", number,
                     ", the snapshot ", manifest.added_snapshot_id.value, " that added it has ",
                     added->second.value);
}

Status CheckManifests(const std::vector<ManifestFile>& manifests, const TableMetadata& metadata,
                      const Snapshot& snapshot) {
  SequenceNumbers known;
  for (const Snapshot& each : metadata.snapshots) known.emplace(each.id, each.sequence_number);
  for (const ManifestFile& manifest : manifests) {
    if (metadata.FindSpec(manifest.partition_spec_id) == nullptr) {
      return CorruptData("manifest ", manifest.path, " has partition spec ",
                         manifest.partition_spec_id.value, ", which the table does not define");
    }
    if (metadata.format_version > 1) {
      ICEFIELD_TRY(CheckSequenceNumbers(manifest, snapshot, known));
    }
  }
  return {};
}

}  // namespace

Result<std::vector<ManifestFile>> ListManifests(const ObjectStore& store,
                                                const TableMetadata& metadata,
                                                const Snapshot& snapshot) {
  if (snapshot.key_id) {
    return Unsupported("its manifest list ", snapshot.manifest_list, " is encrypted with the key '",
                       *snapshot.key_id, "'");
  }
  const bool is_bare = snapshot.manifest_list.empty();
  std::vector<ManifestFile> manifests;
  if (is_bare) {
    ICEFIELD_ASSIGN(manifests, ListBareManifests(store, metadata, snapshot));
  } else {
    ICEFIELD_ASSIGN(const std::string bytes, ReadAll(store, snapshot.manifest_list));
    ICEFIELD_ASSIGN(manifests, ParseManifestList(bytes, snapshot.manifest_list, snapshot.id));
  }
  Status checked = CheckManifests(manifests, metadata, snapshot);
  if (checked.ok()) return manifests;
  if (is_bare) return std::move(checked).error();
  return std::move(checked).error().At(StrCat("manifest list ", snapshot.manifest_list));
}

}  // namespace icefield
