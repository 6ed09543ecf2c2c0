/// Deletion vectors from the bytes of their Puffin blob (Puffin specification,
/// "deletion-vector-v1").
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "batch/position_set.h"

namespace icefield {

/// The positions of a blob of type deletion-vector-v1. `bytes` is exactly the blob: length, magic,
/// 64-bit portable roaring bitmap, CRC-32. CorruptData says what is wrong where any of these does
/// not hold, where the bitmap has another number of positions than `cardinality` (what the manifest
/// says), or holds containers that are not in order. Callers add the file's name.
Result<PositionSet> ParseDeletionVector(std::string_view bytes, int64_t cardinality);

}  // namespace icefield
