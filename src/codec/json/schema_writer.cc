#include "codec/json/schema_writer.h"

#include "base/json.h"
#include "base/strings.h"

namespace icefield {
namespace {

std::string FieldJson(const Field& field) {
  std::string out =
      StrCat(R"({"id":)", field.id.value, R"(,"name":)", JsonQuote(field.name), R"(,"required":)",
             field.required ? "true" : "false", R"(,"type":)", TypeJson(field.type));
  if (!field.doc.empty()) out += StrCat(R"(,"doc":)", JsonQuote(field.doc));
  if (!field.initial_default_json.empty())
    out += StrCat(R"(,"initial-default":)", field.initial_default_json);
  if (!field.write_default_json.empty())
    out += StrCat(R"(,"write-default":)", field.write_default_json);
  return out + "}";
}

std::string FieldsJson(const StructType& structure) {
  std::vector<std::string> fields;
  for (const Field& field : structure.fields) fields.push_back(FieldJson(field));
  return StrCat("[", Join(fields, ","), "]");
}

// The element of a list, or the key or value of a map; a key has no optionality to state.
std::string PartJson(const Field& field) {
  std::string out = StrCat(",\"", field.name, "-id\":", field.id.value, ",\"", field.name,
                           "\":", TypeJson(field.type));
  if (field.name != "key")
    out += StrCat(",\"", field.name, "-required\":", field.required ? "true" : "false");
  return out;
}

}  // namespace

std::string TypeJson(const Type& type) {
  if (const StructType* structure = type.structure())
    return StrCat(R"({"type":"struct","fields":)", FieldsJson(*structure), "}");
  if (const ListType* list = type.list())
    return StrCat(R"({"type":"list")", PartJson(list->element.front()), "}");
  if (const MapType* map = type.map()) {
    return StrCat(R"({"type":"map")", PartJson(map->key_value.front()),
                  PartJson(map->key_value.back()), "}");
  }
  return JsonQuote(PrimitiveTypeText(*type.primitive()));
}

std::string SchemaJson(const Schema& schema) {
  std::vector<std::string> identifiers;
  for (const FieldId id : schema.identifier_field_ids)
    identifiers.push_back(std::to_string(id.value));
  std::string out = StrCat(R"({"type":"struct","schema-id":)", schema.id.value);
  if (!identifiers.empty())
    out += StrCat(R"(,"identifier-field-ids":[)", Join(identifiers, ","), "]");
  return StrCat(out, R"(,"fields":)", FieldsJson(schema.columns), "}");
}

}  // namespace icefield
