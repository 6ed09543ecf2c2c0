/// Dense ids for 64-bit words: 0, 1, 2, ... in the order of first insertion.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/large_pages.h"
#include "batch/hash.h"

namespace icefield {

/// The id of a value that is not in a dictionary, or of a row without a key.
inline constexpr uint32_t kNoId = UINT32_MAX;

/// A filter over hashes that says of most absent values that they are absent, without a look at the
/// table: one bit of memory read for each, near to the processor. Of values that are there it never
/// says so. Made for tables of few keys; for others it is off.
class HashFilter {
 public:
  /// Words of 64 bits up to which a filter is kept: what the second cache holds beside other
  /// things.
  static constexpr size_t kWordsMax = 32768;

  /// Off until the first Reset.
  bool on() const { return !words_.empty(); }

  /// Empties the filter, for so many words (a power of two) of at most four keys each.
  void Reset(size_t words) { words_.assign(words <= kWordsMax ? words : 0, 0); }

  void Add(uint64_t hash) {
    if (on()) words_[hash & (words_.size() - 1)] |= BitsOf(hash);
  }

  /// False: surely absent. Only while on.
  bool MayHold(uint64_t hash) const {
    const uint64_t bits = BitsOf(hash);
    return (words_[hash & (words_.size() - 1)] & bits) == bits;
  }

 private:
  static uint64_t BitsOf(uint64_t hash) {
    return (uint64_t{1} << (hash >> 58)) | (uint64_t{1} << ((hash >> 52) & 63));
  }

  std::vector<uint64_t> words_;
};

/// Ids of 64-bit words: buckets of one cache line each, compared without a branch. Finding is
/// thread-safe while nobody inserts.
class WordDictionary {
 public:
  static uint64_t Hash(uint64_t key) { return HashWord(key); }

  WordDictionary() { filter_.Reset(buckets_.size()); }

  uint32_t size() const { return size_; }
  const HashFilter& filter() const { return filter_; }
  void Prefetch(uint64_t hash) const { __builtin_prefetch(&buckets_[hash & mask_]); }

  /// That it takes; twice as many while it grows.
  int64_t bytes() const { return static_cast<int64_t>(buckets_.size() * sizeof(Bucket)); }

  /// The id of `key`, whose hash is `hash`; kNoId if it was never inserted.
  uint32_t Find(uint64_t key, uint64_t hash) const {
    for (uint64_t at = hash & mask_;; at = (at + 1) & mask_) {
      const Bucket& bucket = buckets_[at];
      const uint32_t id = bucket.IdOf(key);
      if (id != kNoId || !bucket.full()) return id;
    }
  }

  /// All words, by their ids.
  std::vector<uint64_t> Words() const {
    std::vector<uint64_t> words(size_);
    for (const Bucket& bucket : buckets_) {
      for (size_t at = 0; at < kWidth && bucket.ids[at] != kNoId; ++at)
        words[bucket.ids[at]] = bucket.keys[at];
    }
    return words;
  }

  /// The id of `key`, a new one if it has none.
  uint32_t Insert(uint64_t key, uint64_t hash) {
    const uint32_t found = Find(key, hash);
    if (found != kNoId) return found;
    if (size_ + size_t{1} > kLoad * buckets_.size()) Grow();
    Place(key, hash, size_);
    filter_.Add(hash);
    return size_++;
  }

 private:
  static constexpr size_t kWidth = 5;
  // Keys a bucket on average, at most: few buckets overflow into the next one.
  static constexpr size_t kLoad = 3;

  struct alignas(64) Bucket {
    Bucket() { ids.fill(kNoId); }

    bool full() const { return ids[kWidth - 1] != kNoId; }

    // An unused place may look like the key 0, but holds no id.
    uint32_t IdOf(uint64_t key) const {
      uint32_t equal = uint32_t{1} << kWidth;
#pragma GCC unroll 5
      for (size_t at = 0; at < kWidth; ++at) equal |= uint32_t{keys[at] == key} << at;
      return ids[static_cast<size_t>(std::countr_zero(equal))];
    }

    std::array<uint64_t, kWidth> keys{};
    std::array<uint32_t, kWidth + 1> ids;  ///< One more, that is never given.
  };

  void Place(uint64_t key, uint64_t hash, uint32_t id) {
    uint64_t at = hash & mask_;
    while (buckets_[at].full()) at = (at + 1) & mask_;
    Bucket& bucket = buckets_[at];
    size_t place = 0;
    while (bucket.ids[place] != kNoId) ++place;
    bucket.keys[place] = key;
    bucket.ids[place] = id;
  }

  void Grow() {
    LargeVector<Bucket> old(buckets_.size() * 2);
    old.swap(buckets_);
    mask_ = buckets_.size() - 1;
    filter_.Reset(buckets_.size());
    for (const Bucket& bucket : old) {
      for (size_t at = 0; at < kWidth && bucket.ids[at] != kNoId; ++at) {
        const uint64_t hash = Hash(bucket.keys[at]);
        Place(bucket.keys[at], hash, bucket.ids[at]);
        filter_.Add(hash);
      }
    }
  }

  LargeVector<Bucket> buckets_ = LargeVector<Bucket>(4);
  uint64_t mask_ = 3;
  uint32_t size_ = 0;
  HashFilter filter_;
};

}  // namespace icefield
