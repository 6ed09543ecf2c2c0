/// Changes of tables for tests of catalogs.
#pragma once

#include <string>

#include "model/table_update.h"

namespace icefield {

/// Makes a table of one column.
inline TableChange Creation(const std::string& location,
                            const std::map<std::string, std::string>& properties = {}) {
  const Schema schema{SchemaId{0}, {{{FieldId{1}, "x", PrimitiveKind::kLong, true}}}, {}};
  return {{AssertCreate{}},
          {AddSchema{schema}, SetCurrentSchema{SchemaId{-1}}, SetLocation{location},
           SetProperties{properties}}};
}

/// Sets one property of any table.
inline TableChange Setting(const std::string& name, const std::string& value) {
  return {{}, {SetProperties{{{name, value}}}}};
}

/// Appends a snapshot to `table`, which must not have changed.
inline TableChange Appending(const TableMetadata& table, int64_t snapshot_id) {
  Snapshot snapshot;
  snapshot.id = SnapshotId{snapshot_id};
  snapshot.parent_id = table.current_snapshot_id;
  snapshot.sequence_number = SequenceNumber{table.last_sequence_number.value + 1};
  snapshot.timestamp = SnapshotTime{table.last_updated_ms + 1};
  snapshot.manifest_list = "/list.avro";
  snapshot.summary = {{"operation", "append"}};
  return {{AssertTableUuid{table.table_uuid}, AssertRefSnapshot{"main", table.current_snapshot_id}},
          {AddSnapshot{snapshot}, SetSnapshotRef{"main", {snapshot.id, "branch"}}}};
}

}  // namespace icefield
