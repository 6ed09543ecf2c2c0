/// Roaring bitmaps in their portable format, 64-bit
/// (RoaringFormatSpec).
#pragma once

#include <string_view>

#include "base/result.h"
#include "batch/position_set.h"

namespace icefield {

/// The positions of a serialized 64-bit bitmap, which `bytes` is from the first byte to the last.
/// CorruptData says what is wrong: keys, arrays or runs that are not ascending, a container that
/// holds another number of positions than its header says or lies elsewhere, positions beyond
/// 2^63 - 1, bytes that are missing or left over. Memory: at most some ten times `bytes`.
Result<PositionSet> ParseRoaring64(std::string_view bytes);

}  // namespace icefield
