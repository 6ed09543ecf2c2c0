/// Sets of row positions in a file, compressed.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace icefield {

/// Rows `first`, `first` + 1, ..., `first` + `count` - 1.
struct RowRun {
  int64_t first = 0;
  int64_t count = 0;
  bool operator==(const RowRun&) const = default;
};

/// Distinct positions from 0 on. Memory: two to four bytes a position, at most 8 KiB for 65,536
/// neighbouring ones, and some 150 bytes for each 65,536 rows with any. Reading is thread-safe
/// while nobody adds.
class PositionSet {
 public:
  /// Positions that share their upper bits form one chunk.
  static constexpr int64_t kChunkRows = 65536;
  static constexpr size_t kChunkWords = kChunkRows / 64;

  /// Any order, duplicates allowed; ascending order is fastest. `position` is not negative.
  void Add(int64_t position);

  /// Adds the positions of `run`.
  void AddRun(RowRun run);

  /// Adds `chunk` * kChunkRows + i for every bit i that is set in `bits` (the lowest of the first
  /// word is bit 0). `chunk` is not negative.
  void AddBits(int64_t chunk, std::span<const uint64_t, kChunkWords> bits);

  /// Takes all positions of `other` in.
  void Merge(const PositionSet& other);

  bool empty() const { return size_ == 0; }
  int64_t size() const { return size_; }
  bool Contains(int64_t position) const;

  /// How many positions lie in `run`.
  int64_t CountIn(RowRun run) const;

  /// Appends to `runs` the maximal runs of `within` that hold no position of the set, ascending,
  /// by their distance from `within.first`.
  void AppendGaps(RowRun within, std::vector<RowRun>& runs) const;

 private:
  // The positions of one chunk, by their lower 16 bits, in the form that suits them.
  struct Chunk {
    enum class Form : uint8_t {
      kArray,   // `values` are the positions, ascending; at most kArrayMax.
      kRuns,    // `values` are pairs of a run's first and last position, ascending.
      kBitmap,  // `words` has one bit a position.
    };
    Form form = Form::kArray;
    int32_t count = 0;
    std::vector<uint16_t> values;
    std::vector<uint64_t> words;

    static Chunk FromBits(std::span<const uint64_t, kChunkWords> bits);
    void OrInto(std::span<uint64_t, kChunkWords> bits) const;
    void Add(uint16_t low);
    void AddRange(uint32_t first, uint32_t last);
    bool Contains(uint16_t low) const;
    int64_t CountIn(uint32_t first, uint32_t last) const;
    void ToBitmap();
    void LeaveRuns();
    // Calls visit(first, last) with ascending, disjoint ranges that cover what lies in
    // [first, last].
    template <typename Visit>
    void ForRanges(uint32_t first, uint32_t last, const Visit& visit) const;
  };

  Chunk& ChunkOf(int64_t number);

  std::map<int64_t, Chunk> chunks_;  // By position / kChunkRows; none is empty.
  int64_t size_ = 0;
};

}  // namespace icefield
