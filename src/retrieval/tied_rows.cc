#include "retrieval/tied_rows.h"

#include "retrieval/deciding_batches.h"
#include "retrieval/gather.h"

namespace icefield {

TieReading PlannedTies(const ViewScan& scan) {
  const PinnedView& pinned = scan.pinned;
  if (!pinned.view.created_time && !StoresLineage(scan.files)) return TieReading::kNone;
  const bool cut = scan.report.cut == CutEffect::kApplied || pinned.commit_times.has_value();
  const bool date = pinned.view.event_time.type.Is(PrimitiveKind::kDate);
  return cut || date ? TieReading::kAllRows : TieReading::kAside;
}

size_t TiesMax(size_t slots) { return (size_t{1} << 20) + 4 * slots; }

Status SettleTiedRows(ViewScan& scan, const ReadOptions& options, SlotTable& slots) {
  const std::vector<RowLocator> rows = slots.TiedRows();
  if (rows.empty()) return {};
  const PinnedView& pinned = scan.pinned;
  ReadSchema read{.schema = *pinned.selected.schema, .columns = {}};
  if (pinned.view.created_time)
    read.columns.push_back({pinned.view.created_time->id, pinned.view.created_time->name});
  const bool lineage = StoresLineage(scan.files);
  if (lineage) AddLineage(pinned, read);
  ReadOptions uncounted = options;  // A small part, which no plan knows of.
  uncounted.progress = nullptr;
  ICEFIELD_ASSIGN(const WinnerFeatures columns, GatherWinners(scan, read, rows, uncounted));
  std::vector<int64_t> created_times;
  if (pinned.view.created_time) {
    ICEFIELD_ASSIGN(created_times, CreatedTimesOf(columns.Column(0), pinned.unit));
  }
  std::vector<RowLineage> lineages;
  if (lineage) {
    const int first = static_cast<int>(read.columns.size()) - 2;
    const arrow::ArrayVector last_updated = columns.Column(first);
    const arrow::ArrayVector row_ids = columns.Column(first + 1);
    lineages.reserve(rows.size());
    for (size_t part = 0; part < row_ids.size(); ++part) {
      const std::vector<RowLineage> of_part = ReadLineages({last_updated[part], row_ids[part]});
      lineages.insert(lineages.end(), of_part.begin(), of_part.end());
    }
  }
  slots.SettleTies(created_times, lineages);
  return {};
}

Result<std::vector<int64_t>> CreatedTimesOf(const arrow::ArrayVector& parts, ViewUnit unit) {
  std::vector<int64_t> created_times;
  std::vector<int64_t> of_part;
  std::vector<uint8_t> absent;
  for (const std::shared_ptr<arrow::Array>& part : parts) {
    ICEFIELD_TRY(ReadViewTimes(*part, unit, of_part, absent));
    for (size_t row = 0; row < absent.size(); ++row)
      created_times.push_back(absent[row] != 0 ? kNoCreatedTime : of_part[row]);
  }
  return created_times;
}

}  // namespace icefield
