#include "retrieval/tied_rows.h"

#include <arrow/record_batch.h>

#include <algorithm>
#include <cstddef>
#include <vector>

#include "base/checked.h"
#include "retrieval/deciding_batches.h"
#include "retrieval/gather.h"
#include "retrieval/progress_stages.h"

namespace icefield {
namespace {

// What is read here is counted as read with the deciding columns.
ReadOptions Uncounted(ReadOptions options) {
  options.progress = nullptr;
  return options;
}

Error StandsForNone() {
  return Unsupported("a created time of ", kNoCreatedTime,
                     ", the first of 64 bits, which stands for none; write null or a later one");
}

// The created times of the rows from number `first` on; see ReadCreatedTimesOf.
Status ReadContenderTimes(const arrow::Array& column, ViewUnit unit, size_t first,
                          std::span<const uint32_t> tied, std::span<int64_t> created_times) {
  ICEFIELD_ASSIGN(const Times times, ReadTimes(column));
  const int64_t factor = TicksPerSecond(unit) * times.seconds / times.ticks;
  for (size_t row = 0; row < times.values.size(); ++row) {
    created_times[row] = kNoCreatedTime;
    if (times.valid[row] == 0) continue;
    const int64_t value = times.values[row];
    const std::optional<int64_t> tick = CheckedMultiply(value, factor);
    if (tick == kNoCreatedTime) return StandsForNone();
    if (!tick && std::ranges::binary_search(tied, first + row))
      return CorruptData("the time ", value,
                         " of a row that ties lies beyond the range of 64 bits");
    created_times[row] = tick.value_or(value < 0 ? kNoCreatedTime + 1 : INT64_MAX);
  }
  return {};
}

}  // namespace

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

Result<std::vector<int64_t>> ReadCreatedTimesOf(ViewScan& scan, std::span<const RowLocator> rows,
                                                std::span<const uint32_t> tied,
                                                int64_t thread_bytes, const ReadOptions& options) {
  const PinnedView& pinned = scan.pinned;
  if (!pinned.view.created_time || rows.empty()) return std::vector<int64_t>();
  const Field& created = *pinned.view.created_time;
  std::vector<int64_t> times(rows.size());
  ICEFIELD_TRY(ReadWinners(
      scan, rows, {.schema = *pinned.selected.schema, .columns = {{created.id, created.name}}},
      thread_bytes, Uncounted(options),
      [&](size_t first, const std::shared_ptr<arrow::RecordBatch>& columns) -> Status {
        Status read = ReadContenderTimes(*columns->column(0), pinned.unit, first, tied,
                                         std::span(times).subspan(first));
        if (read.ok()) return read;
        return std::move(read).error().At(
            StrCat("created column '", created.name, "' of view '", pinned.view.name, "'"));
      }));
  return times;
}

Result<std::vector<RowLineage>> ReadLineagesOf(ViewScan& scan, std::span<const RowLocator> rows,
                                               int64_t thread_bytes, const ReadOptions& options) {
  if (!StoresLineage(scan.files) || rows.empty()) return std::vector<RowLineage>();
  ReadSchema read{.schema = *scan.pinned.selected.schema, .columns = {}};
  AddLineage(scan.pinned, read);
  std::vector<RowLineage> lineages(rows.size());
  ICEFIELD_TRY(
      ReadWinners(scan, rows, std::move(read), thread_bytes, Uncounted(options),
                  [&](size_t first, const std::shared_ptr<arrow::RecordBatch>& columns) -> Status {
                    const std::vector<RowLineage> of_rows =
                        ReadLineages({columns->column(0), columns->column(1)});
                    std::copy(of_rows.begin(), of_rows.end(),
                              lineages.begin() + static_cast<std::ptrdiff_t>(first));
                    return {};
                  }));
  return lineages;
}

Status ReadCreatedTimes(const arrow::Array& column, ViewUnit unit,
                        std::span<int64_t> created_times) {
  std::vector<int64_t> times;
  std::vector<uint8_t> absent;
  ICEFIELD_TRY(ReadViewTimes(column, unit, times, absent));
  for (size_t row = 0; row < absent.size(); ++row) {
    created_times[row] = absent[row] != 0 ? kNoCreatedTime : times[row];
    if (absent[row] == 0 && times[row] == kNoCreatedTime) {
      return StandsForNone();
    }
  }
  return {};
}

}  // namespace icefield
