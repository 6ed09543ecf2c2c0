/// Composite keys as dense ids, typed and null-aware (P2).
#pragma once

#include <arrow/array.h>

#include <cstdint>
#include <memory>
#include <variant>
#include <vector>

#include "base/result.h"
#include "pit/dictionary.h"
#include "pit/record_dictionary.h"

namespace icefield {

/// The rows of a batch whose keys are known, ascending, and the id of each.
struct KeyMatches {
  std::vector<int32_t> rows;
  std::vector<uint32_t> ids;
};

/// Gives each distinct key a dense id. Keys of several columns are compared column by column (never
/// concatenated). Values are equal as typed values: -0.0 equals 0.0; a row with a null or NaN in
/// any key column has no key. With no key columns every row has key 0. Finding is thread-safe while
/// nobody inserts.
class KeyEncoder {
 public:
  /// For columns of these Arrow types: boolean, integers, floats, date32, time, timestamp,
  /// decimal128, string, binary, fixed-size binary (and uuid). Unsupported for others.
  static Result<KeyEncoder> Make(const std::vector<std::shared_ptr<arrow::DataType>>& types);

  /// Working memory of one thread.
  struct Scratch {
    std::vector<char> long_records;
  };

  /// Ids of the rows of `columns` (of the encoder's types), new keys added. `ids` gets `rows`
  /// entries; kNoId: no key.
  void Insert(const arrow::ArrayVector& columns, int64_t rows, std::vector<uint32_t>& ids,
              Scratch& scratch);

  /// The rows of `columns` whose keys were inserted. At most 2 billion rows.
  void FindMatches(const arrow::ArrayVector& columns, int64_t rows, KeyMatches& matches,
                   Scratch& scratch) const;

  /// Number of distinct keys (of key ids ever given).
  uint32_t size() const;

 private:
  struct OneKey {};  ///< No key columns.
  std::variant<OneKey, WordDictionary, RecordDictionary> keys_;
};

/// A hash per row over all key columns that equal keys share, for spreading keys over partitions.
/// Rows without a key get 0.
void HashKeys(const arrow::ArrayVector& columns, int64_t rows, std::vector<uint64_t>& hashes);

}  // namespace icefield
