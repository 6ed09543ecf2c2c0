/// Exact evaluation of predicates on rows in memory.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "base/result.h"
#include "model/predicate.h"

namespace arrow {
class RecordBatch;
}  // namespace arrow

namespace icefield {

/// Where fields lie in a batch: the number of a column, then of a child of each struct on the way
/// down.
using ColumnPaths = std::map<FieldId, std::vector<int>>;

/// One byte a row: 1 where `predicate` is true, 0 where it is false or unknown (three-valued logic;
/// a field of a null struct is null; numbers by IEEE 754; texts, UUIDs and bytes by unsigned
/// bytes). `batch` holds the Arrow types of the one type table. Internal names a field that has no
/// path or another type. Thread-safe.
Result<std::vector<uint8_t>> MatchRows(const Predicate& predicate, const arrow::RecordBatch& batch,
                                       const ColumnPaths& paths);

}  // namespace icefield
