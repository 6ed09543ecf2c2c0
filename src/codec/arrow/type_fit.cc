#include "codec/arrow/type_fit.h"

#include <arrow/extension_type.h>
#include <arrow/type_traits.h>

#include <algorithm>
#include <map>

#include "base/strings.h"
#include "codec/arrow/arrow_types.h"

namespace icefield {
namespace {

using TypePtr = std::shared_ptr<arrow::DataType>;
using TypeId = arrow::Type::type;

// Whether a type becomes another.
enum class Fit : uint8_t {
  kYes,
  kNarrow,    // Where each value fits.
  kDowncast,  // Where nanoseconds may be floored.
  kNever,
};

bool IsText(TypeId id) {
  return id == TypeId::STRING || id == TypeId::LARGE_STRING || id == TypeId::STRING_VIEW;
}

bool IsBytes(TypeId id) {
  return id == TypeId::BINARY || id == TypeId::LARGE_BINARY || id == TypeId::BINARY_VIEW;
}

bool IsFloating(TypeId id) {
  return id == TypeId::HALF_FLOAT || id == TypeId::FLOAT || id == TypeId::DOUBLE;
}

// `bits`: of the table's signed integer.
Fit IntegerFit(TypeId from, int bits) {
  if (IsFloating(from)) return Fit::kNarrow;
  if (!arrow::is_integer(from)) return Fit::kNever;
  const int needed = arrow::bit_width(from) + (arrow::is_unsigned_integer(from) ? 1 : 0);
  return needed <= bits ? Fit::kYes : Fit::kNarrow;
}

Fit FloatingFit(TypeId from, bool is_double) {
  if (arrow::is_integer(from)) return Fit::kNarrow;
  if (!IsFloating(from)) return Fit::kNever;
  return is_double || from != TypeId::DOUBLE ? Fit::kYes : Fit::kNarrow;
}

Fit DecimalFit(const arrow::DataType& from, const PrimitiveType& to) {
  if (arrow::is_integer(from.id())) return Fit::kNarrow;
  if (!arrow::is_decimal(from.id())) return Fit::kNever;
  const auto& decimal = static_cast<const arrow::DecimalType&>(from);
  const bool fits = decimal.scale() <= to.scale &&
                    decimal.precision() - decimal.scale() <= to.precision - to.scale;
  return fits ? Fit::kYes : Fit::kNarrow;
}

Fit DateFit(const arrow::DataType& from) {
  if (from.id() == TypeId::DATE32 || from.id() == TypeId::DATE64) return Fit::kYes;
  const bool unzoned = from.id() == TypeId::TIMESTAMP &&
                       static_cast<const arrow::TimestampType&>(from).timezone().empty();
  return unzoned ? Fit::kNarrow : Fit::kNever;
}

Fit TimeFit(const arrow::DataType& from) {
  if (from.id() == TypeId::TIME32) return Fit::kYes;
  if (from.id() != TypeId::TIME64) return Fit::kNever;
  const bool nanoseconds =
      static_cast<const arrow::Time64Type&>(from).unit() == arrow::TimeUnit::NANO;
  return nanoseconds ? Fit::kDowncast : Fit::kYes;
}

Fit TimestampFit(const arrow::DataType& from, const arrow::TimestampType& to) {
  const bool to_zoned = !to.timezone().empty();
  if (from.id() == TypeId::DATE32 || from.id() == TypeId::DATE64)
    return to_zoned ? Fit::kNever : Fit::kYes;
  if (from.id() != TypeId::TIMESTAMP) return Fit::kNever;
  const auto& timestamp = static_cast<const arrow::TimestampType&>(from);
  if (timestamp.timezone().empty() == to_zoned) return Fit::kNever;
  const bool loses =
      timestamp.unit() == arrow::TimeUnit::NANO && to.unit() != arrow::TimeUnit::NANO;
  return loses ? Fit::kDowncast : Fit::kYes;
}

Fit UuidFit(const arrow::DataType& from) {
  constexpr int kUuidBytes = 16;
  if (from.id() == TypeId::EXTENSION)
    return static_cast<const arrow::ExtensionType&>(from).extension_name() == "arrow.uuid"
               ? Fit::kYes
               : Fit::kNever;
  if (from.id() == TypeId::FIXED_SIZE_BINARY) {
    const bool same =
        static_cast<const arrow::FixedSizeBinaryType&>(from).byte_width() == kUuidBytes;
    return same ? Fit::kYes : Fit::kNever;
  }
  return IsText(from.id()) || IsBytes(from.id()) ? Fit::kNarrow : Fit::kNever;
}

Fit FixedFit(const arrow::DataType& from, int32_t length) {
  if (from.id() == TypeId::FIXED_SIZE_BINARY) {
    const bool same = static_cast<const arrow::FixedSizeBinaryType&>(from).byte_width() == length;
    return same ? Fit::kYes : Fit::kNever;
  }
  return IsBytes(from.id()) ? Fit::kNarrow : Fit::kNever;
}

Fit BytesFit(TypeId from) {
  if (IsBytes(from) || from == TypeId::FIXED_SIZE_BINARY) return Fit::kYes;
  return IsText(from) ? Fit::kNarrow : Fit::kNever;
}

Fit FitOf(const arrow::DataType& from, const PrimitiveType& to, const arrow::DataType& target) {
  if (to.kind == PrimitiveKind::kUuid) return UuidFit(from);
  switch (target.id()) {
    case TypeId::BOOL:
      return from.id() == TypeId::BOOL ? Fit::kYes : Fit::kNever;
    case TypeId::INT32:
    case TypeId::INT64:
      return IntegerFit(from.id(), arrow::bit_width(target.id()));
    case TypeId::FLOAT:
    case TypeId::DOUBLE:
      return FloatingFit(from.id(), target.id() == TypeId::DOUBLE);
    case TypeId::DECIMAL128:
      return DecimalFit(from, to);
    case TypeId::DATE32:
      return DateFit(from);
    case TypeId::TIME64:
      return TimeFit(from);
    case TypeId::TIMESTAMP:
      return TimestampFit(from, static_cast<const arrow::TimestampType&>(target));
    case TypeId::STRING:
      return IsText(from.id()) ? Fit::kYes : Fit::kNever;
    case TypeId::FIXED_SIZE_BINARY:
      return FixedFit(from, to.length);
    case TypeId::BINARY:
      return BytesFit(from.id());
    default:
      return Fit::kNever;
  }
}

// What a person can do about a primitive type that does not become the table's; empty if it does.
std::string Misfit(const arrow::DataType& from, const PrimitiveType& to,
                   const ConformOptions& options) {
  const Result<TypePtr> target = ToArrowType(to);
  if (!target.ok()) return target.error().message;
  switch (FitOf(from, to, **target)) {
    case Fit::kYes:
      return "";
    case Fit::kNarrow:
      return options.narrow
                 ? ""
                 : "values may not fit; cast them first, or pass narrow to take those that fit";
    case Fit::kDowncast:  // Judged value by value.
      return "";
    case Fit::kNever:
      break;
  }
  const bool both_instants = from.id() == TypeId::TIMESTAMP && (*target)->id() == TypeId::TIMESTAMP;
  if (both_instants) return "times with and without a zone never become each other by themselves";
  return "cast it first";
}

bool IsList(TypeId id) {
  return id == TypeId::LIST || id == TypeId::LARGE_LIST || id == TypeId::FIXED_SIZE_LIST ||
         id == TypeId::LIST_VIEW || id == TypeId::LARGE_LIST_VIEW;
}

std::string BelowName(const std::string& path, std::string_view name) {
  return path.empty() ? std::string(name) : StrCat(path, ".", name);
}

}  // namespace

TypePtr ValueType(const TypePtr& type) {
  if (type->id() == TypeId::DICTIONARY)
    return ValueType(static_cast<const arrow::DictionaryType&>(*type).value_type());
  if (type->id() != TypeId::EXTENSION) return type;
  const auto& extension = static_cast<const arrow::ExtensionType&>(*type);
  return extension.extension_name() == "arrow.json" ? ValueType(extension.storage_type()) : type;
}

void AppendDifferences(const TypePtr& given, const Field& field, const std::string& path,
                       const ConformOptions& options, std::vector<std::string>& differences) {
  const TypePtr from = ValueType(given);
  // A column of nulls is one of any type.
  if (from->id() == TypeId::NA) {
    if (field.required)
      differences.push_back(
          StrCat("column '", path, "' is required, the data has only nulls in it"));
    return;
  }
  const auto refuse = [&](std::string_view advice) {
    differences.push_back(StrCat("column '", path, "' is ", given->ToString(), " in the data and ",
                                 field.type.ToString(), " in the table: ", advice));
  };
  if (const PrimitiveType* to = field.type.primitive()) {
    const std::string advice = Misfit(*from, *to, options);
    if (!advice.empty()) refuse(advice);
    return;
  }
  const std::vector<Field>& children = field.type.children();
  if (field.type.structure() != nullptr && from->id() == TypeId::STRUCT) {
    AppendMemberDifferences(from->fields(), children, path, options, differences);
  } else if (field.type.list() != nullptr && IsList(from->id())) {
    AppendDifferences(from->field(0)->type(), children[0], BelowName(path, "element"), options,
                      differences);
  } else if (field.type.map() != nullptr && from->id() == TypeId::MAP) {
    const auto& map = static_cast<const arrow::MapType&>(*from);
    AppendDifferences(map.key_type(), children[0], BelowName(path, "key"), options, differences);
    AppendDifferences(map.item_type(), children[1], BelowName(path, "value"), options, differences);
  } else {
    refuse("cast it first");
  }
}

void AppendMemberDifferences(const arrow::FieldVector& given, const std::vector<Field>& fields,
                             const std::string& path, const ConformOptions& options,
                             std::vector<std::string>& differences) {
  std::map<std::string_view, const arrow::Field*> by_name;
  for (const auto& from : given) {
    if (!by_name.emplace(from->name(), from.get()).second)
      differences.push_back(
          StrCat("column '", BelowName(path, from->name()), "' is there twice in the data"));
  }
  for (const Field& field : fields) {
    const std::string name = BelowName(path, field.name);
    const auto from = by_name.find(field.name);
    if (from != by_name.end()) {
      AppendDifferences(from->second->type(), field, name, options, differences);
      by_name.erase(from);
    } else if (field.required && field.write_default_json.empty()) {
      differences.push_back(StrCat("column '", name, "' is required and not in the data"));
    }
  }
  for (const auto& from : given) {
    if (by_name.erase(from->name()) == 0) continue;
    differences.push_back(StrCat("column '", BelowName(path, from->name()),
                                 "' is not in the table; ",
                                 "leave it out or add it to the table's schema first"));
  }
}

}  // namespace icefield
