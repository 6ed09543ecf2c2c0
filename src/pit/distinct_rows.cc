#include "pit/distinct_rows.h"

#include <arrow/array/array_binary.h>
#include <arrow/array/array_decimal.h>
#include <arrow/array/concatenate.h>
#include <arrow/builder.h>
#include <arrow/util/decimal.h>

#include <algorithm>
#include <numeric>

#include "batch/arrow_status.h"
#include "pit/key_order.h"
#include "pit/key_words.h"

namespace icefield {
namespace {

constexpr size_t kPartitions = 16;
// Rows of a chunk of the result: texts of so many keys fit one array.
constexpr size_t kChunkRows = size_t{1} << 20;

// Zeros of one sign: which of the two came first depends on the threads.
template <typename ArrowType>
std::shared_ptr<arrow::Array> PositiveZeros(const arrow::Array& column) {
  using Number = typename ArrowType::c_type;
  auto data = column.data()->Copy();
  auto* values = data->template GetMutableValues<Number>(1);
  for (int64_t row = 0; row < column.length(); ++row) {
    if (values[row] == 0) values[row] = 0;
  }
  return arrow::MakeArray(data);
}

// The column with one value for equal keys; its buffers belong to the caller alone.
std::shared_ptr<arrow::Array> Canonical(std::shared_ptr<arrow::Array> column) {
  if (column->type_id() == arrow::Type::FLOAT) return PositiveZeros<arrow::FloatType>(*column);
  if (column->type_id() == arrow::Type::DOUBLE) return PositiveZeros<arrow::DoubleType>(*column);
  return column;
}

// Bytes of the values of columns of texts and the like.
int64_t TextBytes(const arrow::ArrayVector& columns) {
  int64_t bytes = 0;
  for (const std::shared_ptr<arrow::Array>& column : columns) {
    if (arrow::is_base_binary_like(column->type_id()))
      bytes += static_cast<const arrow::BinaryArray&>(*column).total_values_length();
  }
  return bytes;
}

// Refines ranks by one more column: keys of one rank are told apart by their values.
template <typename ValueAt>
void Refine(const ValueAt& value_at, std::vector<uint32_t>& ranks) {
  std::vector<uint32_t> keys(ranks.size());
  std::iota(keys.begin(), keys.end(), 0);
  const auto is_before = [&](uint32_t a, uint32_t b) {
    return ranks[a] != ranks[b] ? ranks[a] < ranks[b] : value_at(a) < value_at(b);
  };
  std::sort(keys.begin(), keys.end(), is_before);
  std::vector<uint32_t> refined(ranks.size());
  for (size_t at = 1; at < keys.size(); ++at) {
    const bool greater = is_before(keys[at - 1], keys[at]);
    refined[keys[at]] = refined[keys[at - 1]] + (greater ? 1 : 0);
  }
  ranks = std::move(refined);
}

// Where each key stands among all.
std::vector<uint32_t> RanksOf(const arrow::ArrayVector& keys, size_t count) {
  std::vector<uint32_t> ranks(count, 0);
  for (const std::shared_ptr<arrow::Array>& column : keys) {
    if (IsWordKey(*column->type())) {
      const std::vector<uint64_t> words = OrderedWords(*column);
      Refine([&](uint32_t key) { return words[key]; }, ranks);
    } else if (column->type_id() == arrow::Type::DECIMAL128) {
      const auto& decimals = static_cast<const arrow::Decimal128Array&>(*column);
      Refine([&](uint32_t key) { return arrow::Decimal128(decimals.GetValue(key)); }, ranks);
    } else {
      const BytesColumn bytes(*column);
      Refine([&](uint32_t key) { return bytes[key]; }, ranks);
    }
  }
  return ranks;
}

}  // namespace

Result<DistinctRows> DistinctRows::Make(
    const std::vector<std::shared_ptr<arrow::DataType>>& key_types) {
  DistinctRows distinct;
  distinct.types_ = key_types;
  const size_t count = key_types.empty() ? 1 : kPartitions;
  for (size_t number = 0; number < count; ++number) {
    auto partition = std::make_unique<Partition>();
    ICEFIELD_ASSIGN(partition->encoder, KeyEncoder::Make(key_types));
    for (const std::shared_ptr<arrow::DataType>& type : key_types) {
      ICEFIELD_ARROW_ASSIGN(partition->keys.emplace_back(), arrow::MakeBuilder(type), "join keys");
    }
    distinct.partitions_.push_back(std::move(partition));
  }
  return distinct;
}

Result<int64_t> DistinctRows::Observe(const arrow::ArrayVector& keys,
                                      std::span<const int64_t> times,
                                      std::span<const uint32_t> wanted, Scratch& scratch) {
  scratch.groups.Group(keys, wanted, partitions_.size());
  int64_t keyless = 0;
  for (size_t part = 0; part < partitions_.size(); ++part) {
    const std::span<const int64_t> chosen = scratch.groups.RowsOf(part);
    if (chosen.empty()) continue;
    ICEFIELD_ASSIGN(int64_t without,
                    ObservePartition(*partitions_[part], keys, times, chosen, scratch));
    keyless += without;
  }
  return keyless;
}

Result<int64_t> DistinctRows::ObservePartition(Partition& partition, const arrow::ArrayVector& keys,
                                               std::span<const int64_t> times,
                                               std::span<const int64_t> chosen, Scratch& scratch) {
  ICEFIELD_ASSIGN(const arrow::ArrayVector part_keys, TakeKeys(keys, chosen));
  const std::lock_guard lock(partition.mutex);
  if (partition.rows.size() + chosen.size() >= kNoId)
    return Unsupported("more than 4 billion distinct keys and times");
  partition.encoder.Insert(part_keys, static_cast<int64_t>(chosen.size()), scratch.ids,
                           scratch.encoder);
  int64_t keyless = 0;
  const size_t pairs_before = partition.rows.size();
  const uint32_t keys_before = partition.key_count;
  for (size_t at = 0; at < chosen.size(); ++at) {
    const uint32_t key = scratch.ids[at];
    if (key == kNoId) {
      ++keyless;
      continue;
    }
    if (key == partition.key_count) {  // Ids count up in the order of first rows.
      ++partition.key_count;
      for (size_t column = 0; column < part_keys.size(); ++column) {
        ICEFIELD_ARROW_TRY(partition.keys[column]->AppendArraySlice(*part_keys[column]->data(),
                                                                    static_cast<int64_t>(at), 1),
                           "join keys");
      }
    }
    const auto time = static_cast<uint64_t>(times[static_cast<size_t>(chosen[at])]);
    const uint32_t time_id = partition.times.Insert(time, WordDictionary::Hash(time));
    const uint64_t pair = (uint64_t{key} << 32) | time_id;
    if (partition.pairs.Insert(pair, WordDictionary::Hash(pair)) == partition.rows.size())
      partition.rows.push_back({static_cast<int64_t>(time), key});
  }
  sizes_->pairs += static_cast<int64_t>(partition.rows.size() - pairs_before);
  sizes_->keys += partition.key_count - keys_before;
  sizes_->text_bytes += TextBytes(part_keys) * (partition.key_count - keys_before) /
                        std::max<int64_t>(1, static_cast<int64_t>(chosen.size()));
  return keyless;
}

int64_t DistinctRows::bytes() const {
  // A pair, its time and its key are in dictionaries that are at least a quarter full, twice while
  // they grow. A key's text is in its dictionary, in its column and, sorted, in the result.
  constexpr int64_t kPairBytes = 160;
  constexpr int64_t kKeyBytes = 80;
  constexpr int64_t kTextCopies = 3;
  const auto columns = static_cast<int64_t>(std::max<size_t>(1, types_.size()));
  return kPairBytes * sizes_->pairs + kKeyBytes * columns * sizes_->keys +
         kTextCopies * sizes_->text_bytes;
}

// The distinct keys of all partitions; `rows` become the pairs of all, by their numbers there.
Result<arrow::ArrayVector> DistinctRows::TakeDistinctKeys(std::vector<Row>& rows) {
  std::vector<arrow::ArrayVector> parts(types_.size());
  uint32_t first_key = 0;
  for (std::unique_ptr<Partition>& partition : partitions_) {
    for (const Row& row : partition->rows) rows.push_back({row.time, first_key + row.key});
    first_key += partition->key_count;
    for (size_t column = 0; column < parts.size(); ++column) {
      ICEFIELD_ARROW_ASSIGN(parts[column].emplace_back(), partition->keys[column]->Finish(),
                            "join keys");
    }
    partition.reset();
  }
  arrow::ArrayVector keys;
  for (arrow::ArrayVector& part : parts) {
    ICEFIELD_ARROW_ASSIGN(std::shared_ptr<arrow::Array> whole, arrow::Concatenate(part),
                          "join keys");
    part.clear();
    keys.push_back(Canonical(std::move(whole)));
  }
  return keys;
}

Result<DistinctRows::Sorted> DistinctRows::Sort() {
  size_t count = 0;
  size_t key_count = 0;
  for (const std::unique_ptr<Partition>& partition : partitions_) {
    count += partition->rows.size();
    key_count += partition->key_count;
  }
  if (count >= kNoId) return Unsupported("more than 4 billion distinct keys and times");
  std::vector<Row> rows;
  rows.reserve(count);
  ICEFIELD_ASSIGN(const arrow::ArrayVector keys, TakeDistinctKeys(rows));
  const std::vector<uint32_t> ranks = RanksOf(keys, key_count);
  std::sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) {
    return a.time != b.time ? a.time < b.time : ranks[a.key] < ranks[b.key];
  });
  Sorted sorted;
  sorted.times.reserve(count);
  std::vector<arrow::ArrayVector> chunks(keys.size());
  std::vector<int64_t> chosen;
  for (size_t start = 0; start < count; start += kChunkRows) {
    chosen.clear();
    for (size_t at = start; at < std::min(count, start + kChunkRows); ++at) {
      sorted.times.push_back(rows[at].time);
      chosen.push_back(rows[at].key);
    }
    ICEFIELD_ASSIGN(arrow::ArrayVector taken, TakeKeys(keys, chosen));
    for (size_t column = 0; column < taken.size(); ++column)
      chunks[column].push_back(std::move(taken[column]));
  }
  for (size_t column = 0; column < keys.size(); ++column) {
    sorted.keys.push_back(
        std::make_shared<arrow::ChunkedArray>(std::move(chunks[column]), types_[column]));
  }
  return sorted;
}

}  // namespace icefield
