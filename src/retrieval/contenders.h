/// The rows that may win, named by number, with what decides between those that tie.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/executor.h"
#include "base/result.h"
#include "base/row_order.h"
#include "pit/slot_table.h"
#include "retrieval/view_scan.h"

namespace icefield {

/// Numbers the rows that any of `slots` holds, and lets them know: Resolve names rows by number
/// then. The slots have observed all rows of the scan, by the same terms. Where they set ties aside
/// (the scan's report says so) it reads the created times of all these rows, once for deciding and
/// for what is reported of the winners, and the lineages of those that tie. A thread holds about
/// `thread_bytes` of them. Returns the rows by number.
Result<std::vector<RowLocator>> SettleSlots(ViewScan& scan,
                                            std::span<const std::unique_ptr<SlotTable>> slots,
                                            int64_t thread_bytes, const ReadOptions& options);

}  // namespace icefield
