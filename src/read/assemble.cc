#include "read/assemble.h"

#include <arrow/array/array_nested.h>
#include <arrow/array/util.h>
#include <arrow/builder.h>
#include <arrow/util/bitmap_ops.h>

#include "base/checked.h"
#include "batch/arrow_status.h"
#include "codec/arrow/constant.h"
#include "codec/variant/variant_json.h"
#include "read/leaf_cast.h"

namespace icefield {
namespace {

using ArrayPtr = std::shared_ptr<arrow::Array>;

// The number of the file's first row plus each row's position where `stored` (null: everywhere) is
// null.
Result<ArrayPtr> Numbered(const arrow::Int64Array* stored, int64_t first_number,
                          const FileRows& rows, const std::string& where) {
  if (rows.count > 0 && !CheckedAdd(first_number, rows.PositionOf(rows.count - 1)))
    return CorruptData(where, ": a row's number does not fit 64 bits");
  arrow::Int64Builder builder;
  ICEFIELD_ARROW_TRY(builder.Reserve(rows.count), where);
  for (int64_t row = 0; row < rows.count; ++row) {
    const bool is_stored = stored != nullptr && !stored->IsNull(row);
    builder.UnsafeAppend(is_stored ? stored->Value(row) : first_number + rows.PositionOf(row));
  }
  ICEFIELD_ARROW_ASSIGN(ArrayPtr out, builder.Finish(), where);
  return out;
}

Result<ArrayPtr> MissingColumn(const ColumnPlan::Source& source, const FileRows& rows,
                               const std::string& where) {
  if (source.first_number) return Numbered(nullptr, *source.first_number, rows, where);
  if (source.constant != nullptr) return Repeat(*source.constant, rows.count, where);
  ICEFIELD_ARROW_ASSIGN(ArrayPtr nulls, arrow::MakeArrayOfNull(source.type, rows.count), where);
  return nulls;
}

// A stored metadata column: its nulls stand for what the file's place in the table says.
Result<ArrayPtr> FillNulls(const ColumnPlan::Source& source, const ArrayPtr& values,
                           const FileRows& rows, const std::string& where) {
  if (values->null_count() == 0 || values->type_id() != arrow::Type::INT64) return values;
  const auto& stored = static_cast<const arrow::Int64Array&>(*values);
  if (source.first_number) return Numbered(&stored, *source.first_number, rows, where);
  if (source.constant == nullptr) return values;
  const int64_t constant = static_cast<const arrow::Int64Scalar&>(*source.constant).value;
  arrow::Int64Builder builder;
  ICEFIELD_ARROW_TRY(builder.Reserve(stored.length()), where);
  for (int64_t row = 0; row < stored.length(); ++row) {
    builder.UnsafeAppend(stored.IsNull(row) ? constant : stored.Value(row));
  }
  ICEFIELD_ARROW_ASSIGN(ArrayPtr out, builder.Finish(), where);
  return out;
}

Result<ArrayPtr> AssembleStruct(const ColumnPlan::Source& source, const ArrayPtr& from_file,
                                const std::string& location) {
  const auto& file = static_cast<const arrow::StructArray&>(*from_file);
  arrow::ArrayVector children;
  for (const ColumnPlan::Source& child : source.children) {
    // field() applies the offset of a slice.
    ArrayPtr values = child.ordinal < 0 ? nullptr : file.field(child.ordinal);
    ICEFIELD_ASSIGN(children.emplace_back(),
                    AssembleColumn(child, values, {.count = file.length()}, location));
  }
  std::shared_ptr<arrow::Buffer> nulls;
  if (file.null_count() > 0) {
    ICEFIELD_ARROW_ASSIGN(
        nulls,
        arrow::internal::CopyBitmap(arrow::default_memory_pool(), file.null_bitmap_data(),
                                    file.offset(), file.length()),
        location);
  }
  return ArrayPtr(std::make_shared<arrow::StructArray>(
      source.type, file.length(), std::move(children), nulls, file.null_count()));
}

// A list of 32-bit offsets, or a map, as its type of `values`.
ArrayPtr WithValues(const ColumnPlan::Source& source, const arrow::Array& list,
                    const arrow::Array& values) {
  std::shared_ptr<arrow::ArrayData> data = list.data()->Copy();
  data->type = source.type;
  data->child_data = {values.data()};
  return arrow::MakeArray(data);
}

Result<ArrayPtr> AssembleList(const ColumnPlan::Source& source, const arrow::ListArray& file,
                              const std::string& location) {
  const ColumnPlan::Source& element = source.children.front();
  const ArrayPtr stored = element.ordinal < 0 ? nullptr : file.values();
  ICEFIELD_ASSIGN(const ArrayPtr values,
                  AssembleColumn(element, stored, {.count = file.values()->length()}, location));
  return WithValues(source, file, *values);
}

// A map of which only some leaves are read arrives as a list of what is left of its entries.
Result<ArrayPtr> AssembleMap(const ColumnPlan::Source& source, const arrow::ListArray& file,
                             const std::string& location) {
  const auto& entries = static_cast<const arrow::StructArray&>(*file.values());
  arrow::ArrayVector key_value;
  for (const ColumnPlan::Source& part : source.children) {
    const ArrayPtr stored = part.ordinal < 0 ? nullptr : entries.field(part.ordinal);
    ICEFIELD_ASSIGN(key_value.emplace_back(),
                    AssembleColumn(part, stored, {.count = entries.length()}, location));
  }
  const auto& type = static_cast<const arrow::MapType&>(*source.type);
  return WithValues(source, file,
                    arrow::StructArray(type.value_type(), entries.length(), key_value));
}

Result<ArrayPtr> AssembleVariant(const arrow::Array& group, const std::string& where) {
  Result<ArrayPtr> json = VariantToJson(group);
  if (!json.ok()) return std::move(json).error().At(where);
  return json;
}

}  // namespace

Result<ArrayPtr> AssembleColumn(const ColumnPlan::Source& source, const ArrayPtr& from_file,
                                const FileRows& rows, const std::string& location) {
  const std::string where = StrCat(location, ", column '", source.target.name, "'");
  if (from_file == nullptr) return MissingColumn(source, rows, where);
  const Type& type = source.target.type;
  const arrow::Type::type id = from_file->type_id();
  if (type.Is(PrimitiveKind::kVariant)) return AssembleVariant(*from_file, where);
  if (type.primitive() != nullptr) {
    ICEFIELD_ASSIGN(const ArrayPtr values,
                    CastLeaf({from_file, source.form}, *type.primitive(), source.type, where));
    return FillNulls(source, values, rows, where);
  }
  if (type.structure() != nullptr && id == arrow::Type::STRUCT)
    return AssembleStruct(source, from_file, location);
  if (id == arrow::Type::LIST || id == arrow::Type::MAP) {
    const auto& list = static_cast<const arrow::ListArray&>(*from_file);
    if (type.list() != nullptr) return AssembleList(source, list, location);
    if (type.map() != nullptr && list.value_type()->id() == arrow::Type::STRUCT)
      return AssembleMap(source, list, location);
  }
  return CorruptData(where, ": the file has ", from_file->type()->ToString(),
                     " where the table has ", type.ToString());
}

Result<ArrayPtr> DescendTo(const arrow::ArrayVector& roots, const std::vector<int>& path,
                           const std::string& location) {
  ArrayPtr at = roots[static_cast<size_t>(path.front())];
  for (size_t depth = 1; depth < path.size(); ++depth) {
    ICEFIELD_ARROW_ASSIGN(
        at, static_cast<const arrow::StructArray&>(*at).GetFlattenedField(path[depth]), location);
  }
  return at;
}

}  // namespace icefield
