/// How much memory a retrieval uses, and for what.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"

namespace icefield {

/// What a retrieval may use beside the frame that it was given and the batches that it gave away.
/// Plans, footers and deletes of the tables are not counted. Answers never depend on it.
struct MemoryLimits {
  /// None: a quarter of the memory that this process may use.
  std::optional<int64_t> budget_bytes;
  /// Where features go that do not fit; empty: the directory that TMPDIR names, else /tmp.
  std::string spill_directory;
  /// Smaller than what follows from the budget; for tests, or against a wrong estimate.
  std::optional<int64_t> pass_rows_max;   ///< Entity rows that are joined at once.
  std::optional<int64_t> held_bytes_max;  ///< Features of one view; rows of a made frame.
};

/// A budget divided. Its parts are estimates of what data structures take: a process's resident
/// size also has what its allocators keep.
class MemoryBudget {
 public:
  /// InvalidArgument for a budget below the least that works (it says which), or for limits below
  /// 1. `threads` is what is asked for.
  static Result<MemoryBudget> Make(const MemoryLimits& limits, int threads);

  int64_t bytes() const { return bytes_; }
  const MemoryLimits& limits() const { return limits_; }

  /// As many threads as there is memory to decode in.
  int threads() const { return threads_; }

  /// Rows that one thread decodes before it gives them away.
  int64_t thread_bytes() const;

  /// Keys, slots and winners of the entity rows that are joined at once.
  int64_t frame_bytes() const;

  /// Features of all views in memory beside a frame that takes `frame_bytes`.
  int64_t feature_bytes(int64_t frame_bytes) const;

  /// A batch of the result.
  int64_t batch_bytes() const;

 private:
  MemoryBudget(MemoryLimits limits, int64_t bytes, int threads)
      : limits_(std::move(limits)), bytes_(bytes), threads_(threads) {}

  MemoryLimits limits_;
  int64_t bytes_;
  int threads_;
};

}  // namespace icefield
