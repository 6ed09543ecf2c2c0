#include "model/table_update.h"

namespace icefield {
namespace {

template <typename... Pieces>
Status Broken(std::string_view table, const Pieces&... pieces) {
  return Fail(ErrorCode::kConflict, "table ", table, " was changed by another writer: ", pieces...);
}

// A number that must still be what it was.
Status CheckNumber(std::string_view table, std::string_view what, int64_t expected, int64_t now) {
  if (expected == now) return {};
  return Broken(table, what, " was ", expected, " and is now ", now);
}

struct Check {
  const TableMetadata& now;
  std::string_view table;

  Status operator()(const AssertCreate&) const {
    return Fail(ErrorCode::kAlreadyExists, "table ", table, " exists already, at ", now.location);
  }
  Status operator()(const AssertTableUuid& r) const {
    if (r.uuid == now.table_uuid) return {};
    return Broken(table, "it was dropped and made anew; its UUID was ", r.uuid, " and is now ",
                  now.table_uuid);
  }
  Status operator()(const AssertRefSnapshot& r) const {
    const auto ref = now.refs.find(r.ref);
    const bool exists = ref != now.refs.end();
    if (exists && r.snapshot_id == ref->second.snapshot_id) return {};
    if (!exists && !r.snapshot_id) return {};
    const std::string expected =
        r.snapshot_id ? StrCat("was at snapshot ", r.snapshot_id->value) : "did not exist";
    return Broken(
        table, ref == now.refs.end() ? "the ref " : ref->second.type + " ", r.ref, " ", expected,
        " and ",
        exists ? StrCat("is now at ", ref->second.snapshot_id.value) : std::string("is gone"));
  }
  Status operator()(const AssertLastColumnId& r) const {
    return CheckNumber(table, "the last column id", r.id.value, now.last_column_id.value);
  }
  Status operator()(const AssertCurrentSchema& r) const {
    return CheckNumber(table, "the current schema", r.id.value, now.current_schema_id.value);
  }
  Status operator()(const AssertLastPartitionId& r) const {
    return CheckNumber(table, "the last partition field id", r.id.value,
                       now.last_partition_id.value);
  }
  Status operator()(const AssertDefaultSpec& r) const {
    return CheckNumber(table, "the default partition spec", r.id.value, now.default_spec_id.value);
  }
  Status operator()(const AssertDefaultSortOrder& r) const {
    return CheckNumber(table, "the default sort order", r.id, now.default_sort_order_id);
  }
};

}  // namespace

Status CheckRequirements(const std::vector<TableRequirement>& requirements,
                         const TableMetadata* current, std::string_view table_name) {
  for (const TableRequirement& requirement : requirements) {
    if (current != nullptr) {
      ICEFIELD_TRY(std::visit(Check{*current, table_name}, requirement));
    } else if (!std::holds_alternative<AssertCreate>(requirement)) {
      return NotFound("table ", table_name, " does not exist (any more)");
    }
  }
  return {};
}

}  // namespace icefield
