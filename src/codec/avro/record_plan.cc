#include "codec/avro/record_plan.h"

namespace icefield::avro {
namespace {

bool IsInteger(const SchemaNode& node) {
  return node.kind == Kind::kInt || node.kind == Kind::kLong;
}

// Where the file gives the ids of keys and values, they must be those of the specification.
bool HasIdOrNone(const SchemaField& field, int32_t id) { return field.field_id.value_or(id) == id; }

bool IsMap(const SchemaTree& tree, const SchemaNode& node, const FieldKey& key) {
  if (node.kind != Kind::kArray) return false;
  const SchemaNode& item = tree.at(node.children[0]);
  if (item.kind != Kind::kRecord || item.fields.size() != 2) return false;
  const SchemaNode& value = tree.at(item.fields[1].type);
  const bool value_fits =
      key.shape == Shape::kIntegerMap ? IsInteger(value) : value.kind == Kind::kBytes;
  return IsInteger(tree.at(item.fields[0].type)) && value_fits &&
         HasIdOrNone(item.fields[0], key.key_id) && HasIdOrNone(item.fields[1], key.value_id);
}

bool Fits(const SchemaTree& tree, const SchemaNode& node, const FieldKey& key) {
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
    case Shape::kIntegerList:
      return node.kind == Kind::kArray && IsInteger(tree.at(node.children[0]));
    case Shape::kRecordList:
      return node.kind == Kind::kArray && tree.at(node.children[0]).kind == Kind::kRecord;
    case Shape::kIntegerMap:
    case Shape::kBytesMap:
      return IsMap(tree, node, key);
  }
  return false;
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
    if (out.key == nullptr) continue;
    Result<NullableType> split = SplitNullable(tree, field.type);
    if (!split.ok()) return std::move(split).error().At(FieldText(*out.key));
    if (!Fits(tree, tree.at(split->type), *out.key)) {
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
  const NodeId type = node.kind == Kind::kArray ? node.children[0] : split.type;
  if (tree.at(type).kind == Kind::kRecord) return std::optional<NodeId>(type);
  return CorruptData("field ", field_id, " has an unfit type: ", TypeText(node));
}

}  // namespace icefield::avro
