/// Reading Avro's binary encoding (Avro specification: "Binary Encoding") without trusting a byte
/// of it.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace icefield::avro {

/// How deep values, schemas and skips may nest.
inline constexpr int kDepthMax = 64;

/// How many items without any bytes (null, empty records) one block of an array may claim.
inline constexpr size_t kEmptyItemsMax = size_t{1} << 20;

/// One block of an array or map; `count` 0 ends the value. `end` is where the block must end, for
/// writers that say so.
struct ItemBlock {
  uint64_t count = 0;
  std::optional<size_t> end;
};

/// A cursor over encoded bytes, which it does not own. Faults stick: after the first one every read
/// gives 0 or nothing and `ok()` is false, so callers may read a whole record and ask once. Loops
/// whose length comes from the bytes must ask `ok()` in each turn.
/// Does not: allocate, throw, or read outside of its bytes.
class Decoder {
 public:
  explicit Decoder(std::string_view bytes)
      : begin_(bytes.data()), at_(begin_), end_(at_ + bytes.size()) {}

  bool ok() const { return fault_ == nullptr; }
  size_t remaining() const { return static_cast<size_t>(end_ - at_); }
  size_t position() const { return static_cast<size_t>(at_ - begin_); }

  int64_t ReadLong() {
    const uint64_t raw = ReadVarint();
    return static_cast<int64_t>(raw >> 1) ^ -static_cast<int64_t>(raw & 1);
  }

  int32_t ReadInt() {
    const int64_t value = ReadLong();
    if (value == static_cast<int32_t>(value)) return static_cast<int32_t>(value);
    Fail("a number does not fit 32 bits");
    return 0;
  }

  bool ReadBoolean() {
    const std::string_view byte = ReadFixed(1);
    if (byte.empty()) return false;
    if (static_cast<uint8_t>(byte[0]) > 1) Fail("a boolean is neither 0 nor 1");
    return byte[0] == 1;
  }

  float ReadFloat() { return ReadNumber<float>(); }
  double ReadDouble() { return ReadNumber<double>(); }

  /// The bytes of a `bytes` or `string`, as a view into the decoder's own.
  std::string_view ReadBytes() { return ReadFixed(ReadLength()); }

  /// The next `size` bytes, as a view into the decoder's own.
  std::string_view ReadFixed(size_t size) {
    if (size > remaining()) {
      Fail("a value is longer than the bytes that are left");
      return {};
    }
    const std::string_view bytes(at_, size);
    at_ += size;
    return bytes;
  }

  /// The start of the next block of an array or map whose items take at least `item_bytes_min`
  /// bytes each. The count is checked against what is left.
  ItemBlock ReadItemBlock(size_t item_bytes_min);

  /// A fault if the block said to end elsewhere than here.
  void FinishItemBlock(const ItemBlock& block) {
    if (block.end && ok() && *block.end != position())
      Fail("a block of items has another size than it says");
  }

  void SkipVarints(uint64_t count);
  void SkipPrefixed(uint64_t count);
  void SkipFixed(uint64_t size) { ReadFixed(size); }
  /// `position` was given by ReadItemBlock.
  void SkipTo(size_t position) {
    if (ok()) at_ = begin_ + position;
  }

  /// Records a fault, if it is the first. `what` and `subject` must outlive the decoder.
  void Fail(const char* what, const char* subject = nullptr);

  /// The first fault as a sentence with its byte; empty if there is none.
  std::string FaultText() const;

 private:
  // The bit pattern before zigzag; 0 on faults.
  uint64_t ReadVarint() {
    if (at_ < end_ && static_cast<uint8_t>(*at_) < 0x80) return static_cast<uint8_t>(*at_++);
    return ReadLongVarint();
  }
  uint64_t ReadLongVarint();

  size_t ReadLength() {
    const int64_t length = ReadLong();
    if (length >= 0) return static_cast<size_t>(length);
    Fail("a length is negative");
    return 0;
  }

  template <typename Number>
  Number ReadNumber() {
    static_assert(std::endian::native == std::endian::little, "Avro stores numbers little-endian");
    const std::string_view bytes = ReadFixed(sizeof(Number));
    Number number = 0;
    if (!bytes.empty()) std::memcpy(&number, bytes.data(), sizeof(Number));
    return number;
  }

  const char* begin_;
  const char* at_;
  const char* end_;
  const char* fault_ = nullptr;
  const char* subject_ = nullptr;
  size_t fault_position_ = 0;
};

/// Calls `item` for each item of an array or map. `item` reads exactly one item.
template <typename Item>
void ReadItems(Decoder& in, size_t item_bytes_min, Item&& item) {
  for (ItemBlock block = in.ReadItemBlock(item_bytes_min); block.count > 0;
       block = in.ReadItemBlock(item_bytes_min)) {
    for (uint64_t i = 0; i < block.count && in.ok(); ++i) item();
    in.FinishItemBlock(block);
  }
}

}  // namespace icefield::avro
