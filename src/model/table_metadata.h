/// Everything that one metadata file says of a table.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/partition_spec.h"
#include "model/schema.h"
#include "model/snapshot.h"

namespace icefield {

struct SortField {
  FieldId source_id;
  Transform transform;
  bool ascending = true;
  bool nulls_first = true;
  bool operator==(const SortField&) const = default;
};

struct SortOrder {
  int32_t id = 0;
  std::vector<SortField> fields;
  bool operator==(const SortOrder&) const = default;
};

/// Table metadata of format v1 to v3 as one value (specification: "Table Metadata"); v1 is read
/// into the v2 shape.
struct TableMetadata {
  int32_t format_version = 2;
  std::string table_uuid;  ///< May be empty in v1.
  std::string location;
  SequenceNumber last_sequence_number;
  int64_t last_updated_ms = 0;
  FieldId last_column_id;  ///< The highest id that any column ever had.
  std::vector<Schema> schemas;
  SchemaId current_schema_id;
  std::vector<PartitionSpec> partition_specs;
  SpecId default_spec_id;
  FieldId last_partition_id{999};  ///< The highest id that any partition field ever had.
  std::vector<SortOrder> sort_orders;
  int32_t default_sort_order_id = 0;
  std::map<std::string, std::string> properties;
  std::optional<SnapshotId> current_snapshot_id;  ///< None: the table is empty (v1 may say -1).
  std::vector<Snapshot> snapshots;
  std::vector<SnapshotLogEntry> snapshot_log;
  std::vector<MetadataLogEntry> metadata_log;  ///< Oldest first; without the file itself.
  std::map<std::string, SnapshotRef> refs;     ///< "main" is added where the file has none.
  std::optional<int64_t> next_row_id;          ///< v3: above every `_row_id` that was assigned.

  bool operator==(const TableMetadata&) const = default;

  /// Null where there is none of that id.
  const Snapshot* FindSnapshot(SnapshotId id) const;
  const Schema* FindSchema(SchemaId id) const;
  const PartitionSpec* FindSpec(SpecId id) const;

  /// The current schema. The parser has checked that it exists.
  const Schema& CurrentSchema() const;

  /// The order that new files are sorted by; without fields: none.
  SortOrder DefaultSortOrder() const;

  /// The schema that `snapshot` was written with; the current one for a snapshot that does not say
  /// (old v1), as the specification asks. CorruptData where its schema is missing.
  Result<const Schema*> SchemaOf(const Snapshot& snapshot) const;
};

/// Which state of a table is meant. At most one member is set; none: the current snapshot.
struct SnapshotSelector {
  std::optional<SnapshotId> snapshot_id;
  std::optional<std::string> ref;     ///< Branch or tag.
  std::optional<SnapshotTime> as_of;  ///< The snapshot that was current at this time.
  bool operator==(const SnapshotSelector&) const = default;
};

/// A selected state: the snapshot (null for a table without any) and the schema to read it with.
struct SelectedSnapshot {
  const Snapshot* snapshot = nullptr;
  const Schema* schema = nullptr;
};

/// Resolves `selector`. The current snapshot is read with the current schema; one named by id, ref
/// or time is read with its own schema (P11). NotFound names the table, what was asked and what
/// there is; InvalidArgument where two are set. The result points into `metadata`.
Result<SelectedSnapshot> SelectSnapshot(const TableMetadata& metadata,
                                        const SnapshotSelector& selector,
                                        std::string_view table_name);

}  // namespace icefield
