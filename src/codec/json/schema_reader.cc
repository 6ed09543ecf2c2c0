#include "codec/json/schema_reader.h"

#include <set>
#include <string>

namespace icefield {
namespace {

Result<std::string> DefaultText(const JsonValue& json, std::string_view key) {
  ICEFIELD_ASSIGN(const std::optional<JsonValue> value, json.Find(key));
  return value ? value->Text() : std::string();
}

Result<Field> ReadField(const JsonValue& json) {
  Field field;
  ICEFIELD_ASSIGN(field.id.value, json.Get<int32_t>("id"));
  ICEFIELD_ASSIGN(field.name, json.Get<std::string>("name"));
  ICEFIELD_ASSIGN(field.required, json.Get<bool>("required"));
  ICEFIELD_ASSIGN(const JsonValue type, json.Get("type"));
  ICEFIELD_ASSIGN(field.type, ReadType(type));
  ICEFIELD_ASSIGN(std::optional<std::string> doc, json.Find<std::string>("doc"));
  field.doc = std::move(doc).value_or("");
  ICEFIELD_ASSIGN(field.initial_default_json, DefaultText(json, "initial-default"));
  ICEFIELD_ASSIGN(field.write_default_json, DefaultText(json, "write-default"));
  return field;
}

Result<StructType> ReadStruct(const JsonValue& json) {
  ICEFIELD_ASSIGN(const JsonValue fields, json.Get("fields"));
  ICEFIELD_ASSIGN(const std::vector<JsonValue> elements, fields.Elements());
  StructType structure;
  std::set<std::string> names;
  for (const JsonValue& element : elements) {
    ICEFIELD_ASSIGN(Field field, ReadField(element));
    if (!names.insert(field.name).second) {
      return CorruptData(fields.Path(), " has two fields named '", field.name, "'");
    }
    structure.fields.push_back(std::move(field));
  }
  return structure;
}

// The element of a list, or the key or value of a map: `part` says which. Keys are always required.
Result<Field> ReadPart(const JsonValue& json, const std::string& part) {
  Field field;
  field.name = part;
  ICEFIELD_ASSIGN(field.id.value, json.Get<int32_t>(part + "-id"));
  ICEFIELD_ASSIGN(const JsonValue type, json.Get(part));
  ICEFIELD_ASSIGN(field.type, ReadType(type));
  field.required = true;
  if (part != "key") {
    ICEFIELD_ASSIGN(field.required, json.Get<bool>(part + "-required"));
  }
  return field;
}

Status CheckIdsDiffer(const std::vector<Field>& fields, std::set<FieldId>& seen,
                      const JsonValue& json) {
  for (const Field& field : fields) {
    if (!seen.insert(field.id).second) {
      return CorruptData(json.Path(), " uses the field id ", field.id.value, " twice");
    }
    ICEFIELD_TRY(CheckIdsDiffer(field.type.children(), seen, json));
  }
  return {};
}

}  // namespace

Result<Type> ReadType(const JsonValue& json) {
  if (json.IsString()) {
    ICEFIELD_ASSIGN(const std::string text, json.As<std::string>());
    Result<PrimitiveType> primitive = ParsePrimitiveType(text);
    if (!primitive.ok()) return std::move(primitive).error().At(json.Path());
    return Type(*std::move(primitive));
  }
  if (!json.IsObject()) return json.Mismatch("a type");
  ICEFIELD_ASSIGN(const std::string kind, json.Get<std::string>("type"));
  if (kind == "struct") {
    ICEFIELD_ASSIGN(StructType structure, ReadStruct(json));
    return Type(std::move(structure));
  }
  if (kind == "list") {
    ICEFIELD_ASSIGN(Field element, ReadPart(json, "element"));
    return Type(ListType{{std::move(element)}});
  }
  if (kind == "map") {
    ICEFIELD_ASSIGN(Field key, ReadPart(json, "key"));
    ICEFIELD_ASSIGN(Field value, ReadPart(json, "value"));
    return Type(MapType{{std::move(key), std::move(value)}});
  }
  return Unsupported(json.Path(), ": nested type '", kind, "' is not known");
}

Result<Schema> ReadSchema(const JsonValue& json) {
  ICEFIELD_ASSIGN(const std::string kind, json.Get<std::string>("type"));
  if (kind != "struct")
    return CorruptData(json.Path(), ".type must be 'struct', it is '", kind, "'");
  Schema schema;
  ICEFIELD_ASSIGN(const std::optional<int32_t> id, json.Find<int32_t>("schema-id"));
  schema.id.value = id.value_or(0);
  ICEFIELD_ASSIGN(schema.columns, ReadStruct(json));
  std::set<FieldId> seen;
  ICEFIELD_TRY(CheckIdsDiffer(schema.columns.fields, seen, json));
  ICEFIELD_ASSIGN(const std::optional<JsonValue> identifiers, json.Find("identifier-field-ids"));
  if (identifiers) {
    ICEFIELD_ASSIGN(const std::vector<int32_t> ids, identifiers->ElementsAs<int32_t>());
    for (const int32_t field_id : ids) schema.identifier_field_ids.push_back(FieldId{field_id});
  }
  return schema;
}

}  // namespace icefield
