/// Manifest lists, manifests and data files as plain values (specification: "Manifests").
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/strong_id.h"
#include "model/partition_values.h"

namespace icefield {

enum class ManifestContent : uint8_t { kData = 0, kDeletes = 1 };
enum class FileContent : uint8_t { kData = 0, kPositionDeletes = 1, kEqualityDeletes = 2 };
enum class EntryStatus : uint8_t { kExisting = 0, kAdded = 1, kDeleted = 2 };

/// What a manifest list says of the values of one partition field in one manifest. Bounds are
/// single-value bytes of the partition type.
struct PartitionFieldSummary {
  bool contains_null = true;
  std::optional<bool> contains_nan;
  std::optional<std::string> lower_bound;
  std::optional<std::string> upper_bound;
  bool operator==(const PartitionFieldSummary&) const = default;
};

/// An entry of a manifest list.
struct ManifestFile {
  std::string path;
  int64_t length_bytes = 0;
  SpecId partition_spec_id;
  ManifestContent content = ManifestContent::kData;
  SequenceNumber sequence_number;
  SequenceNumber min_sequence_number;
  SnapshotId added_snapshot_id;                 ///< 0: unknown (v1 without a manifest list).
  std::optional<int64_t> added_files_count;     ///< None: unknown (v1).
  std::optional<int64_t> existing_files_count;  ///< None: unknown (v1).
  std::optional<int64_t> deleted_files_count;   ///< None: unknown (v1).
  std::optional<int64_t> added_rows_count;      ///< None: unknown (v1).
  std::optional<int64_t> existing_rows_count;   ///< None: unknown (v1).
  std::optional<int64_t> deleted_rows_count;    ///< None: unknown (v1).
  std::optional<std::vector<PartitionFieldSummary>>
      partitions;                       ///< None: unknown. Else one a spec field, in order.
  std::optional<int64_t> first_row_id;  ///< v3

  bool operator==(const ManifestFile&) const = default;

  /// False only where the counts say that no live file is inside.
  bool MayHoldLiveFiles() const {
    return !added_files_count || !existing_files_count || *added_files_count > 0 ||
           *existing_files_count > 0;
  }
};

/// A data or delete file. Maps hold what the writer recorded: a missing entry is unknown, not zero.
struct DataFile {
  FileContent content = FileContent::kData;
  std::string path;
  std::string format;         ///< Upper case: "PARQUET", "AVRO", "ORC", "PUFFIN".
  PartitionValues partition;  ///< Of the manifest's spec.
  int64_t record_count = 0;
  int64_t size_bytes = 0;
  std::map<FieldId, int64_t> column_sizes;  ///< Bytes in the file, compressed.
  std::map<FieldId, int64_t> value_counts;
  std::map<FieldId, int64_t> null_value_counts;
  std::map<FieldId, int64_t> nan_value_counts;
  std::map<FieldId, std::string> lower_bounds;  ///< Single-value bytes.
  std::map<FieldId, std::string> upper_bounds;  ///< Single-value bytes.
  std::vector<int64_t> split_offsets;
  std::vector<FieldId> equality_ids;
  std::optional<int32_t> sort_order_id;
  std::optional<int64_t> first_row_id;              ///< v3, data files: `_row_id` of its first row.
  std::optional<std::string> referenced_data_file;  ///< The only data file that it deletes from.
  std::optional<int64_t> content_offset;  ///< Deletion vectors: where the blob starts in the file.
  std::optional<int64_t> content_size_bytes;  ///< Deletion vectors: the length of the blob.

  bool operator==(const DataFile&) const = default;
};

/// An entry of a manifest, with what it inherits from the manifest list filled in.
struct ManifestEntry {
  EntryStatus status = EntryStatus::kExisting;
  SnapshotId snapshot_id;
  SequenceNumber data_sequence_number;
  SequenceNumber file_sequence_number;
  DataFile data_file;
  bool operator==(const ManifestEntry&) const = default;
};

}  // namespace icefield
