#include "codec/json/table_change_writer.h"

#include <variant>

#include "base/json.h"
#include "base/strings.h"
#include "codec/json/schema_writer.h"
#include "codec/json/snapshot_writer.h"
#include "codec/json/spec_writer.h"

namespace icefield {
namespace {

// One object: its discriminator and further members, each beginning with a comma.
template <typename... Members>
std::string Tagged(std::string_view tag, std::string_view name, const Members&... members) {
  return StrCat("{\"", tag, "\":\"", name, '"', members..., '}');
}
template <typename... Members>
std::string Requirement(std::string_view name, const Members&... members) {
  return Tagged("type", name, members...);
}
template <typename... Members>
std::string Action(std::string_view name, const Members&... members) {
  return Tagged("action", name, members...);
}

std::string JsonOf(const AssertCreate&) { return Requirement("assert-create"); }
std::string JsonOf(const AssertTableUuid& r) {
  return Requirement("assert-table-uuid", R"(,"uuid":)", JsonQuote(r.uuid));
}
std::string JsonOf(const AssertRefSnapshot& r) {
  return Requirement("assert-ref-snapshot-id", R"(,"ref":)", JsonQuote(r.ref), R"(,"snapshot-id":)",
                     r.snapshot_id ? std::to_string(r.snapshot_id->value) : "null");
}
std::string JsonOf(const AssertLastColumnId& r) {
  return Requirement("assert-last-assigned-field-id", R"(,"last-assigned-field-id":)", r.id.value);
}
std::string JsonOf(const AssertCurrentSchema& r) {
  return Requirement("assert-current-schema-id", R"(,"current-schema-id":)", r.id.value);
}
std::string JsonOf(const AssertLastPartitionId& r) {
  return Requirement("assert-last-assigned-partition-id", R"(,"last-assigned-partition-id":)",
                     r.id.value);
}
std::string JsonOf(const AssertDefaultSpec& r) {
  return Requirement("assert-default-spec-id", R"(,"default-spec-id":)", r.id.value);
}
std::string JsonOf(const AssertDefaultSortOrder& r) {
  return Requirement("assert-default-sort-order-id", R"(,"default-sort-order-id":)", r.id);
}

std::string JsonOf(const AssignUuid& u) {
  return Action("assign-uuid", R"(,"uuid":)", JsonQuote(u.uuid));
}
std::string JsonOf(const UpgradeFormatVersion& u) {
  return Action("upgrade-format-version", R"(,"format-version":)", u.version);
}
std::string JsonOf(const AddSchema& u) {
  return Action("add-schema", R"(,"schema":)", SchemaJson(u.schema));
}
std::string JsonOf(const SetCurrentSchema& u) {
  return Action("set-current-schema", R"(,"schema-id":)", u.id.value);
}
std::string JsonOf(const AddPartitionSpec& u) {
  return Action("add-spec", R"(,"spec":)", PartitionSpecJson(u.spec));
}
std::string JsonOf(const SetDefaultSpec& u) {
  return Action("set-default-spec", R"(,"spec-id":)", u.id.value);
}
std::string JsonOf(const AddSortOrder& u) {
  return Action("add-sort-order", R"(,"sort-order":)", SortOrderJson(u.order));
}
std::string JsonOf(const SetDefaultSortOrder& u) {
  return Action("set-default-sort-order", R"(,"sort-order-id":)", u.id);
}
std::string JsonOf(const AddSnapshot& u) {
  const int32_t version = u.snapshot.sequence_number.value > 0 ? 2 : 1;
  return Action("add-snapshot", R"(,"snapshot":)", SnapshotJson(u.snapshot, version));
}
std::string JsonOf(const SetSnapshotRef& u) {
  std::string kept;
  if (u.ref.min_snapshots_to_keep) {
    kept += StrCat(R"(,"min-snapshots-to-keep":)", *u.ref.min_snapshots_to_keep);
  }
  if (u.ref.max_snapshot_age_ms) {
    kept += StrCat(R"(,"max-snapshot-age-ms":)", *u.ref.max_snapshot_age_ms);
  }
  if (u.ref.max_ref_age_ms) kept += StrCat(R"(,"max-ref-age-ms":)", *u.ref.max_ref_age_ms);
  return Action("set-snapshot-ref", R"(,"ref-name":)", JsonQuote(u.name), R"(,"type":)",
                JsonQuote(u.ref.type), R"(,"snapshot-id":)", u.ref.snapshot_id.value, kept);
}
std::string JsonOf(const RemoveSnapshotRef& u) {
  return Action("remove-snapshot-ref", R"(,"ref-name":)", JsonQuote(u.name));
}
std::string JsonOf(const SetLocation& u) {
  return Action("set-location", R"(,"location":)", JsonQuote(u.location));
}
std::string JsonOf(const SetProperties& u) {
  std::vector<std::string> members;
  for (const auto& [name, value] : u.properties) {
    members.push_back(StrCat(JsonQuote(name), ':', JsonQuote(value)));
  }
  return Action("set-properties", R"(,"updates":{)", Join(members, ","), '}');
}
std::string JsonOf(const RemoveProperties& u) {
  std::vector<std::string> names;
  for (const std::string& name : u.names) names.push_back(JsonQuote(name));
  return Action("remove-properties", R"(,"removals":[)", Join(names, ","), ']');
}

template <typename Item>
std::string ListOf(const std::vector<Item>& items) {
  std::vector<std::string> texts;
  for (const Item& item : items) {
    texts.push_back(std::visit([](const auto& each) { return JsonOf(each); }, item));
  }
  return StrCat('[', Join(texts, ","), ']');
}

}  // namespace

std::string TableChangeJson(const TableChange& change) {
  return StrCat(R"({"requirements":)", ListOf(change.requirements), R"(,"updates":)",
                ListOf(change.updates), '}');
}

}  // namespace icefield
