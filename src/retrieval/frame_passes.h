/// An entity frame in parts that are joined one after the other.
#pragma once

#include <arrow/table.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "retrieval/entity_frame.h"
#include "retrieval/memory_budget.h"
#include "retrieval/view_scan.h"

namespace icefield {

/// About the bytes that a join of `views` takes for a row of a frame like this one, at most: times,
/// keys, slots, winners. `probes`: so many share a scan, and their slots are there at once.
int64_t JoinBytesOfRow(const arrow::Table& frame, const std::vector<PinnedView>& views,
                       int64_t probes);

/// Of how many probes the slots fit at once beside what else a join of this frame takes, within the
/// frame's share; at least 1.
int64_t ProbesMax(const arrow::Table& frame, const std::vector<PinnedView>& views,
                  const MemoryBudget& memory);

/// So many rows of such a frame are joined at once, were no scan shared: sharing one never makes
/// more passes. At least 1; a multiple of `batch_rows` where it is no less.
int64_t PassRows(const arrow::Table& frame, const std::vector<PinnedView>& views,
                 const MemoryBudget& memory, int64_t batch_rows);

/// Parts of a frame, in order. There is at least one, which may be without rows.
class FramePasses {
 public:
  virtual ~FramePasses() = default;

  /// The next part; nothing at the end.
  virtual Result<std::optional<EntityFrame>> Next() = 0;
};

/// The frame that a caller gave, cut every `pass_rows` rows.
class GivenFrame {
 public:
  /// InvalidArgument as EntityFrame::Make has it, for all rows.
  static Result<GivenFrame> Make(std::shared_ptr<arrow::Table> table, std::string time_column,
                                 int64_t pass_rows);

  const arrow::Table& table() const { return *table_; }
  int64_t pass_rows() const { return pass_rows_; }

  /// At least 1.
  int64_t passes() const;

  /// Its parts from the first on.
  std::unique_ptr<FramePasses> Passes() const;

 private:
  friend class GivenPasses;
  GivenFrame(std::shared_ptr<arrow::Table> table, std::string time_column, int64_t pass_rows);
  Result<EntityFrame> Part(int64_t pass) const;

  std::shared_ptr<arrow::Table> table_;
  std::string time_column_;
  int64_t pass_rows_;
};

}  // namespace icefield
