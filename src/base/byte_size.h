/// Sizes as people write them.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace icefield {

/// The bytes of "2147483648", "2GiB", "1.5 GB": a number, with or without a unit in letters of any
/// size: B; K, M, G, T and P with or without B are powers of 1000, with iB (or i) of 1024. Parts
/// of a byte are cut off. InvalidArgument for any other text, and for more than 2^63 - 1 bytes.
Result<int64_t> ParseByteSize(std::string_view text);

}  // namespace icefield
