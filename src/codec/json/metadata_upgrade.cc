#include "codec/json/metadata_upgrade.h"

#include <algorithm>
#include <string>

#include "base/uuid.h"

namespace icefield {
namespace {

using Json = nlohmann::ordered_json;

constexpr int32_t kFormatVersionMax = 3;

bool IsMissing(const Json& root, const char* key) {
  const auto found = root.find(key);
  return found == root.end() || found->is_null();
}

// The fields of a spec with the ids that v1 leaves to their positions.
void NumberFields(Json& fields, const PartitionSpec& spec) {
  for (size_t at = 0; at < fields.size() && at < spec.fields.size(); ++at) {
    fields[at]["field-id"] = spec.fields[at].field_id.value;
  }
}

bool IsOfVersion3(PrimitiveKind kind) {
  switch (kind) {
    case PrimitiveKind::kUnknown:
    case PrimitiveKind::kTimestampNs:
    case PrimitiveKind::kTimestamptzNs:
    case PrimitiveKind::kVariant:
    case PrimitiveKind::kGeometry:
    case PrimitiveKind::kGeography:
      return true;
    default:
      return false;
  }
}

}  // namespace

void CompleteV1(Json& root, TableMetadata& metadata) {
  if (metadata.format_version != 1) return;
  if (metadata.table_uuid.empty()) {
    metadata.table_uuid = RandomUuid();
    root["table-uuid"] = metadata.table_uuid;
  }
  if (IsMissing(root, "schemas")) {
    Json schema = root["schema"];
    schema["schema-id"] = metadata.current_schema_id.value;
    root["schemas"] = Json::array({std::move(schema)});
    root["current-schema-id"] = metadata.current_schema_id.value;
  }
  if (IsMissing(root, "partition-specs")) {
    Json spec = Json::object();
    spec["spec-id"] = metadata.default_spec_id.value;
    spec["fields"] = root["partition-spec"];
    root["partition-specs"] = Json::array({std::move(spec)});
    root["default-spec-id"] = metadata.default_spec_id.value;
  }
  Json& specs = root["partition-specs"];
  for (size_t at = 0; at < specs.size(); ++at) {
    NumberFields(specs[at]["fields"], metadata.partition_specs[at]);
  }
  root["last-partition-id"] = metadata.last_partition_id.value;
  root["last-column-id"] = metadata.last_column_id.value;
}

Status UpgradeFormat(Json& root, TableMetadata& metadata, int32_t version) {
  if (version > kFormatVersionMax) {
    return Unsupported("table format version ", version, "; Icefield writes versions 1 to 3");
  }
  if (version < metadata.format_version) {
    return InvalidArgument("the table at ", metadata.location, " has format version ",
                           metadata.format_version, ", which cannot go down to ", version);
  }
  if (metadata.format_version == 1 && version > 1) {
    root["last-sequence-number"] = 0;
    if (!IsMissing(root, "snapshots")) {
      for (Json& snapshot : root["snapshots"]) snapshot["sequence-number"] = 0;
    }
    root.erase("schema");
    root.erase("partition-spec");
  }
  if (metadata.format_version < 3 && version == 3) {
    metadata.next_row_id = 0;
    root["next-row-id"] = 0;
    if (!metadata.current_snapshot_id) root.erase("current-snapshot-id");
  }
  metadata.format_version = version;
  root["format-version"] = version;
  return {};
}

void MirrorForV1(Json& root, const TableMetadata& metadata) {
  if (metadata.format_version != 1) return;
  for (const Json& schema : root["schemas"]) {
    if (schema.value("schema-id", 0) == metadata.current_schema_id.value) root["schema"] = schema;
  }
  for (const Json& spec : root["partition-specs"]) {
    if (spec.value("spec-id", 0) == metadata.default_spec_id.value) {
      root["partition-spec"] = spec["fields"];
    }
  }
}

int32_t FormatVersionOf(const Field& field) {
  const PrimitiveType* primitive = field.type.primitive();
  if (primitive != nullptr && IsOfVersion3(primitive->kind)) return 3;
  if (!field.initial_default_json.empty() || !field.write_default_json.empty()) return 3;
  int32_t version = 1;
  for (const Field& child : field.type.children()) {
    version = std::max(version, FormatVersionOf(child));
  }
  return version;
}

}  // namespace icefield
