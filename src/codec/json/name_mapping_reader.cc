#include "codec/json/name_mapping_reader.h"

#include <set>
#include <string>

#include "base/json.h"

namespace icefield {
namespace {

constexpr std::string_view kProperty = "table property schema.name-mapping.default";

Result<std::vector<MappedField>> ReadFields(const JsonValue& json);

Result<MappedField> ReadMappedField(const JsonValue& json) {
  MappedField field;
  ICEFIELD_ASSIGN(const JsonValue names, json.Get("names"));
  ICEFIELD_ASSIGN(field.names, names.ElementsAs<std::string>());
  ICEFIELD_ASSIGN(const std::optional<int32_t> id, json.Find<int32_t>("field-id"));
  if (id) field.field_id = FieldId{*id};
  ICEFIELD_ASSIGN(const std::optional<JsonValue> children, json.Find("fields"));
  if (children) {
    ICEFIELD_ASSIGN(field.fields, ReadFields(*children));
  }
  return field;
}

Result<std::vector<MappedField>> ReadFields(const JsonValue& json) {
  ICEFIELD_ASSIGN(const std::vector<JsonValue> elements, json.Elements());
  std::vector<MappedField> fields;
  std::set<std::string> seen;
  for (const JsonValue& element : elements) {
    ICEFIELD_ASSIGN(MappedField field, ReadMappedField(element));
    for (const std::string& name : field.names) {
      if (!seen.insert(name).second) {
        return CorruptData(element.Path(), " maps the name '", name, "' a second time");
      }
    }
    fields.push_back(std::move(field));
  }
  return fields;
}

Result<NameMapping> ReadDocument(std::string_view text) {
  ICEFIELD_ASSIGN(const JsonDocument document, JsonDocument::Parse(text));
  NameMapping mapping;
  ICEFIELD_ASSIGN(mapping.fields, ReadFields(document.Root()));
  return mapping;
}

}  // namespace

Result<NameMapping> ReadNameMapping(std::string_view json) {
  if (json.empty()) {
    return Unsupported(
        "the file's columns have no field ids and the table has no name mapping; set the table "
        "property schema.name-mapping.default (columns are never matched by position)");
  }
  Result<NameMapping> mapping = ReadDocument(json);
  if (!mapping.ok()) return std::move(mapping).error().At(kProperty);
  return mapping;
}

}  // namespace icefield
