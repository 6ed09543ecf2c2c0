#include "pit/latest_table.h"

#include <arrow/compute/api_vector.h>

#include <algorithm>

#include "batch/arrow_status.h"

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
  const auto row_count = static_cast<int64_t>(rows.key_ids.size());
  HashKeys(keys, row_count, scratch.hashes);
  const auto partition_of = [&](int64_t row) {
    return scratch.hashes[static_cast<size_t>(row)] % partitions_.size();
  };
  scratch.starts.assign(partitions_.size() + 1, 0);
  for (int64_t row = 0; row < row_count; ++row) {
    if (rows.key_ids[static_cast<size_t>(row)] != kNoId) ++scratch.starts[partition_of(row) + 1];
  }
  for (size_t part = 0; part < partitions_.size(); ++part)
    scratch.starts[part + 1] += scratch.starts[part];
  scratch.rows.resize(scratch.starts.back());
  scratch.next.assign(scratch.starts.begin(), scratch.starts.end() - 1);
  for (int64_t row = 0; row < row_count; ++row) {
    if (rows.key_ids[static_cast<size_t>(row)] != kNoId)
      scratch.rows[scratch.next[partition_of(row)]++] = row;
  }
  int64_t keyless = 0;
  for (uint32_t part = 0; part < partitions_.size(); ++part) {
    if (scratch.starts[part] == scratch.starts[part + 1]) continue;
    ICEFIELD_ASSIGN(int64_t without,
                    ObservePartition(*partitions_[part], keys, rows, scratch, part));
    keyless += without;
  }
  return keyless;
}

Result<int64_t> LatestTable::ObservePartition(Partition& partition, const arrow::ArrayVector& keys,
                                              const ObservedRows& rows, Scratch& scratch,
                                              uint32_t number) {
  const int64_t* chosen = scratch.rows.data() + scratch.starts[number];
  const int64_t count = scratch.starts[number + 1] - scratch.starts[number];
  const auto chosen_array = std::make_shared<arrow::Int64Array>(
      count, arrow::Buffer::Wrap(chosen, static_cast<size_t>(count)));
  arrow::ArrayVector part_keys;
  for (const std::shared_ptr<arrow::Array>& column : keys) {
    ICEFIELD_ARROW_ASSIGN(
        part_keys.emplace_back(),
        arrow::compute::Take(*column, *chosen_array, arrow::compute::TakeOptions::NoBoundsCheck()),
        "join keys");
  }
  const std::lock_guard lock(partition.mutex);
  partition.encoder.Insert(part_keys, count, scratch.ids, scratch.encoder);
  partition.best.resize(partition.encoder.size());
  int64_t keyless = 0;
  for (int64_t at = 0; at < count; ++at) {
    const uint32_t id = scratch.ids[static_cast<size_t>(at)];
    if (id == kNoId) {
      ++keyless;
      continue;
    }
    const auto row = static_cast<size_t>(chosen[at]);
    partition.best[id].Merge(Candidate{rows.OrderOf(row), false});
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
