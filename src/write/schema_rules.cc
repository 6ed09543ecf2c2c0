#include "write/schema_rules.h"

#include <utility>

#include "codec/json/default_value.h"

namespace icefield {
namespace {

constexpr int32_t kRichTypesVersion = 3;

bool NeedsRichTypes(PrimitiveKind kind) {
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

bool HasNoDefaults(PrimitiveKind kind) {
  return kind == PrimitiveKind::kUnknown || kind == PrimitiveKind::kVariant ||
         kind == PrimitiveKind::kGeometry || kind == PrimitiveKind::kGeography;
}

Status CheckPrimitive(const Field& field, int32_t format_version, const std::string& name) {
  const PrimitiveType* type = field.type.primitive();
  if (type == nullptr) return {};
  if (format_version < kRichTypesVersion && NeedsRichTypes(type->kind)) {
    return InvalidArgument("column '", name, "' is of type ", PrimitiveTypeText(*type),
                           ", which needs format v3; the table has v", format_version);
  }
  if (type->kind == PrimitiveKind::kUnknown && field.required)
    return InvalidArgument("column '", name, "' is of type unknown and cannot be required");
  return {};
}

Status CheckField(const Field& field, int32_t format_version, const std::string& name) {
  if (field.name.empty()) return InvalidArgument("column '", name, "' has an empty name");
  ICEFIELD_TRY(CheckPrimitive(field, format_version, name));
  if (field.type.structure() != nullptr && field.type.children().empty())
    return InvalidArgument("column '", name, "' is a struct without fields");
  if (!field.initial_default_json.empty())
    ICEFIELD_TRY(CheckDefault(field.type, field.initial_default_json, format_version, name));
  if (!field.write_default_json.empty())
    ICEFIELD_TRY(CheckDefault(field.type, field.write_default_json, format_version, name));
  return {};
}

Status CheckFields(const std::vector<Field>& fields, int32_t format_version,
                   const std::string& prefix, std::set<std::string>& names) {
  for (const Field& field : fields) {
    const std::string name = prefix + field.name;
    ICEFIELD_TRY(CheckField(field, format_version, name));
    if (!names.insert(name).second)
      return InvalidArgument("two columns have the full name '", name, "'");
    ICEFIELD_TRY(CheckFields(field.type.children(), format_version, name + ".", names));
  }
  return {};
}

void AddNames(const std::vector<Field>& fields, const std::string& prefix,
              std::map<std::string, FieldId>& names) {
  for (const Field& field : fields) {
    names.emplace(prefix + field.name, field.id);
    AddNames(field.type.children(), prefix + field.name + ".", names);
  }
}

}  // namespace

Type WithFreshIds(const Type& type, int32_t& last_id) {
  Type out = type;
  std::vector<Field>* children = out.mutable_children();
  if (children == nullptr) return out;
  for (Field& child : *children) child.id = FieldId{++last_id};
  for (Field& child : *children) child.type = WithFreshIds(child.type, last_id);
  return out;
}

Status CheckColumns(const Schema& schema, int32_t format_version) {
  if (schema.columns.fields.empty()) return InvalidArgument("there would be no columns");
  std::set<std::string> names;
  return CheckFields(schema.columns.fields, format_version, "", names);
}

Status CheckIdentifiers(const Schema& schema) {
  for (const FieldId id : schema.identifier_field_ids) {
    const std::vector<const Field*> path = schema.PathTo(id);
    const std::string name = schema.NameOf(id);
    if (path.empty()) return InvalidArgument("identifier ", name, " is not in the schema");
    const PrimitiveType* type = path.back()->type.primitive();
    if (type == nullptr || type->kind == PrimitiveKind::kFloat ||
        type->kind == PrimitiveKind::kDouble) {
      return InvalidArgument("column '", name, "' cannot be an identifier: it is of type ",
                             path.back()->type.ToString());
    }
    for (const Field* step : path) {
      if (!step->required)
        return InvalidArgument("column '", name, "' cannot be an identifier: '", step->name,
                               "' is optional");
      if (step->type.list() != nullptr || step->type.map() != nullptr)
        return InvalidArgument("column '", name, "' cannot be an identifier: it lies in a ",
                               step->type.list() != nullptr ? "list" : "map");
    }
  }
  return {};
}

Status CheckDefault(const Type& type, const std::string& json, int32_t format_version,
                    std::string_view name) {
  if (format_version < kRichTypesVersion) {
    return InvalidArgument("column '", name,
                           "' has a default value, which needs format v3; the table"
                           " has v",
                           format_version);
  }
  const PrimitiveType* primitive = type.primitive();
  if (primitive == nullptr || HasNoDefaults(primitive->kind)) {
    return InvalidArgument("column '", name, "' is of type ", type.ToString(),
                           ", which cannot have a default value");
  }
  const Result<NestedValue> value = ReadDefaultValue(type, json);
  if (!value.ok() || value->IsNull()) {
    return InvalidArgument("the default ", json, " of column '", name, "' is not a ",
                           PrimitiveTypeText(*primitive));
  }
  return {};
}

std::map<std::string, FieldId> FullNames(const Schema& schema) {
  std::map<std::string, FieldId> names;
  AddNames(schema.columns.fields, "", names);
  return names;
}

Status CheckPartitionNames(const PartitionSpec& spec,
                           const std::map<std::string, FieldId>& columns) {
  std::set<std::string> seen;
  for (const PartitionField& field : spec.fields) {
    if (field.name.empty()) return InvalidArgument("a partition field has an empty name");
    if (!seen.insert(field.name).second)
      return InvalidArgument("two partition fields are named '", field.name, "'");
    const auto column = columns.find(field.name);
    if (column == columns.end()) continue;
    const bool may_share = field.transform.kind == TransformKind::kIdentity ||
                           field.transform.kind == TransformKind::kVoid;
    if (!may_share || column->second != field.source_id) {
      return InvalidArgument("partition field '", field.name, "' (", TransformText(field.transform),
                             ") has the name of a column; rename one of them");
    }
  }
  return {};
}

}  // namespace icefield
