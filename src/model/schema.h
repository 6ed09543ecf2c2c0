/// A table's columns at one moment.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/type.h"

namespace icefield {

/// Columns with ids. Names are matched exactly (case-sensitive).
struct Schema {
  SchemaId id;
  StructType columns;
  std::vector<FieldId> identifier_field_ids;

  bool operator==(const Schema&) const = default;

  /// The field with this id at any depth, or null. Valid while the schema lives.
  const Field* FindById(FieldId field_id) const;

  /// The field at a dotted path through structs ("address.city"; list elements and map keys and
  /// values by the specification's names "element", "key", "value"), or null. A column whose own
  /// name holds dots is found first.
  const Field* FindByName(std::string_view dotted_name) const;

  /// Dotted name of a field, or its number as text where the schema does not hold it.
  std::string NameOf(FieldId field_id) const;

  /// The steps from a column down to the field (both included), or empty.
  std::vector<const Field*> PathTo(FieldId field_id) const;

  /// One column a line: "1: id: required long".
  std::string ToString() const;
};

/// InvalidArgument naming `dotted_name`, `where` and the columns there are.
Error UnknownColumn(const Schema& schema, std::string_view dotted_name, std::string_view where);

}  // namespace icefield
