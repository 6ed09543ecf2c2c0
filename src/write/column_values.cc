#include "write/column_values.h"

#include <arrow/array.h>
#include <arrow/extension_type.h>
#include <arrow/util/decimal.h>

#include <algorithm>

namespace icefield {
namespace {

ColumnValues::Form FormOf(PrimitiveKind kind) {
  switch (kind) {
    case PrimitiveKind::kUnknown:
      return ColumnValues::Form::kNone;
    case PrimitiveKind::kFloat:
      return ColumnValues::Form::kFloat;
    case PrimitiveKind::kDouble:
      return ColumnValues::Form::kDouble;
    case PrimitiveKind::kDecimal:
      return ColumnValues::Form::kDecimal;
    case PrimitiveKind::kString:
    case PrimitiveKind::kUuid:
    case PrimitiveKind::kFixed:
    case PrimitiveKind::kBinary:
    case PrimitiveKind::kVariant:
    case PrimitiveKind::kGeometry:
    case PrimitiveKind::kGeography:
      return ColumnValues::Form::kText;
    default:
      return ColumnValues::Form::kNumber;
  }
}

int OrdinalIn(const std::vector<Field>& siblings, FieldId id) {
  const auto found = std::find_if(siblings.begin(), siblings.end(),
                                  [id](const Field& each) { return each.id == id; });
  return static_cast<int>(found - siblings.begin());
}

}  // namespace

Result<ColumnValues> ColumnValues::Make(const arrow::RecordBatch& rows, const Schema& schema,
                                        FieldId field) {
  const std::vector<const Field*> path = schema.PathTo(field);
  if (path.empty() || path.back()->type.primitive() == nullptr) {
    return InvalidArgument("field ", schema.NameOf(field), " is no primitive column");
  }
  ColumnValues column;
  column.type_ = *path.back()->type.primitive();
  column.form_ = FormOf(column.type_.kind);
  const std::vector<Field>* siblings = &schema.columns.fields;
  for (const Field* step : path) {
    const int ordinal = OrdinalIn(*siblings, step->id);
    if (column.values_ == nullptr) {
      column.values_ = rows.column(ordinal);
    } else if (column.values_->type_id() == arrow::Type::STRUCT) {
      if (column.values_->null_count() > 0) column.structs_.push_back(column.values_);
      column.values_ = static_cast<const arrow::StructArray&>(*column.values_).field(ordinal);
    } else {
      return InvalidArgument("field ", schema.NameOf(field), " lies below a list or a map");
    }
    siblings = &step->type.children();
  }
  if (column.values_->type_id() == arrow::Type::EXTENSION)
    column.values_ = static_cast<const arrow::ExtensionArray&>(*column.values_).storage();
  return column;
}

bool ColumnValues::IsNull(int64_t row) const {
  if (values_->IsNull(row) || form_ == Form::kNone) return true;
  return std::any_of(structs_.begin(), structs_.end(),
                     [row](const auto& above) { return above->IsNull(row); });
}

int64_t ColumnValues::NumberAt(int64_t row) const {
  switch (values_->type_id()) {
    case arrow::Type::BOOL:
      return static_cast<const arrow::BooleanArray&>(*values_).Value(row) ? 1 : 0;
    case arrow::Type::INT32:
    case arrow::Type::DATE32:
      return values_->data()->GetValues<int32_t>(1)[row];
    default:
      return values_->data()->GetValues<int64_t>(1)[row];
  }
}

double ColumnValues::FloatingAt(int64_t row) const {
  if (form_ == Form::kFloat) return double{values_->data()->GetValues<float>(1)[row]};
  return values_->data()->GetValues<double>(1)[row];
}

std::string_view ColumnValues::TextAt(int64_t row) const {
  if (values_->type_id() == arrow::Type::FIXED_SIZE_BINARY)
    return static_cast<const arrow::FixedSizeBinaryArray&>(*values_).GetView(row);
  return static_cast<const arrow::BinaryArray&>(*values_).GetView(row);
}

Int128 ColumnValues::DecimalAt(int64_t row) const {
  const arrow::Decimal128 number(
      static_cast<const arrow::Decimal128Array&>(*values_).GetValue(row));
  return static_cast<Int128>((static_cast<unsigned __int128>(number.high_bits()) << 64) |
                             number.low_bits());
}

Value ColumnValues::ValueAt(int64_t row) const {
  switch (form_) {
    case Form::kFloat:
      return static_cast<float>(FloatingAt(row));
    case Form::kDouble:
      return FloatingAt(row);
    case Form::kText:
      if (type_.kind == PrimitiveKind::kString) return std::string(TextAt(row));
      return Bytes{std::string(TextAt(row))};
    case Form::kDecimal:
      return Unscaled{DecimalAt(row)};
    case Form::kNumber:
    case Form::kNone:
      break;
  }
  const int64_t number = NumberAt(row);
  if (type_.kind == PrimitiveKind::kBoolean) return number != 0;
  if (type_.kind == PrimitiveKind::kInt || type_.kind == PrimitiveKind::kDate)
    return static_cast<int32_t>(number);
  return number;
}

}  // namespace icefield
