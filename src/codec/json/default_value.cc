#include "codec/json/default_value.h"

#include <charconv>
#include <limits>
#include <string>

#include "base/json.h"
#include "model/literal.h"

namespace icefield {
namespace {

bool IsNull(const JsonValue& json) { return json.Text() == "null"; }

Result<Literal> ReadNumber(const JsonValue& json) {
  if (const Result<int64_t> integer = json.As<int64_t>(); integer.ok()) return Literal(*integer);
  const std::string text = json.Text();
  double number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size()) return json.Mismatch("a number");
  return Literal(number);
}

// The JSON kind that the specification gives to a type; writers of float and double put NaN and the
// infinities into strings.
Result<Literal> ReadLiteral(const PrimitiveType& type, const JsonValue& json) {
  switch (type.kind) {
    case PrimitiveKind::kBoolean: {
      ICEFIELD_ASSIGN(const bool flag, json.As<bool>());
      return Literal(flag);
    }
    case PrimitiveKind::kInt:
    case PrimitiveKind::kLong: {
      ICEFIELD_ASSIGN(const int64_t number, json.As<int64_t>());
      return Literal(number);
    }
    case PrimitiveKind::kFloat:
    case PrimitiveKind::kDouble:
      if (!json.IsString()) return ReadNumber(json);
      break;
    default:
      break;
  }
  ICEFIELD_ASSIGN(std::string text, json.As<std::string>());
  return Literal(std::move(text));
}

// No literal stands for NaN, which a filter has its own words for.
std::optional<Value> ReadNan(const PrimitiveType& type, const JsonValue& json) {
  if (json.Text() != "\"NaN\"") return std::nullopt;
  if (type.kind == PrimitiveKind::kFloat) return Value(std::numeric_limits<float>::quiet_NaN());
  if (type.kind == PrimitiveKind::kDouble) return Value(std::numeric_limits<double>::quiet_NaN());
  return std::nullopt;
}

Result<NestedValue> ReadPrimitive(const PrimitiveType& type, const JsonValue& json) {
  if (std::optional<Value> nan = ReadNan(type, json)) return NestedValue{.primitive = nan};
  ICEFIELD_ASSIGN(const Literal literal, ReadLiteral(type, json));
  const Result<FittedLiteral> fitted = FitLiteral(literal, type);
  if (!fitted.ok() || fitted->fit != LiteralFit::kExact) {
    return CorruptData(json.Path(), " must be a ", PrimitiveTypeText(type), ", it is ",
                       json.Text());
  }
  return NestedValue{.primitive = fitted->value};
}

Result<NestedValue> ReadNested(const Type& type, const JsonValue& json);

Result<NestedValue> ReadStruct(const StructType& structure, const JsonValue& json) {
  NestedValue out{.is_nested = true};
  ICEFIELD_ASSIGN(const auto members, json.Members());
  for (const auto& [key, member] : members) {
    for (const Field& field : structure.fields) {
      if (std::to_string(field.id.value) != key) continue;
      out.member_ids.push_back(field.id);
      ICEFIELD_ASSIGN(out.children.emplace_back(), ReadNested(field.type, member));
    }
  }
  return out;
}

Result<NestedValue> ReadList(const ListType& list, const JsonValue& json) {
  NestedValue out{.is_nested = true};
  ICEFIELD_ASSIGN(const std::vector<JsonValue> elements, json.Elements());
  for (const JsonValue& element : elements) {
    ICEFIELD_ASSIGN(out.children.emplace_back(), ReadNested(list.element.front().type, element));
  }
  return out;
}

Result<NestedValue> ReadMap(const MapType& map, const JsonValue& json) {
  NestedValue out{.is_nested = true};
  ICEFIELD_ASSIGN(const JsonValue keys_json, json.Get("keys"));
  ICEFIELD_ASSIGN(const std::vector<JsonValue> keys, keys_json.Elements());
  ICEFIELD_ASSIGN(const JsonValue values_json, json.Get("values"));
  ICEFIELD_ASSIGN(const std::vector<JsonValue> values, values_json.Elements());
  if (keys.size() != values.size()) {
    return CorruptData(json.Path(), " has ", keys.size(), " keys and ", values.size(), " values");
  }
  for (size_t at = 0; at < keys.size(); ++at) {
    ICEFIELD_ASSIGN(out.children.emplace_back(), ReadNested(map.key_value[0].type, keys[at]));
    ICEFIELD_ASSIGN(out.children.emplace_back(), ReadNested(map.key_value[1].type, values[at]));
  }
  return out;
}

Result<NestedValue> ReadNested(const Type& type, const JsonValue& json) {
  if (IsNull(json)) return NestedValue{};
  if (type.primitive() != nullptr) return ReadPrimitive(*type.primitive(), json);
  if (type.structure() != nullptr) return ReadStruct(*type.structure(), json);
  if (type.list() != nullptr) return ReadList(*type.list(), json);
  return ReadMap(*type.map(), json);
}

}  // namespace

Result<NestedValue> ReadDefaultValue(const Type& type, std::string_view json) {
  ICEFIELD_ASSIGN(const JsonDocument document, JsonDocument::Parse(json));
  return ReadNested(type, document.Root());
}

}  // namespace icefield
