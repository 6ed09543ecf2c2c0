/// What the entity frame says about the files of a view, and these about their times.
#pragma once

#include <arrow/array.h>

#include <optional>
#include <span>

#include "model/predicate.h"
#include "retrieval/entity_frame.h"
#include "retrieval/view_scan.h"

namespace icefield {

/// A span of event times in the view's unit; unset ends are open.
struct TimeSpan {
  std::optional<int64_t> first;
  std::optional<int64_t> last;
};

/// The event times that can matter to the frame under a TTL (0: none). Nothing if no entity row has
/// a time.
std::optional<TimeSpan> SpanOf(const EntityFrame& frame, int64_t ttl_us, ViewUnit unit);

/// The event times that manifests say the planned files have: an open end where none says so. Other
/// rows may lie outside. Open where the column is in another unit than the view.
TimeSpan RecordedSpan(const ViewScan& scan);

/// event time within `span`. For a date column the span is rounded inwards to whole days, which
/// loses no row.
Predicate WithinSpan(const PinnedView& pinned, const TimeSpan& span);

/// Key columns within the least and greatest keys of the frame; of few distinct keys, among them.
/// Each of `key_sets`, at least one, is the frame's key columns in the table's types: keys may be
/// those of any. True (no pruning) for types without an order that files record. Cancelled where
/// the caller asks to stop.
Result<Predicate> AmongKeys(const PinnedView& pinned, std::span<const arrow::ArrayVector> key_sets,
                            const ReadOptions& options);

}  // namespace icefield
