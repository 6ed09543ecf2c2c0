#include "read/assemble.h"

#include <arrow/array/array_nested.h>
#include <arrow/array/util.h>
#include <arrow/builder.h>
#include <arrow/compute/cast.h>
#include <arrow/extension_type.h>
#include <arrow/scalar.h>
#include <arrow/util/bitmap_ops.h>

#include <array>

#include "base/checked.h"
#include "batch/arrow_status.h"

namespace icefield {
namespace {

using ArrayPtr = std::shared_ptr<arrow::Array>;
using TypePtr = std::shared_ptr<arrow::DataType>;

TypePtr StorageType(const TypePtr& type) {
  if (type->id() != arrow::Type::EXTENSION) return type;
  return static_cast<const arrow::ExtensionType&>(*type).storage_type();
}

ArrayPtr WithoutExtension(const ArrayPtr& values) {
  if (values->type_id() != arrow::Type::EXTENSION) return values;
  return static_cast<const arrow::ExtensionArray&>(*values).storage();
}

// The scalar of a partition constant; its Value alternative fits the type by construction of the
// manifest reader.
Result<std::shared_ptr<arrow::Scalar>> ConstantScalar(const Value& value, const PrimitiveType& type,
                                                      const TypePtr& arrow_type,
                                                      const std::string& where) {
  std::shared_ptr<arrow::Buffer> bytes;
  if (const auto* text = std::get_if<std::string>(&value)) bytes = arrow::Buffer::FromString(*text);
  if (const auto* data = std::get_if<Bytes>(&value)) bytes = arrow::Buffer::FromString(data->data);
  if (bytes != nullptr) {
    if (type.kind == PrimitiveKind::kString)
      return std::shared_ptr<arrow::Scalar>(std::make_shared<arrow::StringScalar>(bytes));
    if (type.kind == PrimitiveKind::kBinary)
      return std::shared_ptr<arrow::Scalar>(std::make_shared<arrow::BinaryScalar>(bytes));
    return std::shared_ptr<arrow::Scalar>(
        std::make_shared<arrow::FixedSizeBinaryScalar>(bytes, arrow_type));
  }
  if (const auto* decimal = std::get_if<Unscaled>(&value)) {
    const arrow::Decimal128 number(static_cast<int64_t>(decimal->value >> 64),
                                   static_cast<uint64_t>(decimal->value));
    return std::shared_ptr<arrow::Scalar>(
        std::make_shared<arrow::Decimal128Scalar>(number, arrow_type));
  }
  std::shared_ptr<arrow::Scalar> plain;
  std::visit(
      [&](const auto& number) {
        if constexpr (std::is_arithmetic_v<std::decay_t<decltype(number)>>)
          plain = arrow::MakeScalar(number);
      },
      value);
  ICEFIELD_ARROW_ASSIGN(std::shared_ptr<arrow::Scalar> scalar, plain->CastTo(arrow_type), where,
                        ErrorCode::kCorruptData);
  return scalar;
}

Result<ArrayPtr> MissingColumn(const ColumnPlan::Source& source, int64_t rows,
                               const std::string& where) {
  const TypePtr storage = StorageType(source.type);
  if (!source.constant) {
    ICEFIELD_ARROW_ASSIGN(ArrayPtr nulls, arrow::MakeArrayOfNull(source.type, rows), where);
    return nulls;
  }
  ICEFIELD_ASSIGN(
      std::shared_ptr<arrow::Scalar> scalar,
      ConstantScalar(*source.constant, *source.target.type.primitive(), storage, where));
  ICEFIELD_ARROW_ASSIGN(ArrayPtr filled, arrow::MakeArrayFromScalar(*scalar, rows), where);
  if (storage == source.type) return filled;
  return arrow::ExtensionType::WrapArray(source.type, filled);
}

// Instants in coarser units are scaled exactly, finer ones floored, never rounded (P10). A zone of
// a file's column is always UTC; the type says whether the table's column has one.
Result<ArrayPtr> CastTimestamp(const ArrayPtr& values, const TypePtr& target,
                               const std::string& where) {
  const auto& from = static_cast<const arrow::TimestampType&>(*values->type());
  const auto& to = static_cast<const arrow::TimestampType&>(*target);
  if (from.timezone().empty() != to.timezone().empty()) {
    return CorruptData(where, ": the file has ", from.ToString(), ", the table ", to.ToString(),
                       "; the two never mix silently");
  }
  if (from.unit() == to.unit())
    return arrow::MakeArray([&] {
      std::shared_ptr<arrow::ArrayData> data = values->data()->Copy();
      data->type = target;
      return data;
    }());
  constexpr std::array<int64_t, 4> kPerSecond{1, 1000, 1000000, 1000000000};
  const int64_t from_rate = kPerSecond.at(from.unit());
  const int64_t to_rate = kPerSecond.at(to.unit());
  arrow::TimestampBuilder builder(target, arrow::default_memory_pool());
  ICEFIELD_ARROW_TRY(builder.Reserve(values->length()), where);
  const auto& stored = static_cast<const arrow::TimestampArray&>(*values);
  for (int64_t row = 0; row < stored.length(); ++row) {
    if (stored.IsNull(row)) {
      builder.UnsafeAppendNull();
    } else if (from_rate > to_rate) {
      builder.UnsafeAppend(FloorDivide(stored.Value(row), from_rate / to_rate));
    } else {
      std::optional<int64_t> scaled = CheckedMultiply(stored.Value(row), to_rate / from_rate);
      if (!scaled) return CorruptData(where, ": a timestamp does not fit ", to.ToString());
      builder.UnsafeAppend(*scaled);
    }
  }
  ICEFIELD_ARROW_ASSIGN(ArrayPtr out, builder.Finish(), where);
  return out;
}

bool IsBytes(arrow::Type::type id) {
  return arrow::is_base_binary_like(id) || id == arrow::Type::BINARY_VIEW ||
         id == arrow::Type::STRING_VIEW;
}

// True where a file's type may hold values of the table's type: the same, its promotions, and other
// Arrow forms of it.
bool MayBecome(const arrow::DataType& from, const arrow::DataType& to) {
  if (from.Equals(to)) return true;
  if (from.id() == arrow::Type::DICTIONARY) {
    return MayBecome(*static_cast<const arrow::DictionaryType&>(from).value_type(), to);
  }
  if (from.id() == arrow::Type::NA) return true;
  switch (to.id()) {
    case arrow::Type::INT32:
      return from.id() == arrow::Type::INT8 || from.id() == arrow::Type::INT16;
    case arrow::Type::INT64:
      return arrow::is_signed_integer(from.id()) || from.id() == arrow::Type::UINT32;
    case arrow::Type::DOUBLE:
      return from.id() == arrow::Type::FLOAT;
    case arrow::Type::DECIMAL128: {
      if (!arrow::is_decimal(from.id())) return false;
      const auto& narrow = static_cast<const arrow::DecimalType&>(from);
      const auto& wide = static_cast<const arrow::DecimalType&>(to);
      return narrow.scale() == wide.scale() && narrow.precision() <= wide.precision();
    }
    case arrow::Type::TIME64:
      return from.id() == arrow::Type::TIME32 || from.id() == arrow::Type::TIME64;
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
      return IsBytes(from.id());
    case arrow::Type::FIXED_SIZE_BINARY:
      return IsBytes(from.id());
    default:
      return false;
  }
}

Result<ArrayPtr> CastLeaf(const ColumnPlan::Source& source, ArrayPtr values,
                          const std::string& where) {
  const TypePtr storage = StorageType(source.type);
  if (values->type_id() == arrow::Type::TIMESTAMP && storage->id() == arrow::Type::TIMESTAMP) {
    return CastTimestamp(values, storage, where);
  }
  if (!MayBecome(*values->type(), *storage)) {
    return CorruptData(where, ": the file has ", values->type()->ToString(),
                       " where the table has ", source.target.type.ToString());
  }
  if (!values->type()->Equals(*storage)) {
    ICEFIELD_ARROW_ASSIGN(values, arrow::compute::Cast(*values, storage), where,
                          ErrorCode::kCorruptData);
  }
  if (storage == source.type) return values;
  return arrow::ExtensionType::WrapArray(source.type, values);
}

Result<ArrayPtr> AssembleStruct(const ColumnPlan::Source& source, const ArrayPtr& from_file,
                                const std::string& location) {
  const auto& file = static_cast<const arrow::StructArray&>(*from_file);
  arrow::ArrayVector children;
  for (const ColumnPlan::Source& child : source.children) {
    // field() applies the offset of a slice.
    ArrayPtr values = child.ordinal < 0 ? nullptr : file.field(child.ordinal);
    ICEFIELD_ASSIGN(children.emplace_back(),
                    AssembleColumn(child, values, file.length(), location));
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

// A list or map of 32-bit offsets whose children start where its own rows do.
template <typename ListArray>
Result<ArrayPtr> AssembleList(const ColumnPlan::Source& source, const ListArray& file,
                              const std::string& location) {
  std::shared_ptr<arrow::ArrayData> data = file.data()->Copy();
  data->type = source.type;
  ArrayPtr values;
  if constexpr (std::is_same_v<ListArray, arrow::MapArray>) {
    ICEFIELD_ASSIGN(ArrayPtr keys, AssembleColumn(source.children[0], file.keys(),
                                                  file.keys()->length(), location));
    ICEFIELD_ASSIGN(ArrayPtr items, AssembleColumn(source.children[1], file.items(),
                                                   file.items()->length(), location));
    const auto& type = static_cast<const arrow::MapType&>(*source.type);
    values = std::make_shared<arrow::StructArray>(type.value_type(), keys->length(),
                                                  arrow::ArrayVector{keys, items});
  } else {
    ICEFIELD_ASSIGN(values, AssembleColumn(source.children[0], file.values(),
                                           file.values()->length(), location));
  }
  data->child_data = {values->data()};
  return arrow::MakeArray(data);
}

// Large, view and fixed-size lists first become the plain form of the same element type.
Result<ArrayPtr> AssemblePlainList(const ColumnPlan::Source& source, const ArrayPtr& values,
                                   const std::string& where, const std::string& location) {
  ArrayPtr plain = values;
  if (values->type_id() != arrow::Type::LIST) {
    ICEFIELD_ARROW_ASSIGN(
        plain, arrow::compute::Cast(*values, arrow::list(values->type()->field(0)->type())), where,
        ErrorCode::kCorruptData);
  }
  return AssembleList(source, static_cast<const arrow::ListArray&>(*plain), location);
}

}  // namespace

Result<ArrayPtr> AssembleColumn(const ColumnPlan::Source& source, const ArrayPtr& from_file,
                                int64_t rows, const std::string& location) {
  const std::string where = StrCat(location, ", column '", source.target.name, "'");
  if (from_file == nullptr) return MissingColumn(source, rows, where);
  const ArrayPtr values = WithoutExtension(from_file);
  if (source.target.type.primitive() != nullptr) return CastLeaf(source, values, where);
  const arrow::Type::type id = values->type_id();
  if (source.target.type.structure() != nullptr && id == arrow::Type::STRUCT) {
    return AssembleStruct(source, values, location);
  }
  if (source.target.type.map() != nullptr && id == arrow::Type::MAP) {
    return AssembleList(source, static_cast<const arrow::MapArray&>(*values), location);
  }
  if (source.target.type.list() != nullptr && arrow::is_var_length_list_like(id)) {
    return AssemblePlainList(source, values, where, location);
  }
  if (source.target.type.list() != nullptr && id == arrow::Type::FIXED_SIZE_LIST) {
    return AssemblePlainList(source, values, where, location);
  }
  return CorruptData(where, ": the file has ", values->type()->ToString(), " where the table has ",
                     source.target.type.ToString());
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
