/// Latest row per key (P15): the kernel without an entity frame.
#pragma once

#include <atomic>
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
/// Memory: O(keys). Keys lie in parts, which can be left to another table over the same rows.
class LatestTable {
 public:
  /// For key columns of these types; none: one key for all rows. Takes in keys of the parts from
  /// `first_part` on.
  static Result<LatestTable> Make(const std::vector<std::shared_ptr<arrow::DataType>>& key_types,
                                  size_t first_part = 0);

  /// Working memory of one thread.
  struct Scratch {
    KeyGroups groups;
    std::vector<uint32_t> ids;
    KeyEncoder::Scratch encoder;
  };

  /// Takes rows in: `rows.key_ids` says which (kNoId: leave out), `keys` are their key columns.
  /// Several threads may call at once.
  Status Observe(const arrow::ArrayVector& keys, const ObservedRows& rows, Scratch& scratch);

  /// The number of rows left out for want of a key, of the parts that are left.
  int64_t keyless() const;

  /// About the bytes that it takes at most. Several threads may call at once, while rows are
  /// observed too.
  int64_t bytes() const;

  /// Lets go of the last parts of its keys, half of those that are left, and takes no more of their
  /// rows, until bytes() is at most `bytes_max` or one part is left. Several threads may call at
  /// once, while rows are observed too.
  void Shed(int64_t bytes_max);

  /// The keys of this part and of those behind it were let go of: they are another table's.
  size_t end_part() const { return *end_part_; }

  /// The number of parts.
  size_t parts() const { return partitions_.size(); }

  /// The winners, ordered by locator.
  std::vector<Candidate> Winners() const;

 private:
  struct Partition {
    std::mutex mutex;
    KeyEncoder encoder;
    std::vector<Candidate> best;  ///< By key id.
    int64_t keyless = 0;
    std::atomic<int64_t> bytes{0};
  };
  Status ObservePartition(size_t number, const arrow::ArrayVector& keys, const ObservedRows& rows,
                          std::span<const int64_t> chosen, Scratch& scratch);

  size_t first_part_ = 0;
  std::unique_ptr<std::atomic<size_t>> end_part_;
  std::unique_ptr<std::mutex> shedding_ = std::make_unique<std::mutex>();
  std::vector<std::unique_ptr<Partition>> partitions_;
};

}  // namespace icefield
