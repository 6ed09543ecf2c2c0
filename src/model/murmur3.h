/// MurmurHash3, x86 variant of 32 bits, seed 0 (specification: "Appendix B").
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace icefield {

inline uint32_t Murmur3(std::string_view bytes) {
  constexpr uint32_t kFirst = 0xcc9e2d51;
  constexpr uint32_t kSecond = 0x1b873593;
  const auto mixed = [](uint32_t block) { return std::rotl(block * kFirst, 15) * kSecond; };
  uint32_t hash = 0;
  const size_t whole = bytes.size() / 4 * 4;
  for (size_t at = 0; at < whole; at += 4) {
    uint32_t block;
    std::memcpy(&block, bytes.data() + at, sizeof(block));
    hash = std::rotl(hash ^ mixed(block), 13) * 5 + 0xe6546b64;
  }
  uint32_t tail = 0;
  for (size_t at = bytes.size(); at > whole; --at) {
    tail = (tail << 8) | static_cast<unsigned char>(bytes[at - 1]);
  }
  hash ^= mixed(tail);
  hash ^= static_cast<uint32_t>(bytes.size());
  hash = (hash ^ (hash >> 16)) * 0x85ebca6b;
  hash = (hash ^ (hash >> 13)) * 0xc2b2ae35;
  return hash ^ (hash >> 16);
}

}  // namespace icefield
