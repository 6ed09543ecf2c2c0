/// Which row gave a view's features: columns that say so, on request.
#pragma once

#include <arrow/array.h>
#include <arrow/type.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/row_order.h"
#include "read/column_plan.h"
#include "retrieval/view_scan.h"

namespace icefield {

/// The provenance columns of a view, in order: `<view>__snapshot_id` (of the snapshot that added
/// the winner's file), `<view>__file`, `<view>__position`, `<view>__event_timestamp` and, where the
/// view has created times, `<view>__created_timestamp`. Null for a miss.
Result<arrow::FieldVector> ProvenanceFields(const PinnedView& pinned);

/// Those of them that are gathered like features: the winner's times.
std::vector<ReadColumn> ProvenanceTimes(const PinnedView& pinned);

/// Where the winners of a view lie. A value that owns all it needs.
class WinnerOrigins {
 public:
  /// `winners`: as they were gathered, ascending; their files are numbered as `plan` does.
  WinnerOrigins(const ScanPlan& plan, std::vector<RowLocator> winners);

  /// Puts snapshot, file and position of `winners` (numbers; UINT32_MAX gives nulls) into
  /// `columns`, before their last `times` columns. ResourceExhausted where the paths do not fit one
  /// array.
  Status Insert(const std::vector<uint32_t>& winners, size_t times,
                arrow::ArrayVector& columns) const;

 private:
  struct File {
    std::string path;
    int64_t added_by = 0;
  };

  std::vector<File> files_;
  std::vector<RowLocator> winners_;
};

}  // namespace icefield
