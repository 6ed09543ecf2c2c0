#include "pit/key_blocks.h"

#include <cstring>
#include <string_view>

#include "batch/hash.h"

namespace icefield {
namespace {

constexpr size_t kLengthBytes = sizeof(uint32_t);

// Copies up to 20 bytes, and zeros up to the next whole word of them.
void CopyShort(std::string_view bytes, char* to) {
  for (; bytes.size() >= 8; bytes.remove_prefix(8), to += 8) std::memcpy(to, bytes.data(), 8);
  const uint64_t rest = LoadPartialWord(bytes);
  std::memcpy(to, &rest, 8);
}

}  // namespace

void WordBlocks::Read(int64_t start, size_t rows) {
  std::array<uint64_t, kKeyBlock> converted;
  std::array<uint8_t, kKeyBlock> has_key;
  const uint64_t* words = converted.data();
  const bool all_have_keys = !column_.may_lack_keys();
  if (all_have_keys && column_.plain() != nullptr) {
    words = column_.plain() + start;
  } else {
    has_key.fill(1);
    column_.Read(start, static_cast<int64_t>(rows), converted.data(), has_key.data());
  }
  // Each row is written as the next unit, and stays one if it differs from the row before.
  units_ = 0;
  uint64_t word_before = rows == 0 ? 0 : ~words[0];
  if (all_have_keys) {
    for (size_t row = 0; row < rows; ++row) {
      starts_[units_] = static_cast<uint32_t>(row);
      words_[units_] = words[row];
      units_ += words[row] != word_before ? 1 : 0;
      word_before = words[row];
    }
  } else {
    uint8_t key_before = 1;
    for (size_t row = 0; row < rows; ++row) {
      starts_[units_] = static_cast<uint32_t>(row);
      words_[units_] = words[row];
      has_key_[units_] = has_key[row];
      const bool differs = words[row] != word_before || has_key[row] != key_before;
      units_ += differs ? 1 : 0;
      word_before = words[row];
      key_before = has_key[row];
    }
  }
  starts_[units_] = static_cast<uint32_t>(rows);
}

RecordBlocks::RecordBlocks(const arrow::ArrayVector& columns, std::vector<char>& long_records)
    : long_records_(long_records) {
  for (const std::shared_ptr<arrow::Array>& column : columns) {
    if (IsWordKey(*column->type())) {
      columns_.emplace_back(std::in_place_type<WordColumn>, *column);
    } else {
      columns_.emplace_back(std::in_place_type<BytesColumn>, *column);
    }
  }
}

void RecordBlocks::Read(int64_t start, size_t rows) {
  has_key_.fill(1);
  for (size_t row = 0; row < rows; ++row) rows_[row] = {};
  for (const Column& column : columns_) {
    if (const auto* words = std::get_if<WordColumn>(&column)) {
      AppendWords(*words, start, rows);
    } else {
      AppendBytes(std::get<BytesColumn>(column), start, rows);
    }
  }
  long_records_.clear();
  for (size_t row = 0; row < rows; ++row) {
    if (rows_[row].size > KeyRecord::kShortBytesMax) WriteLong(start, row);
  }
  JoinRuns(rows);
}

// Appends a word to every record. Of a record that gets too long only the size is right.
void RecordBlocks::AppendWords(const WordColumn& column, int64_t start, size_t rows) {
  std::array<uint64_t, kKeyBlock> words;
  column.Read(start, static_cast<int64_t>(rows), words.data(), has_key_.data());
  for (size_t row = 0; row < rows; ++row) {
    Row& record = rows_[row];
    if (record.size <= KeyRecord::kShortBytesMax)
      std::memcpy(reinterpret_cast<char*>(record.words.data()) + record.size, &words[row], 8);
    record.size += 8;
  }
}

// The same for a text, with its length before it.
void RecordBlocks::AppendBytes(const BytesColumn& column, int64_t start, size_t rows) {
  for (size_t row = 0; row < rows; ++row) {
    Row& record = rows_[row];
    const std::string_view bytes = column[start + static_cast<int64_t>(row)];
    const auto length = static_cast<uint32_t>(bytes.size());
    if (record.size + kLengthBytes + bytes.size() <= KeyRecord::kShortBytesMax) {
      char* to = reinterpret_cast<char*>(record.words.data()) + record.size;
      std::memcpy(to, &length, kLengthBytes);
      CopyShort(bytes, to + kLengthBytes);
    }
    record.size += kLengthBytes + length;
  }
  if (!column.may_lack_keys()) return;
  for (size_t row = 0; row < rows; ++row) {
    if (column.IsNull(start + static_cast<int64_t>(row))) has_key_[row] = 0;
  }
}

// Writes the long record of a row.
void RecordBlocks::WriteLong(int64_t start, size_t row) {
  const auto append = [&](const void* from, size_t size) {
    const auto* bytes = static_cast<const char*>(from);
    long_records_.insert(long_records_.end(), bytes, bytes + size);
  };
  rows_[row].words[0] = long_records_.size();
  const int64_t at = start + static_cast<int64_t>(row);
  for (const Column& column : columns_) {
    if (const auto* words = std::get_if<WordColumn>(&column)) {
      uint64_t word;
      uint8_t has_key;
      words->Read(at, 1, &word, &has_key);
      append(&word, sizeof(word));
      continue;
    }
    const std::string_view bytes = std::get<BytesColumn>(column)[at];
    const auto length = static_cast<uint32_t>(bytes.size());
    append(&length, kLengthBytes);
    append(bytes.data(), bytes.size());
  }
}

void RecordBlocks::JoinRuns(size_t rows) {
  units_ = 0;
  uint8_t key_before = 0;
  for (size_t row = 0; row < rows; ++row) {
    const uint8_t has_key = has_key_[row];
    const bool same = row > 0 && rows_[row].size == rows_[row - 1].size &&
                      rows_[row].size <= KeyRecord::kShortBytesMax &&
                      rows_[row].words == rows_[row - 1].words && has_key == key_before;
    key_before = has_key;
    if (same) continue;
    starts_[units_] = static_cast<uint32_t>(row);
    has_key_[units_++] = has_key;
  }
  starts_[units_] = static_cast<uint32_t>(rows);
}

}  // namespace icefield
