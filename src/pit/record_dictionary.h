/// Dense ids for keys that are no single word: of a text, or of several columns.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/large_pages.h"
#include "batch/hash.h"
#include "pit/dictionary.h"

namespace icefield {

/// A key as bytes: equal keys have equal bytes and different ones different bytes. Most fit three
/// words, padded with zeros; those of others lie elsewhere.
struct KeyRecord {
  static constexpr size_t kShortBytesMax = 24;

  std::array<uint64_t, 3> words{};
  std::string_view bytes;  ///< Of a long record; a short one has none.

  bool is_long() const { return bytes.data() != nullptr; }

  uint64_t Hash() const {
    if (is_long()) return HashBytes(bytes);
    return MixBits(MixBits(HashWord(words[0]) ^ words[1]) ^ words[2]);
  }
};

/// Ids of records 0, 1, 2, ... in the order of first insertion. Short records lie in the table
/// itself, so that finding one reads one cache line; long ones are copied beside it. Finding is
/// thread-safe while nobody inserts.
class RecordDictionary {
 public:
  RecordDictionary() { filter_.Reset(slots_.size() / kSlotsOfFilterWord); }

  uint32_t size() const { return size_; }
  const HashFilter& filter() const { return filter_; }
  void Prefetch(uint64_t hash) const { __builtin_prefetch(&slots_[hash & mask_]); }

  /// That it takes; twice as many while it grows.
  int64_t bytes() const {
    return static_cast<int64_t>(slots_.size() * sizeof(Slot) + long_records_.capacity());
  }

  /// Brings near what Find compares a long record with.
  void PrefetchRecord(const KeyRecord& record, uint64_t hash) const {
    if (!record.is_long()) return;
    const Slot& slot = slots_[hash & mask_];
    if (slot.is_long != 0) __builtin_prefetch(long_records_.data() + slot.words[0]);
  }

  /// The id of `record`, whose hash is `hash`; kNoId if it was never inserted.
  uint32_t Find(const KeyRecord& record, uint64_t hash) const {
    return slots_[FindSlot(record, hash)].id;
  }

  /// The id of `record`, a new one if it has none.
  uint32_t Insert(const KeyRecord& record, uint64_t hash) {
    if (8 * (size_ + size_t{1}) > 5 * slots_.size()) Grow();
    Slot& slot = slots_[FindSlot(record, hash)];
    if (slot.id != kNoId) return slot.id;
    slot.id = size_++;
    slot.words = record.words;
    if (record.is_long()) {
      slot.is_long = 1;
      slot.words = {long_records_.size(), record.bytes.size(), hash};
      long_records_.insert(long_records_.end(), record.bytes.begin(), record.bytes.end());
    }
    filter_.Add(hash);
    return slot.id;
  }

 private:
  /// Two to a cache line.
  struct alignas(32) Slot {
    /// A short record; of a long one where it starts, its size and its hash.
    std::array<uint64_t, 3> words{};
    uint32_t is_long = 0;
    uint32_t id = kNoId;
  };
  static constexpr size_t kSlotsOfFilterWord = 4;

  bool Holds(const Slot& slot, const KeyRecord& record, uint64_t hash) const {
    if (!record.is_long()) {
      const uint64_t differs = (slot.words[0] ^ record.words[0]) |
                               (slot.words[1] ^ record.words[1]) |
                               (slot.words[2] ^ record.words[2]) | slot.is_long;
      return differs == 0;
    }
    return slot.is_long != 0 && slot.words[2] == hash && slot.words[1] == record.bytes.size() &&
           std::memcmp(long_records_.data() + slot.words[0], record.bytes.data(),
                       record.bytes.size()) == 0;
  }

  // The slot of `record`, or the free one where it would be.
  uint64_t FindSlot(const KeyRecord& record, uint64_t hash) const {
    uint64_t at = hash & mask_;
    while (slots_[at].id != kNoId && !Holds(slots_[at], record, hash)) at = (at + 1) & mask_;
    return at;
  }

  void Grow() {
    LargeVector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    mask_ = slots_.size() - 1;
    filter_.Reset(slots_.size() / kSlotsOfFilterWord);
    for (const Slot& slot : old) {
      if (slot.id == kNoId) continue;
      const uint64_t hash = slot.is_long != 0 ? slot.words[2] : KeyRecord{slot.words, {}}.Hash();
      uint64_t at = hash & mask_;
      while (slots_[at].id != kNoId) at = (at + 1) & mask_;
      slots_[at] = slot;
      filter_.Add(hash);
    }
  }

  LargeVector<Slot> slots_ = LargeVector<Slot>(16);
  uint64_t mask_ = 15;
  uint32_t size_ = 0;
  LargeVector<char> long_records_;
  HashFilter filter_;
};

}  // namespace icefield
