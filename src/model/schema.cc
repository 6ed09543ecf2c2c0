#include "model/schema.h"

namespace icefield {
namespace {

bool AppendPath(const std::vector<Field>& fields, FieldId field_id,
                std::vector<const Field*>& path) {
  for (const Field& field : fields) {
    path.push_back(&field);
    if (field.id == field_id || AppendPath(field.type.children(), field_id, path)) return true;
    path.pop_back();
  }
  return false;
}

const Field* FindIn(const std::vector<Field>& fields, std::string_view name) {
  for (const Field& field : fields) {
    if (field.name == name) return &field;
  }
  for (const Field& field : fields) {
    if (name.size() <= field.name.size() || !name.starts_with(field.name) ||
        name[field.name.size()] != '.')
      continue;
    if (const Field* found = FindIn(field.type.children(), name.substr(field.name.size() + 1)))
      return found;
  }
  return nullptr;
}

}  // namespace

std::vector<const Field*> Schema::PathTo(FieldId field_id) const {
  std::vector<const Field*> path;
  AppendPath(columns.fields, field_id, path);
  return path;
}

const Field* Schema::FindById(FieldId field_id) const {
  std::vector<const Field*> path = PathTo(field_id);
  return path.empty() ? nullptr : path.back();
}

const Field* Schema::FindByName(std::string_view dotted_name) const {
  return FindIn(columns.fields, dotted_name);
}

std::string Schema::NameOf(FieldId field_id) const {
  std::vector<const Field*> path = PathTo(field_id);
  if (path.empty()) return StrCat("field ", field_id.value);
  std::vector<std::string> names;
  for (const Field* step : path) names.push_back(step->name);
  return Join(names, ".");
}

std::string Schema::ToString() const {
  std::string out;
  for (const Field& field : columns.fields) {
    out += StrCat(field.id.value, ": ", field.name, ": ",
                  field.required ? "required " : "optional ", field.type.ToString(), "\n");
  }
  return out;
}

Error UnknownColumn(const Schema& schema, std::string_view dotted_name, std::string_view where) {
  std::vector<std::string> names;
  for (const Field& field : schema.columns.fields) names.push_back(field.name);
  return InvalidArgument("column '", dotted_name, "' is not in ", where, "; it has ",
                         Join(names, ", "));
}

}  // namespace icefield
