/// The rows that may win, named by number, with what decides between those that tie.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/row_order.h"
#include "pit/contenders.h"
#include "retrieval/view_scan.h"

namespace icefield {

/// Numbers the rows that any of `holders` has, and lets them know. They have observed all rows of
/// the scan, by the same terms. Where they set ties aside (the scan's report says so) it reads the
/// created times of all these rows, once for deciding and for what is told of the winners, and the
/// lineages of those that tie. A thread holds about `thread_bytes` of them. Returns the rows by
/// number.
Result<std::vector<RowLocator>> SettleContenders(ViewScan& scan,
                                                 std::span<Contenders* const> holders,
                                                 int64_t thread_bytes, const ReadOptions& options);

}  // namespace icefield
