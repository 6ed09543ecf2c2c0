#include "model/metadata_columns.h"

#include <algorithm>
#include <map>
#include <unordered_map>

namespace icefield {
namespace {

// What `_partition` holds of one partition field, from the newest spec on.
struct PartitionColumn {
  PartitionField newest;
  std::optional<PrimitiveType> type;  // None: no spec tells yet.
  bool is_void = true;                // So far.
  bool conflicts = false;
};

bool IsVoid(const PartitionField& field) { return field.transform.kind == TransformKind::kVoid; }

// A field that was dropped from a v1 table lives on as a void one, whose type is not that of the
// values that its files have.
void Merge(const PartitionField& field, const PrimitiveType& source, PartitionColumn& column) {
  if (!column.is_void && !IsVoid(field)) {
    column.conflicts |= field.transform != column.newest.transform;
    return;
  }
  if (column.type && IsVoid(field)) return;
  Result<PrimitiveType> type = TransformResultType(field.transform, source);
  if (!type.ok()) {
    column.conflicts = true;
    return;
  }
  column.type = *std::move(type);
  column.is_void = IsVoid(field);
  column.newest.transform = field.transform;
}

std::vector<Field> PartitionFields(const TableMetadata& metadata) {
  std::vector<const PartitionSpec*> specs;
  for (const PartitionSpec& spec : metadata.partition_specs) specs.push_back(&spec);
  std::sort(specs.begin(), specs.end(),
            [](const PartitionSpec* a, const PartitionSpec* b) { return a->id > b->id; });
  std::map<FieldId, PartitionColumn> columns;
  for (const PartitionSpec* spec : specs) {
    for (const PartitionField& field : spec->fields) {
      const Field* source = metadata.CurrentSchema().FindById(field.source_id);
      if (source == nullptr || source->type.primitive() == nullptr) continue;
      PartitionColumn& column =
          columns.try_emplace(field.field_id, PartitionColumn{field}).first->second;
      column.conflicts |= field.source_id != column.newest.source_id;
      Merge(field, *source->type.primitive(), column);
    }
  }
  std::vector<Field> fields;
  for (const auto& [id, column] : columns) {
    if (column.conflicts || !column.type) continue;
    fields.push_back(
        {.id = PartitionMemberId(id), .name = column.newest.name, .type = *column.type});
  }
  return fields;
}

void MakeOptional(Field& field);

// The same type with everything inside it optional, but for the keys of maps, which are never null.
Type OptionalInside(const Type& type) {
  std::vector<Field> children = type.children();
  for (Field& child : children) MakeOptional(child);
  if (type.structure() != nullptr) return StructType{std::move(children)};
  if (type.list() != nullptr) return ListType{std::move(children)};
  if (type.map() == nullptr) return type;
  children.front().required = true;
  return MapType{std::move(children)};
}

void MakeOptional(Field& field) {
  field.required = false;
  field.type = OptionalInside(field.type);
}

std::vector<Field> MergeFields(std::vector<Field> fields, const std::vector<Field>& older);

// `type` with what `older`, the same field's type in an older schema, has besides.
Type MergeType(const Type& type, const Type& older) {
  if (type.structure() != nullptr && older.structure() != nullptr) {
    return StructType{MergeFields(type.structure()->fields, older.structure()->fields)};
  }
  const bool same_shape = (type.list() != nullptr && older.list() != nullptr) ||
                          (type.map() != nullptr && older.map() != nullptr);
  if (!same_shape) return type;
  // Elements, keys and values are there once for good: nothing is added beside them.
  std::vector<Field> children = type.children();
  for (size_t at = 0; at < children.size(); ++at) {
    const Field& other = older.children()[at];
    if (children[at].id == other.id) children[at].type = MergeType(children[at].type, other.type);
  }
  if (type.list() != nullptr) return ListType{std::move(children)};
  return MapType{std::move(children)};
}

std::vector<Field> MergeFields(std::vector<Field> fields, const std::vector<Field>& older) {
  std::unordered_map<FieldId, size_t> places;
  for (size_t at = 0; at < fields.size(); ++at) places.emplace(fields[at].id, at);
  for (const Field& field : older) {
    const auto [place, is_new] = places.emplace(field.id, fields.size());
    if (is_new) {
      fields.push_back(field);
    } else {
      Field& newer = fields[place->second];
      newer.type = MergeType(newer.type, field.type);
    }
  }
  return fields;
}

}  // namespace

bool IsMetadataColumn(FieldId id) {
  return id.value < 0 || id == kFileColumn || id == kPositionColumn || id == kSpecIdColumn ||
         id == kPartitionColumn || id == kRowIdColumn || id == kLastUpdatedColumn;
}

std::vector<Field> MetadataColumns(const TableMetadata& metadata) {
  std::vector<Field> columns{
      {.id = kFileColumn, .name = "_file", .type = PrimitiveKind::kString, .required = true},
      {.id = kPositionColumn, .name = "_pos", .type = PrimitiveKind::kLong, .required = true},
      {.id = kSpecIdColumn, .name = "_spec_id", .type = PrimitiveKind::kInt, .required = true}};
  std::vector<Field> partition = PartitionFields(metadata);
  if (!partition.empty()) {
    columns.push_back(
        {.id = kPartitionColumn, .name = "_partition", .type = StructType{std::move(partition)}});
  }
  columns.push_back({.id = kRowIdColumn, .name = "_row_id", .type = PrimitiveKind::kLong});
  columns.push_back({.id = kLastUpdatedColumn,
                     .name = "_last_updated_sequence_number",
                     .type = PrimitiveKind::kLong});
  return columns;
}

Schema WithMetadataColumns(const Schema& schema, const TableMetadata& metadata) {
  Schema out = schema;
  for (Field& column : MetadataColumns(metadata)) {
    const bool is_taken = std::any_of(schema.columns.fields.begin(), schema.columns.fields.end(),
                                      [&column](const Field& field) {
                                        return field.name == column.name || field.id == column.id;
                                      });
    if (!is_taken) out.columns.fields.push_back(std::move(column));
  }
  return out;
}

Schema EveryField(const TableMetadata& metadata) {
  std::vector<const Schema*> older;
  for (const Schema& schema : metadata.schemas) {
    if (schema.id != metadata.current_schema_id) older.push_back(&schema);
  }
  std::sort(older.begin(), older.end(),
            [](const Schema* a, const Schema* b) { return a->id > b->id; });
  Schema out = metadata.CurrentSchema();
  for (const Schema* schema : older) {
    out.columns.fields = MergeFields(std::move(out.columns.fields), schema->columns.fields);
  }
  for (Field& field : out.columns.fields) MakeOptional(field);
  out.identifier_field_ids.clear();
  return out;
}

}  // namespace icefield
