#include "batch/position_set.h"

#include <algorithm>
#include <array>
#include <bit>

namespace icefield {
namespace {

// Above it a bitmap is smaller than an array; as many runs as half of it, too.
constexpr size_t kArrayMax = 4096;
constexpr uint32_t kLastLow = PositionSet::kChunkRows - 1;

int64_t ChunkNumber(int64_t position) { return position >> 16; }
uint16_t Low(int64_t position) { return static_cast<uint16_t>(position); }

// Bits `from` to 63.
uint64_t BitsFrom(uint32_t from) { return ~uint64_t{0} << from; }
// Bits 0 to `to`.
uint64_t BitsTo(uint32_t to) { return ~uint64_t{0} >> (63 - to); }

// The part of word `word` that lies in positions [first, last].
uint64_t MaskOf(uint32_t word, uint32_t first, uint32_t last) {
  uint64_t mask = ~uint64_t{0};
  if (word == first / 64) mask &= BitsFrom(first % 64);
  if (word == last / 64) mask &= BitsTo(last % 64);
  return mask;
}

int32_t SetBits(std::span<uint64_t> words, uint32_t first, uint32_t last) {
  int32_t added = 0;
  for (uint32_t word = first / 64; word <= last / 64; ++word) {
    const uint64_t mask = MaskOf(word, first, last);
    added += std::popcount(mask & ~words[word]);
    words[word] |= mask;
  }
  return added;
}

// What `run` covers of a chunk, by lower bits.
struct LowRange {
  uint32_t first;
  uint32_t last;
};
LowRange WithinChunk(int64_t number, int64_t first, int64_t last) {
  return {.first = number == ChunkNumber(first) ? Low(first) : 0U,
          .last = number == ChunkNumber(last) ? Low(last) : kLastLow};
}

}  // namespace

PositionSet::Chunk PositionSet::Chunk::FromBits(std::span<const uint64_t, kChunkWords> bits) {
  Chunk chunk;
  for (uint64_t word : bits) chunk.count += std::popcount(word);
  if (static_cast<size_t>(chunk.count) > kArrayMax) {
    chunk.form = Form::kBitmap;
    chunk.words.assign(bits.begin(), bits.end());
    return chunk;
  }
  chunk.values.reserve(static_cast<size_t>(chunk.count));
  for (size_t i = 0; i < bits.size(); ++i) {
    for (uint64_t word = bits[i]; word != 0; word &= word - 1) {
      chunk.values.push_back(
          static_cast<uint16_t>(i * 64 + static_cast<size_t>(std::countr_zero(word))));
    }
  }
  return chunk;
}

void PositionSet::Chunk::OrInto(std::span<uint64_t, kChunkWords> bits) const {
  switch (form) {
    case Form::kArray:
      for (uint16_t low : values) bits[low / 64] |= uint64_t{1} << (low % 64);
      return;
    case Form::kRuns:
      for (size_t i = 0; i < values.size(); i += 2) SetBits(bits, values[i], values[i + 1]);
      return;
    case Form::kBitmap:
      for (size_t i = 0; i < bits.size(); ++i) bits[i] |= words[i];
      return;
  }
}

void PositionSet::Chunk::ToBitmap() {
  std::vector<uint64_t> bits(kChunkWords);
  OrInto(std::span<uint64_t, kChunkWords>(bits));
  form = Form::kBitmap;
  words = std::move(bits);
  values = {};
}

void PositionSet::Chunk::LeaveRuns() {
  std::array<uint64_t, kChunkWords> bits{};
  OrInto(bits);
  *this = FromBits(bits);
}

void PositionSet::Chunk::Add(uint16_t low) {
  if (form == Form::kArray) {
    if (values.size() < kArrayMax) {
      if (values.empty() || values.back() < low) {
        values.push_back(low);
        ++count;
        return;
      }
      const auto at = std::lower_bound(values.begin(), values.end(), low);
      if (*at == low) return;
      values.insert(at, low);
      ++count;
      return;
    }
    if (std::binary_search(values.begin(), values.end(), low)) return;
    ToBitmap();
  } else if (form == Form::kRuns) {
    if (Contains(low)) return;
    LeaveRuns();
    Add(low);
    return;
  }
  uint64_t& word = words[low / 64];
  const uint64_t bit = uint64_t{1} << (low % 64);
  count += static_cast<int32_t>((word & bit) == 0);
  word |= bit;
}

void PositionSet::Chunk::AddRange(uint32_t first, uint32_t last) {
  // A run of one would take twice the room of an array's entry.
  if (first == last) return Add(static_cast<uint16_t>(first));
  if (count == 0) form = Form::kRuns;
  if (form == Form::kRuns && values.size() < kArrayMax &&
      (values.empty() || values.back() < first)) {
    values.push_back(static_cast<uint16_t>(first));
    values.push_back(static_cast<uint16_t>(last));
    count += static_cast<int32_t>(last - first + 1);
    return;
  }
  if (form == Form::kBitmap) {
    count += SetBits(words, first, last);
    return;
  }
  std::array<uint64_t, kChunkWords> bits{};
  OrInto(bits);
  SetBits(bits, first, last);
  *this = FromBits(bits);
}

bool PositionSet::Chunk::Contains(uint16_t low) const {
  switch (form) {
    case Form::kArray:
      return std::binary_search(values.begin(), values.end(), low);
    case Form::kRuns: {
      // Among firsts and lasts in one ascending row: inside a run where the next bound is a last.
      const auto next = std::lower_bound(values.begin(), values.end(), low);
      return next != values.end() && (*next == low || (next - values.begin()) % 2 == 1);
    }
    case Form::kBitmap:
      return (words[low / 64] >> (low % 64) & 1) != 0;
  }
  return false;
}

int64_t PositionSet::Chunk::CountIn(uint32_t first, uint32_t last) const {
  if (first == 0 && last == kLastLow) return count;
  int64_t found = 0;
  if (form == Form::kArray) {
    return std::upper_bound(values.begin(), values.end(), last) -
           std::lower_bound(values.begin(), values.end(), first);
  }
  if (form == Form::kBitmap) {
    for (uint32_t word = first / 64; word <= last / 64; ++word) {
      found += std::popcount(words[word] & MaskOf(word, first, last));
    }
    return found;
  }
  ForRanges(first, last, [&](uint32_t from, uint32_t to) { found += to - from + 1; });
  return found;
}

template <typename Visit>
void PositionSet::Chunk::ForRanges(uint32_t first, uint32_t last, const Visit& visit) const {
  switch (form) {
    case Form::kArray:
      for (auto at = std::lower_bound(values.begin(), values.end(), first);
           at != values.end() && *at <= last; ++at) {
        visit(*at, *at);
      }
      return;
    case Form::kRuns: {
      auto at = std::lower_bound(values.begin(), values.end(), first);
      at -= (at - values.begin()) % 2;
      for (; at != values.end() && *at <= last; at += 2) {
        visit(std::max<uint32_t>(at[0], first), std::min<uint32_t>(at[1], last));
      }
      return;
    }
    case Form::kBitmap:
      for (uint32_t word = first / 64; word <= last / 64; ++word) {
        for (uint64_t bits = words[word] & MaskOf(word, first, last); bits != 0; bits &= bits - 1) {
          if (bits == ~uint64_t{0}) {
            visit(word * 64, word * 64 + 63);
            break;
          }
          const uint32_t low = word * 64 + static_cast<uint32_t>(std::countr_zero(bits));
          visit(low, low);
        }
      }
      return;
  }
}

PositionSet::Chunk& PositionSet::ChunkOf(int64_t number) {
  // Ascending additions stay in the last chunk or make a new last one.
  if (!chunks_.empty() && chunks_.rbegin()->first == number) return chunks_.rbegin()->second;
  return chunks_.try_emplace(number).first->second;
}

void PositionSet::Add(int64_t position) {
  Chunk& chunk = ChunkOf(ChunkNumber(position));
  const int32_t before = chunk.count;
  chunk.Add(Low(position));
  size_ += chunk.count - before;
}

void PositionSet::AddRun(RowRun run) {
  if (run.count <= 0) return;
  const int64_t last = run.first + (run.count - 1);
  for (int64_t number = ChunkNumber(run.first); number <= ChunkNumber(last); ++number) {
    const LowRange range = WithinChunk(number, run.first, last);
    Chunk& chunk = ChunkOf(number);
    const int32_t before = chunk.count;
    chunk.AddRange(range.first, range.last);
    size_ += chunk.count - before;
  }
}

void PositionSet::AddBits(int64_t chunk, std::span<const uint64_t, kChunkWords> bits) {
  const auto found = chunks_.find(chunk);
  if (found == chunks_.end()) {
    Chunk added = Chunk::FromBits(bits);
    if (added.count == 0) return;
    size_ += added.count;
    chunks_.emplace_hint(chunks_.end(), chunk, std::move(added));
    return;
  }
  std::array<uint64_t, kChunkWords> both;
  std::copy(bits.begin(), bits.end(), both.begin());
  found->second.OrInto(both);
  size_ -= found->second.count;
  found->second = Chunk::FromBits(both);
  size_ += found->second.count;
}

void PositionSet::Merge(const PositionSet& other) {
  for (const auto& [number, chunk] : other.chunks_) {
    const auto [mine, added] = chunks_.try_emplace(number, chunk);
    if (added) {
      size_ += chunk.count;
      continue;
    }
    std::array<uint64_t, kChunkWords> bits{};
    chunk.OrInto(bits);
    AddBits(number, bits);
  }
}

bool PositionSet::Contains(int64_t position) const {
  const auto found = chunks_.find(ChunkNumber(position));
  return found != chunks_.end() && found->second.Contains(Low(position));
}

int64_t PositionSet::CountIn(RowRun run) const {
  if (run.count <= 0) return 0;
  const int64_t last = run.first + (run.count - 1);
  int64_t found = 0;
  for (auto at = chunks_.lower_bound(ChunkNumber(run.first));
       at != chunks_.end() && at->first <= ChunkNumber(last); ++at) {
    const LowRange range = WithinChunk(at->first, run.first, last);
    found += at->second.CountIn(range.first, range.last);
  }
  return found;
}

void PositionSet::AppendGaps(RowRun within, std::vector<RowRun>& runs) const {
  if (within.count <= 0) return;
  const int64_t last = within.first + (within.count - 1);
  int64_t live = 0;  // The first row, by distance, that is in no run yet.
  for (auto at = chunks_.lower_bound(ChunkNumber(within.first));
       at != chunks_.end() && at->first <= ChunkNumber(last); ++at) {
    const int64_t base = at->first * kChunkRows - within.first;
    const LowRange range = WithinChunk(at->first, within.first, last);
    at->second.ForRanges(range.first, range.last, [&](uint32_t from, uint32_t to) {
      const int64_t dead = base + from;
      if (dead > live) runs.push_back({.first = live, .count = dead - live});
      live = base + to + 1;
    });
  }
  if (live < within.count) runs.push_back({.first = live, .count = within.count - live});
}

}  // namespace icefield
