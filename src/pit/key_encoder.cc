#include "pit/key_encoder.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "batch/hash.h"
#include "pit/key_blocks.h"

namespace icefield {
namespace {

// What a block is asked for: its units that may be known, with their hashes, and the id of each
// unit.
struct Lookup {
  size_t count = 0;
  std::array<uint32_t, kKeyBlock> units;
  std::array<uint64_t, kKeyBlock> hashes;
  std::array<uint32_t, kKeyBlock> ids;
};

// Chooses the units to look up and brings their places near. No branch depends on a row.
template <bool kFiltered, typename Dictionary, typename Blocks>
void Choose(const Dictionary& dictionary, const Blocks& block, Lookup& lookup) {
  size_t count = 0;
  for (size_t unit = 0; unit < block.units(); ++unit) {
    const uint64_t hash = block.HashOf(unit);
    lookup.units[count] = static_cast<uint32_t>(unit);
    lookup.hashes[count] = hash;
    lookup.ids[unit] = kNoId;
    bool chosen = block.has_key(unit);
    if constexpr (kFiltered) {
      chosen &= dictionary.filter().MayHold(hash);
    } else {
      dictionary.Prefetch(hash);
    }
    count += chosen ? 1 : 0;
  }
  lookup.count = count;
  if constexpr (kFiltered) {
    for (size_t at = 0; at < count; ++at) dictionary.Prefetch(lookup.hashes[at]);
  }
}

template <typename Dictionary, typename Blocks>
void FindIds(const Dictionary& dictionary, const Blocks& block, Lookup& lookup) {
  if (dictionary.filter().on()) {
    Choose<true>(dictionary, block, lookup);
  } else {
    Choose<false>(dictionary, block, lookup);
  }
  if constexpr (std::is_same_v<Dictionary, RecordDictionary>) {
    for (size_t at = 0; at < lookup.count; ++at)
      dictionary.PrefetchRecord(block.KeyOf(lookup.units[at]), lookup.hashes[at]);
  }
  for (size_t at = 0; at < lookup.count; ++at) {
    const uint32_t unit = lookup.units[at];
    lookup.ids[unit] = dictionary.Find(block.KeyOf(unit), lookup.hashes[at]);
  }
}

// Appends the rows of the block that were found. Returns the new number of matches.
template <typename Blocks>
size_t Append(const Blocks& block, const Lookup& lookup, int32_t first_row, size_t count,
              KeyMatches& matches) {
  for (size_t unit = 0; unit < block.units(); ++unit) {
    const uint32_t id = lookup.ids[unit];
    const int32_t start = first_row + static_cast<int32_t>(block.first_row(unit));
    const int32_t end = first_row + static_cast<int32_t>(block.first_row(unit + 1));
    // Most units are one row: written always, kept where it is found.
    matches.rows[count] = start;
    matches.ids[count] = id;
    count += id != kNoId ? 1 : 0;
    if (end - start == 1 || id == kNoId) continue;
    for (int32_t row = start + 1; row < end; ++row) {
      matches.rows[count] = row;
      matches.ids[count++] = id;
    }
  }
  return count;
}

template <typename Dictionary, typename Blocks>
void FindInBlocks(const Dictionary& dictionary, Blocks& block, int64_t rows, KeyMatches& matches) {
  // One more than can match: a row that is not found is written all the same.
  matches.rows.resize(static_cast<size_t>(rows) + 1);
  matches.ids.resize(matches.rows.size());
  Lookup lookup;
  size_t count = 0;
  for (int64_t start = 0; start < rows; start += static_cast<int64_t>(kKeyBlock)) {
    block.Read(start, std::min(kKeyBlock, static_cast<size_t>(rows - start)));
    FindIds(dictionary, block, lookup);
    count = Append(block, lookup, static_cast<int32_t>(start), count, matches);
  }
  matches.rows.resize(count);
  matches.ids.resize(count);
}

template <typename Dictionary, typename Blocks>
void InsertBlocks(Dictionary& dictionary, Blocks& block, int64_t rows, std::vector<uint32_t>& ids) {
  ids.assign(static_cast<size_t>(rows), kNoId);
  std::array<uint64_t, kKeyBlock> hashes;
  for (int64_t start = 0; start < rows; start += static_cast<int64_t>(kKeyBlock)) {
    block.Read(start, std::min(kKeyBlock, static_cast<size_t>(rows - start)));
    for (size_t unit = 0; unit < block.units(); ++unit) {
      hashes[unit] = block.HashOf(unit);
      dictionary.Prefetch(hashes[unit]);
    }
    for (size_t unit = 0; unit < block.units(); ++unit) {
      if (!block.has_key(unit)) continue;
      const uint32_t id = dictionary.Insert(block.KeyOf(unit), hashes[unit]);
      std::fill(ids.begin() + start + block.first_row(unit),
                ids.begin() + start + block.first_row(unit + 1), id);
    }
  }
}

}  // namespace

Result<KeyEncoder> KeyEncoder::Make(const std::vector<std::shared_ptr<arrow::DataType>>& types) {
  KeyEncoder encoder;
  for (const std::shared_ptr<arrow::DataType>& type : types) {
    if (!IsKeyType(*type))
      return Unsupported("a column of type ", type->ToString(), " cannot be a join key");
  }
  if (types.size() == 1 && IsWordKey(*types.front())) {
    encoder.keys_.emplace<WordDictionary>();
  } else if (!types.empty()) {
    encoder.keys_.emplace<RecordDictionary>();
  }
  return encoder;
}

void KeyEncoder::Insert(const arrow::ArrayVector& columns, int64_t rows, std::vector<uint32_t>& ids,
                        Scratch& scratch) {
  if (auto* words = std::get_if<WordDictionary>(&keys_)) {
    WordBlocks block(*columns.front());
    return InsertBlocks(*words, block, rows, ids);
  }
  if (auto* records = std::get_if<RecordDictionary>(&keys_)) {
    RecordBlocks block(columns, scratch.long_records);
    return InsertBlocks(*records, block, rows, ids);
  }
  ids.assign(static_cast<size_t>(rows), 0);
}

void KeyEncoder::FindMatches(const arrow::ArrayVector& columns, int64_t rows, KeyMatches& matches,
                             Scratch& scratch) const {
  if (const auto* words = std::get_if<WordDictionary>(&keys_)) {
    WordBlocks block(*columns.front());
    return FindInBlocks(*words, block, rows, matches);
  }
  if (const auto* records = std::get_if<RecordDictionary>(&keys_)) {
    RecordBlocks block(columns, scratch.long_records);
    return FindInBlocks(*records, block, rows, matches);
  }
  matches.rows.resize(static_cast<size_t>(rows));
  std::iota(matches.rows.begin(), matches.rows.end(), 0);
  matches.ids.assign(matches.rows.size(), 0);
}

uint32_t KeyEncoder::size() const {
  if (const auto* words = std::get_if<WordDictionary>(&keys_)) return words->size();
  if (const auto* records = std::get_if<RecordDictionary>(&keys_)) return records->size();
  return 1;
}

void HashKeys(const arrow::ArrayVector& columns, int64_t rows, std::vector<uint64_t>& hashes) {
  hashes.resize(static_cast<size_t>(rows));
  if (columns.empty()) return hashes.assign(hashes.size(), 0);
  std::vector<char> long_records;
  RecordBlocks block(columns, long_records);
  for (int64_t start = 0; start < rows; start += static_cast<int64_t>(kKeyBlock)) {
    block.Read(start, std::min(kKeyBlock, static_cast<size_t>(rows - start)));
    for (size_t unit = 0; unit < block.units(); ++unit) {
      const uint64_t hash = block.has_key(unit) ? block.HashOf(unit) : 0;
      std::fill(hashes.begin() + start + block.first_row(unit),
                hashes.begin() + start + block.first_row(unit + 1), hash);
    }
  }
}

}  // namespace icefield
