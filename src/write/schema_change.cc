#include "write/schema_change.h"

#include <algorithm>
#include <array>
#include <utility>

#include "codec/json/name_mapping_reader.h"
#include "codec/json/name_mapping_writer.h"
#include "write/name_mapping_update.h"
#include "write/schema_rules.h"

namespace icefield {
namespace {

constexpr const char* kNameMappingProperty = "schema.name-mapping.default";

// Properties that end with a column's full name.
constexpr std::array<std::string_view, 6> kColumnProperties{
    "write.metadata.metrics.column.",         "write.parquet.bloom-filter-enabled.column.",
    "write.parquet.bloom-filter-fpp.column.", "write.parquet.bloom-filter-ndv.column.",
    "write.parquet.stats-enabled.column.",    "write.parquet.dict-encoding-enabled.column."};

bool IsSame(const Schema& a, const Schema& b) {
  return a.columns == b.columns && a.identifier_field_ids == b.identifier_field_ids;
}

struct PropertyChanges {
  std::map<std::string, std::string> set;
  std::vector<std::string> removed;
};

// What becomes of one property; its column is the part of the name after the prefix.
void FollowColumn(const std::pair<const std::string, std::string>& property, size_t prefix_size,
                  const TableMetadata& metadata, const Schema& schema, PropertyChanges& out) {
  const Field* before = metadata.CurrentSchema().FindByName(property.first.substr(prefix_size));
  if (before == nullptr) return;
  const std::string former = metadata.CurrentSchema().NameOf(before->id);
  const bool is_deleted = schema.FindById(before->id) == nullptr;
  const std::string name = schema.NameOf(before->id);
  if (!is_deleted && name == former) return;
  out.removed.push_back(property.first);
  if (!is_deleted) out.set[property.first.substr(0, prefix_size) + name] = property.second;
}

Result<PropertyChanges> FollowColumns(const TableMetadata& metadata, const Schema& schema) {
  PropertyChanges out;
  for (const auto& property : metadata.properties) {
    for (const std::string_view prefix : kColumnProperties) {
      if (property.first.starts_with(prefix))
        FollowColumn(property, prefix.size(), metadata, schema, out);
    }
  }
  std::erase_if(out.removed, [&out](const std::string& name) { return out.set.contains(name); });
  const auto mapping_text = metadata.properties.find(kNameMappingProperty);
  if (mapping_text == metadata.properties.end()) return out;
  const Result<NameMapping> mapping = ReadNameMapping(mapping_text->second);
  if (!mapping.ok()) {
    return InvalidArgument(
        "the table property ", kNameMappingProperty,
        " cannot follow the change, mend or remove it: ", mapping.error().message);
  }
  const NameMapping updated = UpdateNameMapping(*mapping, metadata.CurrentSchema(), schema);
  if (updated != *mapping) out.set[kNameMappingProperty] = NameMappingJson(updated);
  return out;
}

}  // namespace

Result<TableChange> ChangeSchema(const TableMetadata& metadata, const Schema& schema,
                                 std::string_view table_name) {
  TableChange change;
  if (IsSame(schema, metadata.CurrentSchema())) return change;
  Result<PropertyChanges> properties = FollowColumns(metadata, schema);
  if (!properties.ok()) return std::move(properties).error().At(StrCat("table ", table_name));
  if (!metadata.table_uuid.empty())
    change.requirements.emplace_back(AssertTableUuid{metadata.table_uuid});
  change.requirements.emplace_back(AssertCurrentSchema{metadata.current_schema_id});
  const auto equal = std::find_if(metadata.schemas.begin(), metadata.schemas.end(),
                                  [&schema](const Schema& known) { return IsSame(known, schema); });
  if (equal != metadata.schemas.end()) {
    change.updates.emplace_back(SetCurrentSchema{equal->id});
  } else {
    change.requirements.emplace_back(AssertLastColumnId{metadata.last_column_id});
    Schema added = schema;
    for (const Schema& known : metadata.schemas) added.id = std::max(added.id, known.id);
    ++added.id.value;
    change.updates.emplace_back(AddSchema{std::move(added)});
    change.updates.emplace_back(SetCurrentSchema{SchemaId{-1}});
  }
  if (!properties->removed.empty())
    change.updates.emplace_back(RemoveProperties{std::move(properties->removed)});
  if (!properties->set.empty())
    change.updates.emplace_back(SetProperties{std::move(properties->set)});
  return change;
}

}  // namespace icefield
