#include "read/name_mapping.h"

#include <algorithm>
#include <map>

namespace icefield {
namespace {

const MappedField* FindByName(const std::vector<MappedField>& fields, const std::string& name) {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const MappedField& field) {
    return std::find(field.names.begin(), field.names.end(), name) != field.names.end();
  });
  return found == fields.end() ? nullptr : &*found;
}

class Mapper {
 public:
  explicit Mapper(const std::string& location) : location_(location) {}

  Status Map(const std::vector<MappedField>& fields, FileColumn& column, const std::string& name) {
    const MappedField* mapped = FindByName(fields, name);
    if (mapped == nullptr) return {};
    column.id = mapped->field_id;
    if (column.id) {
      const auto [first, is_new] = named_.emplace(*column.id, column.name);
      if (!is_new) {
        return CorruptData(location_, ": the name mapping gives the field id ", column.id->value,
                           " to both '", first->second, "' and '", column.name, "'");
      }
    }
    return MapChildren(mapped->fields, column);
  }

 private:
  Status MapChildren(const std::vector<MappedField>& fields, FileColumn& column) {
    for (size_t at = 0; at < column.children.size(); ++at) {
      std::string name = column.children[at].name;
      if (column.kind == FileColumn::Kind::kList) name = "element";
      if (column.kind == FileColumn::Kind::kMap) name = at == 0 ? "key" : "value";
      ICEFIELD_TRY(Map(fields, column.children[at], name));
    }
    return {};
  }

  const std::string& location_;
  std::map<FieldId, std::string> named_;
};

}  // namespace

bool AnyFieldId(const std::vector<FileColumn>& columns) {
  return std::any_of(columns.begin(), columns.end(), [](const FileColumn& column) {
    return column.id.has_value() || AnyFieldId(column.children);
  });
}

Result<std::vector<FileColumn>> WithFieldIds(std::vector<FileColumn> columns,
                                             const Result<NameMapping>& mapping,
                                             const std::string& location) {
  if (columns.empty() || AnyFieldId(columns)) return columns;
  if (!mapping.ok()) return Error(mapping.error()).At(location);
  Mapper mapper(location);
  for (FileColumn& column : columns) {
    ICEFIELD_TRY(mapper.Map(mapping->fields, column, column.name));
  }
  return columns;
}

}  // namespace icefield
