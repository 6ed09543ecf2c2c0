#include "codec/json/spec_writer.h"

#include "base/json.h"
#include "base/strings.h"

namespace icefield {
namespace {

std::string PartitionFieldJson(const PartitionField& field) {
  return StrCat(R"({"name":)", JsonQuote(field.name), R"(,"transform":)",
                JsonQuote(TransformText(field.transform)), R"(,"source-id":)",
                field.source_id.value, R"(,"field-id":)", field.field_id.value, "}");
}

std::string SortFieldJson(const SortField& field) {
  return StrCat(R"({"transform":)", JsonQuote(TransformText(field.transform)), R"(,"source-id":)",
                field.source_id.value, R"(,"direction":)",
                field.ascending ? R"("asc")" : R"("desc")", R"(,"null-order":)",
                field.nulls_first ? R"("nulls-first")" : R"("nulls-last")", "}");
}

}  // namespace

std::string PartitionFieldsJson(const std::vector<PartitionField>& fields) {
  std::vector<std::string> out;
  for (const PartitionField& field : fields) out.push_back(PartitionFieldJson(field));
  return StrCat("[", Join(out, ","), "]");
}

std::string PartitionSpecJson(const PartitionSpec& spec) {
  return StrCat(R"({"spec-id":)", spec.id.value, R"(,"fields":)", PartitionFieldsJson(spec.fields),
                "}");
}

std::string SortOrderJson(const SortOrder& order) {
  std::vector<std::string> fields;
  for (const SortField& field : order.fields) fields.push_back(SortFieldJson(field));
  return StrCat(R"({"order-id":)", order.id, R"(,"fields":[)", Join(fields, ","), "]}");
}

}  // namespace icefield
