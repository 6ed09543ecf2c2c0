#include "pit/key_encoder.h"

#include <algorithm>
#include <array>

#include "batch/hash.h"
#include "pit/key_words.h"

namespace icefield {
namespace {

// Enough probes under way to hide a miss of the cache.
constexpr int64_t kAhead = 32;

// Looks up (or inserts, where Dictionary is not const) one value a row. A row whose id is kNoId
// stays without.
template <typename Dictionary, typename ValueAt>
void EncodeRows(Dictionary& dictionary, const ValueAt& value_at, int64_t rows, uint32_t* ids) {
  std::array<uint64_t, kAhead> hashes{};
  for (int64_t start = 0; start < rows; start += kAhead) {
    const int64_t count = std::min(kAhead, rows - start);
    for (int64_t at = 0; at < count; ++at) {
      if (ids[start + at] == kNoId) continue;
      hashes[static_cast<size_t>(at)] = Dictionary::Hash(value_at(start + at));
      dictionary.Prefetch(hashes[static_cast<size_t>(at)]);
    }
    for (int64_t at = 0; at < count; ++at) {
      uint32_t& id = ids[start + at];
      if (id == kNoId) continue;
      if constexpr (std::is_const_v<Dictionary>) {
        id = dictionary.Find(value_at(start + at), hashes[static_cast<size_t>(at)]);
      } else {
        id = dictionary.Insert(value_at(start + at), hashes[static_cast<size_t>(at)]);
      }
    }
  }
}

// Marks the rows of `column` that cannot be part of a key.
void MarkKeyless(const arrow::Array& column, std::vector<uint64_t>& words,
                 std::vector<uint32_t>& ids) {
  if (!IsWordKey(*column.type())) {
    const BytesColumn bytes(column);
    for (int64_t row = 0; column.null_count() > 0 && row < column.length(); ++row) {
      if (bytes.IsNull(row)) ids[static_cast<size_t>(row)] = kNoId;
    }
    return;
  }
  std::vector<uint8_t> no_key(static_cast<size_t>(column.length()), 0);
  ReadWords(column, words, no_key);
  for (size_t row = 0; row < no_key.size(); ++row) {
    if (no_key[row] != 0) ids[row] = kNoId;
  }
}

template <typename Dictionary>
void EncodeColumn(Dictionary& dictionary, const arrow::Array& column,
                  const std::vector<uint64_t>& words, std::vector<uint32_t>& ids) {
  if constexpr (std::is_same_v<std::remove_const_t<Dictionary>, WordDictionary>) {
    EncodeRows(
        dictionary, [&](int64_t row) { return words[static_cast<size_t>(row)]; }, column.length(),
        ids.data());
  } else {
    const BytesColumn bytes(column);
    EncodeRows(dictionary, [&](int64_t row) { return bytes[row]; }, column.length(), ids.data());
  }
}

// One body for Insert and Find: Columns and Pairs are const for the latter.
template <typename Columns, typename Pairs>
void Encode(Columns& dictionaries, Pairs& pairs, const arrow::ArrayVector& columns, int64_t rows,
            std::vector<uint32_t>& ids, KeyEncoder::Scratch& scratch) {
  ids.assign(static_cast<size_t>(rows), 0);
  for (size_t at = 0; at < columns.size(); ++at) {
    std::vector<uint32_t>& column_ids = at == 0 ? ids : scratch.column_ids;
    if (at > 0) column_ids = ids;  // Rows that have no key already are not looked up.
    MarkKeyless(*columns[at], scratch.words, column_ids);
    std::visit(
        [&](auto& dictionary) {
          EncodeColumn(dictionary, *columns[at], scratch.words, column_ids);
        },
        dictionaries[at]);
    if (at == 0) continue;
    for (size_t row = 0; row < ids.size(); ++row) {
      if (column_ids[row] == kNoId) ids[row] = kNoId;
    }
    scratch.words.resize(ids.size());
    for (size_t row = 0; row < ids.size(); ++row) {
      scratch.words[row] = (uint64_t{ids[row]} << 32) | column_ids[row];
    }
    EncodeRows(
        pairs[at - 1], [&](int64_t row) { return scratch.words[static_cast<size_t>(row)]; }, rows,
        ids.data());
  }
}

}  // namespace

Result<KeyEncoder> KeyEncoder::Make(const std::vector<std::shared_ptr<arrow::DataType>>& types) {
  KeyEncoder encoder;
  for (const std::shared_ptr<arrow::DataType>& type : types) {
    if (!IsKeyType(*type))
      return Unsupported("a column of type ", type->ToString(), " cannot be a join key");
    if (IsWordKey(*type)) {
      encoder.columns_.emplace_back(WordDictionary{});
    } else {
      encoder.columns_.emplace_back(BytesDictionary{});
    }
  }
  if (types.size() > 1) encoder.pairs_.resize(types.size() - 1);
  return encoder;
}

void KeyEncoder::Insert(const arrow::ArrayVector& columns, int64_t rows, std::vector<uint32_t>& ids,
                        Scratch& scratch) {
  Encode(columns_, pairs_, columns, rows, ids, scratch);
}

void KeyEncoder::Find(const arrow::ArrayVector& columns, int64_t rows, std::vector<uint32_t>& ids,
                      Scratch& scratch) const {
  Encode(columns_, pairs_, columns, rows, ids, scratch);
}

uint32_t KeyEncoder::size() const {
  if (columns_.empty()) return 1;
  if (!pairs_.empty()) return pairs_.back().size();
  return std::visit([](const auto& dictionary) { return dictionary.size(); }, columns_.front());
}

void HashKeys(const arrow::ArrayVector& columns, int64_t rows, std::vector<uint64_t>& hashes) {
  hashes.assign(static_cast<size_t>(rows), 0);
  std::vector<uint64_t> words;
  std::vector<uint8_t> no_key(static_cast<size_t>(rows), 0);
  for (const std::shared_ptr<arrow::Array>& column : columns) {
    if (IsWordKey(*column->type())) {
      ReadWords(*column, words, no_key);
      for (size_t row = 0; row < hashes.size(); ++row)
        hashes[row] = MixBits(hashes[row] ^ HashWord(words[row]));
      continue;
    }
    const BytesColumn bytes(*column);
    for (int64_t row = 0; row < rows; ++row) {
      if (bytes.IsNull(row)) continue;
      uint64_t& hash = hashes[static_cast<size_t>(row)];
      hash = MixBits(hash ^ HashBytes(bytes[row]));
    }
  }
}

}  // namespace icefield
