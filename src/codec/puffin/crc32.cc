#include "codec/puffin/crc32.h"

#include <array>
#include <bit>
#include <cstring>

namespace icefield {
namespace {

constexpr uint32_t kPolynomial = 0xedb88320;  // Lowest bit first.
constexpr size_t kStep = 8;

static_assert(std::endian::native == std::endian::little);

using Tables = std::array<std::array<uint32_t, 256>, kStep>;

// tables[i][b]: what byte b leaves when i bytes follow it in the same step.
constexpr Tables MakeTables() {
  Tables tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t rest = byte;
    for (int bit = 0; bit < 8; ++bit) rest = (rest >> 1) ^ ((rest & 1) != 0 ? kPolynomial : 0);
    tables[0][byte] = rest;
  }
  for (size_t i = 1; i < kStep; ++i) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint32_t before = tables[i - 1][byte];
      tables[i][byte] = (before >> 8) ^ tables[0][before & 0xff];
    }
  }
  return tables;
}
constexpr Tables kTables = MakeTables();

}  // namespace

uint32_t Crc32(std::string_view bytes) {
  uint32_t crc = ~uint32_t{0};
  for (; bytes.size() >= kStep; bytes.remove_prefix(kStep)) {
    uint64_t word;
    std::memcpy(&word, bytes.data(), kStep);
    word ^= crc;
    crc = 0;
    for (size_t i = 0; i < kStep; ++i) crc ^= kTables[kStep - 1 - i][word >> (8 * i) & 0xff];
  }
  for (char byte : bytes) crc = (crc >> 8) ^ kTables[0][(crc ^ static_cast<uint8_t>(byte)) & 0xff];
  return ~crc;
}

}  // namespace icefield
