#include "codec/json/spec_reader.h"

#include <set>
#include <string>

namespace icefield {
namespace {

// Partition field ids of v1 tables that do not write them (specification: "Partition Evolution").
constexpr int32_t kFirstPartitionFieldId = 1000;

// What a transform is made of: `source-id`, or `source-ids` in v3.
struct TransformedColumns {
  FieldId source_id;
  Transform transform;
};

Result<TransformedColumns> ReadTransformedColumns(const JsonValue& json) {
  TransformedColumns out;
  ICEFIELD_ASSIGN(const std::string text, json.Get<std::string>("transform"));
  ICEFIELD_ASSIGN(const std::optional<JsonValue> list, json.Find("source-ids"));
  std::vector<int32_t> sources;
  if (list) {
    ICEFIELD_ASSIGN(sources, list->ElementsAs<int32_t>());
  }
  if (sources.empty()) {
    ICEFIELD_ASSIGN(const int32_t source, json.Get<int32_t>("source-id"));
    sources.push_back(source);
  }
  out.source_id.value = sources.front();
  if (sources.size() > 1) {
    out.transform = {TransformKind::kUnknown, 0, text};
    return out;
  }
  Result<Transform> transform = ParseTransform(text);
  if (!transform.ok()) return std::move(transform).error().At(json.Path());
  out.transform = *std::move(transform);
  return out;
}

Result<PartitionField> ReadPartitionField(const JsonValue& json, PartitionFieldIds ids,
                                          int32_t position) {
  PartitionField field;
  ICEFIELD_ASSIGN(TransformedColumns columns, ReadTransformedColumns(json));
  field.source_id = columns.source_id;
  field.transform = std::move(columns.transform);
  ICEFIELD_ASSIGN(const std::optional<int32_t> id, json.Find<int32_t>("field-id"));
  if (!id && ids == PartitionFieldIds::kRequired) {
    return CorruptData(json.Path(), ".field-id is missing");
  }
  field.field_id.value = id.value_or(kFirstPartitionFieldId + position);
  ICEFIELD_ASSIGN(field.name, json.Get<std::string>("name"));
  return field;
}

// One of two words: true for `yes`.
Result<bool> ReadChoice(const JsonValue& json, std::string_view key, std::string_view yes,
                        std::string_view no) {
  ICEFIELD_ASSIGN(const std::string word, json.Get<std::string>(key));
  if (word != yes && word != no) {
    return CorruptData(json.Path(), ".", key, " must be '", yes, "' or '", no, "', it is '", word,
                       "'");
  }
  return word == yes;
}

Result<SortField> ReadSortField(const JsonValue& json) {
  SortField field;
  ICEFIELD_ASSIGN(TransformedColumns columns, ReadTransformedColumns(json));
  field.source_id = columns.source_id;
  field.transform = std::move(columns.transform);
  ICEFIELD_ASSIGN(field.ascending, ReadChoice(json, "direction", "asc", "desc"));
  ICEFIELD_ASSIGN(field.nulls_first, ReadChoice(json, "null-order", "nulls-first", "nulls-last"));
  return field;
}

}  // namespace

Result<std::vector<PartitionField>> ReadPartitionFields(const JsonValue& json,
                                                        PartitionFieldIds ids) {
  ICEFIELD_ASSIGN(const std::vector<JsonValue> elements, json.Elements());
  std::vector<PartitionField> fields;
  std::set<FieldId> seen;
  for (const JsonValue& element : elements) {
    ICEFIELD_ASSIGN(PartitionField field,
                    ReadPartitionField(element, ids, static_cast<int32_t>(fields.size())));
    if (!seen.insert(field.field_id).second) {
      return CorruptData(json.Path(), " uses the field id ", field.field_id.value, " twice");
    }
    fields.push_back(std::move(field));
  }
  return fields;
}

Result<PartitionSpec> ReadPartitionSpec(const JsonValue& json, PartitionFieldIds ids) {
  PartitionSpec spec;
  ICEFIELD_ASSIGN(spec.id.value, json.Get<int32_t>("spec-id"));
  ICEFIELD_ASSIGN(const JsonValue fields, json.Get("fields"));
  ICEFIELD_ASSIGN(spec.fields, ReadPartitionFields(fields, ids));
  return spec;
}

Result<SortOrder> ReadSortOrder(const JsonValue& json) {
  SortOrder order;
  ICEFIELD_ASSIGN(order.id, json.Get<int32_t>("order-id"));
  ICEFIELD_ASSIGN(const JsonValue fields, json.Get("fields"));
  ICEFIELD_ASSIGN(const std::vector<JsonValue> elements, fields.Elements());
  for (const JsonValue& element : elements) {
    ICEFIELD_ASSIGN(SortField field, ReadSortField(element));
    order.fields.push_back(std::move(field));
  }
  return order;
}

}  // namespace icefield
