#include "retrieval/winner_features.h"

#include <arrow/array/builder_primitive.h>
#include <arrow/array/concatenate.h>
#include <arrow/array/util.h>
#include <arrow/util/byte_size.h>

#include <algorithm>

#include "base/executor.h"
#include "batch/arrow_status.h"
#include "batch/take_rows.h"

namespace icefield {
namespace {

using BatchPtr = std::shared_ptr<arrow::RecordBatch>;

}  // namespace

std::shared_ptr<arrow::Schema> Nullable(const arrow::Schema& schema) {
  arrow::FieldVector fields;
  for (const std::shared_ptr<arrow::Field>& field : schema.fields())
    fields.push_back(field->WithNullable(true));
  return arrow::schema(std::move(fields));
}

Result<BatchPtr> ConcatenateBatches(const std::shared_ptr<arrow::Schema>& schema,
                                    const std::vector<BatchPtr>& pieces, int threads) {
  if (pieces.size() == 1) return pieces.front();
  int64_t rows = 0;
  for (const BatchPtr& piece : pieces) rows += piece->num_rows();
  arrow::ArrayVector columns(static_cast<size_t>(schema->num_fields()));
  ICEFIELD_TRY(ParallelFor(columns.size(), threads, [&](size_t column, int) -> Status {
    arrow::ArrayVector parts;
    for (const BatchPtr& piece : pieces) parts.push_back(piece->column(static_cast<int>(column)));
    ICEFIELD_ARROW_ASSIGN(columns[column], arrow::Concatenate(parts), "gather",
                          ErrorCode::kResourceExhausted);
    return {};
  }));
  return arrow::RecordBatch::Make(schema, rows, std::move(columns));
}

Result<std::shared_ptr<arrow::Array>> OrderOf(std::span<const uint32_t> winners) {
  arrow::UInt32Builder indices;
  ICEFIELD_ARROW_TRY(indices.Reserve(static_cast<int64_t>(winners.size())), "gather");
  for (const uint32_t winner : winners) {
    if (winner == kNoWinner) {
      indices.UnsafeAppendNull();
    } else {
      indices.UnsafeAppend(winner);
    }
  }
  ICEFIELD_ARROW_ASSIGN(std::shared_ptr<arrow::Array> order, indices.Finish(), "gather");
  return order;
}

Result<std::shared_ptr<arrow::Array>> TakeFeature(const arrow::Field& feature,
                                                  const std::shared_ptr<arrow::Array>& values,
                                                  const arrow::Array& order) {
  Result<std::shared_ptr<arrow::Array>> taken = TakeValues(values, order);
  if (!taken.ok()) return std::move(taken).error().At(StrCat("feature '", feature.name(), "'"));
  return taken;
}

Result<WinnerFeatures> WinnerFeatures::Make(std::shared_ptr<arrow::Schema> schema,
                                            std::vector<BatchPtr> pieces, int threads) {
  WinnerFeatures features(std::move(schema));
  std::vector<BatchPtr> open;
  int64_t open_bytes = 0;
  const auto close = [&]() -> Status {
    if (open.empty()) return {};
    ICEFIELD_ASSIGN(BatchPtr segment, ConcatenateBatches(features.schema_, open, threads));
    features.Add(std::move(segment));
    open.clear();
    open_bytes = 0;
    return {};
  };
  for (BatchPtr& piece : pieces) {
    const int64_t bytes = arrow::util::TotalBufferSize(*piece);
    if (open_bytes + bytes > kSegmentBytesMax) ICEFIELD_TRY(close());
    open.push_back(std::move(piece));
    open_bytes += bytes;
  }
  ICEFIELD_TRY(close());
  return features;
}

WinnerFeatures::WinnerFeatures(std::shared_ptr<arrow::Schema> schema)
    : schema_(std::move(schema)), segment_starts_{0} {}

void WinnerFeatures::Add(BatchPtr segment) {
  segment_starts_.push_back(segment_starts_.back() + static_cast<uint32_t>(segment->num_rows()));
  bytes_ += arrow::util::TotalBufferSize(*segment);
  segments_.push_back(std::move(segment));
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

Result<std::shared_ptr<arrow::Array>> WinnerFeatures::TakeColumn(const Choice& choice, int column,
                                                                 const arrow::Array& order) const {
  const std::shared_ptr<arrow::Field>& field = schema_->field(column);
  if (choice.rows == nullptr) {
    ICEFIELD_ARROW_ASSIGN(std::shared_ptr<arrow::Array> nulls,
                          arrow::MakeArrayOfNull(field->type(), order.length()), "gather");
    return nulls;
  }
  return TakeFeature(*field, choice.rows->column(column), order);
}

Result<arrow::ArrayVector> WinnerFeatures::Take(const std::vector<uint32_t>& winners,
                                                int threads) const {
  // A view of no features has no segments to look winners up in.
  if (schema_->num_fields() == 0) return arrow::ArrayVector{};
  ICEFIELD_ASSIGN(const Choice choice, Choose(winners));
  ICEFIELD_ASSIGN(const std::shared_ptr<arrow::Array> order, OrderOf(choice.order));
  arrow::ArrayVector columns(static_cast<size_t>(schema_->num_fields()));
  ICEFIELD_TRY(ParallelFor(columns.size(), threads, [&](size_t column, int) -> Status {
    ICEFIELD_ASSIGN(columns[column], TakeColumn(choice, static_cast<int>(column), *order));
    return {};
  }));
  return columns;
}

}  // namespace icefield
