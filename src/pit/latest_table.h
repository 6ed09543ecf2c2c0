/// Latest row per key (P15): the kernel without an entity frame.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "base/result.h"
#include "pit/candidate.h"
#include "pit/key_encoder.h"
#include "pit/key_groups.h"
#include "pit/observed_rows.h"

namespace icefield {

/// Keeps for every key the best row by P4-P6. The result depends only on the set of rows observed.
/// Memory: O(keys).
class LatestTable {
 public:
  /// For key columns of these types; none: one key for all rows.
  static Result<LatestTable> Make(const std::vector<std::shared_ptr<arrow::DataType>>& key_types);

  /// Working memory of one thread.
  struct Scratch {
    KeyGroups groups;
    std::vector<uint32_t> ids;
    KeyEncoder::Scratch encoder;
  };

  /// Takes rows in: `rows.key_ids` says which (kNoId: leave out), `keys` are their key columns.
  /// Several threads may call at once. Returns the number of rows left out for want of a key.
  Result<int64_t> Observe(const arrow::ArrayVector& keys, const ObservedRows& rows,
                          Scratch& scratch);

  /// The winners, ordered by locator.
  std::vector<Candidate> Winners() const;

 private:
  struct Partition {
    std::mutex mutex;
    KeyEncoder encoder;
    std::vector<Candidate> best;  ///< By key id.
  };
  static Result<int64_t> ObservePartition(Partition& partition, const arrow::ArrayVector& keys,
                                          const ObservedRows& rows, std::span<const int64_t> chosen,
                                          Scratch& scratch);

  std::vector<std::unique_ptr<Partition>> partitions_;
};

}  // namespace icefield
