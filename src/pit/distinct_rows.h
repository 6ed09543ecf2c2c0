/// Distinct pairs of key and time (P14): the kernel that makes an entity frame.
#pragma once

#include <arrow/array/builder_base.h>
#include <arrow/chunked_array.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "base/result.h"
#include "pit/key_encoder.h"
#include "pit/key_groups.h"

namespace icefield {

/// Keeps every distinct pair of key and time of the rows observed. The result depends only on the
/// set of rows observed. Keys are equal as typed values (P2). Memory: O(distinct pairs).
class DistinctRows {
 public:
  /// For key columns of these types (no extension types); none: only times tell rows apart.
  static Result<DistinctRows> Make(const std::vector<std::shared_ptr<arrow::DataType>>& key_types);

  /// Working memory of one thread.
  struct Scratch {
    KeyGroups groups;
    std::vector<uint32_t> ids;
    KeyEncoder::Scratch encoder;
  };

  /// Takes rows in: key columns, a time each, and which of them to take (kNoId: leave out). Several
  /// threads may call at once. Returns the number of rows left out for want of a key. Unsupported
  /// beyond 4 billion pairs.
  Result<int64_t> Observe(const arrow::ArrayVector& keys, std::span<const int64_t> times,
                          std::span<const uint32_t> wanted, Scratch& scratch);

  /// About the bytes that it takes at most, Sort included. Several threads may call at once, while
  /// rows are observed too.
  int64_t bytes() const;

  /// Pairs as columns.
  struct Sorted {
    arrow::ChunkedArrayVector keys;
    std::vector<int64_t> times;
  };

  /// All pairs, by time, then by their keys, column after column: numbers by value, texts and bytes
  /// by unsigned byte. -0.0 is given as 0.0. After the last Observe, once.
  Result<Sorted> Sort();

 private:
  struct Row {
    int64_t time;
    uint32_t key;
  };
  struct Partition {
    std::mutex mutex;
    KeyEncoder encoder;
    std::vector<std::unique_ptr<arrow::ArrayBuilder>> keys;  ///< One value for each key id.
    uint32_t key_count = 0;
    WordDictionary times;
    WordDictionary pairs;
    std::vector<Row> rows;
  };
  struct Sizes {
    std::atomic<int64_t> pairs{0};
    std::atomic<int64_t> keys{0};
    std::atomic<int64_t> text_bytes{0};  ///< Of keys.
  };
  Result<int64_t> ObservePartition(Partition& partition, const arrow::ArrayVector& keys,
                                   std::span<const int64_t> times, std::span<const int64_t> chosen,
                                   Scratch& scratch);
  Result<arrow::ArrayVector> TakeDistinctKeys(std::vector<Row>& rows);

  std::vector<std::shared_ptr<arrow::DataType>> types_;
  std::vector<std::unique_ptr<Partition>> partitions_;
  std::unique_ptr<Sizes> sizes_ = std::make_unique<Sizes>();
};

}  // namespace icefield
