#include "model/table_metadata.h"

#include <algorithm>

#include "base/checked.h"
#include "model/calendar.h"

namespace icefield {
namespace {

constexpr size_t kNamedMax = 20;  // Ids that an error message lists before it only counts.

template <typename Item, typename Id>
const Item* FindById(const std::vector<Item>& items, Id id) {
  const auto found =
      std::find_if(items.begin(), items.end(), [id](const Item& item) { return item.id == id; });
  return found == items.end() ? nullptr : &*found;
}

// "1, 2, 3": the newest of the snapshots.
std::string SnapshotList(const std::vector<Snapshot>& snapshots) {
  if (snapshots.empty()) return "the table has no snapshots";
  std::vector<std::string> ids;
  const size_t skipped = snapshots.size() - std::min(snapshots.size(), kNamedMax);
  for (size_t at = skipped; at < snapshots.size(); ++at) {
    ids.push_back(std::to_string(snapshots[at].id.value));
  }
  return StrCat("it has ", skipped > 0 ? StrCat(skipped, " older ones and ") : "", Join(ids, ", "));
}

Error NoSuchRef(const TableMetadata& metadata, std::string_view ref, std::string_view table_name) {
  std::vector<std::string> names;
  for (const auto& [name, known] : metadata.refs) names.push_back(StrCat(known.type, " ", name));
  return NotFound("table ", table_name, " has no branch or tag '", ref, "'; ",
                  names.empty() ? "the table has no snapshots" : "it has " + Join(names, ", "));
}

// The snapshot that was current at `time` by the table's log: the last change at or before it. A
// table that keeps no log answers by the line of ancestors of its current snapshot.
std::optional<SnapshotId> CurrentAt(const TableMetadata& metadata, SnapshotTime time) {
  if (!metadata.snapshot_log.empty()) {
    const auto& log = metadata.snapshot_log;
    const auto entry = std::find_if(log.rbegin(), log.rend(), [time](const SnapshotLogEntry& each) {
      return each.timestamp <= time;
    });
    return entry == log.rend() ? std::nullopt : std::optional(entry->snapshot_id);
  }
  std::optional<SnapshotId> id = metadata.current_snapshot_id;
  // No line is longer than the snapshots there are; a circle in corrupt metadata ends here.
  for (size_t steps = 0; id && steps < metadata.snapshots.size(); ++steps) {
    const Snapshot* snapshot = metadata.FindSnapshot(*id);
    if (snapshot == nullptr) return std::nullopt;
    if (snapshot->timestamp <= time) return id;
    id = snapshot->parent_id;
  }
  return std::nullopt;
}

// "2024-01-31T12:00:00.123Z"
std::string TimeText(SnapshotTime time) {
  constexpr int64_t kMillisPerDay = kMicrosPerDay / 1000;
  const int64_t days = FloorDivide(time.value, kMillisPerDay);
  const int64_t nanos = FloorRemainder(time.value, kMillisPerDay) * 1'000'000;
  return StrCat(IsoDateText(days), "T", IsoTimeText(nanos, 9).substr(0, 12), "Z");
}

Result<const Snapshot*> FindAsOf(const TableMetadata& metadata, SnapshotTime time,
                                 std::string_view table_name) {
  const std::optional<SnapshotId> id = CurrentAt(metadata, time);
  if (!id) {
    const std::string oldest =
        metadata.snapshot_log.empty()
            ? SnapshotList(metadata.snapshots)
            : StrCat("its history begins at ", TimeText(metadata.snapshot_log.front().timestamp));
    return NotFound("table ", table_name, " had no snapshot yet at ", TimeText(time), "; ", oldest);
  }
  const Snapshot* snapshot = metadata.FindSnapshot(*id);
  if (snapshot == nullptr) {
    return NotFound("the snapshot ", id->value, " that was current in table ", table_name, " at ",
                    TimeText(time), " has expired; ", SnapshotList(metadata.snapshots));
  }
  return snapshot;
}

Result<const Snapshot*> FindSelected(const TableMetadata& metadata,
                                     const SnapshotSelector& selector,
                                     std::string_view table_name) {
  if (selector.as_of) return FindAsOf(metadata, *selector.as_of, table_name);
  if (selector.ref) {
    const auto ref = metadata.refs.find(*selector.ref);
    if (ref == metadata.refs.end()) return NoSuchRef(metadata, *selector.ref, table_name);
    return metadata.FindSnapshot(ref->second.snapshot_id);
  }
  const Snapshot* snapshot = metadata.FindSnapshot(*selector.snapshot_id);
  if (snapshot == nullptr) {
    return NotFound("table ", table_name, " has no snapshot ", selector.snapshot_id->value, "; ",
                    SnapshotList(metadata.snapshots));
  }
  return snapshot;
}

}  // namespace

const Snapshot* TableMetadata::FindSnapshot(SnapshotId id) const { return FindById(snapshots, id); }

const Schema* TableMetadata::FindSchema(SchemaId id) const { return FindById(schemas, id); }

const PartitionSpec* TableMetadata::FindSpec(SpecId id) const {
  return FindById(partition_specs, id);
}

const Schema& TableMetadata::CurrentSchema() const { return *FindSchema(current_schema_id); }

SortOrder TableMetadata::DefaultSortOrder() const {
  const SortOrder* order = FindById(sort_orders, default_sort_order_id);
  return order != nullptr ? *order : SortOrder();
}

Result<const Schema*> TableMetadata::SchemaOf(const Snapshot& snapshot) const {
  if (!snapshot.schema_id) return &CurrentSchema();
  const Schema* schema = FindSchema(*snapshot.schema_id);
  if (schema == nullptr) {
    return CorruptData("the schema ", snapshot.schema_id->value, " of snapshot ", snapshot.id.value,
                       " is not among the schemas of the table at ", location);
  }
  return schema;
}

Result<SelectedSnapshot> SelectSnapshot(const TableMetadata& metadata,
                                        const SnapshotSelector& selector,
                                        std::string_view table_name) {
  const int asked = int{selector.snapshot_id.has_value()} + int{selector.ref.has_value()} +
                    int{selector.as_of.has_value()};
  if (asked > 1) {
    return InvalidArgument("table ", table_name,
                           ": only one of snapshot id, ref and as-of time may be given");
  }
  if (asked == 0) {
    const Snapshot* current = metadata.current_snapshot_id
                                  ? metadata.FindSnapshot(*metadata.current_snapshot_id)
                                  : nullptr;
    return SelectedSnapshot{current, &metadata.CurrentSchema()};
  }
  ICEFIELD_ASSIGN(const Snapshot* snapshot, FindSelected(metadata, selector, table_name));
  ICEFIELD_ASSIGN(const Schema* schema, metadata.SchemaOf(*snapshot));
  return SelectedSnapshot{snapshot, schema};
}

}  // namespace icefield
