/// From winning rows to their features: the second pass over a view's files.
#pragma once

#include <arrow/record_batch.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"
#include "base/row_order.h"
#include "retrieval/view_scan.h"

namespace icefield {

/// The number of no winner.
inline constexpr uint32_t kNoWinner = UINT32_MAX;

/// `schema` with every field nullable: a miss is null (P7).
std::shared_ptr<arrow::Schema> Nullable(const arrow::Schema& schema);

/// The features of distinct winners in the order of their locators, in a few long segments.
class WinnerFeatures {
 public:
  WinnerFeatures(std::shared_ptr<arrow::Schema> schema,
                 std::vector<std::shared_ptr<arrow::RecordBatch>> segments);

  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }

  /// One row for each of `winners` (numbers in the order of their locators; kNoWinner gives nulls),
  /// column by column. ResourceExhausted names a feature whose values do not fit one Arrow array (2
  /// GiB).
  Result<arrow::ArrayVector> Take(const std::vector<uint32_t>& winners) const;

  /// One column of all winners, in their order: one array for each segment.
  arrow::ArrayVector Column(int column) const;

  /// Leaves the last column out.
  void DropLast();

 private:
  /// Rows that hold all asked winners, and for each asked one its row among them (or kNoWinner).
  struct Choice {
    std::shared_ptr<arrow::RecordBatch> rows;  ///< Null where no winner is asked.
    std::vector<uint32_t> order;
  };
  Result<Choice> Choose(const std::vector<uint32_t>& winners) const;
  size_t SegmentOf(uint32_t winner) const;

  std::shared_ptr<arrow::Schema> schema_;  ///< All fields nullable: a miss is null (P7).
  std::vector<std::shared_ptr<arrow::RecordBatch>> segments_;
  std::vector<uint32_t>
      segment_starts_;  ///< First winner of each segment; one more entry at the end.
};

/// Reads `read` of the rows `winners` (ascending, distinct), in parallel; row groups without a
/// winner are not touched. Adds to scan.report.bytes_read, and GatheringWork to the progress.
Result<WinnerFeatures> GatherWinners(ViewScan& scan, const ReadSchema& read,
                                     const std::vector<RowLocator>& winners,
                                     const ReadOptions& options);

}  // namespace icefield
