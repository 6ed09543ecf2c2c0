#include "pit/latest_table.h"

#include <arrow/array/array_binary.h>

#include <algorithm>

namespace icefield {
namespace {

// Keys are spread by hash: threads rarely meet, and one partition's keys stay in the cache.
constexpr uint64_t kPartitions = 16;

// A key has a candidate and an entry for each column and pair of columns in dictionaries that are
// at least a quarter full, all of it twice while it grows. Texts are copied once.
constexpr int64_t kKeyBytes = 2 * sizeof(Candidate);
constexpr int64_t kEntryBytes = 80;

int64_t BytesOfKey(const arrow::ArrayVector& keys, int64_t rows) {
  int64_t texts = 0;
  for (const std::shared_ptr<arrow::Array>& column : keys) {
    if (arrow::is_base_binary_like(column->type_id()))
      texts += static_cast<const arrow::BinaryArray&>(*column).total_values_length();
  }
  return kKeyBytes + kEntryBytes * static_cast<int64_t>(2 * keys.size()) +
         2 * texts / std::max<int64_t>(1, rows);
}

}  // namespace

Result<LatestTable> LatestTable::Make(
    const std::vector<std::shared_ptr<arrow::DataType>>& key_types, size_t first_part) {
  LatestTable table;
  table.first_part_ = first_part;
  const uint64_t count = key_types.empty() ? 1 : kPartitions;
  for (uint64_t number = 0; number < count; ++number) {
    auto partition = std::make_unique<Partition>();
    ICEFIELD_ASSIGN(partition->encoder, KeyEncoder::Make(key_types));
    table.partitions_.push_back(std::move(partition));
  }
  table.end_part_ = std::make_unique<std::atomic<size_t>>(count);
  return table;
}

Status LatestTable::Observe(const arrow::ArrayVector& keys, const ObservedRows& rows,
                            Scratch& scratch) {
  scratch.groups.Group(keys, rows.key_ids, partitions_.size());
  for (size_t part = first_part_; part < *end_part_; ++part) {
    const std::span<const int64_t> chosen = scratch.groups.RowsOf(part);
    if (chosen.empty()) continue;
    ICEFIELD_TRY(ObservePartition(part, keys, rows, chosen, scratch));
  }
  return {};
}

int64_t LatestTable::keyless() const {
  int64_t rows = 0;
  for (const std::unique_ptr<Partition>& partition : partitions_) rows += partition->keyless;
  return rows;
}

Status LatestTable::ObservePartition(size_t number, const arrow::ArrayVector& keys,
                                     const ObservedRows& rows, std::span<const int64_t> chosen,
                                     Scratch& scratch) {
  ICEFIELD_ASSIGN(const arrow::ArrayVector part_keys, TakeKeys(keys, chosen));
  Partition& partition = *partitions_[number];
  const std::lock_guard lock(partition.mutex);
  if (number >= *end_part_) return {};  // It was let go of meanwhile.
  const uint32_t keys_before = partition.encoder.size();
  partition.encoder.Insert(part_keys, static_cast<int64_t>(chosen.size()), scratch.ids,
                           scratch.encoder);
  partition.best.resize(partition.encoder.size());
  partition.bytes += (partition.encoder.size() - keys_before) *
                     BytesOfKey(part_keys, static_cast<int64_t>(chosen.size()));
  for (size_t at = 0; at < chosen.size(); ++at) {
    const uint32_t id = scratch.ids[at];
    if (id == kNoId) {
      ++partition.keyless;
      continue;
    }
    partition.best[id].Merge(Candidate{rows.OrderOf(static_cast<size_t>(chosen[at])), false});
  }
  return {};
}

int64_t LatestTable::bytes() const {
  int64_t bytes = 0;
  for (const std::unique_ptr<Partition>& partition : partitions_) bytes += partition->bytes;
  return bytes;
}

void LatestTable::Shed(int64_t bytes_max) {
  const std::lock_guard alone(*shedding_);
  while (bytes() > bytes_max && *end_part_ > first_part_ + 1) {
    const size_t end = *end_part_;
    const size_t kept = first_part_ + (end - first_part_) / 2;
    *end_part_ = kept;
    for (size_t part = kept; part < end; ++part) {
      Partition& partition = *partitions_[part];
      const std::lock_guard lock(partition.mutex);
      partition.encoder = KeyEncoder();
      std::vector<Candidate>().swap(partition.best);
      partition.keyless = 0;
      partition.bytes = 0;
    }
  }
}

std::vector<Candidate> LatestTable::Winners() const {
  std::vector<Candidate> winners;
  for (const std::unique_ptr<Partition>& partition : partitions_) {
    std::copy_if(partition->best.begin(), partition->best.end(), std::back_inserter(winners),
                 [](const Candidate& candidate) { return !candidate.empty(); });
  }
  std::sort(winners.begin(), winners.end(), [](const Candidate& a, const Candidate& b) {
    return a.order.locator < b.order.locator;
  });
  return winners;
}

}  // namespace icefield
