#include "codec/parquet/page_header.h"

#include <parquet/exception.h>

namespace icefield {
namespace {

// Types of Thrift's compact protocol.
enum class WireType : uint8_t {
  kStop = 0,
  kTrue = 1,
  kFalse = 2,
  kByte = 3,
  kInt16 = 4,
  kInt32 = 5,
  kInt64 = 6,
  kDouble = 7,
  kBinary = 8,
  kList = 9,
  kSet = 10,
  kMap = 11,
  kStruct = 12,
};

constexpr int16_t kChecksumField = 4;
// Headers have structs in structs, not more.
constexpr int kDepthMax = 16;

[[noreturn]] void FailHeader() { throw parquet::ParquetException("a page's header is damaged"); }

class HeaderReader {
 public:
  explicit HeaderReader(std::string_view bytes) : bytes_(bytes) {}

  std::optional<uint32_t> FindChecksum() {
    std::optional<uint32_t> checksum;
    ForEachField([&](int16_t field, WireType type) {
      if (field != kChecksumField || type != WireType::kInt32) return SkipValue(type, 0);
      checksum = ReadSigned<uint32_t>();
    });
    return checksum;
  }

 private:
  template <typename TakeField>
  void ForEachField(const TakeField& take) {
    uint16_t field = 0;  // Wraps around, as it does for Thrift.
    while (true) {
      const uint8_t head = ReadByte();
      const auto type = static_cast<WireType>(head & 0xf);
      if (type == WireType::kStop) return;
      field = head >> 4 != 0 ? static_cast<uint16_t>(field + (head >> 4)) : ReadSigned<uint16_t>();
      take(static_cast<int16_t>(field), type);
    }
  }

  void SkipValue(WireType type, int depth) {
    if (depth > kDepthMax) FailHeader();
    switch (type) {
      case WireType::kTrue:
      case WireType::kFalse:
        return;
      case WireType::kByte:
        return SkipBytes(1);
      case WireType::kInt16:
      case WireType::kInt32:
      case WireType::kInt64:
        ReadUnsigned();
        return;
      case WireType::kDouble:
        return SkipBytes(sizeof(double));
      case WireType::kBinary:
        return SkipBytes(ReadUnsigned());
      case WireType::kList:
      case WireType::kSet:
        return SkipList(depth);
      case WireType::kMap:
        return SkipMap(depth);
      case WireType::kStruct:
        return ForEachField([&](int16_t, WireType of_field) { SkipValue(of_field, depth + 1); });
      case WireType::kStop:
        break;
    }
    FailHeader();
  }

  void SkipList(int depth) {
    const uint8_t head = ReadByte();
    const uint64_t count = head >> 4 == 0xf ? ReadUnsigned() : head >> 4;
    for (uint64_t at = 0; at < count; ++at) SkipElement(static_cast<WireType>(head & 0xf), depth);
  }

  void SkipMap(int depth) {
    const uint64_t count = ReadUnsigned();
    if (count == 0) return;
    const uint8_t types = ReadByte();
    for (uint64_t at = 0; at < count; ++at) {
      SkipElement(static_cast<WireType>(types >> 4), depth);
      SkipElement(static_cast<WireType>(types & 0xf), depth);
    }
  }

  // Of lists and maps: there a boolean has a byte.
  void SkipElement(WireType type, int depth) {
    if (type == WireType::kTrue || type == WireType::kFalse) return SkipBytes(1);
    SkipValue(type, depth + 1);
  }

  uint8_t ReadByte() {
    if (at_ == bytes_.size()) FailHeader();
    return static_cast<uint8_t>(bytes_[at_++]);
  }

  void SkipBytes(uint64_t count) {
    if (count > bytes_.size() - at_) FailHeader();
    at_ += count;
  }

  uint64_t ReadUnsigned() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const uint8_t byte = ReadByte();
      value |= uint64_t{byte & 0x7fU} << shift;
      if ((byte & 0x80) == 0) return value;
    }
    FailHeader();
  }

  // A zigzag number, of which Thrift keeps as many bits as it has a type for.
  template <typename Bits>
  Bits ReadSigned() {
    const auto value = static_cast<uint32_t>(ReadUnsigned());
    return static_cast<Bits>((value >> 1) ^ (0 - (value & 1)));
  }

  std::string_view bytes_;
  size_t at_ = 0;
};

}  // namespace

std::optional<uint32_t> ChecksumIn(std::string_view header) {
  return HeaderReader(header).FindChecksum();
}

}  // namespace icefield
