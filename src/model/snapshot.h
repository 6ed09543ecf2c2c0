/// A table's state at one commit.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"

namespace icefield {

struct Snapshot {
  SnapshotId id;
  std::optional<SnapshotId> parent_id;
  SequenceNumber sequence_number;  ///< 0 in v1
  SnapshotTime timestamp;          ///< milliseconds since the epoch
  std::string manifest_list;  ///< Location; empty where v1 lists its manifests in the metadata.
  std::vector<std::string> manifests;  ///< v1 only, where there is no manifest list.
  std::map<std::string, std::string> summary;
  std::optional<SchemaId> schema_id;
  std::optional<int64_t> first_row_id;  ///< v3: the first `_row_id` that it may assign.
  std::optional<int64_t> added_rows;    ///< v3: how many it assigned at most.
  std::optional<std::string> key_id;    ///< v3: its manifest list is encrypted with this key.

  bool operator==(const Snapshot&) const = default;
};

/// What the snapshot says that it did: "append", "replace", "overwrite", "delete", or a word that
/// is not known; empty where it says nothing (v1).
std::string_view OperationOf(const Snapshot& snapshot);

/// The snapshot clock at an ISO-8601 instant (UTC where it has no zone), rounded down to
/// milliseconds. InvalidArgument for other texts.
Result<SnapshotTime> ParseSnapshotTime(std::string_view text);

/// A branch or tag.
struct SnapshotRef {
  SnapshotId snapshot_id;
  std::string type;                              ///< "branch" or "tag"
  std::optional<int32_t> min_snapshots_to_keep;  ///< How long it is kept; branches alone.
  std::optional<int64_t> max_snapshot_age_ms;    ///< Branches alone.
  std::optional<int64_t> max_ref_age_ms;
  bool operator==(const SnapshotRef&) const = default;
};

/// An entry of a table's history: which snapshot became current when.
struct SnapshotLogEntry {
  SnapshotTime timestamp;
  SnapshotId snapshot_id;
  bool operator==(const SnapshotLogEntry&) const = default;
};

/// An entry of a table's log of metadata files: one that was current until a newer one came.
struct MetadataLogEntry {
  SnapshotTime timestamp;
  std::string location;
  bool operator==(const MetadataLogEntry&) const = default;
};

}  // namespace icefield
