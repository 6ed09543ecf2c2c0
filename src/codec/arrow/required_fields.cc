#include "codec/arrow/required_fields.h"

#include <arrow/array.h>

#include <optional>
#include <string>

#include "base/strings.h"
#include "batch/arrow_status.h"

namespace icefield {
namespace {

using ArrayPtr = std::shared_ptr<arrow::Array>;

// The dotted path of a required field below `field` that has a null, if there is one. `values` is
// null wherever something above it is.
Result<std::optional<std::string>> NullBelow(const ArrayPtr& values, const Field& field);

// The same for one child, whose nulls hold those of its `parent_nulls` parents.
Result<std::optional<std::string>> NullIn(const ArrayPtr& values, const Field& field,
                                          int64_t parent_nulls) {
  if (field.required && values->null_count() > parent_nulls) return std::optional(field.name);
  ICEFIELD_ASSIGN(std::optional<std::string> below, NullBelow(values, field));
  if (below) below = StrCat(field.name, ".", *below);
  return below;
}

Result<std::optional<std::string>> NullInMembers(const arrow::StructArray& values,
                                                 const std::vector<Field>& fields) {
  const int64_t parent_nulls = values.null_count();
  for (size_t at = 0; at < fields.size(); ++at) {
    ICEFIELD_ARROW_ASSIGN(const ArrayPtr member, values.GetFlattenedField(static_cast<int>(at)),
                          fields[at].name);
    ICEFIELD_ASSIGN(std::optional<std::string> found, NullIn(member, fields[at], parent_nulls));
    if (found) return found;
  }
  return std::optional<std::string>();
}

Result<std::optional<std::string>> NullBelow(const ArrayPtr& values, const Field& field) {
  if (const StructType* structure = field.type.structure())
    return NullInMembers(static_cast<const arrow::StructArray&>(*values), structure->fields);
  if (field.type.primitive() != nullptr) return std::optional<std::string>();
  // Maps are lists too. Flatten makes no empty array of extension types.
  const auto& lists = static_cast<const arrow::ListArray&>(*values);
  bool has_elements = false;
  for (int64_t at = 0; !has_elements && at < lists.length(); ++at)
    has_elements = lists.IsValid(at) && lists.value_length(at) > 0;
  if (!has_elements) return std::optional<std::string>();
  ICEFIELD_ARROW_ASSIGN(const ArrayPtr elements, lists.Flatten(), field.name);
  if (field.type.list() != nullptr) return NullIn(elements, field.type.children().front(), 0);
  return NullInMembers(static_cast<const arrow::StructArray&>(*elements), field.type.children());
}

// The first row of a null, by halves; there is one.
int64_t FirstNull(const ArrayPtr& column, const Field& field) {
  int64_t first = 0;
  int64_t length = column->length();
  while (length > 1) {
    const int64_t half = length / 2;
    const auto found = NullIn(column->Slice(first, half), field, 0);
    const bool in_first_half = found.ok() && found->has_value();
    if (!in_first_half) first += half;
    length = in_first_half ? half : length - half;
  }
  return first;
}

using DataPtr = std::shared_ptr<arrow::ArrayData>;

DataPtr Unmasked(const DataPtr& data, const Field& field);

// The members of a struct: of a column, or the entries of a map.
DataPtr UnmaskedMembers(const DataPtr& data, const std::vector<Field>& fields) {
  DataPtr out = data->Copy();
  for (size_t at = 0; at < fields.size(); ++at)
    out->child_data[at] = Unmasked(data->child_data[at], fields[at]);
  return out;
}

DataPtr Unmasked(const DataPtr& data, const Field& field) {
  DataPtr out = data;
  if (field.type.structure() != nullptr) {
    out = UnmaskedMembers(data, field.type.children());
  } else if (field.type.primitive() == nullptr) {
    out = data->Copy();
    out->child_data[0] = field.type.list() != nullptr
                             ? Unmasked(data->child_data[0], field.type.children().front())
                             : UnmaskedMembers(data->child_data[0], field.type.children());
  }
  if (!field.required || out->buffers.empty() || out->buffers[0] == nullptr) return out;
  if (out == data) out = data->Copy();
  out->buffers[0] = nullptr;
  out->null_count = 0;
  return out;
}

}  // namespace

std::shared_ptr<arrow::Array> WithoutMaskedNulls(const std::shared_ptr<arrow::Array>& values,
                                                 const Field& field) {
  return field.type.primitive() != nullptr ? values
                                           : arrow::MakeArray(Unmasked(values->data(), field));
}

Status CheckRequired(const arrow::RecordBatch& rows, const StructType& columns) {
  for (size_t at = 0; at < columns.fields.size(); ++at) {
    const ArrayPtr& column = rows.column(static_cast<int>(at));
    const Field& field = columns.fields[at];
    ICEFIELD_ASSIGN(const std::optional<std::string> found, NullIn(column, field, 0));
    if (found) {
      return InvalidArgument("column '", *found, "' is required and null in row ",
                             FirstNull(column, field), "; fill it or make the column optional");
    }
  }
  return {};
}

}  // namespace icefield
