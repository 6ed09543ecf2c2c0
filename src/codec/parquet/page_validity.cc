#include "codec/parquet/page_validity.h"

#include <parquet/column_page.h>
#include <parquet/column_reader.h>
#include <parquet/exception.h>
#include <parquet/schema.h>

#include <algorithm>
#include <cstring>

#include "codec/parquet/hybrid_runs.h"

namespace icefield {
namespace {

[[noreturn]] void FailLevels() {
  throw parquet::ParquetException("a page's levels do not fit into it");
}

void SetBits(std::vector<uint64_t>& words, int64_t begin, int64_t end) {
  while (begin < end) {
    const int64_t stop = std::min(end, (begin | 63) + 1);
    const int64_t count = stop - begin;
    const uint64_t ones = count == 64 ? ~uint64_t{0} : (uint64_t{1} << count) - 1;
    words[static_cast<size_t>(begin >> 6)] |= ones << (begin & 63);
    begin = stop;
  }
}

// Copies `count` packed bits to the place `begin`.
void CopyBits(std::vector<uint64_t>& words, int64_t begin, const uint8_t* packed, int64_t count) {
  for (int64_t at = 0; at < count; at += 8) {
    uint64_t byte = packed[at >> 3];
    if (count - at < 8) byte &= (uint64_t{1} << (count - at)) - 1;
    const int64_t to = begin + at;
    words[static_cast<size_t>(to >> 6)] |= byte << (to & 63);
    if ((to & 63) > 56) words[static_cast<size_t>(to >> 6) + 1] |= byte >> (64 - (to & 63));
  }
}

}  // namespace

int64_t PageValidity::Read(const parquet::DataPage& page, const parquet::ColumnDescriptor& column) {
  const int64_t rows = page.num_values();
  all_valid_ = true;
  values_ = rows;
  int64_t taken = 0;
  const uint8_t* levels = page.data();
  int64_t bytes = 0;
  if (page.type() == parquet::PageType::DATA_PAGE_V2) {
    const auto& v2 = static_cast<const parquet::DataPageV2&>(page);
    bytes = v2.definition_levels_byte_length();
    if (v2.repetition_levels_byte_length() != 0 || bytes < 0 || bytes > page.size()) FailLevels();
    taken = bytes;
  } else if (column.max_definition_level() > 0) {
    const auto& v1 = static_cast<const parquet::DataPageV1&>(page);
    if (v1.definition_level_encoding() == parquet::Encoding::BIT_PACKED) {
      bytes = (rows + 7) / 8;
      if (bytes > page.size()) FailLevels();
      ReadLegacy(levels, bytes, rows);
      return bytes;
    }
    uint32_t length = 0;
    if (page.size() < static_cast<int64_t>(sizeof(length))) FailLevels();
    std::memcpy(&length, levels, sizeof(length));
    levels += sizeof(length);
    bytes = length;
    taken = bytes + static_cast<int64_t>(sizeof(length));
    if (taken > page.size()) FailLevels();
  }
  if (column.max_definition_level() > 0) ReadRuns(levels, bytes, rows);
  return taken;
}

void PageValidity::ReadRuns(const uint8_t* data, int64_t size, int64_t rows) {
  HybridRuns runs(data, size, 1, rows);
  if (rows == 0) return;
  HybridRuns::Run run = runs.Next();
  if (run.packed == nullptr && run.value == 1 && run.end == rows) return;
  words_.assign(static_cast<size_t>(rows / 64) + 2, 0);
  for (; run.begin < rows; run = runs.Next()) {
    if (run.packed != nullptr) {
      CopyBits(words_, run.begin, run.packed, run.end - run.begin);
    } else if (run.value == 1) {
      SetBits(words_, run.begin, run.end);
    }
  }
  Count();
  all_valid_ = values_ == rows;
}

// Levels of the first version of the format: bits from the highest on.
void PageValidity::ReadLegacy(const uint8_t* data, int64_t size, int64_t rows) {
  (void)size;
  words_.assign(static_cast<size_t>(rows / 64) + 2, 0);
  for (int64_t row = 0; row < rows; ++row) {
    const uint64_t bit = (data[row >> 3] >> (7 - (row & 7))) & 1;
    words_[static_cast<size_t>(row >> 6)] |= bit << (row & 63);
  }
  Count();
  all_valid_ = values_ == rows;
}

void PageValidity::Count() {
  before_.resize(words_.size());
  values_ = 0;
  for (size_t word = 0; word < words_.size(); ++word) {
    before_[word] = values_;
    values_ += std::popcount(words_[word]);
  }
}

}  // namespace icefield
