#include "codec/avro/decoder.h"

#include "base/strings.h"

namespace icefield::avro {
namespace {

// 64 bits in groups of seven.
constexpr int kVarintBytesMax = 10;

}  // namespace

uint64_t Decoder::ReadLongVarint() {
  uint64_t value = 0;
  for (int i = 0; i < kVarintBytesMax; ++i) {
    if (at_ == end_) {
      Fail("a number is cut off");
      return 0;
    }
    const auto byte = static_cast<uint8_t>(*at_++);
    if (i == kVarintBytesMax - 1 && byte > 1) break;
    value |= static_cast<uint64_t>(byte & 0x7F) << (7 * i);
    if (byte < 0x80) return value;
  }
  Fail("a number does not fit 64 bits");
  return 0;
}

ItemBlock Decoder::ReadItemBlock(size_t item_bytes_min) {
  ItemBlock block;
  const int64_t count = ReadLong();
  if (!ok() || count == 0) return {};
  block.count =
      count > 0 ? static_cast<uint64_t>(count) : uint64_t{0} - static_cast<uint64_t>(count);
  if (count < 0) {
    const size_t size = ReadLength();
    if (size > remaining()) Fail("a block of items is longer than the bytes that are left");
    block.end = position() + size;
  }
  const size_t count_max = item_bytes_min > 0 ? remaining() / item_bytes_min : kEmptyItemsMax;
  if (block.count > count_max) Fail("an array or map has more items than the bytes that are left");
  return ok() ? block : ItemBlock{};
}

void Decoder::SkipVarints(uint64_t count) {
  if (count > remaining()) return Fail("a number is cut off");
  for (; count > 0 && ok(); --count) ReadVarint();
}

void Decoder::SkipPrefixed(uint64_t count) {
  if (count > remaining()) return Fail("a value is cut off");
  for (; count > 0 && ok(); --count) ReadBytes();
}

void Decoder::Fail(const char* what, const char* subject) {
  if (!ok()) return;
  fault_ = what;
  subject_ = subject;
  fault_position_ = position();
  at_ = end_;
}

std::string Decoder::FaultText() const {
  if (ok()) return "";
  const std::string subject = subject_ != nullptr ? StrCat(" (", subject_, ")") : "";
  return StrCat(fault_, subject, " at byte ", fault_position_);
}

}  // namespace icefield::avro
