#include "codec/json/metadata_edit.h"

#include <algorithm>
#include <variant>

#include "base/checked.h"
#include "codec/json/metadata_reader.h"
#include "codec/json/metadata_upgrade.h"
#include "codec/json/schema_writer.h"
#include "codec/json/snapshot_writer.h"
#include "codec/json/spec_writer.h"

namespace icefield {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kMain = "main";

// The list or object `key`, made where it is missing or null.
Json& Member(Json& root, const char* key, Json::value_t kind) {
  Json& member = root[key];
  if (member.is_null()) member = Json(kind);
  return member;
}
Json& List(Json& root, const char* key) { return Member(root, key, Json::value_t::array); }
Json& Object(Json& root, const char* key) { return Member(root, key, Json::value_t::object); }

template <typename Item, typename Id>
std::string IdsOf(const std::vector<Item>& items, Id id) {
  std::vector<std::string> ids;
  for (const Item& item : items) ids.push_back(id(item));
  return ids.empty() ? "none" : Join(ids, ", ");
}

bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t at = 0; at < text.size(); ++at) {
    const bool dash = at == 8 || at == 13 || at == 18 || at == 23;
    if (dash != (text[at] == '-')) return false;
    if (!dash && std::string_view("0123456789abcdefABCDEF").find(text[at]) == text.npos)
      return false;
  }
  return true;
}

int32_t HighestId(const std::vector<Field>& fields) {
  int32_t highest = 0;
  for (const Field& field : fields) {
    highest = std::max({highest, field.id.value, HighestId(field.type.children())});
  }
  return highest;
}

}  // namespace

Result<MetadataEdit> MetadataEdit::Open(std::string_view text, std::string_view location) {
  MetadataEdit edit;
  ICEFIELD_ASSIGN(edit.now_, ParseTableMetadata(text, location));
  edit.before_ = edit.now_;
  // The parser has found no fault with the text, so that this cannot fail either.
  edit.root_ = Json::parse(text, nullptr, false);
  if (!edit.root_.is_object()) return CorruptData(location, " is not JSON");
  CompleteV1(edit.root_, edit.now_);
  return edit;
}

MetadataEdit MetadataEdit::Begin() {
  MetadataEdit edit;
  edit.is_new_ = true;
  edit.root_ = {{"format-version", 2},
                {"table-uuid", ""},
                {"location", ""},
                {"last-sequence-number", 0},
                {"last-updated-ms", 0},
                {"last-column-id", 0},
                {"current-schema-id", -1},
                {"schemas", Json::array()},
                {"default-spec-id", 0},
                {"partition-specs", Json::array()},
                {"last-partition-id", edit.now_.last_partition_id.value},
                {"default-sort-order-id", 0},
                {"sort-orders", Json::array()},
                {"properties", Json::object()},
                {"refs", Json::object()},
                {"snapshots", Json::array()},
                {"snapshot-log", Json::array()},
                {"metadata-log", Json::array()},
                {"statistics", Json::array()}};
  edit.now_.current_schema_id = SchemaId{-1};
  return edit;
}

Status MetadataEdit::Apply(const TableUpdate& update) {
  return std::visit([this](const auto& each) { return On(each); }, update);
}

Status MetadataEdit::On(const AssignUuid& update) {
  if (update.uuid == now_.table_uuid) return {};
  if (!IsUuid(update.uuid)) return InvalidArgument("'", update.uuid, "' is not a UUID");
  if (!now_.table_uuid.empty()) {
    return InvalidArgument("the table at ", now_.location, " has the UUID ", now_.table_uuid,
                           ", which cannot change to ", update.uuid);
  }
  now_.table_uuid = update.uuid;
  root_["table-uuid"] = update.uuid;
  return {};
}

Status MetadataEdit::On(const UpgradeFormatVersion& update) {
  return UpgradeFormat(root_, now_, update.version);
}

Status MetadataEdit::On(const AddSchema& update) {
  const Schema& schema = update.schema;
  added_schema_ = schema.id;
  if (const Schema* there = now_.FindSchema(schema.id)) {
    if (*there == schema) return {};
    return InvalidArgument("the table has another schema of id ", schema.id.value);
  }
  now_.schemas.push_back(schema);
  List(root_, "schemas").push_back(Json::parse(SchemaJson(schema)));
  now_.last_column_id.value = std::max(now_.last_column_id.value, HighestId(schema.columns.fields));
  root_["last-column-id"] = now_.last_column_id.value;
  layout_changed_ = true;
  return {};
}

Status MetadataEdit::On(const SetCurrentSchema& update) {
  if (update.id.value == -1 && !added_schema_) {
    return InvalidArgument("no schema was added that could become the current one");
  }
  const SchemaId id = update.id.value == -1 ? *added_schema_ : update.id;
  if (now_.FindSchema(id) == nullptr) {
    return InvalidArgument(
        "the table has no schema ", id.value, " to make current; it has ",
        IdsOf(now_.schemas, [](const Schema& s) { return std::to_string(s.id.value); }));
  }
  layout_changed_ = layout_changed_ || id != now_.current_schema_id;
  now_.current_schema_id = id;
  root_["current-schema-id"] = id.value;
  return {};
}

Status MetadataEdit::On(const AddPartitionSpec& update) {
  const PartitionSpec& spec = update.spec;
  added_spec_ = spec.id;
  if (const PartitionSpec* there = now_.FindSpec(spec.id)) {
    if (*there == spec) return {};
    return InvalidArgument("the table has another partition spec of id ", spec.id.value);
  }
  now_.partition_specs.push_back(spec);
  List(root_, "partition-specs").push_back(Json::parse(PartitionSpecJson(spec)));
  for (const PartitionField& field : spec.fields) {
    now_.last_partition_id = std::max(now_.last_partition_id, field.field_id);
  }
  root_["last-partition-id"] = now_.last_partition_id.value;
  layout_changed_ = true;
  return {};
}

Status MetadataEdit::On(const SetDefaultSpec& update) {
  if (update.id.value == -1 && !added_spec_) {
    return InvalidArgument("no partition spec was added that could become the default one");
  }
  const SpecId id = update.id.value == -1 ? *added_spec_ : update.id;
  if (now_.FindSpec(id) == nullptr) {
    return InvalidArgument("the table has no partition spec ", id.value, "; it has ",
                           IdsOf(now_.partition_specs, [](const PartitionSpec& s) {
                             return std::to_string(s.id.value);
                           }));
  }
  layout_changed_ = layout_changed_ || id != now_.default_spec_id;
  now_.default_spec_id = id;
  root_["default-spec-id"] = id.value;
  return {};
}

const SortOrder* MetadataEdit::FindOrder(int32_t id) const {
  for (const SortOrder& order : now_.sort_orders) {
    if (order.id == id) return &order;
  }
  return nullptr;
}

Status MetadataEdit::On(const AddSortOrder& update) {
  const SortOrder& order = update.order;
  added_order_ = order.id;
  if (const SortOrder* there = FindOrder(order.id)) {
    if (*there == order) return {};
    return InvalidArgument("the table has another sort order of id ", order.id);
  }
  if ((order.id == 0) != order.fields.empty()) {
    return InvalidArgument(
        "the sort order of id 0 is that of unsorted tables, and no other is;"
        " this one has id ",
        order.id, " and ", order.fields.size(), " fields");
  }
  now_.sort_orders.push_back(order);
  List(root_, "sort-orders").push_back(Json::parse(SortOrderJson(order)));
  layout_changed_ = true;
  return {};
}

Status MetadataEdit::On(const SetDefaultSortOrder& update) {
  if (update.id == -1 && !added_order_) {
    return InvalidArgument("no sort order was added that could become the default one");
  }
  const int32_t id = update.id == -1 ? *added_order_ : update.id;
  if (id != 0 && FindOrder(id) == nullptr) {
    return InvalidArgument(
        "the table has no sort order ", id, "; it has ",
        IdsOf(now_.sort_orders, [](const SortOrder& o) { return std::to_string(o.id); }));
  }
  layout_changed_ = layout_changed_ || id != now_.default_sort_order_id;
  now_.default_sort_order_id = id;
  root_["default-sort-order-id"] = id;
  return {};
}

Status MetadataEdit::CheckSnapshot(const Snapshot& snapshot) const {
  const auto bad = [&snapshot](const auto&... why) {
    return InvalidArgument("snapshot ", snapshot.id.value, " ", why...);
  };
  if (now_.FindSnapshot(snapshot.id) != nullptr) return bad("is in the table already");
  if (snapshot.parent_id && now_.FindSnapshot(*snapshot.parent_id) == nullptr) {
    return bad("has the parent ", snapshot.parent_id->value, ", which the table does not have");
  }
  if (snapshot.manifest_list.empty()) return bad("has no manifest list");
  if (!snapshot.summary.contains("operation")) return bad("does not say its operation");
  if (snapshot.schema_id && now_.FindSchema(*snapshot.schema_id) == nullptr) {
    return bad("has the schema ", snapshot.schema_id->value, ", which the table does not have");
  }
  const int64_t number = snapshot.sequence_number.value;
  if (now_.format_version == 1 ? number != 0 : number <= now_.last_sequence_number.value) {
    return bad("has the sequence number ", number, "; in this table of format version ",
               now_.format_version, " the last is ", now_.last_sequence_number.value);
  }
  return CheckRowIds(snapshot);
}

Status MetadataEdit::CheckRowIds(const Snapshot& snapshot) const {
  const auto bad = [&snapshot](const auto&... why) {
    return InvalidArgument("snapshot ", snapshot.id.value, " ", why...);
  };
  if (now_.format_version < 3) {
    if (!snapshot.first_row_id && !snapshot.added_rows) return {};
    return bad("has row ids, which tables of format version ", now_.format_version, " do not have");
  }
  if (!now_.next_row_id) return bad("cannot be added: the metadata says no next-row-id");
  if (snapshot.first_row_id != now_.next_row_id) {
    return bad("must begin at the table's next row id ", *now_.next_row_id, ", it begins at ",
               snapshot.first_row_id ? std::to_string(*snapshot.first_row_id) : "none");
  }
  const int64_t rows = snapshot.added_rows.value_or(-1);
  if (rows < 0) return bad("does not say how many row ids it takes");
  if (!CheckedAdd(*snapshot.first_row_id, rows)) return bad("takes more row ids than there are");
  return {};
}

Status MetadataEdit::On(const AddSnapshot& update) {
  const Snapshot& snapshot = update.snapshot;
  ICEFIELD_TRY(CheckSnapshot(snapshot));
  List(root_, "snapshots").push_back(Json::parse(SnapshotJson(snapshot, now_.format_version)));
  now_.snapshots.push_back(snapshot);
  if (now_.format_version > 1) {
    now_.last_sequence_number = snapshot.sequence_number;
    root_["last-sequence-number"] = snapshot.sequence_number.value;
  }
  if (now_.format_version > 2) {
    now_.next_row_id = *snapshot.first_row_id + *snapshot.added_rows;
    root_["next-row-id"] = *now_.next_row_id;
  }
  newest_snapshot_ms_ = std::max(newest_snapshot_ms_, snapshot.timestamp.value);
  return {};
}

Status MetadataEdit::On(const SetSnapshotRef& update) {
  const SnapshotRef& ref = update.ref;
  if (now_.FindSnapshot(ref.snapshot_id) == nullptr) {
    return InvalidArgument("the table has no snapshot ", ref.snapshot_id.value, " for the ref ",
                           update.name);
  }
  if (ref.type != "branch" && ref.type != "tag") {
    return InvalidArgument("the ref ", update.name, " must be a branch or a tag, not '", ref.type,
                           "'");
  }
  if (update.name.empty() || (update.name == kMain && ref.type != "branch")) {
    return InvalidArgument("'", update.name, "' cannot be the name of a ", ref.type);
  }
  const auto there = now_.refs.find(update.name);
  if (there != now_.refs.end() && there->second.type != ref.type) {
    return InvalidArgument("'", update.name, "' is a ", there->second.type, ", not a ", ref.type);
  }
  // In place: how long the ref is kept stays as it was where the update does not say.
  Json& json = Object(Object(root_, "refs"), update.name.c_str());
  json["snapshot-id"] = ref.snapshot_id.value;
  json["type"] = ref.type;
  if (ref.min_snapshots_to_keep) json["min-snapshots-to-keep"] = *ref.min_snapshots_to_keep;
  if (ref.max_snapshot_age_ms) json["max-snapshot-age-ms"] = *ref.max_snapshot_age_ms;
  if (ref.max_ref_age_ms) json["max-ref-age-ms"] = *ref.max_ref_age_ms;
  now_.refs.insert_or_assign(update.name, ref);
  if (update.name == kMain) {
    now_.current_snapshot_id = ref.snapshot_id;
    root_["current-snapshot-id"] = ref.snapshot_id.value;
  }
  return {};
}

Status MetadataEdit::On(const RemoveSnapshotRef& update) {
  if (now_.refs.erase(update.name) == 0) {
    std::vector<std::string> names;
    for (const auto& [name, ref] : now_.refs) names.push_back(name);
    return InvalidArgument("the table has no branch or tag '", update.name, "'; it has ",
                           names.empty() ? "none" : Join(names, ", "));
  }
  Object(root_, "refs").erase(update.name);
  if (update.name == kMain) {
    now_.current_snapshot_id.reset();
    root_.erase("current-snapshot-id");
  }
  return {};
}

Status MetadataEdit::On(const SetLocation& update) {
  std::string_view location = update.location;
  while (location.size() > 1 && location.ends_with('/')) location.remove_suffix(1);
  if (location.empty()) return InvalidArgument("a table needs a location");
  now_.location = location;
  root_["location"] = location;
  return {};
}

Status MetadataEdit::On(const SetProperties& update) {
  for (const auto& [name, value] : update.properties) {
    if (name.empty()) return InvalidArgument("a property of a table needs a name");
    Object(root_, "properties")[name] = value;
    now_.properties.insert_or_assign(name, value);
  }
  return {};
}

Status MetadataEdit::On(const RemoveProperties& update) {
  for (const std::string& name : update.names) {
    Object(root_, "properties").erase(name);
    now_.properties.erase(name);
  }
  return {};
}

}  // namespace icefield
