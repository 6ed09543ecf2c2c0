/// Rows of one key and event time: read again with what decides between them, and nothing else is
/// read of the others (P5, P6).
#pragma once

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
/// aside, and decides between them. Adds to scan.report.bytes_read.
Status SettleTiedRows(ViewScan& scan, const ReadOptions& options, SlotTable& slots);

/// The created times of rows in the view's unit, kNoCreatedTime where null, of a column in parts.
/// CorruptData where one does not fit the unit.
Result<std::vector<int64_t>> CreatedTimesOf(const arrow::ArrayVector& parts, ViewUnit unit);

}  // namespace icefield
