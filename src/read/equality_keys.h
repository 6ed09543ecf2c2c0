/// The keys of rows that equality deletes remove.
#pragma once

#include <arrow/array.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "read/equality_key_column.h"

namespace icefield {

/// The keys of several equality-delete files of one id set: for each key the greatest sequence
/// number of a delete of it. Values are equal as the specification's equality deletes compare them:
/// null equals null, NaN equals NaN, -0.0 does not equal 0.0 (as Iceberg's own readers do), UUIDs
/// and bytes by bytes, decimals by value. Memory: about 16 bytes a key beyond its values (8 for a
/// number, 16 for a decimal or UUID, the bytes and 8 for a text). Reading is thread-safe while
/// nobody inserts. Does not: compare values of different types.
class EqualityKeys {
 public:
  /// For key columns of these types (of the type table; any scalar type). Unsupported for others.
  static Result<EqualityKeys> Make(std::vector<std::shared_ptr<arrow::DataType>> types);

  /// Rows of `columns` (of the types of Make, `rows` long) are deleted from data older than
  /// `sequence_number`. ResourceExhausted beyond 2^32 - 1 keys.
  Status Insert(const arrow::ArrayVector& columns, int64_t rows, SequenceNumber sequence_number);

  /// Sets deleted[row] to 1 for every row of `columns` whose key has a delete newer than
  /// `data_sequence_number`; other entries stay. Returns how many it has set that were 0.
  /// `deleted` has at least `rows` entries.
  Result<int64_t> MarkDeleted(const arrow::ArrayVector& columns, int64_t rows,
                              SequenceNumber data_sequence_number,
                              std::span<uint8_t> deleted) const;

  /// Distinct keys.
  int64_t size() const { return static_cast<int64_t>(sequence_numbers_.size()); }

 private:
  static constexpr uint32_t kNoKey = UINT32_MAX;

  using Views = std::vector<KeyColumnView>;

  Result<Views> ViewsOf(const arrow::ArrayVector& columns, int64_t rows) const;
  void Reserve(size_t keys);
  bool Equals(uint32_t key, const Views& views, int64_t row) const;
  size_t SlotOf(uint64_t hash, const Views& views, int64_t row) const;
  void PrefetchSlot(uint64_t hash) const {
    __builtin_prefetch(&slots_[hash & (slots_.size() - 1)]);
  }
  void AddToFilter(uint64_t hash);
  size_t MaybeDeleted(std::span<const uint64_t> hashes, const uint8_t* deleted,
                      uint16_t* candidates) const;

  std::vector<std::shared_ptr<arrow::DataType>> types_;
  std::vector<KeptKeyColumn> columns_;
  std::vector<int64_t> sequence_numbers_;  ///< Of each key, in the order of first insertion.
  int64_t newest_ = INT64_MIN;             ///< The greatest of them.
  std::vector<uint32_t> slots_;            ///< Keys by hash, with linear probing; kNoKey: free.
  std::vector<uint64_t> filter_;           ///< Has the bits of every key in one word.
};

}  // namespace icefield
