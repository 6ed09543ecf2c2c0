/// Iceberg types as plain values (specification: "Schemas and Data Types").
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"

namespace icefield {

/// A type without children.
enum class PrimitiveKind : uint8_t {
  kUnknown,
  kBoolean,
  kInt,
  kLong,
  kFloat,
  kDouble,
  kDecimal,
  kDate,
  kTime,
  kTimestamp,
  kTimestamptz,
  kTimestampNs,
  kTimestamptzNs,
  kString,
  kUuid,
  kFixed,
  kBinary,
  kVariant,
  kGeometry,
  kGeography,
};

/// A primitive type with its parameters; those that its kind does not use are 0 or empty.
struct PrimitiveType {
  PrimitiveKind kind = PrimitiveKind::kUnknown;
  int32_t precision = 0;   ///< decimal: 1 to 38
  int32_t scale = 0;       ///< decimal
  int32_t length = 0;      ///< fixed: bytes
  std::string parameters;  ///< geometry, geography: the text between the parentheses

  bool operator==(const PrimitiveType&) const = default;
};

struct Field;

/// Fields in order; names are unique.
struct StructType {
  std::vector<Field> fields;
  bool operator==(const StructType&) const;
};

class Type;

/// Never empty. The element is a Field so that its id and optionality have one home; its name is
/// "element".
struct ListType {
  std::vector<Field> element;  ///< exactly one
  bool operator==(const ListType&) const;
};

/// The key is always required; the names are "key" and "value".
struct MapType {
  std::vector<Field> key_value;  ///< exactly two: key, value
  bool operator==(const MapType&) const;
};

/// Any Iceberg type. A value: copies are deep.
class Type {
 public:
  // Defined below Field, without which none of the alternatives is complete.
  Type();
  Type(PrimitiveType primitive);  // NOLINT(google-explicit-constructor)
  Type(StructType structure);     // NOLINT(google-explicit-constructor)
  Type(ListType list);            // NOLINT(google-explicit-constructor)
  Type(MapType map);              // NOLINT(google-explicit-constructor)
  Type(PrimitiveKind kind);       // NOLINT(google-explicit-constructor)

  bool operator==(const Type&) const = default;

  /// The alternative, or null where the type is another.
  const PrimitiveType* primitive() const { return std::get_if<PrimitiveType>(&alternative_); }
  const StructType* structure() const { return std::get_if<StructType>(&alternative_); }
  const ListType* list() const { return std::get_if<ListType>(&alternative_); }
  const MapType* map() const { return std::get_if<MapType>(&alternative_); }

  bool Is(PrimitiveKind kind) const { return primitive() != nullptr && primitive()->kind == kind; }

  /// The child fields: of a struct all, of a list the element, of a map key and value, else none.
  const std::vector<Field>& children() const;

  /// The same to change in place; null for a primitive type.
  std::vector<Field>* mutable_children();

  /// The specification's text: "decimal(10, 2)", "struct<1: a: optional int>".
  std::string ToString() const;

 private:
  std::variant<PrimitiveType, StructType, ListType, MapType> alternative_;
};

/// A named, numbered member of a struct, list or map.
struct Field {
  FieldId id;
  std::string name;
  Type type;
  bool required = false;
  std::string doc;
  /// Defaults of v3 as JSON text, kept as they came; empty: none.
  std::string initial_default_json;
  std::string write_default_json;

  bool operator==(const Field&) const = default;
};

// Written out: clang 14 does not get through defaulted ones of types that contain each other.
inline bool StructType::operator==(const StructType& other) const { return fields == other.fields; }
inline bool ListType::operator==(const ListType& other) const { return element == other.element; }
inline bool MapType::operator==(const MapType& other) const { return key_value == other.key_value; }

inline Type::Type() = default;
inline Type::Type(PrimitiveType primitive) : alternative_(std::move(primitive)) {}
inline Type::Type(StructType structure) : alternative_(std::move(structure)) {}
inline Type::Type(ListType list) : alternative_(std::move(list)) {}
inline Type::Type(MapType map) : alternative_(std::move(map)) {}
inline Type::Type(PrimitiveKind kind) : alternative_(PrimitiveType{kind}) {}

/// A primitive type from its text ("long", "decimal(9,2)", "fixed[16]"). Unsupported for a text
/// that the specification up to v3 does not know.
Result<PrimitiveType> ParsePrimitiveType(std::string_view text);

/// The specification's text of a primitive type: "decimal(9, 2)", "fixed[16]".
std::string PrimitiveTypeText(const PrimitiveType& type);

/// True if a reader may widen `from` to `to` (specification: "Schema Evolution"): equal types, int
/// to long, float to double, decimal to a wider precision of the same scale; v3: unknown to any,
/// date to timestamp(_ns).
bool CanPromote(const PrimitiveType& from, const PrimitiveType& to);

}  // namespace icefield
