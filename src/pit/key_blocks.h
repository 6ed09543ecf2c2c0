/// Key columns read in short blocks of rows, as what the dictionaries are asked with.
#pragma once

#include <arrow/array.h>

#include <array>
#include <cstdint>
#include <variant>
#include <vector>

#include "pit/dictionary.h"
#include "pit/key_words.h"
#include "pit/record_dictionary.h"

namespace icefield {

/// Rows of a block: few enough that all that is known of them stays in the first cache.
inline constexpr size_t kKeyBlock = 256;

/// Blocks of one word column. A unit is a run of neighbouring rows of one key: in sorted files
/// each key is looked up once. Borrows the column.
class WordBlocks {
 public:
  explicit WordBlocks(const arrow::Array& column) : column_(column) { has_key_.fill(1); }

  /// Takes rows [start, start + rows) up, at most kKeyBlock.
  void Read(int64_t start, size_t rows);

  size_t units() const { return units_; }
  /// Rows [first_row(u), first_row(u + 1)) of the block are unit u.
  uint32_t first_row(size_t unit) const { return starts_[unit]; }
  bool has_key(size_t unit) const { return has_key_[unit] != 0; }
  uint64_t HashOf(size_t unit) const { return WordDictionary::Hash(words_[unit]); }
  uint64_t KeyOf(size_t unit) const { return words_[unit]; }

 private:
  WordColumn column_;
  size_t units_ = 0;
  std::array<uint32_t, kKeyBlock + 1> starts_;
  std::array<uint64_t, kKeyBlock> words_;
  std::array<uint8_t, kKeyBlock> has_key_;
};

/// Blocks of one bytes column or of several columns of any kinds, as records: value after value,
/// each word in eight bytes, each text with its length before it, so that (1, 11) never looks like
/// (11, 1). A unit is a run of neighbouring rows of one short record. Borrows the columns, and
/// `long_records` as working memory.
class RecordBlocks {
 public:
  RecordBlocks(const arrow::ArrayVector& columns, std::vector<char>& long_records);

  void Read(int64_t start, size_t rows);

  size_t units() const { return units_; }
  uint32_t first_row(size_t unit) const { return starts_[unit]; }
  bool has_key(size_t unit) const { return has_key_[unit] != 0; }
  uint64_t HashOf(size_t unit) const { return KeyOf(unit).Hash(); }
  KeyRecord KeyOf(size_t unit) const {
    const Row& row = rows_[starts_[unit]];
    if (row.size <= KeyRecord::kShortBytesMax)
      return {{row.words[0], row.words[1], row.words[2]}, {}};
    return {{}, {long_records_.data() + row.words[0], row.size}};
  }

 private:
  /// A row's record; of a long one where it starts. One word more for what is written beyond.
  struct Row {
    std::array<uint64_t, 4> words;
    uint64_t size;
  };
  using Column = std::variant<WordColumn, BytesColumn>;

  void AppendWords(const WordColumn& column, int64_t start, size_t rows);
  void AppendBytes(const BytesColumn& column, int64_t start, size_t rows);
  void WriteLong(int64_t start, size_t row);
  void JoinRuns(size_t rows);

  std::vector<Column> columns_;
  std::vector<char>& long_records_;
  size_t units_ = 0;
  std::array<Row, kKeyBlock> rows_;
  std::array<uint32_t, kKeyBlock + 1> starts_;
  std::array<uint8_t, kKeyBlock> has_key_;
};

}  // namespace icefield
