#include "retrieval/tied_rows.h"

#include <arrow/record_batch.h>

#include <algorithm>
#include <cstddef>
#include <vector>

#include "retrieval/deciding_batches.h"
#include "retrieval/gather.h"
#include "retrieval/progress_stages.h"

namespace icefield {

TieReading PlannedTies(const ViewScan& scan) {
  const PinnedView& pinned = scan.pinned;
  if (!pinned.view.created_time && !StoresLineage(scan.files)) return TieReading::kNone;
  const bool cut = scan.report.cut == CutEffect::kApplied || pinned.commit_times.has_value();
  const bool date = pinned.view.event_time.type.Is(PrimitiveKind::kDate);
  return cut || date ? TieReading::kAllRows : TieReading::kAside;
}

size_t TiesMax(size_t slots) { return (size_t{1} << 20) + 4 * slots; }

Status ReadAllOnceMore(ViewScan& scan, const ReadOptions& options) {
  scan.report.ties = TieReading::kAllRows;
  if (options.progress != nullptr) options.progress->Expect(DecidingWork(scan));
  // Those that were loaded are gone with the files that were read to their ends.
  ICEFIELD_ASSIGN(scan.files.deletes, ScanDeletes::Make(*scan.pinned.source.store, scan.plan));
  return {};
}

Result<TieDetails> ReadTieDetails(ViewScan& scan, std::span<const RowLocator> rows,
                                  int64_t thread_bytes, const ReadOptions& options) {
  TieDetails details;
  if (rows.empty()) return details;
  const PinnedView& pinned = scan.pinned;
  const bool has_created = pinned.view.created_time.has_value();
  const bool has_lineage = StoresLineage(scan.files);
  ReadSchema read{.schema = *pinned.selected.schema, .columns = {}};
  if (has_created)
    read.columns.push_back({pinned.view.created_time->id, pinned.view.created_time->name});
  if (has_lineage) AddLineage(pinned, read);
  if (has_created) details.created_times.resize(rows.size());
  if (has_lineage) details.lineages.resize(rows.size());
  ReadOptions uncounted = options;  // A small part, which no plan knows of.
  uncounted.progress = nullptr;
  ICEFIELD_TRY(ReadWinners(
      scan, rows, std::move(read), thread_bytes, uncounted,
      [&](size_t first, const std::shared_ptr<arrow::RecordBatch>& columns) -> Status {
        if (has_created) {
          ICEFIELD_TRY(ReadCreatedTimes(*columns->column(0), pinned.unit,
                                        std::span(details.created_times).subspan(first)));
        }
        if (!has_lineage) return {};
        const int row_ids = columns->num_columns() - 1;
        const std::vector<RowLineage> of_rows =
            ReadLineages({columns->column(row_ids - 1), columns->column(row_ids)});
        std::copy(of_rows.begin(), of_rows.end(),
                  details.lineages.begin() + static_cast<std::ptrdiff_t>(first));
        return {};
      }));
  return details;
}

Status ReadCreatedTimes(const arrow::Array& column, ViewUnit unit,
                        std::span<int64_t> created_times) {
  std::vector<int64_t> times;
  std::vector<uint8_t> absent;
  ICEFIELD_TRY(ReadViewTimes(column, unit, times, absent));
  for (size_t row = 0; row < absent.size(); ++row) {
    created_times[row] = absent[row] != 0 ? kNoCreatedTime : times[row];
    if (absent[row] == 0 && times[row] == kNoCreatedTime) {
      return Unsupported(
          "a created time of ", kNoCreatedTime,
          ", the first of 64 bits, which stands for none; write null or a later one");
    }
  }
  return {};
}

}  // namespace icefield
