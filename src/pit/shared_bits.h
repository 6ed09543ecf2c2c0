/// Bits that several threads set.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace icefield {

/// One bit each for many things, set by several threads.
class SharedBits {
 public:
  static constexpr size_t kWordBits = 64;

  explicit SharedBits(size_t size) : words_((size + kWordBits - 1) / kWordBits) {}

  bool operator[](size_t at) const { return (Word(at / kWordBits) >> (at % kWordBits) & 1) != 0; }
  void Set(size_t at) {
    if ((*this)[at]) return;
    words_[at / kWordBits].fetch_or(uint64_t{1} << (at % kWordBits), std::memory_order_relaxed);
  }

  /// Of the bits in words.
  size_t words() const { return words_.size(); }

  /// The bits from kWordBits * word on, the first one lowest.
  uint64_t Word(size_t word) const { return words_[word].load(std::memory_order_relaxed); }

 private:
  std::vector<std::atomic<uint64_t>> words_;
};

}  // namespace icefield
