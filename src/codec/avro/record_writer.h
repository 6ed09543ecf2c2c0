/// Encoding records whose fields are known when the program is compiled: one table of fields gives
/// both the schema and the bytes, so that they cannot differ.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/avro/encoder.h"

namespace icefield::avro {

/// Unsupported unless metadata files of this format version are written.
inline Status CheckWritableVersion(int32_t format_version) {
  if (format_version == 2 || format_version == 3) return {};
  return Unsupported("metadata of format version ", format_version, " is not written; 2 and 3 are");
}

/// One field of a record of type Record.
template <typename Record>
struct FieldWriter {
  int32_t field_id = 0;
  const char* name = "";
  std::string_view type;  ///< JSON of the schema; empty: the one that is known when it is written.
  bool optional = false;  ///< The type in a union with null; `write` states which of them it is.
  void (*write)(Encoder& out, const Record& record) = nullptr;
  int32_t format_version = 2;  ///< The first that has the field.
};

/// The JSON of a field.
inline std::string FieldSchema(int32_t field_id, std::string_view quoted_name,
                               std::string_view type, bool optional) {
  const std::string whole =
      optional ? StrCat(R"(["null",)", type, R"(],"default":null)") : std::string(type);
  return StrCat(R"({"name":)", quoted_name, R"(,"type":)", whole, R"(,"field-id":)", field_id, "}");
}

/// The JSON of a record type.
inline std::string RecordSchema(std::string_view name, const std::vector<std::string>& fields) {
  return StrCat(R"({"type":"record","name":")", name, R"(","fields":[)", Join(fields, ","), "]}");
}

/// The JSON of a record type made of the fields that `format_version` has; `open_type` is that of
/// the field that states none.
template <typename Record>
std::string RecordSchema(std::string_view name, std::span<const FieldWriter<Record>> fields,
                         int32_t format_version, std::string_view open_type = {}) {
  std::vector<std::string> texts;
  for (const FieldWriter<Record>& field : fields) {
    if (field.format_version > format_version) continue;
    const std::string_view type = field.type.empty() ? open_type : field.type;
    texts.push_back(
        FieldSchema(field.field_id, StrCat('"', field.name, '"'), type, field.optional));
  }
  return RecordSchema(name, texts);
}

/// The bytes of a record of that type.
template <typename Record>
void WriteRecord(Encoder& out, std::span<const FieldWriter<Record>> fields, int32_t format_version,
                 const Record& record) {
  for (const FieldWriter<Record>& field : fields) {
    if (field.format_version <= format_version) field.write(out, record);
  }
}

}  // namespace icefield::avro
