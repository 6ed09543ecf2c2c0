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

/// No filter.
struct NoFilter {
  void Reset(size_t /*words*/) {}
  void Add(uint64_t /*hash*/) {}
};

/// Marks of keys that have none.
struct NoMarks {
  struct value_type {};
  value_type operator[](size_t /*place*/) const { return {}; }
};

/// The keys of one cache line, with their ids and marks.
template <size_t kKeys, typename Marks>
struct alignas(64) KeyBucket {
  static constexpr size_t kWidth = kKeys;

  KeyBucket() { ids.fill(kNoId); }

  bool full() const { return ids[kWidth - 1] != kNoId; }

  /// The place of a key, or one whose id is kNoId: an unused place may look like the key 0.
  size_t PlaceOf(uint64_t key) const {
    uint32_t equal = uint32_t{1} << kWidth;
#pragma GCC unroll 5
    for (size_t at = 0; at < kWidth; ++at) equal |= uint32_t{keys[at] == key} << at;
    return static_cast<size_t>(std::countr_zero(equal));
  }

  std::array<uint64_t, kWidth> keys{};
  std::array<uint32_t, kWidth + 1> ids;  ///< One more, that is never given.
  [[no_unique_address]] Marks marks{};
};

/// Ids of 64-bit words: buckets of one cache line each, compared without a branch. Finding is
/// thread-safe while nobody inserts.
template <typename Bucket, typename Filter>
class BucketDictionary {
 public:
  static uint64_t Hash(uint64_t key) { return HashWord(key); }

  BucketDictionary() { filter_.Reset(buckets_.size()); }

  uint32_t size() const { return size_; }
  const Filter& filter() const { return filter_; }
  void Prefetch(uint64_t hash) const { __builtin_prefetch(&buckets_[hash & mask_]); }

  /// That it takes; twice as many while it grows.
  int64_t bytes() const { return static_cast<int64_t>(buckets_.size() * sizeof(Bucket)); }

  /// The id of `key`, whose hash is `hash`; kNoId if it was never inserted.
  uint32_t Find(uint64_t key, uint64_t hash) const {
    const Spot spot = SpotOf(key, hash);
    return buckets_[spot.bucket].ids[spot.place];
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
    return found != kNoId ? found : Add(key, hash, {});
  }

 protected:
  using Mark = typename decltype(Bucket::marks)::value_type;
  static_assert(sizeof(Bucket) == 64);

  struct Spot {
    uint64_t bucket;
    size_t place;
  };

  /// Where `key` is; a place without an id if it was never inserted.
  Spot SpotOf(uint64_t key, uint64_t hash) const {
    for (uint64_t at = hash & mask_;; at = (at + 1) & mask_) {
      const Bucket& bucket = buckets_[at];
      const size_t place = bucket.PlaceOf(key);
      if (bucket.ids[place] != kNoId || !bucket.full()) return {at, place};
    }
  }

  Bucket& At(const Spot& spot) { return buckets_[spot.bucket]; }

  /// Adds a key that is not there.
  uint32_t Add(uint64_t key, uint64_t hash, Mark mark) {
    if (size_ + size_t{1} > kLoad * buckets_.size()) Grow();
    Place(key, hash, size_, mark);
    filter_.Add(hash);
    return size_++;
  }

 private:
  static constexpr size_t kWidth = Bucket::kWidth;
  // Keys a bucket on average, at most: few buckets overflow into the next one.
  static constexpr size_t kLoad = (kWidth + 1) / 2;

  void Place(uint64_t key, uint64_t hash, uint32_t id, Mark mark) {
    uint64_t at = hash & mask_;
    while (buckets_[at].full()) at = (at + 1) & mask_;
    Bucket& bucket = buckets_[at];
    size_t place = 0;
    while (bucket.ids[place] != kNoId) ++place;
    bucket.keys[place] = key;
    bucket.ids[place] = id;
    bucket.marks[place] = mark;
  }

  void Grow() {
    LargeVector<Bucket> old(buckets_.size() * 2);
    old.swap(buckets_);
    mask_ = buckets_.size() - 1;
    filter_.Reset(buckets_.size());
    for (const Bucket& bucket : old) {
      for (size_t at = 0; at < kWidth && bucket.ids[at] != kNoId; ++at) {
        const uint64_t hash = Hash(bucket.keys[at]);
        Place(bucket.keys[at], hash, bucket.ids[at], bucket.marks[at]);
        filter_.Add(hash);
      }
    }
  }

  LargeVector<Bucket> buckets_ = LargeVector<Bucket>(4);
  uint64_t mask_ = 3;
  uint32_t size_ = 0;
  [[no_unique_address]] Filter filter_;
};

using WordDictionary = BucketDictionary<KeyBucket<5, NoMarks>, HashFilter>;

/// Ids of words that come with times, of which the newest of each word is kept, coarsely, beside
/// it: what is surely older is told without a look anywhere else.
class NewestDictionary final
    : public BucketDictionary<KeyBucket<4, std::array<uint16_t, 4>>, NoFilter> {
 public:
  /// As Insert; kNoId for a word that came with a greater time before.
  uint32_t InsertNewest(uint64_t key, uint64_t hash, uint16_t coarse_time) {
    const Spot spot = SpotOf(key, hash);
    auto& bucket = At(spot);
    const uint32_t id = bucket.ids[spot.place];
    if (id == kNoId) return Add(key, hash, coarse_time);
    if (coarse_time < bucket.marks[spot.place]) return kNoId;
    bucket.marks[spot.place] = coarse_time;
    return id;
  }
};

}  // namespace icefield
