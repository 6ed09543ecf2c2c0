#include "codec/json/metadata_reader.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "codec/json/gzip.h"
#include "codec/json/schema_reader.h"
#include "codec/json/spec_reader.h"

namespace icefield {
namespace {

constexpr int32_t kFormatVersionMax = 3;
constexpr int64_t kNoSnapshot = -1;  // What old writers put where there is no current snapshot.

// Reads every element of the list `key` with `read`; ids must differ. Nothing where the list is
// missing.
template <typename Item, typename Read>
Result<std::optional<std::vector<Item>>> ReadList(const JsonValue& root, std::string_view key,
                                                  Read read) {
  ICEFIELD_ASSIGN(const std::optional<JsonValue> list, root.Find(key));
  if (!list) return std::optional<std::vector<Item>>();
  ICEFIELD_ASSIGN(const std::vector<JsonValue> elements, list->Elements());
  std::vector<Item> items;
  std::set<decltype(Item::id)> seen;
  for (const JsonValue& element : elements) {
    ICEFIELD_ASSIGN(Item item, read(element));
    if (!seen.insert(item.id).second) return CorruptData(element.Path(), " repeats an id");
    items.push_back(std::move(item));
  }
  return std::optional<std::vector<Item>>(std::move(items));
}

Error MissingFrom(std::string_view key, int32_t format_version) {
  return CorruptData(key, " is missing, which format version ", format_version, " demands");
}

// Fills schemas and current_schema_id. v1 may have the one `schema` alone.
Status ReadSchemas(const JsonValue& root, TableMetadata& metadata) {
  ICEFIELD_ASSIGN(std::optional<std::vector<Schema>> schemas,
                  ReadList<Schema>(root, "schemas", &ReadSchema));
  if (!schemas) {
    if (metadata.format_version > 1) return MissingFrom("schemas", metadata.format_version);
    ICEFIELD_ASSIGN(const JsonValue json, root.Get("schema"));
    ICEFIELD_ASSIGN(Schema schema, ReadSchema(json));
    metadata.current_schema_id = schema.id;
    metadata.schemas.push_back(std::move(schema));
    return {};
  }
  metadata.schemas = *std::move(schemas);
  ICEFIELD_ASSIGN(metadata.current_schema_id.value, root.Get<int32_t>("current-schema-id"));
  if (metadata.FindSchema(metadata.current_schema_id) == nullptr) {
    return CorruptData("current-schema-id ", metadata.current_schema_id.value,
                       " is not among the schemas");
  }
  return {};
}

// Fills partition_specs and default_spec_id. v1 may have the fields of one spec alone.
Status ReadPartitionSpecs(const JsonValue& root, TableMetadata& metadata) {
  const PartitionFieldIds ids =
      metadata.format_version == 1 ? PartitionFieldIds::kByPosition : PartitionFieldIds::kRequired;
  ICEFIELD_ASSIGN(std::optional<std::vector<PartitionSpec>> specs,
                  ReadList<PartitionSpec>(root, "partition-specs", [ids](const JsonValue& json) {
                    return ReadPartitionSpec(json, ids);
                  }));
  if (!specs) {
    if (metadata.format_version > 1) return MissingFrom("partition-specs", metadata.format_version);
    ICEFIELD_ASSIGN(const JsonValue json, root.Get("partition-spec"));
    PartitionSpec spec;
    ICEFIELD_ASSIGN(spec.fields, ReadPartitionFields(json, ids));
    metadata.default_spec_id = spec.id;
    metadata.partition_specs.push_back(std::move(spec));
    return {};
  }
  metadata.partition_specs = *std::move(specs);
  ICEFIELD_ASSIGN(metadata.default_spec_id.value, root.Get<int32_t>("default-spec-id"));
  if (metadata.FindSpec(metadata.default_spec_id) == nullptr) {
    return CorruptData("default-spec-id ", metadata.default_spec_id.value,
                       " is not among the partition specs");
  }
  return {};
}

int32_t HighestId(const std::vector<Field>& fields) {
  int32_t highest = 0;
  for (const Field& field : fields) {
    highest = std::max({highest, field.id.value, HighestId(field.type.children())});
  }
  return highest;
}

// Fills the highest ids that were ever given. A file that says less than what it shows, or nothing,
// would have writers give an id twice.
Status ReadLastIds(const JsonValue& root, TableMetadata& metadata) {
  ICEFIELD_ASSIGN(const std::optional<int32_t> column, root.Find<int32_t>("last-column-id"));
  metadata.last_column_id.value = column.value_or(0);
  for (const Schema& schema : metadata.schemas) {
    metadata.last_column_id.value =
        std::max(metadata.last_column_id.value, HighestId(schema.columns.fields));
  }
  ICEFIELD_ASSIGN(const std::optional<int32_t> partition, root.Find<int32_t>("last-partition-id"));
  if (partition) metadata.last_partition_id.value = *partition;
  for (const PartitionSpec& spec : metadata.partition_specs) {
    for (const PartitionField& field : spec.fields) {
      metadata.last_partition_id = std::max(metadata.last_partition_id, field.field_id);
    }
  }
  return {};
}

// Readers do not need sort orders, so none are demanded; those that are there must be right.
Status ReadSortOrders(const JsonValue& root, TableMetadata& metadata) {
  ICEFIELD_ASSIGN(std::optional<std::vector<SortOrder>> orders,
                  ReadList<SortOrder>(root, "sort-orders", &ReadSortOrder));
  metadata.sort_orders = std::move(orders).value_or(std::vector<SortOrder>());
  ICEFIELD_ASSIGN(const std::optional<int32_t> id, root.Find<int32_t>("default-sort-order-id"));
  metadata.default_sort_order_id = id.value_or(0);
  if (metadata.default_sort_order_id == 0) return {};  // 0 is reserved for "unsorted".
  for (const SortOrder& order : metadata.sort_orders) {
    if (order.id == metadata.default_sort_order_id) return {};
  }
  return CorruptData("default-sort-order-id ", metadata.default_sort_order_id,
                     " is not among the sort orders");
}

Result<Snapshot> ReadSnapshot(const JsonValue& json) {
  Snapshot snapshot;
  ICEFIELD_ASSIGN(snapshot.id.value, json.Get<int64_t>("snapshot-id"));
  ICEFIELD_ASSIGN(const std::optional<int64_t> parent, json.Find<int64_t>("parent-snapshot-id"));
  if (parent) snapshot.parent_id = SnapshotId{*parent};
  // Missing in v1, and for the snapshots that a v2 table had before its upgrade.
  ICEFIELD_ASSIGN(const std::optional<int64_t> sequence, json.Find<int64_t>("sequence-number"));
  snapshot.sequence_number.value = sequence.value_or(0);
  ICEFIELD_ASSIGN(snapshot.timestamp.value, json.Get<int64_t>("timestamp-ms"));
  ICEFIELD_ASSIGN(std::optional<std::string> list, json.Find<std::string>("manifest-list"));
  if (list) {
    snapshot.manifest_list = *std::move(list);
  } else {
    ICEFIELD_ASSIGN(const std::optional<JsonValue> manifests, json.Find("manifests"));
    if (!manifests) return CorruptData(json.Path(), ".manifest-list is missing");
    ICEFIELD_ASSIGN(snapshot.manifests, manifests->ElementsAs<std::string>());
  }
  ICEFIELD_ASSIGN(const std::optional<JsonValue> summary, json.Find("summary"));
  if (summary) {
    ICEFIELD_ASSIGN(snapshot.summary, summary->TextMembers());
  }
  ICEFIELD_ASSIGN(const std::optional<int32_t> schema_id, json.Find<int32_t>("schema-id"));
  if (schema_id) snapshot.schema_id = SchemaId{*schema_id};
  ICEFIELD_ASSIGN(snapshot.first_row_id, json.Find<int64_t>("first-row-id"));
  ICEFIELD_ASSIGN(snapshot.added_rows, json.Find<int64_t>("added-rows"));
  ICEFIELD_ASSIGN(snapshot.key_id, json.Find<std::string>("key-id"));
  return snapshot;
}

// Fills snapshots, current_snapshot_id and snapshot_log.
Status ReadSnapshots(const JsonValue& root, TableMetadata& metadata) {
  ICEFIELD_ASSIGN(std::optional<std::vector<Snapshot>> snapshots,
                  ReadList<Snapshot>(root, "snapshots", &ReadSnapshot));
  metadata.snapshots = std::move(snapshots).value_or(std::vector<Snapshot>());
  ICEFIELD_ASSIGN(const std::optional<int64_t> current, root.Find<int64_t>("current-snapshot-id"));
  if (current.value_or(kNoSnapshot) != kNoSnapshot) {
    metadata.current_snapshot_id = SnapshotId{*current};
    if (metadata.FindSnapshot(*metadata.current_snapshot_id) == nullptr) {
      return CorruptData("current-snapshot-id ", *current, " is not among the snapshots");
    }
  }
  ICEFIELD_ASSIGN(const std::optional<JsonValue> log, root.Find("snapshot-log"));
  if (!log) return {};
  ICEFIELD_ASSIGN(const std::vector<JsonValue> entries, log->Elements());
  for (const JsonValue& json : entries) {
    SnapshotLogEntry entry;
    ICEFIELD_ASSIGN(entry.timestamp.value, json.Get<int64_t>("timestamp-ms"));
    ICEFIELD_ASSIGN(entry.snapshot_id.value, json.Get<int64_t>("snapshot-id"));
    metadata.snapshot_log.push_back(entry);
  }
  return {};
}

Status ReadMetadataLog(const JsonValue& root, TableMetadata& metadata) {
  ICEFIELD_ASSIGN(const std::optional<JsonValue> log, root.Find("metadata-log"));
  if (!log) return {};
  ICEFIELD_ASSIGN(const std::vector<JsonValue> entries, log->Elements());
  for (const JsonValue& json : entries) {
    MetadataLogEntry entry;
    ICEFIELD_ASSIGN(entry.timestamp.value, json.Get<int64_t>("timestamp-ms"));
    ICEFIELD_ASSIGN(entry.location, json.Get<std::string>("metadata-file"));
    metadata.metadata_log.push_back(std::move(entry));
  }
  return {};
}

Status ReadRefs(const JsonValue& root, TableMetadata& metadata) {
  ICEFIELD_ASSIGN(const std::optional<JsonValue> refs, root.Find("refs"));
  if (refs) {
    ICEFIELD_ASSIGN(const auto members, refs->Members());
    for (const auto& [name, json] : members) {
      SnapshotRef ref;
      ICEFIELD_ASSIGN(ref.snapshot_id.value, json.Get<int64_t>("snapshot-id"));
      ICEFIELD_ASSIGN(ref.type, json.Get<std::string>("type"));
      if (ref.type != "branch" && ref.type != "tag") {
        return CorruptData(json.Path(), ".type must be 'branch' or 'tag', it is '", ref.type, "'");
      }
      ICEFIELD_ASSIGN(ref.min_snapshots_to_keep, json.Find<int32_t>("min-snapshots-to-keep"));
      ICEFIELD_ASSIGN(ref.max_snapshot_age_ms, json.Find<int64_t>("max-snapshot-age-ms"));
      ICEFIELD_ASSIGN(ref.max_ref_age_ms, json.Find<int64_t>("max-ref-age-ms"));
      if (metadata.FindSnapshot(ref.snapshot_id) == nullptr) {
        return CorruptData(json.Path(), ".snapshot-id ", ref.snapshot_id.value,
                           " is not among the snapshots");
      }
      metadata.refs.emplace(name, std::move(ref));
    }
  }
  const auto main = metadata.refs.find("main");
  if (main == metadata.refs.end()) {
    if (metadata.current_snapshot_id) {
      metadata.refs.emplace("main", SnapshotRef{*metadata.current_snapshot_id, "branch"});
    }
  } else if (main->second.snapshot_id != metadata.current_snapshot_id) {
    return CorruptData("refs.main is the snapshot ", main->second.snapshot_id.value,
                       ", which is not the current snapshot");
  }
  return {};
}

// What v2 demands and v1 may lack.
template <typename T>
Result<T> GetSince2(const JsonValue& root, std::string_view key, int32_t format_version) {
  ICEFIELD_ASSIGN(std::optional<T> value, root.Find<T>(key));
  if (!value && format_version >= 2) return MissingFrom(key, format_version);
  return std::move(value).value_or(T());
}

Result<int32_t> ReadFormatVersion(const JsonValue& root) {
  ICEFIELD_ASSIGN(const int32_t version, root.Get<int32_t>("format-version"));
  if (version > kFormatVersionMax) {
    return Unsupported("table format version ", version, "; Icefield reads versions 1 to 3");
  }
  if (version < 1) return CorruptData("format-version is ", version, "; the first version is 1");
  return version;
}

Result<TableMetadata> ReadTableMetadata(const JsonValue& root) {
  TableMetadata metadata;
  ICEFIELD_ASSIGN(metadata.format_version, ReadFormatVersion(root));
  ICEFIELD_ASSIGN(metadata.table_uuid,
                  GetSince2<std::string>(root, "table-uuid", metadata.format_version));
  ICEFIELD_ASSIGN(metadata.location, root.Get<std::string>("location"));
  ICEFIELD_ASSIGN(metadata.last_sequence_number.value,
                  GetSince2<int64_t>(root, "last-sequence-number", metadata.format_version));
  ICEFIELD_ASSIGN(metadata.last_updated_ms, root.Get<int64_t>("last-updated-ms"));
  ICEFIELD_ASSIGN(metadata.next_row_id, root.Find<int64_t>("next-row-id"));
  ICEFIELD_TRY(ReadSchemas(root, metadata));
  ICEFIELD_TRY(ReadPartitionSpecs(root, metadata));
  ICEFIELD_TRY(ReadLastIds(root, metadata));
  ICEFIELD_TRY(ReadSortOrders(root, metadata));
  ICEFIELD_ASSIGN(const std::optional<JsonValue> properties, root.Find("properties"));
  if (properties) {
    ICEFIELD_ASSIGN(metadata.properties, properties->TextMembers());
  }
  ICEFIELD_TRY(ReadSnapshots(root, metadata));
  ICEFIELD_TRY(ReadRefs(root, metadata));
  ICEFIELD_TRY(ReadMetadataLog(root, metadata));
  return metadata;
}

Result<TableMetadata> ParseText(std::string_view text) {
  ICEFIELD_ASSIGN(const JsonDocument document, JsonDocument::Parse(text));
  return ReadTableMetadata(document.Root());
}

}  // namespace

Result<std::string> MetadataText(std::string_view bytes, std::string_view location) {
  if (!IsGzip(bytes)) return std::string(bytes);
  Result<std::string> text = Gunzip(bytes, kMetadataFileBytesMax);
  if (!text.ok()) return std::move(text).error().At(location);
  return text;
}

Result<TableMetadata> ParseTableMetadata(std::string_view bytes, std::string_view location) {
  const Result<std::string> text = MetadataText(bytes, location);
  if (!text.ok()) return text.error();
  Result<TableMetadata> metadata = ParseText(*text);
  if (!metadata.ok()) return std::move(metadata).error().At(location);
  return metadata;
}

}  // namespace icefield
