#include "codec/json/name_mapping_writer.h"

#include "base/json.h"
#include "base/strings.h"

namespace icefield {
namespace {

std::string FieldsJson(const std::vector<MappedField>& fields) {
  std::vector<std::string> out;
  for (const MappedField& field : fields) {
    std::vector<std::string> names;
    for (const std::string& name : field.names) names.push_back(JsonQuote(name));
    std::string json = field.field_id ? StrCat(R"({"field-id":)", field.field_id->value, ",") : "{";
    json += StrCat(R"("names":[)", Join(names, ","), "]");
    if (!field.fields.empty()) json += StrCat(R"(,"fields":)", FieldsJson(field.fields));
    out.push_back(json + "}");
  }
  return StrCat("[", Join(out, ","), "]");
}

}  // namespace

std::string NameMappingJson(const NameMapping& mapping) { return FieldsJson(mapping.fields); }

}  // namespace icefield
