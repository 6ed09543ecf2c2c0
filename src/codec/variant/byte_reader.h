/// Reading little-endian bytes without trusting one of them.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace icefield::variant {

/// The unsigned little-endian number that all of `bytes` (at most 8) make.
inline uint64_t LittleEndian(std::string_view bytes) {
  uint64_t number = 0;
  for (size_t at = bytes.size(); at-- > 0;) {
    number = number << 8 | static_cast<uint8_t>(bytes[at]);
  }
  return number;
}

/// A cursor over bytes that it does not own. A fault (an end too early) sticks: from then on every
/// read gives 0 or nothing and `ok()` is false, so callers read a whole head and ask once.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  bool ok() const { return ok_; }
  size_t position() const { return position_; }

  /// The next `count` bytes.
  std::string_view Take(uint64_t count) {
    ok_ = ok_ && count <= bytes_.size() - position_;
    if (!ok_) return {};
    const std::string_view taken = bytes_.substr(position_, count);
    position_ += taken.size();
    return taken;
  }

  /// An unsigned number of `width` bytes, 1 to 8.
  uint64_t TakeUnsigned(int width) { return LittleEndian(Take(static_cast<uint64_t>(width))); }

  /// An integer or IEEE number of the width of its type.
  template <typename Number>
  Number TakeNumber() {
    static_assert(std::is_trivially_copyable_v<Number>);
    Number number{};
    const std::string_view bytes = Take(sizeof(Number));
    if (ok_) std::memcpy(&number, bytes.data(), sizeof(Number));
    return number;
  }

 private:
  std::string_view bytes_;
  size_t position_ = 0;
  bool ok_ = true;
};

}  // namespace icefield::variant
