#include "read/row_filter_plan.h"

#include <algorithm>
#include <numeric>

#include "batch/arrow_status.h"
#include "batch/take_rows.h"

namespace icefield {

RowFilterPlan RowFilterPlan::Make(Predicate predicate, ReadSchema& read) {
  RowFilterPlan plan;
  plan.asked_columns_ = static_cast<int>(read.columns.size());
  for (FieldId field : FieldsOf(predicate)) {
    auto found = std::find_if(read.columns.begin(), read.columns.end(),
                              [&](const ReadColumn& column) { return column.field_id == field; });
    if (found == read.columns.end()) {
      read.columns.push_back({field, read.schema.NameOf(field)});
      found = read.columns.end() - 1;
    }
    plan.paths_[field] = {static_cast<int>(found - read.columns.begin())};
  }
  plan.predicate_ = std::move(predicate);
  return plan;
}

Status RowFilterPlan::Apply(LiveBatch& batch) const {
  if (predicate_.op != PredicateOp::kTrue) {
    ICEFIELD_ASSIGN(std::vector<uint8_t> passes, MatchRows(predicate_, *batch.rows, paths_));
    ICEFIELD_TRY(Keep(passes, batch));
  }
  if (batch.rows->num_columns() == asked_columns_) return {};
  std::vector<int> asked(static_cast<size_t>(asked_columns_));
  std::iota(asked.begin(), asked.end(), 0);
  ICEFIELD_ARROW_ASSIGN(batch.rows, batch.rows->SelectColumns(asked), "row filter");
  return {};
}

Status RowFilterPlan::Keep(const std::vector<uint8_t>& passes, LiveBatch& batch) {
  std::vector<int32_t> kept;
  for (size_t row = 0; row < passes.size(); ++row) {
    if (passes[row] != 0) kept.push_back(static_cast<int32_t>(row));
  }
  if (kept.size() == passes.size()) return {};
  std::vector<int64_t> positions;
  positions.reserve(kept.size());
  for (int32_t row : kept) positions.push_back(batch.PositionOf(row));
  ICEFIELD_ASSIGN(batch.rows, TakeRows(batch.rows, kept));
  batch.positions = std::move(positions);
  return {};
}

}  // namespace icefield
