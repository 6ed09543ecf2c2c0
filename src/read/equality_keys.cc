#include "read/equality_keys.h"

#include <algorithm>
#include <array>

namespace icefield {
namespace {

// Rows that are hashed, filtered and looked up together: enough to hide misses of the cache, few
// enough to stay in the nearest one.
constexpr int64_t kChunkRows = 1024;

constexpr size_t kSlotsMin = 16;
constexpr size_t kSlotsPerFilterWord = 8;

// A key's bits in its word of the filter.
uint64_t FilterBits(uint64_t hash) {
  return uint64_t{1} << (hash & 63) | uint64_t{1} << (hash >> 6 & 63) |
         uint64_t{1} << (hash >> 12 & 63) | uint64_t{1} << (hash >> 18 & 63);
}

// The key's word; the slots go by the lower bits.
uint64_t FilterWord(uint64_t hash) { return hash >> 32; }

void HashRows(const std::vector<KeyColumnView>& views, int64_t first, std::span<uint64_t> hashes) {
  std::fill(hashes.begin(), hashes.end(), 0);
  for (const KeyColumnView& view : views) view.AddHashes(first, hashes);
}

}  // namespace

Result<EqualityKeys> EqualityKeys::Make(std::vector<std::shared_ptr<arrow::DataType>> types) {
  EqualityKeys keys;
  for (const std::shared_ptr<arrow::DataType>& type : types) {
    ICEFIELD_ASSIGN(const KeyForm form, KeyFormOf(*type));
    keys.columns_.emplace_back(form, form == KeyForm::kFixed ? type->byte_width() : 0);
  }
  keys.types_ = std::move(types);
  keys.slots_.assign(kSlotsMin, kNoKey);
  keys.filter_.assign(kSlotsMin / kSlotsPerFilterWord, 0);
  return keys;
}

Result<EqualityKeys::Views> EqualityKeys::ViewsOf(const arrow::ArrayVector& columns,
                                                  int64_t rows) const {
  if (columns.size() != columns_.size()) {
    return Internal("equality-delete keys of ", columns_.size(), " columns were given ",
                    columns.size());
  }
  Views views;
  views.reserve(columns.size());
  for (size_t at = 0; at < columns.size(); ++at) {
    const arrow::Array& column = *columns[at];
    if (column.length() != rows || !column.type()->Equals(*types_[at])) {
      return Internal("equality-delete keys of type ", types_[at]->ToString(), " were given ",
                      column.length(), " values of type ", column.type()->ToString(), " for ", rows,
                      " rows");
    }
    views.emplace_back(column, columns_[at].form());
  }
  return views;
}

bool EqualityKeys::Equals(uint32_t key, const Views& views, int64_t row) const {
  for (size_t at = 0; at < columns_.size(); ++at) {
    if (!columns_[at].Equals(key, views[at], row)) return false;
  }
  return true;
}

// The slot of the row's key, or the free one where it belongs.
size_t EqualityKeys::SlotOf(uint64_t hash, const Views& views, int64_t row) const {
  const size_t mask = slots_.size() - 1;
  size_t at = hash & mask;
  while (slots_[at] != kNoKey && !Equals(slots_[at], views, row)) at = (at + 1) & mask;
  return at;
}

void EqualityKeys::AddToFilter(uint64_t hash) {
  filter_[FilterWord(hash) & (filter_.size() - 1)] |= FilterBits(hash);
}

// Keeps at least a quarter of the slots free.
void EqualityKeys::Reserve(size_t keys) {
  size_t slots = slots_.size();
  while (keys > slots - slots / 4) slots *= 2;
  if (slots == slots_.size()) return;
  slots_.assign(slots, kNoKey);
  filter_.assign(slots / kSlotsPerFilterWord, 0);
  for (uint32_t key = 0; key < sequence_numbers_.size(); ++key) {
    uint64_t hash = 0;
    for (const KeptKeyColumn& column : columns_) hash = column.AddHash(key, hash);
    AddToFilter(hash);
    size_t at = hash & (slots - 1);
    while (slots_[at] != kNoKey) at = (at + 1) & (slots - 1);
    slots_[at] = key;
  }
}

Status EqualityKeys::Insert(const arrow::ArrayVector& columns, int64_t rows,
                            SequenceNumber sequence_number) {
  ICEFIELD_ASSIGN(const Views views, ViewsOf(columns, rows));
  std::array<uint64_t, kChunkRows> hashes;
  for (int64_t first = 0; first < rows; first += kChunkRows) {
    const auto count = static_cast<size_t>(std::min(kChunkRows, rows - first));
    if (sequence_numbers_.size() + count > kNoKey)
      return Fail(ErrorCode::kResourceExhausted, "equality deletes of more than ", kNoKey, " keys");
    Reserve(sequence_numbers_.size() + count);
    HashRows(views, first, {hashes.data(), count});
    for (size_t at = 0; at < count; ++at) PrefetchSlot(hashes[at]);
    for (size_t at = 0; at < count; ++at) {
      const int64_t row = first + static_cast<int64_t>(at);
      uint32_t& slot = slots_[SlotOf(hashes[at], views, row)];
      if (slot != kNoKey) {
        sequence_numbers_[slot] = std::max(sequence_numbers_[slot], sequence_number.value);
        continue;
      }
      slot = static_cast<uint32_t>(sequence_numbers_.size());
      for (size_t column = 0; column < columns_.size(); ++column)
        columns_[column].Append(views[column], row);
      sequence_numbers_.push_back(sequence_number.value);
      AddToFilter(hashes[at]);
    }
    newest_ = std::max(newest_, sequence_number.value);
  }
  return {};
}

// Writes the rows that the filter lets through and that are not deleted yet. Without branches: next
// to no row passes in most tables, and every tenth may in others.
size_t EqualityKeys::MaybeDeleted(std::span<const uint64_t> hashes, const uint8_t* deleted,
                                  uint16_t* candidates) const {
  const uint64_t* filter = filter_.data();
  const size_t mask = filter_.size() - 1;
  size_t count = 0;
  for (size_t at = 0; at < hashes.size(); ++at) {
    const uint64_t bits = FilterBits(hashes[at]);
    candidates[count] = static_cast<uint16_t>(at);
    const bool may_be = (filter[FilterWord(hashes[at]) & mask] & bits) == bits;
    count += static_cast<size_t>(may_be & (deleted[at] == 0));
  }
  return count;
}

Result<int64_t> EqualityKeys::MarkDeleted(const arrow::ArrayVector& columns, int64_t rows,
                                          SequenceNumber data_sequence_number,
                                          std::span<uint8_t> deleted) const {
  ICEFIELD_ASSIGN(const Views views, ViewsOf(columns, rows));
  if (deleted.size() < static_cast<size_t>(rows))
    return Internal("marks of ", deleted.size(), " rows where there are ", rows);
  if (newest_ <= data_sequence_number.value) return int64_t{0};
  std::array<uint64_t, kChunkRows> hashes;
  std::array<uint16_t, kChunkRows> candidates;
  int64_t marked = 0;
  for (int64_t first = 0; first < rows; first += kChunkRows) {
    const auto count = static_cast<size_t>(std::min(kChunkRows, rows - first));
    uint8_t* const chunk_deleted = deleted.data() + first;
    HashRows(views, first, {hashes.data(), count});
    const size_t found = MaybeDeleted({hashes.data(), count}, chunk_deleted, candidates.data());
    for (size_t at = 0; at < found; ++at) PrefetchSlot(hashes[candidates[at]]);
    for (size_t at = 0; at < found; ++at) {
      const uint16_t row = candidates[at];
      const uint32_t key = slots_[SlotOf(hashes[row], views, first + row)];
      if (key == kNoKey || sequence_numbers_[key] <= data_sequence_number.value) continue;
      chunk_deleted[row] = 1;
      ++marked;
    }
  }
  return marked;
}

}  // namespace icefield
