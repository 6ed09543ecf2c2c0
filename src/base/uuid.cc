#include "base/uuid.h"

#include <array>
#include <cstdint>
#include <random>
#include <string_view>

namespace icefield {

std::string RandomUuid() {
  std::random_device device;
  std::array<uint8_t, 16> bytes{};
  for (size_t at = 0; at < bytes.size(); at += 4) {
    const uint32_t word = device();
    for (size_t byte = 0; byte < 4; ++byte) {
      bytes[at + byte] = static_cast<uint8_t>(word >> (8 * byte));
    }
  }
  bytes[6] = static_cast<uint8_t>((bytes[6] & 0x0F) | 0x40);  // version 4
  bytes[8] = static_cast<uint8_t>((bytes[8] & 0x3F) | 0x80);  // variant of RFC 4122
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  for (size_t at = 0; at < bytes.size(); ++at) {
    if (at == 4 || at == 6 || at == 8 || at == 10) text += '-';
    text += kHex[bytes[at] >> 4];
    text += kHex[bytes[at] & 15];
  }
  return text;
}

int64_t RandomPositive() {
  std::random_device device;
  const uint64_t bits = (uint64_t{device()} << 32) | device();
  return bits >> 1 == 0 ? 1 : static_cast<int64_t>(bits >> 1);
}

}  // namespace icefield
