/// Further columns of rows that were chosen by their first ones.
#pragma once

#include <arrow/record_batch.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "read/open_scan.h"

namespace icefield {

/// Columns of one ReadSchema, of rows of a scan that are known to be alive. Thread-safe.
class PickedRows {
 public:
  /// `scan` is borrowed and must outlive this.
  PickedRows(const OpenScan& scan, ReadSchema read);

  /// The chosen rows of one row group, step by step. Used by one thread; borrows from PickedRows.
  class Group {
   public:
    /// The rows at these file positions, ascending, in the row group, above all asked before.
    Result<std::shared_ptr<arrow::RecordBatch>> At(std::span<const int64_t> positions);

   private:
    friend class PickedRows;
    const ColumnPlan* plan_ = nullptr;
    std::unique_ptr<RowPicker> picker_;  // Null where no leaf is read.
    int64_t first_position_ = 0;
    std::vector<int64_t> rows_;
  };

  /// Of scan.row_groups[number]. Opens the file.
  Result<Group> Open(size_t number);

  /// What was read so far.
  const ReadCounts& counts() const { return counts_; }

 private:
  struct FilePlan {
    std::mutex mutex;
    std::optional<ColumnPlan> columns;
  };
  Result<const ColumnPlan*> PlanOf(size_t file);

  const OpenScan& scan_;
  const ReadSchema read_;
  std::vector<FilePlan> files_;
  ReadCounts counts_;
};

}  // namespace icefield
