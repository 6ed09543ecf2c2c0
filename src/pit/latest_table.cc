#include "pit/latest_table.h"

#include <algorithm>

namespace icefield {
namespace {

// Keys are spread by hash: threads rarely meet, and one partition's keys stay in the cache.
constexpr uint64_t kPartitions = 16;

}  // namespace

Result<LatestTable> LatestTable::Make(
    const std::vector<std::shared_ptr<arrow::DataType>>& key_types) {
  LatestTable table;
  const uint64_t count = key_types.empty() ? 1 : kPartitions;
  for (uint64_t number = 0; number < count; ++number) {
    auto partition = std::make_unique<Partition>();
    ICEFIELD_ASSIGN(partition->encoder, KeyEncoder::Make(key_types));
    table.partitions_.push_back(std::move(partition));
  }
  return table;
}

Result<int64_t> LatestTable::Observe(const arrow::ArrayVector& keys, const ObservedRows& rows,
                                     Scratch& scratch) {
  scratch.groups.Group(keys, rows.key_ids, partitions_.size());
  int64_t keyless = 0;
  for (size_t part = 0; part < partitions_.size(); ++part) {
    const std::span<const int64_t> chosen = scratch.groups.RowsOf(part);
    if (chosen.empty()) continue;
    ICEFIELD_ASSIGN(int64_t without,
                    ObservePartition(*partitions_[part], keys, rows, chosen, scratch));
    keyless += without;
  }
  return keyless;
}

Result<int64_t> LatestTable::ObservePartition(Partition& partition, const arrow::ArrayVector& keys,
                                              const ObservedRows& rows,
                                              std::span<const int64_t> chosen, Scratch& scratch) {
  ICEFIELD_ASSIGN(const arrow::ArrayVector part_keys, TakeKeys(keys, chosen));
  const std::lock_guard lock(partition.mutex);
  partition.encoder.Insert(part_keys, static_cast<int64_t>(chosen.size()), scratch.ids,
                           scratch.encoder);
  partition.best.resize(partition.encoder.size());
  int64_t keyless = 0;
  for (size_t at = 0; at < chosen.size(); ++at) {
    const uint32_t id = scratch.ids[at];
    if (id == kNoId) {
      ++keyless;
      continue;
    }
    partition.best[id].Merge(Candidate{rows.OrderOf(static_cast<size_t>(chosen[at])), false});
  }
  return keyless;
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
