/// Changes to a table as plain values: what a commit demands and what it does. The shapes of the
/// Iceberg REST protocol ("TableRequirement", "TableUpdate"), which every catalog understands.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "model/table_metadata.h"

namespace icefield {

/// The table does not exist yet.
struct AssertCreate {
  bool operator==(const AssertCreate&) const = default;
};
struct AssertTableUuid {
  std::string uuid;
  bool operator==(const AssertTableUuid&) const = default;
};
/// The branch or tag is at this snapshot; none: it does not exist.
struct AssertRefSnapshot {
  std::string ref;
  std::optional<SnapshotId> snapshot_id;
  bool operator==(const AssertRefSnapshot&) const = default;
};
struct AssertLastColumnId {
  FieldId id;
  bool operator==(const AssertLastColumnId&) const = default;
};
struct AssertCurrentSchema {
  SchemaId id;
  bool operator==(const AssertCurrentSchema&) const = default;
};
struct AssertLastPartitionId {
  FieldId id;
  bool operator==(const AssertLastPartitionId&) const = default;
};
struct AssertDefaultSpec {
  SpecId id;
  bool operator==(const AssertDefaultSpec&) const = default;
};
struct AssertDefaultSortOrder {
  int32_t id = 0;
  bool operator==(const AssertDefaultSortOrder&) const = default;
};

using TableRequirement =
    std::variant<AssertCreate, AssertTableUuid, AssertRefSnapshot, AssertLastColumnId,
                 AssertCurrentSchema, AssertLastPartitionId, AssertDefaultSpec,
                 AssertDefaultSortOrder>;

struct AssignUuid {
  std::string uuid;
  bool operator==(const AssignUuid&) const = default;
};
struct UpgradeFormatVersion {
  int32_t version = 2;
  bool operator==(const UpgradeFormatVersion&) const = default;
};
/// Adds the schema under its id, unless an equal one is there.
struct AddSchema {
  Schema schema;
  bool operator==(const AddSchema&) const = default;
};
struct SetCurrentSchema {
  SchemaId id;  ///< -1: the schema that was added last.
  bool operator==(const SetCurrentSchema&) const = default;
};
struct AddPartitionSpec {
  PartitionSpec spec;
  bool operator==(const AddPartitionSpec&) const = default;
};
struct SetDefaultSpec {
  SpecId id;  ///< -1: the spec that was added last.
  bool operator==(const SetDefaultSpec&) const = default;
};
struct AddSortOrder {
  SortOrder order;
  bool operator==(const AddSortOrder&) const = default;
};
struct SetDefaultSortOrder {
  int32_t id = -1;  ///< -1: the order that was added last.
  bool operator==(const SetDefaultSortOrder&) const = default;
};
struct AddSnapshot {
  Snapshot snapshot;
  bool operator==(const AddSnapshot&) const = default;
};
struct SetSnapshotRef {
  std::string name;
  SnapshotRef ref;
  bool operator==(const SetSnapshotRef&) const = default;
};
struct RemoveSnapshotRef {
  std::string name;
  bool operator==(const RemoveSnapshotRef&) const = default;
};
struct SetLocation {
  std::string location;
  bool operator==(const SetLocation&) const = default;
};
struct SetProperties {
  std::map<std::string, std::string> properties;
  bool operator==(const SetProperties&) const = default;
};
struct RemoveProperties {
  std::vector<std::string> names;
  bool operator==(const RemoveProperties&) const = default;
};

using TableUpdate =
    std::variant<AssignUuid, UpgradeFormatVersion, AddSchema, SetCurrentSchema, AddPartitionSpec,
                 SetDefaultSpec, AddSortOrder, SetDefaultSortOrder, AddSnapshot, SetSnapshotRef,
                 RemoveSnapshotRef, SetLocation, SetProperties, RemoveProperties>;

/// One commit: atomically all updates, if all requirements hold.
struct TableChange {
  std::vector<TableRequirement> requirements;
  std::vector<TableUpdate> updates;
  bool operator==(const TableChange&) const = default;
};

/// Conflict names the table and the first requirement that `current` (null: there is no such table)
/// does not meet; AlreadyExists for AssertCreate on a table that exists, NotFound for any other
/// requirement on one that does not.
Status CheckRequirements(const std::vector<TableRequirement>& requirements,
                         const TableMetadata* current, std::string_view table_name);

}  // namespace icefield
