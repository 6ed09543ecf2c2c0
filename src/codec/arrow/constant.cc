#include "codec/arrow/constant.h"

#include <arrow/array/concatenate.h>
#include <arrow/array/util.h>
#include <arrow/builder.h>
#include <arrow/extension_type.h>

#include <algorithm>

#include "batch/arrow_status.h"
#include "codec/arrow/arrow_types.h"
#include "codec/json/default_value.h"

namespace icefield {
namespace {

using TypePtr = std::shared_ptr<arrow::DataType>;

ArrowScalar BytesScalar(const std::string& bytes, const TypePtr& storage) {
  std::shared_ptr<arrow::Buffer> buffer = arrow::Buffer::FromString(bytes);
  switch (storage->id()) {
    case arrow::Type::STRING:
      return std::make_shared<arrow::StringScalar>(std::move(buffer));
    case arrow::Type::BINARY:
      return std::make_shared<arrow::BinaryScalar>(std::move(buffer));
    default:
      return std::make_shared<arrow::FixedSizeBinaryScalar>(std::move(buffer), storage);
  }
}

// `value` is of the alternative that the type uses.
Result<ArrowScalar> StorageScalar(const Value& value, const TypePtr& storage) {
  if (const auto* text = std::get_if<std::string>(&value)) return BytesScalar(*text, storage);
  if (const auto* bytes = std::get_if<Bytes>(&value)) return BytesScalar(bytes->data, storage);
  if (const auto* decimal = std::get_if<Unscaled>(&value)) {
    const arrow::Decimal128 number(static_cast<int64_t>(decimal->value >> 64),
                                   static_cast<uint64_t>(decimal->value));
    return ArrowScalar(std::make_shared<arrow::Decimal128Scalar>(number, storage));
  }
  ArrowScalar plain;
  std::visit(
      [&](const auto& number) {
        if constexpr (std::is_arithmetic_v<std::decay_t<decltype(number)>>)
          plain = arrow::MakeScalar(number);
      },
      value);
  ICEFIELD_ARROW_ASSIGN(ArrowScalar scalar, plain->CastTo(storage), storage->ToString());
  return scalar;
}

// Which of a field's two defaults.
enum class Moment : uint8_t { kInitial, kWrite };

Result<ArrowScalar> NestedScalar(const Field& field, const NestedValue& value, Moment moment);

Result<ArrowScalar> DefaultOf(const Field& field, Moment moment) {
  const bool is_initial = moment == Moment::kInitial;
  const std::string& json = is_initial ? field.initial_default_json : field.write_default_json;
  if (json.empty()) return ArrowScalar();
  const std::string where =
      StrCat(is_initial ? "initial-default" : "write-default", " of '", field.name, "'");
  const Result<NestedValue> value = ReadDefaultValue(field.type, json);
  if (!value.ok()) return Error(value.error()).At(where);
  Result<ArrowScalar> scalar = NestedScalar(field, *value, moment);
  if (!scalar.ok()) return std::move(scalar).error().At(where);
  return scalar;
}

// The member's part of its struct's default, else its own default.
Result<ArrowScalar> MemberScalar(const Field& member, const NestedValue& value, Moment moment) {
  const auto stated = std::find(value.member_ids.begin(), value.member_ids.end(), member.id);
  if (stated != value.member_ids.end()) {
    const auto at = static_cast<size_t>(stated - value.member_ids.begin());
    return NestedScalar(member, value.children[at], moment);
  }
  ICEFIELD_ASSIGN(ArrowScalar own, DefaultOf(member, moment));
  if (own != nullptr) return own;
  return NestedScalar(member, NestedValue{}, moment);
}

Result<std::shared_ptr<arrow::Array>> Joined(const arrow::ScalarVector& values,
                                             const TypePtr& type) {
  arrow::ArrayVector pieces;
  if (values.empty()) {
    ICEFIELD_ARROW_ASSIGN(pieces.emplace_back(), arrow::MakeArrayOfNull(type, 0), type->ToString());
  }
  for (const ArrowScalar& value : values) {
    ICEFIELD_ASSIGN(pieces.emplace_back(), Repeat(*value, 1, type->ToString()));
  }
  ICEFIELD_ARROW_ASSIGN(std::shared_ptr<arrow::Array> joined, arrow::Concatenate(pieces),
                        type->ToString());
  return joined;
}

Result<ArrowScalar> MapScalar(const MapType& map, const TypePtr& type, const NestedValue& value,
                              Moment moment) {
  arrow::ScalarVector keys;
  arrow::ScalarVector items;
  for (size_t at = 0; at + 1 < value.children.size(); at += 2) {
    ICEFIELD_ASSIGN(keys.emplace_back(),
                    NestedScalar(map.key_value[0], value.children[at], moment));
    ICEFIELD_ASSIGN(items.emplace_back(),
                    NestedScalar(map.key_value[1], value.children[at + 1], moment));
  }
  const auto& arrow_map = static_cast<const arrow::MapType&>(*type);
  ICEFIELD_ASSIGN(std::shared_ptr<arrow::Array> key_array, Joined(keys, arrow_map.key_type()));
  ICEFIELD_ASSIGN(std::shared_ptr<arrow::Array> item_array, Joined(items, arrow_map.item_type()));
  auto entries = std::make_shared<arrow::StructArray>(arrow_map.value_type(), key_array->length(),
                                                      arrow::ArrayVector{key_array, item_array});
  return ArrowScalar(std::make_shared<arrow::MapScalar>(std::move(entries), type));
}

Result<ArrowScalar> NestedScalar(const Field& field, const NestedValue& value, Moment moment) {
  if (value.IsNull() && field.required) {
    return CorruptData("the required field '", field.name, "' has no default");
  }
  if (field.type.primitive() != nullptr)
    return ConstantOf(*field.type.primitive(), value.primitive);
  ICEFIELD_ASSIGN(const TypePtr type, ToArrowType(field.type));
  if (value.IsNull()) return ArrowScalar(arrow::MakeNullScalar(type));
  arrow::ScalarVector children;
  if (field.type.structure() != nullptr) {
    for (const Field& member : field.type.structure()->fields) {
      ICEFIELD_ASSIGN(children.emplace_back(), MemberScalar(member, value, moment));
    }
    return ArrowScalar(std::make_shared<arrow::StructScalar>(std::move(children), type));
  }
  if (field.type.map() != nullptr) return MapScalar(*field.type.map(), type, value, moment);
  for (const NestedValue& element : value.children) {
    ICEFIELD_ASSIGN(children.emplace_back(),
                    NestedScalar(field.type.list()->element.front(), element, moment));
  }
  const auto& arrow_list = static_cast<const arrow::ListType&>(*type);
  ICEFIELD_ASSIGN(std::shared_ptr<arrow::Array> elements,
                  Joined(children, arrow_list.value_type()));
  return ArrowScalar(std::make_shared<arrow::ListScalar>(std::move(elements), type));
}

}  // namespace

Result<ArrowScalar> ConstantOf(const PrimitiveType& type, const std::optional<Value>& value) {
  ICEFIELD_ASSIGN(const TypePtr arrow_type, ToArrowType(type));
  if (!value) return ArrowScalar(arrow::MakeNullScalar(arrow_type));
  ICEFIELD_ASSIGN(const Value promoted, PromoteValue(type, *value));
  if (!IsValueOf(type, promoted)) {
    return CorruptData("a shared value is no ", PrimitiveTypeText(type));
  }
  if (arrow_type->id() != arrow::Type::EXTENSION) return StorageScalar(promoted, arrow_type);
  const auto& extension = static_cast<const arrow::ExtensionType&>(*arrow_type);
  ICEFIELD_ASSIGN(ArrowScalar storage, StorageScalar(promoted, extension.storage_type()));
  return ArrowScalar(std::make_shared<arrow::ExtensionScalar>(std::move(storage), arrow_type));
}

Result<ArrowScalar> InitialDefaultOf(const Field& field) {
  return DefaultOf(field, Moment::kInitial);
}

Result<ArrowScalar> WriteDefaultOf(const Field& field) { return DefaultOf(field, Moment::kWrite); }

Result<std::shared_ptr<arrow::Array>> Repeat(const arrow::Scalar& value, int64_t rows,
                                             const std::string& where) {
  ICEFIELD_ARROW_ASSIGN(std::shared_ptr<arrow::Array> repeated,
                        arrow::MakeArrayFromScalar(value, rows), where);
  return repeated;
}

}  // namespace icefield
