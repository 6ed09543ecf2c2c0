/// Rows of one key and event time, and what decides between them (P5, P6): read again for the rows
/// that may win.
#pragma once

#include <arrow/array/array_base.h>

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/row_order.h"
#include "pit/times.h"
#include "retrieval/view_scan.h"

namespace icefield {

/// How a retrieval decides between rows of one event time. The cuts need the created times of all
/// rows (P8) or the lineages (P9); dates tie too often.
TieReading PlannedTies(const ViewScan& scan);

/// The most rows that a join sets aside for an entity frame of so many slots.
size_t TiesMax(size_t slots);

/// More rows tie than can be set aside: makes the scan ready to be read once more from its start,
/// with what decides between all rows.
Status ReadAllOnceMore(ViewScan& scan, const ReadOptions& options);

/// Reads the created times of `rows` (ascending, distinct) in the view's unit, kNoCreatedTime where
/// null; none where the view has none. One that does not fit the unit is CorruptData where its row
/// ties (`tied`: numbers of rows, ascending), else the unit's end: nothing is decided by it.
/// Unsupported where one is what stands for none. A thread holds about `thread_bytes` of rows at
/// most. Adds to the report's bytes and pages.
Result<std::vector<int64_t>> ReadCreatedTimesOf(ViewScan& scan, std::span<const RowLocator> rows,
                                                std::span<const uint32_t> tied,
                                                int64_t thread_bytes, const ReadOptions& options);

/// Reads the lineages of `rows`, or none where no file stores them.
Result<std::vector<RowLineage>> ReadLineagesOf(ViewScan& scan, std::span<const RowLocator> rows,
                                               int64_t thread_bytes, const ReadOptions& options);

/// The created times of `column` in the view's unit, kNoCreatedTime where null, into the first of
/// `created_times`. CorruptData where one does not fit the unit, Unsupported where one is what
/// stands for none.
Status ReadCreatedTimes(const arrow::Array& column, ViewUnit unit,
                        std::span<int64_t> created_times);

}  // namespace icefield
