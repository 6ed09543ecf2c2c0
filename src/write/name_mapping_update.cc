#include "write/name_mapping_update.h"

#include <algorithm>
#include <set>
#include <utility>

namespace icefield {
namespace {

MappedField MappingOf(const Field& field) {
  MappedField out{{field.name}, field.id, {}};
  for (const Field& child : field.type.children()) out.fields.push_back(MappingOf(child));
  return out;
}

bool HasName(const MappedField& field, const std::string& name) {
  return std::find(field.names.begin(), field.names.end(), name) != field.names.end();
}

// Within one file a name leads to one field.
void TakeName(std::vector<MappedField>& mapped, FieldId owner, const std::string& name) {
  for (MappedField& field : mapped) {
    if (field.field_id != owner) std::erase(field.names, name);
  }
}

void Update(std::vector<MappedField>& mapped, const Schema& before,
            const std::vector<Field>& fields) {
  for (const Field& field : fields) {
    const auto found =
        std::find_if(mapped.begin(), mapped.end(),
                     [&field](const MappedField& entry) { return entry.field_id == field.id; });
    const Field* former = before.FindById(field.id);
    if (found == mapped.end()) {
      if (former != nullptr) continue;
      TakeName(mapped, field.id, field.name);
      mapped.push_back(MappingOf(field));
      continue;
    }
    if (former != nullptr && former->name != field.name) {
      if (!HasName(*found, field.name)) found->names.push_back(field.name);
      TakeName(mapped, field.id, field.name);
    }
    Update(found->fields, before, field.type.children());
  }
}

}  // namespace

NameMapping UpdateNameMapping(const NameMapping& mapping, const Schema& before,
                              const Schema& after) {
  NameMapping out = mapping;
  Update(out.fields, before, after.columns.fields);
  return out;
}

}  // namespace icefield
