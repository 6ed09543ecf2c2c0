/// The rows of a batch, grouped by a hash of their keys: threads that take one group at a time
/// rarely meet, and one group's keys stay in the cache.
#pragma once

#include <arrow/array.h>

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"

namespace icefield {

/// Rows grouped by key; equal keys lie in one group. Keeps its memory from batch to batch.
class KeyGroups {
 public:
  /// Groups the rows of `keys`, as many as `key_ids`; rows whose id is kNoId are left out.
  void Group(const arrow::ArrayVector& keys, std::span<const uint32_t> key_ids, size_t groups);

  /// The numbers of the rows of one group, ascending.
  std::span<const int64_t> RowsOf(size_t group) const {
    return {rows_.data() + starts_[group], starts_[group + 1] - starts_[group]};
  }

 private:
  std::vector<uint64_t> hashes_;
  std::vector<uint32_t> starts_;
  std::vector<uint32_t> next_;
  std::vector<int64_t> rows_;
};

/// The key columns at the given rows.
Result<arrow::ArrayVector> TakeKeys(const arrow::ArrayVector& keys, std::span<const int64_t> rows);

}  // namespace icefield
