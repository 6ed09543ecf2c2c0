#include "codec/json/snapshot_writer.h"

#include <nlohmann/json.hpp>

namespace icefield {

using Json = nlohmann::ordered_json;

std::string SnapshotJson(const Snapshot& snapshot, int32_t format_version) {
  constexpr const char* kOperation = "operation";
  Json json = Json::object();
  json["snapshot-id"] = snapshot.id.value;
  if (snapshot.parent_id) json["parent-snapshot-id"] = snapshot.parent_id->value;
  if (format_version > 1) json["sequence-number"] = snapshot.sequence_number.value;
  json["timestamp-ms"] = snapshot.timestamp.value;
  Json& summary = json["summary"] = Json::object();
  if (const auto operation = snapshot.summary.find(kOperation);
      operation != snapshot.summary.end()) {
    summary[kOperation] = operation->second;
  }
  for (const auto& [name, value] : snapshot.summary) summary[name] = value;
  json["manifest-list"] = snapshot.manifest_list;
  if (snapshot.schema_id) json["schema-id"] = snapshot.schema_id->value;
  if (snapshot.first_row_id) json["first-row-id"] = *snapshot.first_row_id;
  if (snapshot.added_rows) json["added-rows"] = *snapshot.added_rows;
  if (snapshot.key_id) json["key-id"] = *snapshot.key_id;
  // Bytes that are no UTF-8 become U+FFFD, as in every text that this folder writes.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace icefield
