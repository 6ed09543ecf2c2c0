#include "read/picked_rows.h"

#include <utility>

namespace icefield {

PickedRows::PickedRows(const OpenScan& scan, ReadSchema read)
    : scan_(scan), read_(std::move(read)), files_(scan.files.size()) {}

Result<const ColumnPlan*> PickedRows::PlanOf(size_t file) {
  FilePlan& plan = files_[file];
  const std::lock_guard lock(plan.mutex);
  if (!plan.columns) {
    ICEFIELD_ASSIGN(plan.columns, scan_.files[file].PlanColumns(read_));
  }
  return &*plan.columns;
}

Result<PickedRows::Group> PickedRows::Open(size_t number) {
  const RowGroupTask& task = scan_.row_groups[number];
  const DataFileReader& file = scan_.files[task.file];
  Group group;
  ICEFIELD_ASSIGN(group.plan_, PlanOf(task.file));
  group.first_position_ = file.extent(task.row_group).first_row;
  if (group.plan_->leaves().empty()) return group;
  ICEFIELD_ASSIGN(group.picker_, file.OpenPicker({.row_group = task.row_group,
                                                  .leaves = group.plan_->leaves(),
                                                  .runs = task.runs,
                                                  .counts = &counts_}));
  return group;
}

Result<std::shared_ptr<arrow::RecordBatch>> PickedRows::Group::At(
    std::span<const int64_t> positions) {
  std::shared_ptr<arrow::RecordBatch> stored;
  if (picker_ != nullptr) {
    rows_.assign(positions.begin(), positions.end());
    for (int64_t& row : rows_) row -= first_position_;
    ICEFIELD_ASSIGN(stored, picker_->Pick(rows_));
  }
  return plan_->AssembleAt(stored, positions);
}

}  // namespace icefield
