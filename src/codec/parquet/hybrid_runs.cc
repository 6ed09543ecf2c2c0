#include "codec/parquet/hybrid_runs.h"

#include <parquet/exception.h>

#include <algorithm>
#include <cstring>

namespace icefield {
namespace {

constexpr int kWidthMax = 32;

[[noreturn]] void FailEnd() { throw parquet::ParquetException("a page's runs end too early"); }

}  // namespace

HybridRuns::HybridRuns(const uint8_t* data, int64_t size, int width, int64_t count)
    : next_(data), end_(data + size), width_(width), count_(count) {
  if (width < 0 || width > kWidthMax)
    throw parquet::ParquetException("a page's numbers have a width of no type");
  mask_ = width == kWidthMax ? UINT32_MAX : (uint32_t{1} << width) - 1;
}

uint64_t HybridRuns::ReadHeader() {
  uint64_t header = 0;
  for (int shift = 0; shift < 35; shift += 7) {
    if (next_ == end_) FailEnd();
    const uint8_t byte = *next_++;
    header |= uint64_t{byte & 0x7FU} << shift;
    if ((byte & 0x80U) == 0) return header;
  }
  throw parquet::ParquetException("a page's run has a length of more than 32 bits");
}

void HybridRuns::NextRun() {
  if (run_end_ >= count_) FailEnd();
  const uint64_t header = ReadHeader();
  const auto numbers = static_cast<int64_t>(header >> 1);
  run_begin_ = run_end_;
  if ((header & 1) == 0) {
    const int bytes = (width_ + 7) / 8;
    if (end_ - next_ < bytes) FailEnd();
    value_ = 0;
    std::memcpy(&value_, next_, static_cast<size_t>(bytes));
    if (value_ > mask_) throw parquet::ParquetException("a page's run holds too large a number");
    next_ += bytes;
    packed_ = nullptr;
    run_end_ = run_begin_ + std::min(numbers, count_ - run_begin_);
    return;
  }
  // Groups of eight; the last may go beyond the count, and some writers cut it short.
  const int64_t packed = std::min(numbers * 8, count_ - run_begin_);
  if ((packed * width_ + 7) / 8 > end_ - next_) FailEnd();
  packed_ = next_;
  next_ += std::min<int64_t>(numbers * width_, end_ - next_);
  run_end_ = run_begin_ + packed;
}

uint32_t HybridRuns::Unpack(int64_t at) const {
  const int64_t bit = at * width_;
  const uint8_t* from = packed_ + (bit >> 3);
  uint64_t bits = 0;
  if (end_ - from >= static_cast<int64_t>(sizeof(bits))) {
    std::memcpy(&bits, from, sizeof(bits));
  } else {
    std::memcpy(&bits, from, static_cast<size_t>(end_ - from));
  }
  return static_cast<uint32_t>(bits >> (bit & 7)) & mask_;
}

void HybridRuns::Read(int64_t first, int64_t count, uint32_t* out) {
  while (count > 0) {
    while (first >= run_end_) NextRun();
    const int64_t here = std::min(count, run_end_ - first);
    if (packed_ == nullptr) {
      std::fill_n(out, here, value_);
    } else {
      for (int64_t at = 0; at < here; ++at) out[at] = Unpack(first - run_begin_ + at);
    }
    out += here;
    first += here;
    count -= here;
  }
}

HybridRuns::Run HybridRuns::Next() {
  if (run_end_ >= count_) return {count_, count_, 0, nullptr};
  const int64_t begin = run_end_;
  while (run_end_ == begin) NextRun();
  return {run_begin_, run_end_, value_, packed_};
}

}  // namespace icefield
