/// Manifest lists and manifests to their Avro bytes (specification: "Manifests", "Manifest Lists").
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/manifest.h"
#include "model/partition_spec.h"
#include "model/schema.h"

namespace icefield {

/// What all entries of a manifest share.
struct ManifestHeader {
  int32_t format_version = 2;  ///< 2 or 3
  ManifestContent content = ManifestContent::kData;
  Schema schema;
  PartitionSpec spec;
  std::vector<PrimitiveType> partition_types;  ///< Of the spec's fields, in order.
  SnapshotId snapshot_id;                      ///< Of the snapshot that writes the manifest.
  std::string compression = "gzip";  ///< As the property `write.avro.compression-codec` says it.
};

struct SerializedManifest {
  std::string bytes;
  /// Its entry in a manifest list: counts, partition summaries, the least sequence number, length.
  /// `path` is empty, and sequence numbers of added files are unassigned (-1) as below.
  ManifestFile file;
};

/// The sequence number of a file that gets its commit's (it is written as null and inherited).
inline constexpr SequenceNumber kUnassignedSequence{-1};

/// Entries with status added inherit their file sequence number, and their data sequence number
/// where it is kUnassignedSequence; existing and deleted ones keep theirs, and their first row ids
/// (v3). Partition values may be in the narrower form of a column that was promoted since.
/// InvalidArgument names a file whose partition tuple does not fit the spec, whose sequence numbers
/// are missing or whose snapshot is not the one that writes; Unsupported other format versions and
/// specs with unknown transforms.
/// `file.min_sequence_number` is the least of those that are assigned among live entries, else
/// kUnassignedSequence; `file.sequence_number` is kUnassignedSequence.
Result<SerializedManifest> SerializeManifest(const ManifestHeader& header,
                                             const std::vector<ManifestEntry>& entries);

struct ManifestListHeader {
  int32_t format_version = 2;  ///< 2 or 3
  SnapshotId snapshot_id;
  std::optional<SnapshotId> parent_id;
  SequenceNumber sequence_number;
  std::optional<int64_t> first_row_id;  ///< v3
  std::string compression = "gzip";     ///< As the property `write.avro.compression-codec` says it.
};

/// The bytes of a manifest list. InvalidArgument names a manifest without path, sequence numbers or
/// counts, and in v3 a data manifest without its first row id.
Result<std::string> SerializeManifestList(const ManifestListHeader& header,
                                          const std::vector<ManifestFile>& manifests);

}  // namespace icefield
