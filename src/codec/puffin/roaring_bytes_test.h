/// Deletion vectors made by hand, right ones and wrong ones.
#pragma once

#include <libdeflate.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace icefield {

template <typename Number>
std::string LittleEndian(Number number) {
  std::string bytes;
  for (size_t i = 0; i < sizeof(Number); ++i) {
    bytes.push_back(static_cast<char>(static_cast<uint64_t>(number) >> (8 * i)));
  }
  return bytes;
}

inline std::string BigEndian(uint32_t number) {
  const std::string bytes = LittleEndian(number);
  return {bytes.rbegin(), bytes.rend()};
}

/// A container as it is written: what its header says and what follows.
struct Container {
  uint16_t key = 0;
  uint32_t cardinality = 0;
  bool has_runs = false;
  std::string body;
};

inline Container ArrayContainer(uint16_t key, const std::vector<uint16_t>& values) {
  Container container{.key = key, .cardinality = static_cast<uint32_t>(values.size())};
  for (uint16_t value : values) container.body += LittleEndian(value);
  return container;
}

/// Runs are pairs (first, count - 1).
inline Container RunContainer(uint16_t key,
                              const std::vector<std::pair<uint16_t, uint16_t>>& runs) {
  Container container{.key = key, .has_runs = true};
  container.body = LittleEndian(static_cast<uint16_t>(runs.size()));
  for (const auto& [first, more] : runs) {
    container.cardinality += uint32_t{more} + 1;
    container.body += LittleEndian(first) + LittleEndian(more);
  }
  return container;
}

/// All multiples of `step` below 65536; at most 13, so that they are more than an array may hold.
inline Container BitmapContainer(uint16_t key, uint32_t step) {
  Container container{.key = key, .body = std::string(8192, '\0')};
  for (uint32_t value = 0; value < 65536; value += step) {
    ++container.cardinality;
    char& byte = container.body[value / 8];
    byte = static_cast<char>(static_cast<uint8_t>(byte) | 1U << (value % 8));
  }
  return container;
}

/// A 32-bit bitmap, offset header included where the format has one.
inline std::string Bitmap32(const std::vector<Container>& containers) {
  std::string flags((containers.size() + 7) / 8, '\0');
  bool any_runs = false;
  for (size_t i = 0; i < containers.size(); ++i) {
    if (!containers[i].has_runs) continue;
    any_runs = true;
    flags[i / 8] = static_cast<char>(static_cast<uint8_t>(flags[i / 8]) | 1U << (i % 8));
  }
  const auto count = static_cast<uint32_t>(containers.size());
  std::string bytes = any_runs ? LittleEndian(12347U | (count - 1) << 16) + flags
                               : LittleEndian(12346U) + LittleEndian(count);
  for (const Container& container : containers) {
    bytes += LittleEndian(container.key);
    bytes += LittleEndian(static_cast<uint16_t>(container.cardinality - 1));
  }
  if (!any_runs || count >= 4) {
    size_t offset = bytes.size() + size_t{4} * count;
    for (const Container& container : containers) {
      bytes += LittleEndian(static_cast<uint32_t>(offset));
      offset += container.body.size();
    }
  }
  for (const Container& container : containers) bytes += container.body;
  return bytes;
}

/// A 64-bit bitmap of (upper 32 bits, 32-bit bitmap) parts.
inline std::string Bitmap64(const std::vector<std::pair<uint32_t, std::string>>& parts) {
  std::string bytes = LittleEndian(uint64_t{parts.size()});
  for (const auto& [high, bitmap] : parts) bytes += LittleEndian(high) + bitmap;
  return bytes;
}

/// The blob around a 64-bit bitmap: length, magic, checksum.
inline std::string VectorBlob(std::string_view bitmap64) {
  const std::string checked = "\xd1\xd3\x39\x64" + std::string(bitmap64);
  return BigEndian(static_cast<uint32_t>(checked.size())) + checked +
         BigEndian(libdeflate_crc32(0, checked.data(), checked.size()));
}

}  // namespace icefield
