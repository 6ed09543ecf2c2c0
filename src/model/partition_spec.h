/// How a table's rows are grouped into files.
#pragma once

#include <string>
#include <vector>

#include "base/strong_id.h"
#include "model/transform.h"

namespace icefield {

/// One partition column. `field_id` is its id in partition tuples (1000 and up). A transform of
/// several columns (v3) is unknown to readers; `source_id` is the first of them.
struct PartitionField {
  FieldId source_id;
  FieldId field_id;
  std::string name;
  Transform transform;
  bool operator==(const PartitionField&) const = default;
};

struct PartitionSpec {
  SpecId id;
  std::vector<PartitionField> fields;  ///< Empty: unpartitioned.
  bool operator==(const PartitionSpec&) const = default;
};

}  // namespace icefield
