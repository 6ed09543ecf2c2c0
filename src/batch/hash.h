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

inline uint64_t HashBytes(std::string_view bytes) {
  uint64_t hash = 0x9E3779B97F4A7C15U ^ bytes.size();
  while (bytes.size() >= 8) {
    uint64_t word;
    std::memcpy(&word, bytes.data(), 8);
    hash = MixBits(hash ^ word);
    bytes.remove_prefix(8);
  }
  uint64_t tail = 0;
  if (!bytes.empty()) std::memcpy(&tail, bytes.data(), bytes.size());
  return MixBits(hash ^ tail);
}

}  // namespace icefield
