/// Rows of one key and event time: read again with what decides between them, and nothing else is
/// read of the others (P5, P6).
#pragma once

#include <arrow/array/array_base.h>

#include <cstdint>
#include <span>

#include "base/result.h"
#include "pit/slot_table.h"
#include "retrieval/view_scan.h"

namespace icefield {

/// How a join decides between rows of one event time. The cuts need the created times of all rows
/// (P8) or the lineages (P9); dates tie too often.
TieReading PlannedTies(const ViewScan& scan);

/// The most rows that a join sets aside for an entity frame of so many slots.
size_t TiesMax(size_t slots);

/// Reads created times, and lineages where files store them, of the rows that `slots` has set
/// aside, and decides between them. A thread holds about `thread_bytes` of them at most. Adds to
/// scan.report.bytes_read.
Status SettleTiedRows(ViewScan& scan, int64_t thread_bytes, const ReadOptions& options,
                      SlotTable& slots);

/// The created times of `column` in the view's unit, kNoCreatedTime where null, into the first of
/// `created_times`. CorruptData where one does not fit the unit.
Status ReadCreatedTimes(const arrow::Array& column, ViewUnit unit,
                        std::span<int64_t> created_times);

}  // namespace icefield
