#include "icefield/schema_text.h"

#include "base/json.h"
#include "codec/json/schema_reader.h"

namespace icefield {

Result<Schema> ParseSchemaText(std::string_view json) {
  ICEFIELD_ASSIGN(const JsonDocument document, JsonDocument::Parse(json));
  Result<Schema> schema = ReadSchema(document.Root());
  if (!schema.ok()) return std::move(schema).error().At("the schema");
  return schema;
}

}  // namespace icefield
