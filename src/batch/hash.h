/// Hashes of key values: 64 well-mixed bits, equal in every process. Not against chosen collisions.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace icefield {

inline uint64_t MixBits(uint64_t bits) {
  bits = (bits ^ (bits >> 32)) * 0xD6E8FEB86659FD93U;
  bits = (bits ^ (bits >> 32)) * 0xD6E8FEB86659FD93U;
  return bits ^ (bits >> 32);
}

inline uint64_t HashWord(uint64_t word) { return MixBits(word + 0x9E3779B97F4A7C15U); }

/// The first, at most seven, bytes as a word, the first of them lowest.
inline uint64_t LoadPartialWord(std::string_view bytes) {
  const size_t size = bytes.size();
  if (size >= 4) {
    uint32_t low;
    uint32_t high;
    std::memcpy(&low, bytes.data(), 4);
    std::memcpy(&high, bytes.data() + size - 4, 4);
    return low | uint64_t{high} << (8 * (size - 4));
  }
  if (size == 0) return 0;
  const auto byte = [&](size_t at) {
    return uint64_t{static_cast<uint8_t>(bytes[at])} << (8 * at);
  };
  return byte(0) | byte(size / 2) | byte(size - 1);
}

inline uint64_t HashBytes(std::string_view bytes) {
  uint64_t hash = 0x9E3779B97F4A7C15U ^ bytes.size();
  while (bytes.size() >= 8) {
    uint64_t word;
    std::memcpy(&word, bytes.data(), 8);
    hash = MixBits(hash ^ word);
    bytes.remove_prefix(8);
  }
  return MixBits(hash ^ LoadPartialWord(bytes));
}

}  // namespace icefield
