#include "retrieval/frame_rows.h"

#include <arrow/array/array_primitive.h>
#include <arrow/builder.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "base/executor.h"
#include "io/temporary_folder_test.h"

namespace icefield {
namespace {

using BatchPtr = std::shared_ptr<arrow::RecordBatch>;
using Pairs =
    std::set<std::pair<int64_t, int64_t>>;  // Of time and key: their order is the frame's.

struct Observed {
  std::shared_ptr<arrow::Array> keys;
  std::vector<int64_t> times;
};

std::vector<Observed> RandomBatches(unsigned seed, Pairs& all) {
  std::mt19937 random(seed);
  std::vector<Observed> batches(40);
  for (Observed& batch : batches) {
    arrow::Int64Builder keys;
    for (int row = 0; row < 50; ++row) {
      const auto key = static_cast<int64_t>(random() % 100) - 50;
      const auto time = static_cast<int64_t>(random() % 10);
      EXPECT_TRUE(keys.Append(key).ok());
      batch.times.push_back(time);
      all.emplace(time, key);
    }
    batch.keys = keys.Finish().ValueOrDie();
  }
  return batches;
}

Pairs PairsOf(FrameRows& rows) {
  Pairs pairs;
  while (true) {
    const Result<BatchPtr> batch = rows.Next();
    EXPECT_TRUE(batch.ok());
    if (*batch == nullptr) return pairs;
    const auto& keys = static_cast<const arrow::Int64Array&>(*(*batch)->column(0));
    const auto& times = static_cast<const arrow::Int64Array&>(*(*batch)->column(1));
    for (int64_t row = 0; row < keys.length(); ++row) {
      const std::pair<int64_t, int64_t> pair(times.Value(row), keys.Value(row));
      EXPECT_TRUE(pairs.empty() || *pairs.rbegin() < pair) << "not in order";
      pairs.insert(pair);
    }
  }
}

TEST(FrameRows, AreTheSameInMemoryAndInRuns) {
  const TemporaryFolder folder;
  for (const int64_t bytes_max : {int64_t{1} << 40, int64_t{20'000}, int64_t{1}}) {
    Pairs expected;
    const std::vector<Observed> batches = RandomBatches(1, expected);
    Result<std::unique_ptr<FrameRows>> rows =
        FrameRows::Make({arrow::int64()}, {bytes_max, folder.path()});
    ASSERT_TRUE(rows.ok());
    std::vector<DistinctRows::Scratch> scratch(3);
    const Status observed = ParallelFor(batches.size(), 3, [&](size_t at, int worker) -> Status {
      const std::vector<uint32_t> wanted(batches[at].times.size(), 0);
      ICEFIELD_TRY((*rows)->Observe({batches[at].keys}, batches[at].times, wanted,
                                    scratch[static_cast<size_t>(worker)]));
      return {};
    });
    ASSERT_TRUE(observed.ok());
    ASSERT_TRUE((*rows)->Finish().ok());
    EXPECT_EQ((*rows)->bytes_spilled() > 0, bytes_max < int64_t{1} << 40);
    EXPECT_EQ(PairsOf(**rows), expected) << bytes_max;
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  }
}

TEST(FrameRows, ManyRunsAreMergedOnTheWay) {
  const TemporaryFolder folder;
  Result<std::unique_ptr<FrameRows>> rows = FrameRows::Make({arrow::int64()}, {1, folder.path()});
  ASSERT_TRUE(rows.ok());
  DistinctRows::Scratch scratch;
  Pairs expected;
  for (int64_t run = 0; run < 200; ++run) {
    arrow::Int64Builder keys;
    ASSERT_TRUE(keys.Append(run % 60).ok());
    expected.emplace(run % 7, run % 60);
    const std::vector<int64_t> times{run % 7};
    const std::vector<uint32_t> wanted{0};
    ASSERT_TRUE((*rows)->Observe({keys.Finish().ValueOrDie()}, times, wanted, scratch).ok());
  }
  ASSERT_TRUE((*rows)->Finish().ok());
  EXPECT_EQ(PairsOf(**rows), expected);
}

TEST(FrameRows, WithoutRowsThereIsNone) {
  Result<std::unique_ptr<FrameRows>> rows = FrameRows::Make({arrow::int64()}, {1, ""});
  ASSERT_TRUE(rows.ok());
  ASSERT_TRUE((*rows)->Finish().ok());
  EXPECT_TRUE(PairsOf(**rows).empty());
}

TEST(FrameRows, AFullDiskIsAnError) {
  Result<std::unique_ptr<FrameRows>> rows =
      FrameRows::Make({arrow::int64()}, {1, "/no/such/directory"});
  ASSERT_TRUE(rows.ok());
  arrow::Int64Builder keys;
  ASSERT_TRUE(keys.Append(1).ok());
  DistinctRows::Scratch scratch;
  const std::vector<int64_t> times{1};
  const std::vector<uint32_t> wanted{0};
  const Result<int64_t> observed =
      (*rows)->Observe({keys.Finish().ValueOrDie()}, times, wanted, scratch);
  ASSERT_FALSE(observed.ok());
  EXPECT_EQ(observed.error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace icefield
