/// Dense ids for key values: 0, 1, 2, ... in the order of first insertion.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "batch/hash.h"

namespace icefield {

/// The id of a value that is not in a dictionary, or of a row without a key.
inline constexpr uint32_t kNoId = UINT32_MAX;

/// Ids of 64-bit words: open addressing, at most half full. Finding is thread-safe while nobody
/// inserts.
class WordDictionary {
 public:
  using Key = uint64_t;
  static uint64_t Hash(Key key) { return HashWord(key); }

  uint32_t size() const { return size_; }
  void Prefetch(uint64_t hash) const { __builtin_prefetch(&slots_[hash & mask_]); }

  uint32_t Find(Key key, uint64_t hash) const {
    for (uint64_t at = hash & mask_;; at = (at + 1) & mask_) {
      const Slot& slot = slots_[at];
      if (slot.id == kNoId || slot.key == key) return slot.id;
    }
  }

  uint32_t Insert(Key key, uint64_t hash) {
    if (2 * (size_t{size_} + 1) > slots_.size()) Grow();
    uint64_t at = hash & mask_;
    while (slots_[at].id != kNoId && slots_[at].key != key) at = (at + 1) & mask_;
    if (slots_[at].id == kNoId) slots_[at] = {key, size_++};
    return slots_[at].id;
  }

 private:
  struct Slot {
    uint64_t key = 0;
    uint32_t id = kNoId;
  };

  void Grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    mask_ = slots_.size() - 1;
    for (const Slot& slot : old) {
      if (slot.id == kNoId) continue;
      uint64_t at = Hash(slot.key) & mask_;
      while (slots_[at].id != kNoId) at = (at + 1) & mask_;
      slots_[at] = slot;
    }
  }

  std::vector<Slot> slots_ = std::vector<Slot>(16);
  uint64_t mask_ = 15;
  uint32_t size_ = 0;
};

/// Ids of byte strings, which it copies. As WordDictionary otherwise.
class BytesDictionary {
 public:
  using Key = std::string_view;
  static uint64_t Hash(Key key) { return HashBytes(key); }

  uint32_t size() const { return static_cast<uint32_t>(ends_.size()); }
  void Prefetch(uint64_t hash) const { __builtin_prefetch(&slots_[hash & mask_]); }

  uint32_t Find(Key key, uint64_t hash) const {
    for (uint64_t at = hash & mask_;; at = (at + 1) & mask_) {
      const Slot& slot = slots_[at];
      if (slot.id == kNoId || (slot.tag == TagOf(hash) && ValueOf(slot.id) == key)) return slot.id;
    }
  }

  uint32_t Insert(Key key, uint64_t hash) {
    if (2 * (size_t{size()} + 1) > slots_.size()) Grow();
    uint64_t at = hash & mask_;
    while (slots_[at].id != kNoId) {
      if (slots_[at].tag == TagOf(hash) && ValueOf(slots_[at].id) == key) return slots_[at].id;
      at = (at + 1) & mask_;
    }
    slots_[at] = {TagOf(hash), size()};
    bytes_.append(key);
    ends_.push_back(bytes_.size());
    return slots_[at].id;
  }

 private:
  struct Slot {
    uint32_t tag = 0;
    uint32_t id = kNoId;
  };

  static uint32_t TagOf(uint64_t hash) { return static_cast<uint32_t>(hash >> 32); }

  std::string_view ValueOf(uint32_t id) const {
    const size_t start = id == 0 ? 0 : ends_[id - 1];
    return std::string_view(bytes_).substr(start, ends_[id] - start);
  }

  void Grow() {
    slots_.assign(slots_.size() * 2, Slot{});
    mask_ = slots_.size() - 1;
    for (uint32_t id = 0; id < size(); ++id) {
      const uint64_t hash = Hash(ValueOf(id));
      uint64_t at = hash & mask_;
      while (slots_[at].id != kNoId) at = (at + 1) & mask_;
      slots_[at] = {TagOf(hash), id};
    }
  }

  std::vector<Slot> slots_ = std::vector<Slot>(16);
  uint64_t mask_ = 15;
  std::string bytes_;
  std::vector<size_t> ends_;
};

}  // namespace icefield
