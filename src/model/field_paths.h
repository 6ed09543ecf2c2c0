/// The fields of a schema by their ids.
#pragma once

#include <unordered_map>
#include <vector>

#include "model/schema.h"

namespace icefield {

/// Answers as Schema::PathTo and FindById do, for who asks for many fields of a wide schema: the
/// schema is walked once. Borrows it.
class FieldPaths {
 public:
  explicit FieldPaths(const Schema& schema);

  std::vector<const Field*> PathTo(FieldId field_id) const;
  const Field* FindById(FieldId field_id) const;

 private:
  struct Step {
    const Field* field;
    const Step* above;  ///< Null for a column.
  };
  void Add(const std::vector<Field>& fields, const Step* above);

  std::unordered_map<FieldId, Step> steps_;
};

}  // namespace icefield
