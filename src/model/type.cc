#include "model/type.h"

#include <array>
#include <charconv>

namespace icefield {
namespace {

struct KindName {
  PrimitiveKind kind;
  std::string_view name;
};

// Those with parameters are written and parsed by their own branches.
constexpr std::array<KindName, 17> kPlainNames{{
    {PrimitiveKind::kUnknown, "unknown"},
    {PrimitiveKind::kBoolean, "boolean"},
    {PrimitiveKind::kInt, "int"},
    {PrimitiveKind::kLong, "long"},
    {PrimitiveKind::kFloat, "float"},
    {PrimitiveKind::kDouble, "double"},
    {PrimitiveKind::kDate, "date"},
    {PrimitiveKind::kTime, "time"},
    {PrimitiveKind::kTimestamp, "timestamp"},
    {PrimitiveKind::kTimestamptz, "timestamptz"},
    {PrimitiveKind::kTimestampNs, "timestamp_ns"},
    {PrimitiveKind::kTimestamptzNs, "timestamptz_ns"},
    {PrimitiveKind::kString, "string"},
    {PrimitiveKind::kUuid, "uuid"},
    {PrimitiveKind::kBinary, "binary"},
    {PrimitiveKind::kVariant, "variant"},
    {PrimitiveKind::kGeometry, "geometry"},
}};

constexpr int32_t kDecimalPrecisionMax = 38;

std::optional<int32_t> ParseNumber(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  int32_t number = 0;
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// The text between "name(" and ")" (or other brackets), if `text` has that form.
std::optional<std::string_view> Between(std::string_view text, std::string_view open, char close) {
  if (!text.starts_with(open) || !text.ends_with(close)) return std::nullopt;
  return text.substr(open.size(), text.size() - open.size() - 1);
}

Result<PrimitiveType> ParseDecimal(std::string_view text, std::string_view inner) {
  const std::vector<std::string> parts = Split(inner, ',');
  PrimitiveType type{PrimitiveKind::kDecimal};
  std::optional<int32_t> precision = ParseNumber(parts.front());
  std::optional<int32_t> scale = parts.size() == 2 ? ParseNumber(parts.back()) : std::nullopt;
  if (!precision || !scale || *precision < 1 || *precision > kDecimalPrecisionMax || *scale < 0 ||
      *scale > *precision) {
    return CorruptData("type ", text, " is not a decimal(precision, scale) with precision 1 to 38");
  }
  type.precision = *precision;
  type.scale = *scale;
  return type;
}

}  // namespace

const std::vector<Field>& Type::children() const {
  static const std::vector<Field> kNone;
  if (structure() != nullptr) return structure()->fields;
  if (list() != nullptr) return list()->element;
  if (map() != nullptr) return map()->key_value;
  return kNone;
}

std::vector<Field>* Type::mutable_children() {
  if (auto* structure = std::get_if<StructType>(&alternative_)) return &structure->fields;
  if (auto* list = std::get_if<ListType>(&alternative_)) return &list->element;
  if (auto* map = std::get_if<MapType>(&alternative_)) return &map->key_value;
  return nullptr;
}

std::string Type::ToString() const {
  if (primitive() != nullptr) return PrimitiveTypeText(*primitive());
  std::string out = structure() != nullptr ? "struct<" : list() != nullptr ? "list<" : "map<";
  for (const Field& field : children()) {
    if (&field != &children().front()) out += ", ";
    if (structure() != nullptr) {
      out += StrCat(field.id.value, ": ", field.name, ": ",
                    field.required ? "required " : "optional ");
    }
    out += field.type.ToString();
  }
  return out + ">";
}

Result<PrimitiveType> ParsePrimitiveType(std::string_view text) {
  for (const KindName& plain : kPlainNames) {
    if (text == plain.name) return PrimitiveType{plain.kind};
  }
  if (text == "geography") return PrimitiveType{PrimitiveKind::kGeography};
  if (auto inner = Between(text, "decimal(", ')')) return ParseDecimal(text, *inner);
  if (auto inner = Between(text, "fixed[", ']')) {
    std::optional<int32_t> length = ParseNumber(*inner);
    if (!length || *length < 0) return CorruptData("type ", text, " is not a fixed[length]");
    PrimitiveType type{PrimitiveKind::kFixed};
    type.length = *length;
    return type;
  }
  for (auto [open, kind] : {std::pair{"geometry(", PrimitiveKind::kGeometry},
                            {"geography(", PrimitiveKind::kGeography}}) {
    if (auto inner = Between(text, open, ')')) {
      PrimitiveType type{kind};
      type.parameters = *inner;
      return type;
    }
  }
  return Unsupported("type '", text, "' is not known to the table specification up to v3");
}

std::string PrimitiveTypeText(const PrimitiveType& type) {
  if (type.kind == PrimitiveKind::kDecimal)
    return StrCat("decimal(", type.precision, ", ", type.scale, ")");
  if (type.kind == PrimitiveKind::kFixed) return StrCat("fixed[", type.length, "]");
  const std::string parameters = type.parameters.empty() ? "" : StrCat("(", type.parameters, ")");
  if (type.kind == PrimitiveKind::kGeography) return "geography" + parameters;
  for (const KindName& plain : kPlainNames) {
    if (type.kind == plain.kind) return std::string(plain.name) + parameters;
  }
  return "unknown";
}

bool CanPromote(const PrimitiveType& from, const PrimitiveType& to) {
  if (from == to) return true;
  switch (from.kind) {
    case PrimitiveKind::kUnknown:
      return true;
    case PrimitiveKind::kInt:
      return to.kind == PrimitiveKind::kLong;
    case PrimitiveKind::kFloat:
      return to.kind == PrimitiveKind::kDouble;
    case PrimitiveKind::kDecimal:
      return to.kind == PrimitiveKind::kDecimal && to.scale == from.scale &&
             to.precision >= from.precision;
    case PrimitiveKind::kDate:
      return to.kind == PrimitiveKind::kTimestamp || to.kind == PrimitiveKind::kTimestampNs;
    default:
      return false;
  }
}

}  // namespace icefield
