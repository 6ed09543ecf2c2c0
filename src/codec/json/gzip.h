/// Gzip-compressed text files.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace icefield {

/// True if `bytes` begin as a gzip stream does.
bool IsGzip(std::string_view bytes);

/// The content of a gzip stream. CorruptData where it is damaged or cut short; ResourceExhausted
/// where the content is longer than `size_bytes_max`, before more than that is kept in memory.
Result<std::string> Gunzip(std::string_view bytes, int64_t size_bytes_max);

/// `text` as one gzip stream.
Result<std::string> Gzip(std::string_view text);

}  // namespace icefield
