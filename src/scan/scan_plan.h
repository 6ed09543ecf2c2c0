/// From a table's metadata and a predicate to the data files to read. Reads manifest lists and
/// manifests only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/object_store.h"
#include "model/manifest.h"
#include "model/predicate.h"
#include "model/table_metadata.h"

namespace icefield {

/// The value that an identity partition gives to a column for all rows of a file (iceberg-traps
/// 12).
struct PartitionConstant {
  FieldId source_id;
  std::optional<Value> value;
  bool operator==(const PartitionConstant&) const = default;
};

/// One data file to read, whole.
struct FileTask {
  DataFile file;
  SpecId spec_id;
  SequenceNumber data_sequence_number;
  std::vector<PartitionConstant> constants;
  bool operator==(const FileTask&) const = default;
};

/// What planning looked at and what it left out.
struct ScanCounts {
  int64_t manifests_read = 0;
  int64_t manifests_pruned = 0;        ///< by partition summaries
  int64_t files_pruned_partition = 0;  ///< by their partition tuple
  int64_t files_pruned_bounds = 0;     ///< by column bounds and counts
  bool operator==(const ScanCounts&) const = default;
};

/// The files of one snapshot that may hold rows of the predicate, ordered by (data sequence number,
/// path): the order of full ties (P6).
struct ScanPlan {
  std::string table_name;
  std::optional<Snapshot> snapshot;  ///< None: a table without snapshots; no tasks.
  Schema schema;                     ///< To read with.
  Predicate predicate;
  std::vector<FileTask> tasks;
  ScanCounts counts;

  /// For people: the snapshot, the counts, one line a file (at most `files_max`).
  std::string ToString(size_t files_max = 20) const;
};

struct ScanRequest {
  std::string table_name;  ///< For messages.
  SelectedSnapshot selected;
  Predicate predicate;  ///< Bound to `selected.schema`.
  int threads = 0;      ///< 0: all cores.
};

/// Plans a scan. Unsupported names the file and its kind for delete files, data files that are not
/// Parquet, unknown manifest content and tables of a format version other than 1 and 2; CorruptData
/// and NotFound name the manifest and the snapshot.
Result<ScanPlan> PlanScan(const ObjectStore& store, const TableMetadata& metadata,
                          const ScanRequest& request);

}  // namespace icefield
