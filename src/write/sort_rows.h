/// The order of rows in a file: a table's sort order.
#pragma once

#include <arrow/record_batch.h>

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "model/table_metadata.h"

namespace icefield {

/// The row numbers of `rows` in the order that `order` asks for (specification: "Sorting"): nulls
/// where it says, numbers by number with -NaN < -infinity < ... < infinity < NaN, texts and bytes
/// by unsigned byte, each after its transform; equal rows stay in their order. `rows` has the Arrow
/// types of `schema`. Unsupported names a sort column that the schema has no more, or an unknown
/// transform.
Result<std::vector<int32_t>> SortedRows(const arrow::RecordBatch& rows, const Schema& schema,
                                        const SortOrder& order);

}  // namespace icefield
