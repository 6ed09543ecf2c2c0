#include "codec/variant/shredded_group.h"

#include <arrow/extension_type.h>

#include <algorithm>
#include <utility>

#include "codec/variant/json_form.h"
#include "codec/variant/shredded_scalar.h"

namespace icefield::variant {
namespace {

constexpr char kValue[] = "value";
constexpr char kTypedValue[] = "typed_value";

bool HasValue(const std::shared_ptr<arrow::Array>& column, int64_t row) {
  return column != nullptr && column->IsValid(row);
}

template <typename ListArray>
std::pair<int64_t, int64_t> RangeOf(const arrow::Array& column, int64_t row) {
  const auto& lists = static_cast<const ListArray&>(column);
  return {lists.value_offset(row), lists.value_offset(row + 1)};
}

// Where the elements of a list that is not null start and end.
std::pair<int64_t, int64_t> ElementsOf(const arrow::Array& column, int64_t row) {
  return column.type_id() == arrow::Type::LIST ? RangeOf<arrow::ListArray>(column, row)
                                               : RangeOf<arrow::LargeListArray>(column, row);
}

// Appends `,"name":`, without the comma for the first field of an object.
void AppendName(std::string_view name, std::string& out) {
  if (out.back() != '{') out += ',';
  AppendUtf8(name, out);
  out += ':';
}

}  // namespace

std::shared_ptr<arrow::Array> StorageOf(const std::shared_ptr<arrow::Array>& column) {
  if (column->type_id() != arrow::Type::EXTENSION) return column;
  return StorageOf(static_cast<const arrow::ExtensionArray&>(*column).storage());
}

Result<std::shared_ptr<arrow::Array>> FindColumn(const arrow::StructArray& group,
                                                 const std::string& name) {
  const std::vector<int> found = group.struct_type()->GetAllFieldIndices(name);
  if (found.empty()) return std::shared_ptr<arrow::Array>();
  if (found.size() > 1) return CorruptData("a variant group has several columns '", name, "'");
  return StorageOf(group.field(found.front()));
}

ShreddedGroup::ShreddedGroup(std::shared_ptr<arrow::Array> rows, std::string path, int depth)
    : rows_(std::move(rows)), path_(std::move(path)), depth_(depth) {}

Result<ShreddedGroup> ShreddedGroup::Make(const std::shared_ptr<arrow::Array>& rows,
                                          std::string path, int depth) {
  if (depth > kDepthMax) {
    return Unsupported("the variant is shredded deeper than ", kDepthMax, " levels");
  }
  if (rows->type_id() != arrow::Type::STRUCT) {
    return CorruptData(path, ": a shredded value must be a group of value and typed_value, it is ",
                       rows->type()->ToString());
  }
  ShreddedGroup group(rows, std::move(path), depth);
  const auto& columns = static_cast<const arrow::StructArray&>(*rows);
  ICEFIELD_ASSIGN(group.value_, FindColumn(columns, kValue));
  ICEFIELD_ASSIGN(std::shared_ptr<arrow::Array> typed_value, FindColumn(columns, kTypedValue));
  if (group.value_ == nullptr && typed_value == nullptr) {
    return CorruptData("a variant group has neither ", group.path_, kValue, " nor ", group.path_,
                       kTypedValue);
  }
  if (group.value_ != nullptr && !IsBinary(*group.value_->type())) {
    return CorruptData(group.path_, kValue, " of a variant must be binary, it is ",
                       group.value_->type()->ToString());
  }
  if (typed_value != nullptr) ICEFIELD_TRY(group.SetTypedValue(std::move(typed_value)));
  return group;
}

Status ShreddedGroup::SetTypedValue(std::shared_ptr<arrow::Array> column) {
  typed_value_ = std::move(column);
  const arrow::DataType& type = *typed_value_->type();
  if (type.id() == arrow::Type::STRUCT) {
    shape_ = Shape::kObject;
    return AddFields(static_cast<const arrow::StructArray&>(*typed_value_));
  }
  if (type.id() == arrow::Type::LIST || type.id() == arrow::Type::LARGE_LIST) {
    shape_ = Shape::kArray;
    const auto& elements = type.id() == arrow::Type::LIST
                               ? static_cast<const arrow::ListArray&>(*typed_value_).values()
                               : static_cast<const arrow::LargeListArray&>(*typed_value_).values();
    ICEFIELD_ASSIGN(ShreddedGroup element,
                    Make(StorageOf(elements), StrCat(path_, kTypedValue, "[]."), depth_ + 1));
    element_.push_back(std::move(element));
    return {};
  }
  if (IsShreddedScalar(type)) return {};
  return Unsupported(path_, kTypedValue, " has type ", type.ToString(),
                     ", to which variants are not shredded");
}

Status ShreddedGroup::AddFields(const arrow::StructArray& columns) {
  for (int at = 0; at < columns.num_fields(); ++at) {
    const std::string& name = columns.struct_type()->field(at)->name();
    if (!IsUtf8(name)) return CorruptData("a shredded field's name is not UTF-8");
    ICEFIELD_ASSIGN(
        ShreddedGroup group,
        Make(StorageOf(columns.field(at)), StrCat(path_, kTypedValue, ".", name, "."), depth_ + 1));
    fields_.push_back({name, std::move(group)});
  }
  std::sort(fields_.begin(), fields_.end(),
            [](const Field& a, const Field& b) { return a.name < b.name; });
  const auto twice =
      std::adjacent_find(fields_.begin(), fields_.end(),
                         [](const Field& a, const Field& b) { return a.name == b.name; });
  if (twice == fields_.end()) return {};
  return CorruptData(path_, kTypedValue, " has the field '", twice->name, "' twice");
}

Result<bool> ShreddedGroup::Append(const Dictionary& dictionary, int64_t row,
                                   std::string& out) const {
  if (rows_->IsNull(row)) return false;
  const bool has_value = HasValue(value_, row);
  if (HasValue(typed_value_, row)) {
    if (has_value && shape_ != Shape::kObject) {
      return CorruptData(path_, kValue, " and ", path_, kTypedValue, " hold one value both");
    }
    ICEFIELD_TRY(AppendTyped(dictionary, row, out));
    return true;
  }
  if (!has_value) return false;
  if (Status status = AppendValue(dictionary, *BytesAt(*value_, row), depth_, out); !status.ok()) {
    return std::move(status).error().At(StrCat(path_, kValue));
  }
  return true;
}

Status ShreddedGroup::AppendTyped(const Dictionary& dictionary, int64_t row,
                                  std::string& out) const {
  if (shape_ == Shape::kObject) return AppendObject(dictionary, row, out);
  if (shape_ == Shape::kArray) return AppendArray(dictionary, row, out);
  Status status = AppendShreddedScalar(*typed_value_, row, out);
  if (status.ok()) return {};
  return std::move(status).error().At(StrCat(path_, kTypedValue));
}

bool ShreddedGroup::HasField(std::string_view name) const {
  const auto found =
      std::lower_bound(fields_.begin(), fields_.end(), name,
                       [](const Field& field, std::string_view key) { return field.name < key; });
  return found != fields_.end() && found->name == name;
}

// The fields that only `value` has, ordered by name.
Result<std::vector<JsonField>> ShreddedGroup::OtherFields(const Dictionary& dictionary,
                                                          int64_t row) const {
  if (!HasValue(value_, row)) return std::vector<JsonField>();
  auto fields = DecodeObject(dictionary, *BytesAt(*value_, row), depth_);
  if (!fields.ok()) return std::move(fields).error().At(StrCat(path_, kValue));
  std::erase_if(*fields, [&](const JsonField& field) { return HasField(field.name); });
  std::sort(fields->begin(), fields->end(),
            [](const JsonField& a, const JsonField& b) { return a.name < b.name; });
  return fields;
}

Status ShreddedGroup::AppendObject(const Dictionary& dictionary, int64_t row,
                                   std::string& out) const {
  ICEFIELD_ASSIGN(const std::vector<JsonField> others, OtherFields(dictionary, row));
  auto other = others.begin();
  const auto append_others_before = [&](const std::string* name) {
    for (; other != others.end() && (name == nullptr || other->name < *name); ++other) {
      AppendName(other->name, out);
      out += other->json;
    }
  };
  out += '{';
  for (const Field& field : fields_) {
    append_others_before(&field.name);
    const size_t mark = out.size();
    AppendName(field.name, out);
    ICEFIELD_ASSIGN(const bool present, field.group.Append(dictionary, row, out));
    if (!present) out.resize(mark);
  }
  append_others_before(nullptr);
  out += '}';
  return {};
}

// Elements cannot be missing: one that is counts as null, as the specification has it for a value
// that is required.
Status ShreddedGroup::AppendArray(const Dictionary& dictionary, int64_t row,
                                  std::string& out) const {
  const auto [first, end] = ElementsOf(*typed_value_, row);
  out += '[';
  for (int64_t at = first; at < end; ++at) {
    if (at > first) out += ',';
    ICEFIELD_ASSIGN(const bool present, element_.front().Append(dictionary, at, out));
    if (!present) out += "null";
  }
  out += ']';
  return {};
}

}  // namespace icefield::variant
