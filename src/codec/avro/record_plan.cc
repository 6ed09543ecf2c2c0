#include "codec/avro/record_plan.h"

namespace icefield::avro {
namespace {

bool IsInteger(const SchemaNode& node) {
  return node.kind == Kind::kInt || node.kind == Kind::kLong;
}

// Where the file gives the ids of keys and values, they must be those of the specification.
bool HasIdOrNone(const SchemaField& field, int32_t id) { return field.field_id.value_or(id) == id; }

// Takes the optionality off `type`; false for unions that are no optional types.
bool Unwrap(const SchemaTree& tree, NodeId& type, int& null_branch) {
  const Result<NullableType> split = SplitNullable(tree, type);
  if (!split.ok()) return false;
  type = split->type;
  null_branch = split->null_branch;
  return true;
}

bool FitsMap(const SchemaTree& tree, const SchemaNode& item, const FieldKey& key,
             PlannedField& out) {
  if (item.kind != Kind::kRecord || item.fields.size() != 2) return false;
  if (!HasIdOrNone(item.fields[0], key.key_id) || !HasIdOrNone(item.fields[1], key.value_id)) {
    return false;
  }
  NodeId key_type = item.fields[0].type;
  NodeId value_type = item.fields[1].type;
  if (!Unwrap(tree, key_type, out.key_null_branch) ||
      !Unwrap(tree, value_type, out.value_null_branch) || !IsInteger(tree.at(key_type))) {
    return false;
  }
  const SchemaNode& value = tree.at(value_type);
  return key.shape == Shape::kIntegerMap ? IsInteger(value) : value.kind == Kind::kBytes;
}

bool FitsItems(const SchemaTree& tree, const SchemaNode& node, const FieldKey& key,
               PlannedField& out) {
  if (node.kind != Kind::kArray) return false;
  NodeId type = node.children[0];
  out.item_bytes_min = tree.at(type).bytes_min;
  if (!Unwrap(tree, type, out.item_null_branch)) return false;
  const SchemaNode& item = tree.at(type);
  if (key.shape == Shape::kIntegerList) return IsInteger(item);
  if (key.shape == Shape::kRecordList) return item.kind == Kind::kRecord;
  return FitsMap(tree, item, key, out);
}

// Says whether values of `node` have the key's shape, and how.
bool Fits(const SchemaTree& tree, const SchemaNode& node, const FieldKey& key, PlannedField& out) {
  switch (key.shape) {
    case Shape::kBoolean:
      return node.kind == Kind::kBoolean;
    case Shape::kInteger:
      return IsInteger(node);
    case Shape::kString:
      return node.kind == Kind::kString;
    case Shape::kBytes:
      return node.kind == Kind::kBytes;
    case Shape::kRecord:
      return node.kind == Kind::kRecord;
    default:
      return FitsItems(tree, node, key, out);
  }
}

std::string FieldText(const FieldKey& key) {
  return StrCat("field ", key.field_id, " (", key.name, ")");
}

const FieldKey* FindKey(std::span<const FieldKey> keys, const SchemaField& field) {
  for (const FieldKey& key : keys) {
    if (field.field_id == key.field_id) return &key;
  }
  return nullptr;
}

}  // namespace

// A field that is known by its name under an id that is not known is known by a damaged id.
Status CheckNoNamesake(const SchemaNode& record, std::span<const FieldKey> keys,
                       const SchemaField& field) {
  for (const FieldKey& key : keys) {
    if (field.name != key.name) continue;
    ICEFIELD_ASSIGN(const SchemaField* other, FindField(record, key.field_id));
    if (other != nullptr) continue;
    return CorruptData(TypeText(record), " has the field '", field.name, "' without its id ",
                       key.field_id);
  }
  return {};
}

Result<std::vector<PlannedField>> PlanFields(const SchemaTree& tree, NodeId record,
                                             std::span<const FieldKey> keys) {
  const SchemaNode& node = tree.at(record);
  if (node.kind != Kind::kRecord) return CorruptData("a record was expected, not ", TypeText(node));
  for (const FieldKey& key : keys) {
    ICEFIELD_ASSIGN(const SchemaField* field, FindField(node, key.field_id));
    if (field == nullptr && key.required) {
      return CorruptData(TypeText(node), " has no ", FieldText(key));
    }
  }
  std::vector<PlannedField> planned;
  for (const SchemaField& field : node.fields) {
    PlannedField& out = planned.emplace_back(PlannedField{field.type});
    out.key = FindKey(keys, field);
    if (out.key == nullptr) {
      ICEFIELD_TRY(CheckNoNamesake(node, keys, field));
      continue;
    }
    Result<NullableType> split = SplitNullable(tree, field.type);
    if (!split.ok()) return std::move(split).error().At(FieldText(*out.key));
    if (!Fits(tree, tree.at(split->type), *out.key, out)) {
      return CorruptData(FieldText(*out.key),
                         " has an unfit type: ", TypeText(tree.at(split->type)));
    }
    out.type = split->type;
    out.null_branch = split->null_branch;
  }
  return planned;
}

Result<std::optional<NodeId>> FindRecordType(const SchemaTree& tree, NodeId record,
                                             int32_t field_id) {
  ICEFIELD_ASSIGN(const SchemaField* field, FindField(tree.at(record), field_id));
  if (field == nullptr) return std::optional<NodeId>();
  ICEFIELD_ASSIGN(NullableType split, SplitNullable(tree, field->type));
  const SchemaNode& node = tree.at(split.type);
  NodeId type = split.type;
  if (node.kind == Kind::kArray) {
    ICEFIELD_ASSIGN(NullableType item, SplitNullable(tree, node.children[0]));
    type = item.type;
  }
  if (tree.at(type).kind == Kind::kRecord) return std::optional<NodeId>(type);
  return CorruptData("field ", field_id, " has an unfit type: ", TypeText(node));
}

}  // namespace icefield::avro
