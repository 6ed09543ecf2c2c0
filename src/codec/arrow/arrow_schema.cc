#include "codec/arrow/arrow_schema.h"

#include <arrow/extension_type.h>
#include <arrow/type_traits.h>
#include <arrow/util/key_value_metadata.h>

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/strings.h"

namespace icefield {
namespace {

constexpr int32_t kDecimalDigitsMax = 38;

bool IsNanoseconds(const arrow::DataType& type) {
  if (type.id() == arrow::Type::TIMESTAMP)
    return static_cast<const arrow::TimestampType&>(type).unit() == arrow::TimeUnit::NANO;
  return type.id() == arrow::Type::TIME64 &&
         static_cast<const arrow::Time64Type&>(type).unit() == arrow::TimeUnit::NANO;
}

PrimitiveType TimestampOf(const arrow::TimestampType& type, bool nanoseconds) {
  const bool zoned = !type.timezone().empty();
  if (nanoseconds) return {zoned ? PrimitiveKind::kTimestamptzNs : PrimitiveKind::kTimestampNs};
  return {zoned ? PrimitiveKind::kTimestamptz : PrimitiveKind::kTimestamp};
}

// Types that need no second look at their parameters.
std::optional<PrimitiveKind> PlainKind(arrow::Type::type id) {
  switch (id) {
    case arrow::Type::BOOL:
      return PrimitiveKind::kBoolean;
    case arrow::Type::INT8:
    case arrow::Type::INT16:
    case arrow::Type::INT32:
    case arrow::Type::UINT8:
    case arrow::Type::UINT16:
      return PrimitiveKind::kInt;
    case arrow::Type::INT64:
    case arrow::Type::UINT32:
      return PrimitiveKind::kLong;
    case arrow::Type::HALF_FLOAT:
    case arrow::Type::FLOAT:
      return PrimitiveKind::kFloat;
    case arrow::Type::DOUBLE:
      return PrimitiveKind::kDouble;
    case arrow::Type::DATE32:
    case arrow::Type::DATE64:
      return PrimitiveKind::kDate;
    case arrow::Type::TIME32:
      return PrimitiveKind::kTime;
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING:
    case arrow::Type::STRING_VIEW:
      return PrimitiveKind::kString;
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::BINARY_VIEW:
      return PrimitiveKind::kBinary;
    default:
      return std::nullopt;
  }
}

// Numbers the fields of a schema on the way.
class SchemaBuilder {
 public:
  explicit SchemaBuilder(const ArrowSchemaOptions& options) : options_(options) {}

  // All fields of one level get their ids before any of those below.
  Result<std::vector<Field>> Fields(const arrow::FieldVector& given) {
    std::vector<Field> fields;
    std::set<std::string_view> names;
    for (const auto& from : given) {
      if (!names.insert(from->name()).second)
        return InvalidArgument("there are two columns '", from->name(), "'");
      fields.push_back(Numbered(*from, from->name()));
    }
    for (size_t at = 0; at < fields.size(); ++at)
      ICEFIELD_TRY(SetType(fields[at], *given[at]->type()));
    return fields;
  }

 private:
  Field Numbered(const arrow::Field& from, const std::string& name) {
    Field field{.id = FieldId{++last_id_}, .name = name, .required = !from.nullable()};
    if (from.metadata() != nullptr && from.metadata()->Contains("doc"))
      field.doc = from.metadata()->Get("doc").ValueOrDie();
    return field;
  }

  Status SetType(Field& field, const arrow::DataType& from) {
    Result<Type> type = TypeOf(from);
    if (!type.ok()) return std::move(type).error().At(StrCat("column '", field.name, "'"));
    field.type = *std::move(type);
    return {};
  }

  Result<Type> TypeOf(const arrow::DataType& from) {
    if (const auto kind = PlainKind(from.id())) return Type(*kind);
    switch (from.id()) {
      case arrow::Type::DICTIONARY:
        return TypeOf(*static_cast<const arrow::DictionaryType&>(from).value_type());
      case arrow::Type::EXTENSION:
        return ExtensionOf(static_cast<const arrow::ExtensionType&>(from));
      case arrow::Type::STRUCT: {
        if (from.num_fields() == 0) break;
        ICEFIELD_ASSIGN(std::vector<Field> members, Fields(from.fields()));
        return Type(StructType{std::move(members)});
      }
      case arrow::Type::LIST:
      case arrow::Type::LARGE_LIST:
      case arrow::Type::LIST_VIEW:
      case arrow::Type::LARGE_LIST_VIEW:
      case arrow::Type::FIXED_SIZE_LIST: {
        std::vector<Field> element{Numbered(*from.field(0), "element")};
        ICEFIELD_TRY(SetType(element[0], *from.field(0)->type()));
        return Type(ListType{std::move(element)});
      }
      case arrow::Type::MAP:
        return MapOf(static_cast<const arrow::MapType&>(from));
      default:
        return ParametricOf(from);
    }
    return Unsupported("type ", from.ToString(), " has no counterpart in Iceberg");
  }

  Result<Type> MapOf(const arrow::MapType& from) {
    std::vector<Field> entries{Numbered(*from.key_field(), "key"),
                               Numbered(*from.item_field(), "value")};
    entries[0].required = true;
    ICEFIELD_TRY(SetType(entries[0], *from.key_type()));
    ICEFIELD_TRY(SetType(entries[1], *from.item_type()));
    return Type(MapType{std::move(entries)});
  }

  Result<Type> ExtensionOf(const arrow::ExtensionType& from) {
    if (from.extension_name() == "arrow.uuid") return Type(PrimitiveKind::kUuid);
    if (from.extension_name() == "arrow.json") return Type(PrimitiveKind::kString);
    return Unsupported("the extension type ", from.ToString(),
                       " has no counterpart in Iceberg; cast it to ",
                       from.storage_type()->ToString());
  }

  Result<Type> ParametricOf(const arrow::DataType& from) {
    if (from.id() == arrow::Type::FIXED_SIZE_BINARY) {
      return Type(PrimitiveType{
          .kind = PrimitiveKind::kFixed,
          .length = static_cast<const arrow::FixedSizeBinaryType&>(from).byte_width()});
    }
    if (arrow::is_decimal(from.id())) {
      const auto& decimal = static_cast<const arrow::DecimalType&>(from);
      const int32_t scale = decimal.scale();
      if (decimal.precision() > kDecimalDigitsMax || scale < 0 || scale > decimal.precision()) {
        return Unsupported("type ", from.ToString(),
                           " has no counterpart in Iceberg, whose decimals ",
                           "have 1 to 38 digits, of which 0 or more are after the point");
      }
      return Type(PrimitiveType{
          .kind = PrimitiveKind::kDecimal, .precision = decimal.precision(), .scale = scale});
    }
    const bool is_v3 = options_.format_version >= 3;
    if (from.id() == arrow::Type::NA) {
      if (is_v3) return Type(PrimitiveKind::kUnknown);
      return Unsupported("a column without a type (null) needs a table of format version 3; ",
                         "give it a type");
    }
    if (from.id() == arrow::Type::TIMESTAMP || from.id() == arrow::Type::TIME64)
      return InstantOf(from, is_v3);
    if (from.id() == arrow::Type::UINT64) {
      return Unsupported("type uint64 has no counterpart in Iceberg; cast it to int64, or to ",
                         "decimal128(20, 0) where values are above 9223372036854775807");
    }
    return Unsupported("type ", from.ToString(), " has no counterpart in Iceberg");
  }

  Result<Type> InstantOf(const arrow::DataType& from, bool is_v3) const {
    const bool is_time = from.id() == arrow::Type::TIME64;
    const bool keeps_nanoseconds = IsNanoseconds(from) && !options_.downcast_ns;
    if (keeps_nanoseconds && (is_time || !is_v3)) {
      return Unsupported("type ", from.ToString(), " counts nanoseconds, which Iceberg has ",
                         is_time ? "for no times of day" : "from format version 3 on",
                         "; pass downcast_ns to floor them to microseconds",
                         is_time ? "" : ", or make a table of format version 3");
    }
    if (is_time) return Type(PrimitiveKind::kTime);
    return Type(TimestampOf(static_cast<const arrow::TimestampType&>(from), keeps_nanoseconds));
  }

  ArrowSchemaOptions options_;
  int32_t last_id_ = 0;
};

}  // namespace

Result<Schema> SchemaFromArrow(const arrow::Schema& schema, const ArrowSchemaOptions& options) {
  SchemaBuilder builder(options);
  ICEFIELD_ASSIGN(std::vector<Field> columns, builder.Fields(schema.fields()));
  return Schema{.id = SchemaId{0}, .columns = StructType{std::move(columns)}};
}

}  // namespace icefield
