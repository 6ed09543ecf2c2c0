/// CRC-32 as zlib, gzip and Puffin's deletion vectors count it (ISO-HDLC).
#pragma once

#include <cstdint>
#include <string_view>

namespace icefield {

uint32_t Crc32(std::string_view bytes);

}  // namespace icefield
