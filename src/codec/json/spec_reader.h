/// Partition specs and sort orders from JSON (specification: appendix C).
#pragma once

#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "model/partition_spec.h"
#include "model/table_metadata.h"

namespace icefield {

/// Whether partition fields may come without ids, as v1 tables have them.
enum class PartitionFieldIds : uint8_t {
  kRequired,    ///< v2: a missing `field-id` is CorruptData.
  kByPosition,  ///< v1: fields without one are numbered from 1000 by their position.
};

/// Reads a list of partition fields, which is a whole spec in v1's `partition-spec`.
Result<std::vector<PartitionField>> ReadPartitionFields(const JsonValue& json,
                                                        PartitionFieldIds ids);

/// Reads a spec object: `spec-id` and `fields`.
Result<PartitionSpec> ReadPartitionSpec(const JsonValue& json, PartitionFieldIds ids);

/// Reads a sort order object: `order-id` and `fields`.
Result<SortOrder> ReadSortOrder(const JsonValue& json);

}  // namespace icefield
