/// Which field ids the columns of files without ids have, by their names (specification: "Column
/// Projection").
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/strong_id.h"

namespace icefield {

/// One field of the table and what files may call it. The element of a list is named "element", key
/// and value of a map "key" and "value", whatever a file calls those levels.
struct MappedField {
  std::vector<std::string> names;
  std::optional<FieldId> field_id;  ///< None: a column of files that is none of the table's.
  std::vector<MappedField> fields;  ///< Its children.
  bool operator==(const MappedField&) const;
};

/// The table property `schema.name-mapping.default` as a value.
struct NameMapping {
  std::vector<MappedField> fields;
  bool operator==(const NameMapping&) const = default;
};

// Written out: clang 14 does not get through a defaulted one of a type that contains itself.
inline bool MappedField::operator==(const MappedField& other) const {
  return names == other.names && field_id == other.field_id && fields == other.fields;
}

}  // namespace icefield
