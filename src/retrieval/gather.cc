#include "retrieval/gather.h"

#include <arrow/array/builder_primitive.h>
#include <arrow/array/concatenate.h>
#include <arrow/array/util.h>
#include <arrow/compute/api_vector.h>
#include <arrow/util/byte_size.h>

#include <algorithm>
#include <span>

#include "base/executor.h"
#include "base/progress.h"
#include "batch/arrow_status.h"
#include "batch/take_rows.h"
#include "retrieval/progress_stages.h"

namespace icefield {
namespace {

using BatchPtr = std::shared_ptr<arrow::RecordBatch>;

// Segments stay below the 2 GiB that the offsets of one Arrow string column reach.
constexpr int64_t kSegmentBytesMax = int64_t{1} << 30;

// The winners of one row group: winners[first, first + count).
struct GroupWinners {
  RowGroupTask task;
  size_t first = 0;
  size_t count = 0;
};

// Cuts the winners by the row groups in which they lie. Row groups that hold none are left out.
Result<std::vector<GroupWinners>> GroupByRowGroup(const OpenScan& scan,
                                                  const std::vector<RowLocator>& winners) {
  std::vector<GroupWinners> groups;
  size_t at = 0;
  for (const RowGroupTask& task : scan.row_groups) {
    const RowGroupExtent& extent =
        scan.files[task.file].footer().row_groups()[static_cast<size_t>(task.row_group)];
    const RowLocator end{static_cast<uint32_t>(task.file), extent.first_row + extent.rows};
    const auto found =
        std::lower_bound(winners.begin() + static_cast<int64_t>(at), winners.end(), end);
    const auto next = static_cast<size_t>(found - winners.begin());
    if (next > at) groups.push_back({task, at, next - at});
    at = next;
  }
  if (at != winners.size()) return Internal("a winner lies in no planned row group");
  return groups;
}

int64_t RowsOf(const OpenScan& scan, const std::vector<GroupWinners>& groups) {
  int64_t rows = 0;
  for (const GroupWinners& group : groups) rows += scan.RowsOf(group.task);
  return rows;
}

Result<BatchPtr> ConcatenateBatches(const std::shared_ptr<arrow::Schema>& schema,
                                    const std::vector<BatchPtr>& pieces) {
  if (pieces.size() == 1) return pieces.front();
  arrow::ArrayVector columns;
  int64_t rows = 0;
  for (const BatchPtr& piece : pieces) rows += piece->num_rows();
  for (int column = 0; column < schema->num_fields(); ++column) {
    arrow::ArrayVector parts;
    for (const BatchPtr& piece : pieces) parts.push_back(piece->column(column));
    ICEFIELD_ARROW_ASSIGN(columns.emplace_back(), arrow::Concatenate(parts), "gather");
  }
  return arrow::RecordBatch::Make(schema, rows, std::move(columns));
}

// The winners of one row group, read. Winners are alive: no delete needs to be looked at again.
Result<std::vector<BatchPtr>> ReadGroupWinners(const DataFileReader& file, const StoredRead& read,
                                               const ColumnPlan& columns,
                                               std::span<const RowLocator> winners) {
  std::vector<int64_t> positions;
  positions.reserve(winners.size());
  for (const RowLocator& winner : winners) positions.push_back(winner.position);
  ICEFIELD_ASSIGN(const std::vector<BatchPtr> stored, file.PickStored(read, positions));
  std::vector<BatchPtr> pieces;
  for (std::span<const int64_t> left = positions; const BatchPtr& batch : stored) {
    const auto rows = std::min(left.size(), static_cast<size_t>(read.batch_rows));
    ICEFIELD_ASSIGN(pieces.emplace_back(), columns.AssembleAt(batch, left.first(rows)));
    left = left.subspan(rows);
  }
  return pieces;
}

// Joins neighbouring pieces into long segments.
Result<std::vector<BatchPtr>> MakeSegments(const std::shared_ptr<arrow::Schema>& schema,
                                           std::vector<std::vector<BatchPtr>> groups) {
  std::vector<BatchPtr> segments;
  std::vector<BatchPtr> open;
  int64_t open_bytes = 0;
  const auto close = [&]() -> Status {
    if (open.empty()) return {};
    ICEFIELD_ASSIGN(segments.emplace_back(), ConcatenateBatches(schema, open));
    open.clear();
    open_bytes = 0;
    return {};
  };
  for (std::vector<BatchPtr>& pieces : groups) {
    for (BatchPtr& piece : pieces) {
      const int64_t bytes = arrow::util::TotalBufferSize(*piece);
      if (open_bytes + bytes > kSegmentBytesMax) ICEFIELD_TRY(close());
      open.push_back(std::move(piece));
      open_bytes += bytes;
    }
  }
  ICEFIELD_TRY(close());
  return segments;
}

}  // namespace

std::shared_ptr<arrow::Schema> Nullable(const arrow::Schema& schema) {
  arrow::FieldVector fields;
  for (const std::shared_ptr<arrow::Field>& field : schema.fields())
    fields.push_back(field->WithNullable(true));
  return arrow::schema(std::move(fields));
}

WinnerFeatures::WinnerFeatures(std::shared_ptr<arrow::Schema> schema,
                               std::vector<BatchPtr> segments)
    : schema_(std::move(schema)), segments_(std::move(segments)) {
  segment_starts_.push_back(0);
  for (const BatchPtr& segment : segments_) {
    segment_starts_.push_back(segment_starts_.back() + static_cast<uint32_t>(segment->num_rows()));
  }
}

size_t WinnerFeatures::SegmentOf(uint32_t winner) const {
  const auto after = std::upper_bound(segment_starts_.begin(), segment_starts_.end(), winner);
  return static_cast<size_t>(after - segment_starts_.begin()) - 1;
}

Result<WinnerFeatures::Choice> WinnerFeatures::Choose(const std::vector<uint32_t>& winners) const {
  if (segments_.size() == 1) return Choice{segments_.front(), {winners.begin(), winners.end()}};
  // The asked rows of each segment, one segment after the other, and where each went.
  std::vector<std::vector<int32_t>> rows(segments_.size());
  for (uint32_t winner : winners) {
    if (winner == kNoWinner) continue;
    const size_t segment = SegmentOf(winner);
    rows[segment].push_back(static_cast<int32_t>(winner - segment_starts_[segment]));
  }
  Choice choice;
  std::vector<BatchPtr> pieces;
  std::vector<uint32_t> next;
  uint32_t taken = 0;
  for (size_t segment = 0; segment < segments_.size(); ++segment) {
    next.push_back(taken);
    taken += static_cast<uint32_t>(rows[segment].size());
    ICEFIELD_ASSIGN(pieces.emplace_back(), TakeRows(segments_[segment], rows[segment]));
  }
  if (taken > 0) {
    ICEFIELD_ASSIGN(choice.rows, ConcatenateBatches(schema_, pieces));
  }
  for (uint32_t winner : winners) {
    choice.order.push_back(winner == kNoWinner ? kNoWinner : next[SegmentOf(winner)]++);
  }
  return choice;
}

Result<arrow::ArrayVector> WinnerFeatures::Take(const std::vector<uint32_t>& winners) const {
  // A view of no features has no segments to look winners up in.
  if (schema_->num_fields() == 0) return arrow::ArrayVector{};
  ICEFIELD_ASSIGN(const Choice choice, Choose(winners));
  arrow::UInt32Builder indices;
  ICEFIELD_ARROW_TRY(indices.Reserve(static_cast<int64_t>(winners.size())), "gather");
  for (uint32_t at : choice.order) {
    if (at == kNoWinner) {
      indices.UnsafeAppendNull();
    } else {
      indices.UnsafeAppend(at);
    }
  }
  ICEFIELD_ARROW_ASSIGN(std::shared_ptr<arrow::Array> order, indices.Finish(), "gather");
  arrow::ArrayVector columns;
  for (int column = 0; column < schema_->num_fields(); ++column) {
    if (choice.rows == nullptr) {
      ICEFIELD_ARROW_ASSIGN(columns.emplace_back(),
                            arrow::MakeArrayOfNull(schema_->field(column)->type(), order->length()),
                            "gather");
      continue;
    }
    // What fails here is a column of more than 2 GiB of text in one batch.
    ICEFIELD_ARROW_ASSIGN(columns.emplace_back(),
                          arrow::compute::Take(*choice.rows->column(column), *order,
                                               arrow::compute::TakeOptions::NoBoundsCheck()),
                          StrCat("feature '", schema_->field(column)->name(), "'"),
                          ErrorCode::kResourceExhausted);
  }
  return columns;
}

arrow::ArrayVector WinnerFeatures::Column(int column) const {
  arrow::ArrayVector parts;
  for (const BatchPtr& segment : segments_) parts.push_back(segment->column(column));
  return parts;
}

void WinnerFeatures::DropLast() {
  arrow::FieldVector fields = schema_->fields();
  fields.pop_back();
  schema_ = arrow::schema(std::move(fields));
  for (BatchPtr& segment : segments_) {
    arrow::ArrayVector columns = segment->columns();
    columns.pop_back();
    segment = arrow::RecordBatch::Make(schema_, segment->num_rows(), std::move(columns));
  }
}

Result<WinnerFeatures> GatherWinners(ViewScan& scan, const ReadSchema& read,
                                     const std::vector<RowLocator>& winners,
                                     const ReadOptions& options) {
  ICEFIELD_ASSIGN(std::shared_ptr<arrow::Schema> file_schema, OutputSchema(read));
  const std::shared_ptr<arrow::Schema> schema = Nullable(*file_schema);
  if (read.columns.empty()) return WinnerFeatures(schema, {});
  ICEFIELD_ASSIGN(std::vector<GroupWinners> groups, GroupByRowGroup(scan.files, winners));
  ICEFIELD_ASSIGN(std::vector<ColumnPlan> columns, PlanColumnsOfFiles(scan.files, read, options));
  std::vector<std::vector<BatchPtr>> pieces(groups.size());
  ReadCounts counts;
  PassProgress pass(options.progress, GatheringWork(scan), scan.files.rows());
  pass.AddRows(scan.files.rows() - RowsOf(scan.files, groups));
  ICEFIELD_TRY(ParallelFor(
      groups.size(), ThreadCount(options.threads),
      [&](size_t at, int worker) -> Status {
        ICEFIELD_TRY(CheckInterrupted(options, worker));
        const GroupWinners& group = groups[at];
        const ColumnPlan& plan = columns[group.task.file];
        ICEFIELD_ASSIGN(
            pieces[at],
            ReadGroupWinners(scan.files.files[group.task.file],
                             {.row_group = group.task.row_group,
                              .leaves = plan.leaves(),
                              .batch_rows = options.batch_rows,
                              .runs = {},
                              .counts = &counts},
                             plan, std::span(winners).subspan(group.first, group.count)));
        pass.AddRows(scan.files.RowsOf(group.task));
        return {};
      },
      options.interrupted));
  scan.report.bytes_read += counts.bytes;
  ICEFIELD_ASSIGN(std::vector<BatchPtr> segments, MakeSegments(schema, std::move(pieces)));
  return WinnerFeatures(schema, std::move(segments));
}

}  // namespace icefield
