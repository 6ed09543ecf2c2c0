#include "write/schema_rules.h"
#include "write/schema_update.h"

namespace icefield {
namespace {

std::string NameIn(const std::string& parent, const std::string& name) {
  return parent.empty() ? name : StrCat(parent, ".", name);
}

// What a type is, without its parts.
std::string_view ShapeOf(const Type& type) {
  if (type.structure() != nullptr) return "struct";
  if (type.list() != nullptr) return "list";
  if (type.map() != nullptr) return "map";
  return "primitive";
}

}  // namespace

Status SchemaUpdate::UnionByName(const Schema& other) {
  // On a copy: a fault in the middle leaves nothing behind.
  SchemaUpdate changed = *this;
  ICEFIELD_TRY(changed.Union(other.columns.fields, ""));
  *this = std::move(changed);
  return {};
}

Status SchemaUpdate::Union(const std::vector<Field>& fields, const std::string& parent) {
  for (const Field& field : fields) {
    const std::string name = NameIn(parent, field.name);
    const Field* existing = nullptr;
    const std::vector<Field>* siblings = &schema_.columns.fields;
    if (!parent.empty()) {
      ICEFIELD_ASSIGN(const FieldId parent_id, Find(parent));
      siblings = &schema_.FindById(parent_id)->type.children();
    }
    for (const Field& sibling : *siblings) {
      if (sibling.name == field.name) existing = &sibling;
    }
    if (existing != nullptr) {
      const Field before = *existing;
      ICEFIELD_TRY(UnionField(field, before, name));
      continue;
    }
    ICEFIELD_TRY(AddColumn(
        {parent, field.name, field.type, field.required, field.doc, field.initial_default_json}));
  }
  return {};
}

Status SchemaUpdate::UnionField(const Field& field, const Field& existing,
                                const std::string& name) {
  if (ShapeOf(field.type) != ShapeOf(existing.type)) {
    return Fault(name, StrCat("is a ", existing.type.ToString(), ", the other schema has a ",
                              field.type.ToString()));
  }
  if (existing.required && !field.required) ICEFIELD_TRY(MakeOptional(name));
  if (!field.doc.empty() && field.doc != existing.doc) ICEFIELD_TRY(ChangeDoc(name, field.doc));
  if (field.type.structure() != nullptr) return Union(field.type.children(), name);
  if (const PrimitiveType* type = field.type.primitive()) {
    // A narrower type fits as it is.
    if (CanPromote(*type, *existing.type.primitive())) return {};
    return ChangeType(name, *type);
  }
  const std::vector<Field>& theirs = field.type.children();
  const std::vector<Field>& ours = existing.type.children();
  for (size_t at = 0; at < theirs.size(); ++at)
    ICEFIELD_TRY(UnionField(theirs[at], ours[at], NameIn(name, ours[at].name)));
  return {};
}

}  // namespace icefield
