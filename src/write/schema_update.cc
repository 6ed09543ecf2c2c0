#include "write/schema_update.h"

#include <algorithm>
#include <utility>

#include "write/schema_change.h"
#include "write/schema_rules.h"

namespace icefield {
namespace {

constexpr int32_t kRichPromotionsVersion = 3;

// The table's columns as fields, so that its root is no special case.
std::vector<Field>* FindSiblings(std::vector<Field>& fields, FieldId id) {
  for (Field& field : fields) {
    if (field.id == id) return &fields;
    std::vector<Field>* children = field.type.mutable_children();
    if (children == nullptr) continue;
    if (std::vector<Field>* found = FindSiblings(*children, id)) return found;
  }
  return nullptr;
}

Field* FindField(std::vector<Field>& fields, FieldId id) {
  return &*std::find_if(fields.begin(), fields.end(),
                        [id](const Field& field) { return field.id == id; });
}

bool LiesInMapKey(const Schema& schema, FieldId id) {
  const std::vector<const Field*> path = schema.PathTo(id);
  for (size_t at = 1; at < path.size(); ++at) {
    const MapType* map = path[at - 1]->type.map();
    if (map != nullptr && path[at]->id == map->key_value.front().id) return true;
  }
  return false;
}

// The part of a list or map, whose name and place are not the user's; null for members of structs.
const Field* ContainerOf(const Schema& schema, FieldId id) {
  const std::vector<const Field*> path = schema.PathTo(id);
  if (path.size() < 2 || path[path.size() - 2]->type.structure() != nullptr) return nullptr;
  return path[path.size() - 2];
}

TableMetadata WithoutSnapshots(const TableMetadata& metadata) {
  TableMetadata out = metadata;
  out.snapshots.clear();
  out.snapshot_log.clear();
  out.refs.clear();
  return out;
}

// A date's text in JSON is no timestamp's.
std::string PromotedDefault(const std::string& json, const PrimitiveType& from,
                            const PrimitiveType& to) {
  if (json.empty() || from.kind != PrimitiveKind::kDate || to.kind == PrimitiveKind::kDate)
    return json;
  return json.substr(0, json.size() - 1) + "T00:00:00\"";
}

}  // namespace

SchemaUpdate::SchemaUpdate(const TableMetadata& metadata, std::string table_name,
                           SchemaUpdateOptions options)
    : metadata_(WithoutSnapshots(metadata)),
      table_name_(std::move(table_name)),
      options_(options),
      schema_(metadata.CurrentSchema()),
      last_column_id_(metadata.last_column_id.value) {}

Error SchemaUpdate::Fault(std::string_view name, std::string_view what) const {
  return InvalidArgument("table ", table_name_, ": column '", name, "' ", what);
}

Result<FieldId> SchemaUpdate::Find(std::string_view name) const {
  const Field* former = metadata_.CurrentSchema().FindByName(name);
  if (former != nullptr && schema_.FindById(former->id) != nullptr) return former->id;
  const Field* field = schema_.FindByName(name);
  if (field != nullptr) return field->id;
  return UnknownColumn(schema_, name, StrCat("table ", table_name_));
}

std::vector<Field>* SchemaUpdate::Siblings(FieldId id) {
  return FindSiblings(schema_.columns.fields, id);
}

Result<Field*> SchemaUpdate::Mutable(std::string_view name) {
  ICEFIELD_ASSIGN(const FieldId id, Find(name));
  if (LiesInMapKey(schema_, id)) return Fault(name, "is a key of a map, which cannot be changed");
  return FindField(*Siblings(id), id);
}

Status SchemaUpdate::AddColumn(const NewColumn& column) {
  std::vector<Field>* siblings = &schema_.columns.fields;
  const std::string full_name =
      column.parent.empty() ? column.name : StrCat(column.parent, ".", column.name);
  if (!column.parent.empty()) {
    ICEFIELD_ASSIGN(Field * parent, Mutable(column.parent));
    // What is added to a list or map of structs is added to its structs.
    if (parent->type.list() != nullptr || parent->type.map() != nullptr)
      parent = &parent->type.mutable_children()->back();
    if (parent->type.structure() == nullptr)
      return Fault(full_name, StrCat("cannot be added: '", column.parent, "' is a ",
                                     parent->type.ToString(), ", not a struct"));
    siblings = parent->type.mutable_children();
  }
  for (const Field& sibling : *siblings) {
    if (sibling.name == column.name) return Fault(full_name, "is there already");
  }
  if (column.required && column.default_json.empty() && !options_.allow_incompatible) {
    return Fault(full_name,
                 "cannot be added as required: rows that are there have no value for it; make it "
                 "optional, give it a default (format v3) or allow incompatible changes");
  }
  int32_t last_id = last_column_id_;
  Field field{FieldId{++last_id},  column.name,        {}, column.required, column.doc,
              column.default_json, column.default_json};
  field.type = WithFreshIds(column.type, last_id);
  const Schema alone{SchemaId(), {{field}}, {}};
  if (Status checked = CheckColumns(alone, metadata_.format_version); !checked.ok())
    return std::move(checked).error().At(StrCat("table ", table_name_));
  siblings->push_back(std::move(field));
  last_column_id_ = last_id;
  return {};
}

Status SchemaUpdate::DeleteColumn(std::string_view name) {
  ICEFIELD_ASSIGN(const Field* field, Mutable(name));
  if (ContainerOf(schema_, field->id) != nullptr)
    return Fault(name, "is a part of a list or map; delete that");
  std::vector<Field>* siblings = Siblings(field->id);
  siblings->erase(siblings->begin() + (field - siblings->data()));
  return {};
}

Status SchemaUpdate::RenameColumn(std::string_view name, const std::string& new_name) {
  ICEFIELD_ASSIGN(Field * field, Mutable(name));
  if (ContainerOf(schema_, field->id) != nullptr)
    return Fault(name, "is a part of a list or map and has no name of its own");
  if (new_name.empty()) return Fault(name, "cannot be given an empty name");
  field->name = new_name;
  return {};
}

Status SchemaUpdate::CheckPartitionSources(const Field& field, const PrimitiveType& type) const {
  if (field.type.primitive()->kind != PrimitiveKind::kDate || type == *field.type.primitive())
    return {};
  for (const PartitionSpec& spec : metadata_.partition_specs) {
    for (const PartitionField& source : spec.fields) {
      const bool depends = source.transform.kind == TransformKind::kBucket ||
                           source.transform.kind == TransformKind::kIdentity;
      if (source.source_id == field.id && depends) {
        return Fault(
            schema_.NameOf(field.id),
            StrCat("cannot become a ", PrimitiveTypeText(type), ": partition field '", source.name,
                   "' (", TransformText(source.transform), ") would have other values"));
      }
    }
  }
  return {};
}

Status SchemaUpdate::ChangeType(std::string_view name, const PrimitiveType& type) {
  ICEFIELD_ASSIGN(Field * field, Mutable(name));
  const PrimitiveType* from = field->type.primitive();
  const bool is_rich = from != nullptr && (from->kind == PrimitiveKind::kUnknown ||
                                           from->kind == PrimitiveKind::kDate);
  if (from == nullptr || !CanPromote(*from, type)) {
    return Fault(name, StrCat("is of type ", field->type.ToString(), " and cannot become a ",
                              PrimitiveTypeText(type)));
  }
  if (*from != type && is_rich && metadata_.format_version < kRichPromotionsVersion) {
    return Fault(name, StrCat("is of type ", PrimitiveTypeText(*from), " and can become a ",
                              PrimitiveTypeText(type), " in format v3 alone; the table has v",
                              metadata_.format_version));
  }
  ICEFIELD_TRY(CheckPartitionSources(*field, type));
  field->initial_default_json = PromotedDefault(field->initial_default_json, *from, type);
  field->write_default_json = PromotedDefault(field->write_default_json, *from, type);
  field->type = type;
  return {};
}

Status SchemaUpdate::ChangeDoc(std::string_view name, const std::string& doc) {
  ICEFIELD_ASSIGN(Field * field, Mutable(name));
  if (ContainerOf(schema_, field->id) != nullptr)
    return Fault(name, "is a part of a list or map and has no doc of its own");
  field->doc = doc;
  return {};
}

Status SchemaUpdate::ChangeDefault(std::string_view name, const std::string& default_json) {
  ICEFIELD_ASSIGN(Field * field, Mutable(name));
  if (ContainerOf(schema_, field->id) != nullptr)
    return Fault(name, "is a part of a list or map and has no default");
  if (!default_json.empty()) {
    Status checked = CheckDefault(field->type, default_json, metadata_.format_version, name);
    if (!checked.ok()) return std::move(checked).error().At(StrCat("table ", table_name_));
  }
  field->write_default_json = default_json;
  return {};
}

Status SchemaUpdate::MakeOptional(std::string_view name) {
  ICEFIELD_ASSIGN(Field * field, Mutable(name));
  field->required = false;
  return {};
}

Status SchemaUpdate::MakeRequired(std::string_view name) {
  ICEFIELD_ASSIGN(Field * field, Mutable(name));
  const bool is_new = metadata_.CurrentSchema().FindById(field->id) == nullptr;
  const bool has_values = is_new && !field->initial_default_json.empty();
  if (!field->required && !has_values && !options_.allow_incompatible) {
    return Fault(name,
                 "cannot become required: rows that are there may have no value for it; allow "
                 "incompatible changes if they all have one");
  }
  field->required = true;
  return {};
}

Status SchemaUpdate::MoveFirst(std::string_view name) { return Move(name, {}, 0); }

Status SchemaUpdate::MoveBefore(std::string_view name, std::string_view other) {
  return Move(name, other, 0);
}

Status SchemaUpdate::MoveAfter(std::string_view name, std::string_view other) {
  return Move(name, other, 1);
}

// To `offset` places after `other`, or to the first place where there is none.
Status SchemaUpdate::Move(std::string_view name, std::string_view other, int offset) {
  ICEFIELD_ASSIGN(const Field* moved, Mutable(name));
  if (ContainerOf(schema_, moved->id) != nullptr)
    return Fault(name, "is a part of a list or map and cannot be moved");
  std::vector<Field>* siblings = Siblings(moved->id);
  std::optional<FieldId> mark;
  if (!other.empty()) {
    ICEFIELD_ASSIGN(mark, Find(other));
    if (*mark == moved->id) return Fault(name, "cannot be moved next to itself");
    if (Siblings(*mark) != siblings)
      return Fault(name,
                   StrCat("cannot be moved next to '", other, "', which is in another struct"));
  }
  Field field = *moved;
  siblings->erase(siblings->begin() + (moved - siblings->data()));
  auto place = siblings->begin();
  if (mark) place += FindField(*siblings, *mark) - siblings->data() + offset;
  siblings->insert(place, std::move(field));
  return {};
}

Status SchemaUpdate::SetIdentifierFields(const std::vector<std::string>& names) {
  std::vector<FieldId> ids;
  for (const std::string& name : names) {
    ICEFIELD_ASSIGN(const FieldId id, Find(name));
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
  }
  schema_.identifier_field_ids = std::move(ids);
  return {};
}

Status SchemaUpdate::CheckUsedColumns() const {
  const Schema& before = metadata_.CurrentSchema();
  const auto check = [&](FieldId id, std::string_view user) -> Status {
    if (before.FindById(id) == nullptr || schema_.FindById(id) != nullptr) return {};
    return Fault(before.NameOf(id), StrCat("cannot be deleted: ", user, " uses it"));
  };
  if (const PartitionSpec* spec = metadata_.FindSpec(metadata_.default_spec_id)) {
    for (const PartitionField& field : spec->fields) {
      if (field.transform.kind == TransformKind::kVoid) continue;
      ICEFIELD_TRY(check(field.source_id, StrCat("partition field '", field.name, "'")));
    }
  }
  for (const SortOrder& order : metadata_.sort_orders) {
    if (order.id != metadata_.default_sort_order_id) continue;
    for (const SortField& field : order.fields)
      ICEFIELD_TRY(check(field.source_id, "the table's sort order"));
  }
  for (const FieldId id : schema_.identifier_field_ids)
    ICEFIELD_TRY(check(id, "the table's identifier"));
  return {};
}

// Names that came with this update may not be those of partition fields.
Status SchemaUpdate::CheckNewNames() const {
  std::map<std::string, FieldId> names = FullNames(schema_);
  for (const auto& [name, id] : FullNames(metadata_.CurrentSchema())) {
    const auto same = names.find(name);
    if (same != names.end() && same->second == id) names.erase(same);
  }
  for (const PartitionSpec& spec : metadata_.partition_specs)
    ICEFIELD_TRY(CheckPartitionNames(spec, names));
  return {};
}

Result<TableChange> SchemaUpdate::Apply() const {
  ICEFIELD_TRY(CheckUsedColumns());
  const auto check = [this]() -> Status {
    ICEFIELD_TRY(CheckColumns(schema_, metadata_.format_version));
    ICEFIELD_TRY(CheckIdentifiers(schema_));
    return CheckNewNames();
  };
  if (Status checked = check(); !checked.ok())
    return std::move(checked).error().At(StrCat("table ", table_name_));
  return ChangeSchema(metadata_, schema_, table_name_);
}

}  // namespace icefield
