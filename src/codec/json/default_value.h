/// Values of any type from JSON (specification: appendix D, "JSON single-value serialization").
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "model/type.h"
#include "model/value.h"

namespace icefield {

/// A value of any type, or null.
struct NestedValue {
  std::optional<Value> primitive;     ///< Of a primitive type.
  bool is_nested = false;             ///< Of another type. Null: neither is set.
  std::vector<FieldId> member_ids;    ///< Structs: the members that are stated.
  std::vector<NestedValue> children;  ///< Those members; a list's elements; a map's keys and values
                                      ///< in turns.
  bool operator==(const NestedValue&) const;

  bool IsNull() const { return !primitive && !is_nested; }
};

/// Reads the JSON text of a field's default. A struct may leave members out; ids that the type does
/// not have are ignored, as a projected struct has not all of them. CorruptData says what of the
/// text is no value of `type`.
Result<NestedValue> ReadDefaultValue(const Type& type, std::string_view json);

// Written out: clang 14 does not get through a defaulted one of a type that contains itself.
inline bool NestedValue::operator==(const NestedValue& other) const {
  return primitive == other.primitive && is_nested == other.is_nested &&
         member_ids == other.member_ids && children == other.children;
}

}  // namespace icefield
