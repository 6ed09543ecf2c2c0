#include "base/uuid.h"

#include <array>
#include <random>

namespace icefield {
namespace {

uint64_t RandomBits() {
  std::random_device device;  // The system's own source: no state that a fork would copy.
  return (uint64_t{device()} << 32) | device();
}

}  // namespace

std::string RandomUuid() {
  constexpr uint64_t kVersionMask = 0xffffffffffff0fffULL;
  constexpr uint64_t kVersion = 0x0000000000004000ULL;
  constexpr uint64_t kVariantMask = 0x3fffffffffffffffULL;
  constexpr uint64_t kVariant = 0x8000000000000000ULL;
  const std::array<uint64_t, 2> halves{(RandomBits() & kVersionMask) | kVersion,
                                       (RandomBits() & kVariantMask) | kVariant};
  std::string text;
  int digits = 0;
  for (const uint64_t half : halves) {
    for (int shift = 60; shift >= 0; shift -= 4) {
      if (digits == 8 || digits == 12 || digits == 16 || digits == 20) text += '-';
      text += "0123456789abcdef"[(half >> shift) & 15];
      ++digits;
    }
  }
  return text;
}

int64_t RandomPositive() {
  const auto number = static_cast<int64_t>(RandomBits() >> 1);
  return number == 0 ? 1 : number;
}

}  // namespace icefield
