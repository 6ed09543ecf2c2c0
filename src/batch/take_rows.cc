#include "batch/take_rows.h"

#include <arrow/array/array_primitive.h>
#include <arrow/array/util.h>
#include <arrow/compute/api_vector.h>
#include <arrow/extension_type.h>

#include "batch/arrow_status.h"
#include "batch/take_fixed.h"

namespace icefield {
namespace {

using TypePtr = std::shared_ptr<arrow::DataType>;

// `type` with what lies in memory in the place of extension types, at every depth: Arrow's own
// function takes none below lists and maps.
TypePtr StorageOf(const TypePtr& type) {
  if (type->id() == arrow::Type::EXTENSION)
    return StorageOf(static_cast<const arrow::ExtensionType&>(*type).storage_type());
  arrow::FieldVector children;
  bool differs = false;
  for (const std::shared_ptr<arrow::Field>& child : type->fields()) {
    children.push_back(child->WithType(StorageOf(child->type())));
    differs = differs || children.back()->type() != child->type();
  }
  if (!differs) return type;
  switch (type->id()) {
    case arrow::Type::STRUCT:
      return arrow::struct_(children);
    case arrow::Type::LIST:
      return arrow::list(children[0]);
    case arrow::Type::MAP:
      return std::make_shared<arrow::MapType>(children[0]);
    default:
      return type;  // Tables have no other nested types.
  }
}

std::shared_ptr<arrow::ArrayData> Retyped(const arrow::ArrayData& data, const TypePtr& type) {
  const std::shared_ptr<arrow::ArrayData> out = data.Copy();
  out->type = type;
  const arrow::FieldVector& children =
      type->id() == arrow::Type::EXTENSION
          ? static_cast<const arrow::ExtensionType&>(*type).storage_type()->fields()
          : type->fields();
  for (size_t at = 0; at < out->child_data.size(); ++at)
    out->child_data[at] = Retyped(*out->child_data[at], children[at]->type());
  return out;
}

}  // namespace

Result<std::shared_ptr<arrow::RecordBatch>> TakeRows(
    const std::shared_ptr<arrow::RecordBatch>& rows, const std::vector<int32_t>& chosen) {
  const arrow::Int32Array indices(static_cast<int64_t>(chosen.size()), arrow::Buffer::Wrap(chosen));
  arrow::ArrayVector columns;
  for (const std::shared_ptr<arrow::Array>& column : rows->columns()) {
    ICEFIELD_ASSIGN(columns.emplace_back(), TakeValues(column, indices));
  }
  return arrow::RecordBatch::Make(rows->schema(), indices.length(), std::move(columns));
}

Result<std::shared_ptr<arrow::Array>> TakeValues(const std::shared_ptr<arrow::Array>& column,
                                                 const arrow::Array& indices) {
  if (column->length() > 0 && IsTakenFixed(*column->type())) return TakeFixed(*column, indices);
  const TypePtr storage = StorageOf(column->type());
  const std::shared_ptr<arrow::Array> plain =
      storage == column->type() ? column : arrow::MakeArray(Retyped(*column->data(), storage));
  ICEFIELD_ARROW_ASSIGN(
      std::shared_ptr<arrow::Array> taken,
      arrow::compute::Take(*plain, indices, arrow::compute::TakeOptions::NoBoundsCheck()),
      "choosing rows", ErrorCode::kResourceExhausted);
  if (storage == column->type()) return taken;
  return arrow::MakeArray(Retyped(*taken->data(), column->type()));
}

}  // namespace icefield
