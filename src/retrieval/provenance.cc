#include "retrieval/provenance.h"

#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_primitive.h>

#include "batch/arrow_status.h"
#include "codec/arrow/arrow_types.h"
#include "retrieval/winner_features.h"

namespace icefield {
namespace {

std::string EventName(const BoundView& view) { return view.name + "__event_timestamp"; }

std::string CreatedName(const BoundView& view) { return view.name + "__created_timestamp"; }

}  // namespace

Result<arrow::FieldVector> ProvenanceFields(const PinnedView& pinned) {
  const BoundView& view = pinned.view;
  arrow::FieldVector fields{arrow::field(view.name + "__snapshot_id", arrow::int64()),
                            arrow::field(view.name + "__file", arrow::utf8()),
                            arrow::field(view.name + "__position", arrow::int64())};
  const auto add = [&](const Field& time, const std::string& name) -> Status {
    ICEFIELD_ASSIGN(const std::shared_ptr<arrow::DataType> type, ToArrowType(time.type));
    fields.push_back(arrow::field(name, type));
    return {};
  };
  ICEFIELD_TRY(add(view.event_time, EventName(view)));
  if (view.created_time) ICEFIELD_TRY(add(*view.created_time, CreatedName(view)));
  return fields;
}

std::vector<ReadColumn> ProvenanceTimes(const PinnedView& pinned) {
  const BoundView& view = pinned.view;
  std::vector<ReadColumn> times{{view.event_time.id, EventName(view)}};
  if (view.created_time) times.push_back({view.created_time->id, CreatedName(view)});
  return times;
}

WinnerOrigins::WinnerOrigins(const ScanPlan& plan, std::vector<RowLocator> winners)
    : winners_(std::move(winners)) {
  files_.reserve(plan.tasks.size());
  for (const FileTask& task : plan.tasks)
    files_.push_back({.path = task.file.path, .added_by = task.added_by.value});
}

Status WinnerOrigins::Insert(const std::vector<uint32_t>& winners, size_t times,
                             arrow::ArrayVector& columns) const {
  const auto rows = static_cast<int64_t>(winners.size());
  arrow::Int64Builder snapshots;
  arrow::StringBuilder paths;
  arrow::Int64Builder positions;
  ICEFIELD_ARROW_TRY(snapshots.Reserve(rows), "provenance");
  ICEFIELD_ARROW_TRY(positions.Reserve(rows), "provenance");
  for (const uint32_t winner : winners) {
    if (winner == kNoWinner) {
      snapshots.UnsafeAppendNull();
      positions.UnsafeAppendNull();
      ICEFIELD_ARROW_TRY(paths.AppendNull(), "provenance");
      continue;
    }
    const RowLocator& locator = winners_[winner];
    const File& file = files_[locator.file];
    snapshots.UnsafeAppend(file.added_by);
    positions.UnsafeAppend(locator.position);
    ICEFIELD_ARROW_TRY(paths.Append(file.path), "provenance", ErrorCode::kResourceExhausted);
  }
  arrow::ArrayVector origins(3);
  ICEFIELD_ARROW_ASSIGN(origins[0], snapshots.Finish(), "provenance");
  ICEFIELD_ARROW_ASSIGN(origins[1], paths.Finish(), "provenance");
  ICEFIELD_ARROW_ASSIGN(origins[2], positions.Finish(), "provenance");
  columns.insert(columns.end() - static_cast<int64_t>(times), origins.begin(), origins.end());
  return {};
}

}  // namespace icefield
