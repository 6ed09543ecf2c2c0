/// Parquet's mixture of run-length and bit-packed runs: levels, dictionary indices, booleans.
#pragma once

#include <cstdint>

namespace icefield {

/// Unsigned numbers of a fixed width in bits, asked for in ascending places; runs in between are
/// not unpacked. Borrows the bytes. Throws parquet::ParquetException where the bytes end too early
/// or make no sense.
class HybridRuns {
 public:
  HybridRuns() = default;

  /// `count` numbers of `width` bits (0 to 32) in `size` bytes at `data`.
  HybridRuns(const uint8_t* data, int64_t size, int width, int64_t count);

  /// The number at `place`, not below any place asked before.
  uint32_t At(int64_t place) {
    while (place >= run_end_) NextRun();
    return packed_ == nullptr ? value_ : Unpack(place - run_begin_);
  }

  /// The numbers [first, first + count), not below any place asked before.
  void Read(int64_t first, int64_t count, uint32_t* out);

  /// A run as it lies in the bytes.
  struct Run {
    int64_t begin = 0;
    int64_t end = 0;                  ///< Not above the count of all numbers.
    uint32_t value = 0;               ///< Of all, where they are not packed.
    const uint8_t* packed = nullptr;  ///< Else.
  };

  /// The next run; `begin` at the count of all numbers where there is none.
  Run Next();

 private:
  void NextRun();
  uint64_t ReadHeader();
  uint32_t Unpack(int64_t at) const;

  const uint8_t* next_ = nullptr;
  const uint8_t* end_ = nullptr;
  int width_ = 0;
  uint32_t mask_ = 0;
  int64_t count_ = 0;
  int64_t run_begin_ = 0;
  int64_t run_end_ = 0;
  uint32_t value_ = 0;
  const uint8_t* packed_ = nullptr;
};

}  // namespace icefield
