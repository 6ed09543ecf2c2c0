#include "read/row_filter_plan.h"

#include <algorithm>
#include <numeric>

#include "batch/arrow_status.h"

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
  std::vector<RowRun> runs;
  for (auto at = passes.begin(); at != passes.end();) {
    const auto first = std::find(at, passes.end(), 1);
    at = std::find(first, passes.end(), 0);
    if (at != first) runs.push_back({first - passes.begin(), at - first});
  }
  return batch.Keep(runs);
}

}  // namespace icefield
