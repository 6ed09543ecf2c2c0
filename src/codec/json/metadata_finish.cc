// What every new metadata file must have, whatever its updates were.
#include <algorithm>
#include <charconv>

#include "base/uuid.h"
#include "codec/json/metadata_edit.h"
#include "codec/json/metadata_upgrade.h"

namespace icefield {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kPreviousVersionsMax = "write.metadata.previous-versions-max";
constexpr int64_t kPreviousVersionsMaxDefault = 100;

Json& List(Json& root, const char* key) {
  Json& list = root[key];
  if (!list.is_array()) list = Json::array();
  return list;
}

Result<size_t> LoggedFilesMax(const TableMetadata& metadata) {
  const auto found = metadata.properties.find(kPreviousVersionsMax);
  if (found == metadata.properties.end()) return size_t{kPreviousVersionsMaxDefault};
  const std::string& text = found->second;
  int64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size()) {
    return InvalidArgument("table property ", kPreviousVersionsMax, " is '", text,
                           "'; it must be a whole number");
  }
  return static_cast<size_t>(std::max<int64_t>(number, 1));
}

}  // namespace

Status MetadataEdit::Finish(const MetadataStamp& stamp) {
  if (is_new_) {
    if (now_.table_uuid.empty()) ICEFIELD_TRY(Apply(AssignUuid{RandomUuid()}));
    if (now_.partition_specs.empty()) ICEFIELD_TRY(Apply(AddPartitionSpec{}));
    ICEFIELD_TRY(CheckMade());
  }
  if (now_.default_sort_order_id == 0 && FindOrder(0) == nullptr) {
    ICEFIELD_TRY(Apply(AddSortOrder{}));
  }
  root_["default-sort-order-id"] = now_.default_sort_order_id;
  if (layout_changed_) {
    ICEFIELD_TRY(CheckColumnVersions());
    ICEFIELD_TRY(CheckSources());
  }
  KeepMain();
  StampTimes(stamp);
  ICEFIELD_TRY(LogMetadata(stamp));
  MirrorForV1(root_, now_);
  return {};
}

Status MetadataEdit::CheckMade() const {
  if (now_.location.empty()) return InvalidArgument("a new table needs a location");
  if (now_.FindSchema(now_.current_schema_id) == nullptr) {
    return InvalidArgument("a new table needs a schema that is its current one");
  }
  return {};
}

Status MetadataEdit::CheckColumnVersions() const {
  for (const Schema& schema : now_.schemas) {
    if (before_.FindSchema(schema.id) != nullptr) continue;
    for (const Field& field : schema.columns.fields) {
      if (FormatVersionOf(field) <= now_.format_version) continue;
      return InvalidArgument("column ", field.name, " (", field.type.ToString(),
                             ") needs format version 3 for its type or default; the table has ",
                             now_.format_version, ". Set the property format-version to 3");
    }
  }
  return {};
}

// Dropped partition fields of v1 stay as void, and their columns may go.
Status MetadataEdit::CheckSources() const {
  const Schema& schema = now_.CurrentSchema();
  for (const PartitionField& field : now_.FindSpec(now_.default_spec_id)->fields) {
    if (field.transform.kind == TransformKind::kVoid) continue;
    if (schema.FindById(field.source_id) == nullptr) {
      return InvalidArgument("the partition field ", field.name, " needs the column of id ",
                             field.source_id.value, ", which the schema does not have");
    }
  }
  const SortOrder* order = FindOrder(now_.default_sort_order_id);
  if (order == nullptr) return {};
  for (const SortField& field : order->fields) {
    if (field.transform.kind == TransformKind::kVoid) continue;
    if (schema.FindById(field.source_id) == nullptr) {
      return InvalidArgument("the sort order needs the column of id ", field.source_id.value,
                             ", which the schema does not have");
    }
  }
  return {};
}

// "There is always a main branch": readers that know no refs take the current snapshot for it.
void MetadataEdit::KeepMain() {
  Json& refs = root_["refs"];
  if (!refs.is_object()) refs = Json::object();
  if (now_.current_snapshot_id && !refs.contains("main")) {
    refs["main"] = {{"snapshot-id", now_.current_snapshot_id->value}, {"type", "branch"}};
  }
}

void MetadataEdit::StampTimes(const MetadataStamp& stamp) {
  // A snapshot's own time, so that the table as of that time is this snapshot.
  const int64_t time = newest_snapshot_ms_ > 0 ? newest_snapshot_ms_ : stamp.now_ms;
  now_.last_updated_ms = std::max(before_.last_updated_ms, time);
  root_["last-updated-ms"] = now_.last_updated_ms;
  if (now_.current_snapshot_id == before_.current_snapshot_id) return;
  Json& log = List(root_, "snapshot-log");
  if (!now_.current_snapshot_id) {
    log.clear();  // Its last entry is the current snapshot, and there is none.
    return;
  }
  log.push_back(
      {{"timestamp-ms", now_.last_updated_ms}, {"snapshot-id", now_.current_snapshot_id->value}});
}

Status MetadataEdit::LogMetadata(const MetadataStamp& stamp) {
  ICEFIELD_ASSIGN(const size_t limit, LoggedFilesMax(now_));
  Json& log = List(root_, "metadata-log");
  if (!stamp.previous_location.empty()) {
    log.push_back(
        {{"timestamp-ms", before_.last_updated_ms}, {"metadata-file", stamp.previous_location}});
  }
  if (log.size() > limit) {
    log.erase(log.begin(), log.begin() + static_cast<ptrdiff_t>(log.size() - limit));
  }
  return {};
}

}  // namespace icefield
