/// From a table's metadata and a predicate to the data files to read. Reads manifest lists and
/// manifests only.
#pragma once

#include <cstdint>
#include <functional>
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
  bool operator==(const PartitionConstant& other) const {
    return source_id == other.source_id && OrderValues(value, other.value) == 0;
  }
};

/// One delete file (or deletion vector) that removes rows of at least one planned data file.
struct DeleteFile {
  DataFile file;
  SpecId spec_id;
  SequenceNumber data_sequence_number;
  uint32_t manifest = 0;  ///< Index into ScanPlan::manifests.
  bool operator==(const DeleteFile&) const = default;

  bool IsDeletionVector() const { return file.format == "PUFFIN"; }
  bool IsEquality() const { return file.content == FileContent::kEqualityDeletes; }
};

/// One data file to read, whole, with the deletes that apply to it.
struct FileTask {
  DataFile file;
  SpecId spec_id;
  SequenceNumber data_sequence_number;
  SnapshotId added_by;  ///< The snapshot that added the file.
  std::vector<PartitionConstant> constants;
  std::vector<uint32_t> deletes;  ///< Indices into ScanPlan::delete_files, ascending.
  uint32_t manifest = 0;          ///< Index into ScanPlan::manifests.
  bool operator==(const FileTask&) const = default;
};

/// What one part of a predicate ruled out.
struct PrunedByPart {
  int64_t manifests = 0;        ///< by partition summaries
  int64_t files_partition = 0;  ///< by their partition tuple
  int64_t files_bounds = 0;     ///< by column bounds and counts
  bool operator==(const PrunedByPart&) const = default;
};

/// What planning looked at and what it left out.
struct ScanCounts {
  int64_t manifests_read = 0;
  int64_t manifests_pruned = 0;        ///< by partition summaries
  int64_t files_pruned_partition = 0;  ///< by their partition tuple
  int64_t files_pruned_bounds = 0;     ///< by column bounds and counts
  int64_t position_delete_files = 0;   ///< that apply to a planned file
  int64_t equality_delete_files = 0;   ///< that apply to a planned file
  int64_t deletion_vectors = 0;        ///< that apply to a planned file
  std::vector<PrunedByPart> by_part;   ///< Of what was pruned, for each of ScanRequest::parts.
  bool operator==(const ScanCounts&) const = default;
};

/// The files of one snapshot (of appends: of several) that may hold rows of the predicate, in the
/// order of full ties (P6) between rows that store no row lineage: by (data sequence number, path);
/// in v3 by (data sequence number, first row id), after the files without row ids.
struct ScanPlan {
  std::string table_name;
  std::optional<Snapshot> snapshot;          ///< None: a table without snapshots; no tasks.
  std::optional<SnapshotId> appended_since;  ///< As it was asked for.
  Schema schema;                             ///< To read with.
  Predicate predicate;
  std::vector<FileTask> tasks;
  std::vector<DeleteFile> delete_files;  ///< In the order of (data sequence number, path, offset).
  std::vector<std::string> manifests;    ///< Locations of those that were read, in their order.
  std::vector<PartitionSpec> specs;      ///< All of the table, by which tasks name theirs.
  /// Every field that any schema of the table ever had: the current schema's, then dropped ones
  /// (all optional). For columns that only deletes speak of.
  Schema every_field;
  /// The table property `schema.name-mapping.default`; empty: none.
  std::string name_mapping_json;
  ScanCounts counts;

  /// Of all delete files; of a deletion vector its blob.
  int64_t DeleteBytes() const;

  /// "table T, snapshot S, manifest M": where a file of that manifest comes from, for errors.
  std::string OriginOf(uint32_t manifest) const;

  /// For people: the snapshot, the counts, one line a file (at most `files_max`).
  std::string ToString(size_t files_max = 20) const;
};

struct ScanRequest {
  std::string table_name;  ///< For messages.
  SelectedSnapshot selected;
  Predicate predicate;  ///< Bound to `selected.schema`.
  int threads = 0;      ///< 0: all cores.
  /// Parts of `predicate`, which is their conjunction: what is left out is counted with the first
  /// part that rules it out. May be empty: then nothing is said of parts.
  std::vector<Predicate> parts;
  /// Only the files that were appended after this snapshot up to the selected one, as they were
  /// when they were appended: what compactions wrote of them since is not read. See
  /// scan/append_history.h for what is refused.
  std::optional<SnapshotId> appended_since;
  /// Asked now and then on the calling thread; true stops planning with Cancelled. May be empty.
  std::function<bool()> interrupted;
};

/// Plans a scan of a table of format version 1 to 3. Unsupported names the file and its kind for
/// planned data files, and deletes that apply to them, of another format than Parquet (deletion
/// vectors: Puffin), for unknown manifest content and for encryption; CorruptData and NotFound name
/// the file and the snapshot.
Result<ScanPlan> PlanScan(const ObjectStore& store, const TableMetadata& metadata,
                          const ScanRequest& request);

}  // namespace icefield
