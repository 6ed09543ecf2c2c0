/// Exact evaluation of predicates on rows in memory.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
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

/// The paths of all fields that `predicate` looks at, in batches whose columns (and struct
/// children) are those of `schema`, in its order. Fields that the schema lacks are left out.
ColumnPaths PathsOf(const Predicate& predicate, const Schema& schema);

/// One byte a row: 1 where `predicate` is true, 0 where it is false or unknown (three-valued logic;
/// a field of a null struct is null; numbers by IEEE 754; texts, UUIDs and bytes by unsigned
/// bytes). `batch` holds the Arrow types of the one type table. Internal names a field that has no
/// path or another type. Thread-safe.
Result<std::vector<uint8_t>> MatchRows(const Predicate& predicate, const arrow::RecordBatch& batch,
                                       const ColumnPaths& paths);

/// The rows of `batch` that pass, in their order: the batch itself where all do, nothing copied.
Result<std::shared_ptr<arrow::RecordBatch>> FilterBatch(
    const Predicate& predicate, const std::shared_ptr<arrow::RecordBatch>& batch,
    const ColumnPaths& paths);

}  // namespace icefield
