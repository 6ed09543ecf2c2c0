/// The stages of a retrieval's progress, and what its rows weigh.
#pragma once

#include <cstdint>
#include <string_view>

#include "retrieval/view_scan.h"

namespace icefield {

/// The stage is now "`verb` `view`", for who looks.
void EnterStage(const ReadOptions& options, std::string_view verb, std::string_view view);

/// What giving `rows` rows of a view's columns weighs beside gathering them out of the whole table.
int64_t GivenBytes(const ViewScan& scan, int64_t rows);

}  // namespace icefield
