/// Partition fields and sort fields as people state them: by the names of columns.
#pragma once

#include <string>

#include "model/transform.h"

namespace icefield {

/// A column's full name and what is made of it.
struct PartitionTerm {
  std::string column;
  Transform transform;
  std::string name;  ///< Of the partition field; empty: made of the column and the transform.
  bool operator==(const PartitionTerm&) const = default;
};

struct SortTerm {
  std::string column;
  Transform transform;
  bool ascending = true;
  bool nulls_first = true;
  bool operator==(const SortTerm&) const = default;
};

}  // namespace icefield
