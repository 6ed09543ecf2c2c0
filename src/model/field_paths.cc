#include "model/field_paths.h"

#include <algorithm>

namespace icefield {

FieldPaths::FieldPaths(const Schema& schema) { Add(schema.columns.fields, nullptr); }

void FieldPaths::Add(const std::vector<Field>& fields, const Step* above) {
  for (const Field& field : fields) {
    const auto [added, is_new] = steps_.emplace(field.id, Step{&field, above});
    if (is_new) Add(field.type.children(), &added->second);
  }
}

std::vector<const Field*> FieldPaths::PathTo(FieldId field_id) const {
  std::vector<const Field*> path;
  const auto found = steps_.find(field_id);
  const Step* step = found == steps_.end() ? nullptr : &found->second;
  for (; step != nullptr; step = step->above) path.push_back(step->field);
  std::reverse(path.begin(), path.end());
  return path;
}

const Field* FieldPaths::FindById(FieldId field_id) const {
  const auto found = steps_.find(field_id);
  return found == steps_.end() ? nullptr : found->second.field;
}

}  // namespace icefield
