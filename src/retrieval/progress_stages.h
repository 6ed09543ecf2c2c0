/// The stages of a retrieval's progress, and what its rows weigh.
#pragma once

#include <cstdint>
#include <string_view>

#include "retrieval/view_scan.h"

namespace icefield {

/// The stage is now "`verb` `view`", for who looks.
void EnterStage(const ReadOptions& options, std::string_view verb, std::string_view view);

// Progress is counted in compressed bytes of columns as they are gathered, where most values are
// skipped. Keys and times of all rows, and rows that are given, take longer for each byte.

/// So much longer a byte takes whose value is used: on 20 million rows with a million winners
/// deciding has a fifth of the bytes and half of the time.
inline constexpr int64_t kHandledWeight = 4;

/// The work of deciding a view's winners.
int64_t DecidingWork(const ViewScan& scan);

/// The work of gathering its columns, of the winners in the whole table.
int64_t GatheringWork(const ViewScan& scan);

/// The work of giving `rows` rows of those.
int64_t GivingWork(const ViewScan& scan, int64_t rows);

}  // namespace icefield
