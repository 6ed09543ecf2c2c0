/// Latest row per key (P15): the kernel without an entity frame.
#pragma once

#include <arrow/array.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/row_order.h"
#include "pit/contenders.h"
#include "pit/observed_rows.h"

namespace icefield {

/// Keeps for every key the best row by P4-P6. The result depends only on the set of rows observed.
/// Memory: O(keys); about 60 bytes a key of one word, 70 of another one, 8 more where rows have
/// created times and 16 more where they have a lineage, and 24 for each row set aside, some
/// 100 more while these are decided. Keys lie in
/// parts, which can be left to another table over the same rows.
///
/// Two ways to decide between rows of one event time (P5, P6): as in SlotTable. The best rows among
/// the contenders are those of the keys.
class LatestTable : public Contenders {
 public:
  struct Options {
    uint32_t files = 1;  ///< Numbers of files are below.
    int threads = 1;     ///< Numbers of those that observe are below.
    /// Not 0: rows that tie are set aside, about so many at once.
    size_t ties_max = 0;
    size_t first_part = 0;  ///< Keys of the parts before are left out.
    /// Between these most event times lie: old rows are told fast there.
    int64_t first_time = INT64_MIN;
    int64_t last_time = INT64_MAX;
  };

  /// For key columns of these types; none: one key for all rows. Unsupported for a type that no key
  /// can have.
  static Result<std::unique_ptr<LatestTable>> Make(
      const std::vector<std::shared_ptr<arrow::DataType>>& key_types, const Options& options);

  /// Takes rows in, whose key columns are `keys`, all but those that are 1 in `left_out` (empty:
  /// none is). Key ids of `rows` are not looked at. Threads call at once, each with its number.
  /// Unsupported where a position in a file is too great to be noted; ResourceExhausted where too
  /// many rows tie, and nothing can be asked of the table any more.
  virtual Status Observe(const arrow::ArrayVector& keys, const ObservedRows& rows,
                         std::span<const uint8_t> left_out, int thread) = 0;

  /// True once Observe has given up.
  virtual bool too_many_ties() const = 0;

  /// The number of rows left out for want of a key; 0 with a first part but the first.
  virtual int64_t keyless() const = 0;

  /// About the bytes that it takes. Several threads may call at once, while rows are observed too.
  virtual int64_t bytes() const = 0;

  /// Lets go of the last parts of its keys, half of those that are left, and takes no more of their
  /// rows, until bytes() is at most `bytes_max` or one part is left. Several threads may call at
  /// once, while rows are observed too.
  virtual void Shed(int64_t bytes_max) = 0;

  /// The keys of this part and of those behind it were let go of: they are another table's.
  virtual size_t end_part() const = 0;

  /// The number of parts.
  virtual size_t parts() const = 0;

  /// The best rows, in the order of their places.
  struct Winners {
    std::vector<RowLocator> locators;
    std::vector<int64_t> event_times;
    /// kNoCreatedTime for none; empty where nobody read them.
    std::vector<int64_t> created_times;
    std::vector<uint64_t> words;  ///< Keys, where they are words (as WordColumn reads); else none.
    int64_t full_ties = 0;        ///< Of them, those that tied in all but P6.
  };
  /// After Settle; `rows` are those that it was told of, by number. Lets go of all keys.
  virtual Winners TakeWinners(std::span<const RowLocator> rows) = 0;
};

}  // namespace icefield
