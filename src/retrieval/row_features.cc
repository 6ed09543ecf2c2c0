#include "retrieval/row_features.h"

#include <arrow/array/array_binary.h>
#include <arrow/array/concatenate.h>
#include <arrow/type_traits.h>
#include <arrow/util/byte_size.h>

#include <algorithm>

#include "base/executor.h"
#include "batch/arrow_status.h"
#include "retrieval/winner_features.h"

namespace icefield {
namespace {

using ArrayPtr = std::shared_ptr<arrow::Array>;

// What may grow by so much is put in order all the same: who keeps the result holds less by it, who
// drops it no more than this.
constexpr int64_t kGrowth = 2;

// Whether the values of `rows` take about as much memory as those of the winners.
bool StaysSmall(const arrow::Array& column, std::span<const uint32_t> winner_of_row) {
  if (arrow::is_fixed_width(column.type_id())) return true;
  if (!arrow::is_binary_like(column.type_id())) return false;
  const auto& texts = static_cast<const arrow::BinaryArray&>(column);
  int64_t bytes = 0;
  for (const uint32_t winner : winner_of_row)
    bytes += winner == kNoWinner ? 0 : texts.value_length(winner);
  return bytes <= std::min(kSegmentBytesMax, kGrowth * texts.total_values_length());
}

}  // namespace

bool RowFeatures::IsFit(int64_t bytes, int64_t winners, int64_t rows, int64_t bytes_max) {
  const int64_t made_max = std::min(kSegmentBytesMax, bytes_max / 2);
  return rows <= kGrowth * winners && bytes <= made_max &&
         bytes / std::max<int64_t>(1, winners) * rows <= made_max;
}

Result<RowFeatures> RowFeatures::Make(std::shared_ptr<arrow::Schema> schema,
                                      std::vector<std::shared_ptr<arrow::RecordBatch>> pieces,
                                      std::span<const uint32_t> winner_of_row, int threads) {
  RowFeatures features;
  features.schema_ = std::move(schema);
  features.columns_.resize(static_cast<size_t>(features.schema_->num_fields()));
  std::vector<arrow::ArrayVector> parts(features.columns_.size());
  for (std::shared_ptr<arrow::RecordBatch>& piece : pieces) {
    for (size_t column = 0; column < parts.size(); ++column)
      parts[column].push_back(piece->column(static_cast<int>(column)));
    piece.reset();
  }
  ICEFIELD_ASSIGN(const ArrayPtr order, OrderOf(winner_of_row));
  ICEFIELD_TRY(ParallelFor(parts.size(), threads, [&](size_t at, int) -> Status {
    Column& column = features.columns_[at];
    ICEFIELD_ARROW_ASSIGN(column.values, arrow::Concatenate(parts[at]), "gather",
                          ErrorCode::kResourceExhausted);
    parts[at].clear();
    column.by_row = StaysSmall(*column.values, winner_of_row);
    if (!column.by_row) return {};
    ICEFIELD_ASSIGN(column.values, TakeFeature(*features.schema_->field(static_cast<int>(at)),
                                               column.values, *order));
    return {};
  }));
  return features;
}

int64_t RowFeatures::bytes() const {
  int64_t bytes = 0;
  for (const Column& column : columns_) bytes += arrow::util::TotalBufferSize(*column.values);
  return bytes;
}

bool RowFeatures::is_whole() const {
  return std::all_of(columns_.begin(), columns_.end(),
                     [](const Column& column) { return column.by_row; });
}

arrow::ArrayVector RowFeatures::Slice(int64_t first, int64_t rows) const {
  arrow::ArrayVector slices;
  for (const Column& column : columns_) slices.push_back(column.values->Slice(first, rows));
  return slices;
}

Result<arrow::ArrayVector> RowFeatures::Take(std::span<const uint32_t> winners, int64_t first,
                                             int threads) const {
  arrow::ArrayVector taken(columns_.size());
  ArrayPtr order;
  std::vector<size_t> by_winner;
  for (size_t at = 0; at < columns_.size(); ++at) {
    const Column& column = columns_[at];
    if (!column.by_row) by_winner.push_back(at);
    if (column.by_row)
      taken[at] = column.values->Slice(first, static_cast<int64_t>(winners.size()));
  }
  if (by_winner.empty()) return taken;
  ICEFIELD_ASSIGN(order, OrderOf(winners));
  ICEFIELD_TRY(ParallelFor(by_winner.size(), threads, [&](size_t at, int) -> Status {
    const size_t column = by_winner[at];
    ICEFIELD_ASSIGN(taken[column], TakeFeature(*schema_->field(static_cast<int>(column)),
                                               columns_[column].values, *order));
    return {};
  }));
  return taken;
}

}  // namespace icefield
