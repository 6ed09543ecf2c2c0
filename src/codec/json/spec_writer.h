/// Partition specs and sort orders to JSON (specification: appendix C); what spec_reader.h reads.
#pragma once

#include <string>
#include <vector>

#include "model/partition_spec.h"
#include "model/table_metadata.h"

namespace icefield {

/// {"spec-id": 0, "fields": [...]}, compact.
std::string PartitionSpecJson(const PartitionSpec& spec);

/// The list of fields alone. Does not: write `source-ids`, of which the model knows the first
/// alone.
std::string PartitionFieldsJson(const std::vector<PartitionField>& fields);

/// {"order-id": 1, "fields": [...]}, compact.
std::string SortOrderJson(const SortOrder& order);

}  // namespace icefield
