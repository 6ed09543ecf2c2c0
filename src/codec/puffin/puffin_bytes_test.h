/// Puffin files made by hand.
#pragma once

#include <string>
#include <string_view>

#include "codec/puffin/roaring_bytes_test.h"

namespace icefield {

/// A file of these blobs, one after the other, with a footer of this payload.
inline std::string PuffinFile(std::string_view blobs, std::string_view payload,
                              uint32_t flags = 0) {
  std::string bytes = "PFA1";
  bytes += blobs;
  bytes += "PFA1";
  bytes += payload;
  bytes += LittleEndian(static_cast<uint32_t>(payload.size())) + LittleEndian(flags);
  return bytes + "PFA1";
}

}  // namespace icefield
