#include "codec/puffin/deletion_vector.h"

#include <libdeflate.h>

#include "codec/puffin/roaring.h"

namespace icefield {
namespace {

constexpr std::string_view kMagic = "\xd1\xd3\x39\x64";
constexpr size_t kNumberBytes = 4;
constexpr size_t kFrameBytes = kNumberBytes + kMagic.size() + kNumberBytes;

uint32_t BigEndian(std::string_view bytes) {
  uint32_t number = 0;
  for (char byte : bytes.substr(0, kNumberBytes)) {
    number = number << 8 | static_cast<uint8_t>(byte);
  }
  return number;
}

}  // namespace

Result<PositionSet> ParseDeletionVector(std::string_view bytes, int64_t cardinality) {
  if (bytes.size() < kFrameBytes) {
    return CorruptData("a deletion vector of ", bytes.size(), " bytes is too short");
  }
  const std::string_view checked =
      bytes.substr(kNumberBytes, bytes.size() - kNumberBytes - kNumberBytes);
  if (BigEndian(bytes) != checked.size()) {
    return CorruptData("the deletion vector says that it has ", BigEndian(bytes), " bytes, it has ",
                       checked.size());
  }
  if (!checked.starts_with(kMagic)) {
    return CorruptData("the bytes do not start with the mark of a deletion vector");
  }
  if (libdeflate_crc32(0, checked.data(), checked.size()) !=
      BigEndian(bytes.substr(kNumberBytes + checked.size()))) {
    return CorruptData("the checksum of the deletion vector is wrong: its bytes were changed");
  }
  ICEFIELD_ASSIGN(PositionSet positions, ParseRoaring64(checked.substr(kMagic.size())));
  if (positions.size() != cardinality) {
    return CorruptData("the deletion vector holds ", positions.size(),
                       " positions, its manifest says ", cardinality);
  }
  return positions;
}

}  // namespace icefield
