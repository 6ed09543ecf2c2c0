#include "retrieval/view_features.h"

#include <arrow/array/array_primitive.h>
#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/util/byte_size.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "base/executor.h"
#include "batch/random_batch_test.h"
#include "batch/take_rows.h"
#include "io/temporary_folder_test.h"

namespace icefield {
namespace {

using BatchPtr = std::shared_ptr<arrow::RecordBatch>;

constexpr int64_t kPlenty = int64_t{1} << 40;

// The features of all rows in one go: the slow and obvious way.
BatchPtr Expected(const BatchPtr& winners, const std::vector<uint32_t>& winner_of_row) {
  std::vector<BatchPtr> rows;
  for (const uint32_t winner : winner_of_row) {
    if (winner != kNoWinner) {
      rows.push_back(winners->Slice(winner, 1));
      continue;
    }
    arrow::ArrayVector nulls;
    for (const std::shared_ptr<arrow::Field>& field : winners->schema()->fields())
      nulls.push_back(arrow::MakeArrayOfNull(field->type(), 1).ValueOrDie());
    rows.push_back(arrow::RecordBatch::Make(winners->schema(), 1, nulls));
  }
  if (rows.empty()) return winners->Slice(0, 0);
  return *ConcatenateBatches(winners->schema(), rows);
}

// The winners in pieces of at most `most` rows, in any order.
std::vector<GatheredPiece> Pieces(RandomBatches& random, const BatchPtr& winners, int64_t most) {
  std::vector<GatheredPiece> pieces;
  for (int64_t first = 0; first < winners->num_rows();) {
    const int64_t count = std::min(winners->num_rows() - first, 1 + random.Below(most));
    // A copy: a slice counts with all its buffers.
    pieces.push_back({static_cast<uint32_t>(first),
                      *ConcatenateBatches(winners->schema(), {winners->Slice(first, count),
                                                              winners->Slice(first, 0)})});
    first += count;
  }
  for (size_t at = pieces.size(); at > 1; --at)
    std::swap(pieces[at - 1], pieces[static_cast<size_t>(random.Below(static_cast<int64_t>(at)))]);
  return pieces;
}

Result<ViewFeatures> Collect(const BatchPtr& winners, std::vector<GatheredPiece> pieces,
                             std::vector<uint32_t> winner_of_row,
                             const FeatureCollector::Terms& terms, TemporaryFile& file) {
  FeatureCollector collector(*winners->schema(), std::move(winner_of_row), terms, file);
  ICEFIELD_TRY(ParallelFor(pieces.size(), terms.threads, [&](size_t at, int) {
    return collector.Take(pieces[at].first, pieces[at].rows);
  }));
  return collector.Finish();
}

// All rows, `step` at a time or as many as there are at once.
Result<BatchPtr> ReadAll(ViewFeatures& features, const BatchPtr& winners, int64_t rows,
                         int64_t step) {
  std::vector<BatchPtr> batches;
  for (int64_t row = 0; row < rows;) {
    const int64_t count = std::min(step, features.RowsFrom(row));
    EXPECT_GT(count, 0);
    ICEFIELD_ASSIGN(arrow::ArrayVector columns, features.Take(row, count));
    batches.push_back(arrow::RecordBatch::Make(winners->schema(), count, std::move(columns)));
    row += count;
  }
  if (batches.empty()) return winners->Slice(0, 0);
  return ConcatenateBatches(winners->schema(), batches);
}

std::vector<uint32_t> RandomWinners(RandomBatches& random, int64_t rows, int64_t winners) {
  std::vector<uint32_t> winner_of_row;
  const int64_t locality = 1 + random.Below(winners);
  for (int64_t row = 0; row < rows; ++row) {
    if (random.Below(8) == 0) {
      winner_of_row.push_back(kNoWinner);
      continue;
    }
    const int64_t near = row * winners / std::max<int64_t>(1, rows) + random.Below(locality);
    winner_of_row.push_back(static_cast<uint32_t>(near % winners));
  }
  return winner_of_row;
}

TEST(ViewFeatures, AreTheSameInMemoryAndOnDisk) {
  const TemporaryFolder folder;
  int spilled = 0;
  for (unsigned seed = 0; seed < 300; ++seed) {
    RandomBatches random(seed);
    const BatchPtr winners =
        random.Batch(random.Schema(1 + static_cast<int>(random.Below(4))), 1 + random.Below(60));
    const std::vector<uint32_t> winner_of_row =
        RandomWinners(random, random.Below(150), winners->num_rows());
    const BatchPtr expected = Expected(winners, winner_of_row);
    const int64_t batch_rows = 1 + random.Below(20);
    for (const int64_t bytes_max : {kPlenty, int64_t{1}, 1 + random.Below(4000)}) {
      const bool keep_winners = random.Below(2) == 0;
      TemporaryFile file(folder.path());
      Result<ViewFeatures> features =
          Collect(winners, Pieces(random, winners, 1 + random.Below(20)), winner_of_row,
                  {.bytes_max = bytes_max,
                   .batch_rows = batch_rows,
                   .threads = 1 + static_cast<int>(random.Below(3)),
                   .keep_winners = keep_winners},
                  file);
      ASSERT_TRUE(features.ok()) << "seed " << seed << ": " << features.error();
      EXPECT_EQ(features->bytes_spilled() > 0, file.size_bytes() > 0);
      if (keep_winners) {
        EXPECT_EQ(features->winner_of_row(), winner_of_row);
      }
      spilled += features->bytes_spilled() > 0 ? 1 : 0;
      const Result<BatchPtr> read = ReadAll(*features, winners, expected->num_rows(), batch_rows);
      ASSERT_TRUE(read.ok()) << "seed " << seed << ": " << read.error();
      ASSERT_TRUE((*read)->ValidateFull().ok()) << "seed " << seed;
      ASSERT_TRUE((*read)->Equals(*expected)) << "seed " << seed << ", " << bytes_max << " bytes\n"
                                              << winners->schema()->ToString();
    }
  }
  EXPECT_GT(spilled, 300);
}

// Texts of so many bytes, one a row.
BatchPtr Texts(const std::vector<int>& lengths) {
  arrow::StringBuilder texts;
  for (size_t at = 0; at < lengths.size(); ++at) {
    EXPECT_TRUE(
        texts
            .Append(std::string(static_cast<size_t>(lengths[at]), static_cast<char>('a' + at % 26)))
            .ok());
  }
  return arrow::RecordBatch::Make(arrow::schema({arrow::field("text", arrow::utf8())}),
                                  static_cast<int64_t>(lengths.size()),
                                  {texts.Finish().ValueOrDie()});
}

TEST(ViewFeatures, RowsLargerThanTheFirstOnesAreReadInSteps) {
  const TemporaryFolder folder;
  TemporaryFile file(folder.path());
  std::vector<int> lengths(2000, 10);
  std::fill(lengths.begin() + 1000, lengths.end(), 2000);
  const BatchPtr winners = Texts(lengths);
  std::vector<uint32_t> winner_of_row(2000);
  for (uint32_t row = 0; row < 2000; ++row) winner_of_row[row] = (row * 7) % 2000;
  std::vector<GatheredPiece> pieces;
  for (uint32_t first = 0; first < 2000; first += 100) {
    pieces.push_back({first, *TakeRows(winners, [&] {
                        std::vector<int32_t> rows(100);
                        for (int32_t at = 0; at < 100; ++at)
                          rows[static_cast<size_t>(at)] = static_cast<int32_t>(first) + at;
                        return rows;
                      }())});
  }
  constexpr int64_t kShare = 90'000;
  Result<ViewFeatures> features =
      Collect(winners, std::move(pieces), winner_of_row,
              {.bytes_max = kShare, .batch_rows = 5, .threads = 1}, file);
  ASSERT_TRUE(features.ok()) << features.error();
  int64_t most_bytes = 0;
  for (int64_t row = 0; row < 2000;) {
    const int64_t rows = features->RowsFrom(row);
    EXPECT_EQ(rows % 5, 0);
    const Result<arrow::ArrayVector> taken = features->Take(row, rows);
    ASSERT_TRUE(taken.ok()) << taken.error();
    most_bytes = std::max(most_bytes, arrow::util::TotalBufferSize(*taken->front()));
    row += rows;
  }
  EXPECT_LT(most_bytes, 3 * kShare);
  const Result<BatchPtr> read = ReadAll(*features, winners, 2000, 2000);
  ASSERT_TRUE(read.ok()) << read.error();
  EXPECT_TRUE((*read)->Equals(*Expected(winners, winner_of_row)));
}

TEST(ViewFeatures, AFullDiskEndsAllThreads) {
  TemporaryFile file("/no/such/directory");
  RandomBatches random(1);
  const BatchPtr winners = random.Batch(arrow::schema({arrow::field("a", arrow::int64())}), 1000);
  const Result<ViewFeatures> features =
      Collect(winners, Pieces(random, winners, 10), RandomWinners(random, 1000, 1000),
              {.bytes_max = 100, .batch_rows = 10, .threads = 4}, file);
  ASSERT_FALSE(features.ok());
  EXPECT_EQ(features.error().code, ErrorCode::kNotFound);
}

TEST(ViewFeatures, WithoutColumnsNothingIsGathered) {
  TemporaryFile file("/no/such/directory");
  FeatureCollector collector(*arrow::schema({}), {kNoWinner, 0, 1},
                             {.bytes_max = 1, .batch_rows = 1, .threads = 1}, file);
  Result<ViewFeatures> features = collector.Finish();
  ASSERT_TRUE(features.ok());
  EXPECT_EQ(features->RowsFrom(1), 2);
  EXPECT_TRUE(features->Take(0, 3)->empty());
}

// One winner in three has a long text that several rows share.
TEST(ViewFeatures, LongTextsOfSeveralRowsAreHeldOnce) {
  constexpr int64_t kLong = 1 << 20;
  const TemporaryFolder folder;
  arrow::StringBuilder texts;
  arrow::Int64Builder numbers;
  for (int winner = 0; winner < 8; ++winner) {
    ASSERT_TRUE(texts.Append(winner == 3 ? std::string(kLong, 'x') : "short").ok());
    ASSERT_TRUE(numbers.Append(winner).ok());
  }
  const BatchPtr winners = arrow::RecordBatch::Make(
      arrow::schema({arrow::field("text", arrow::utf8()), arrow::field("number", arrow::int64())}),
      8, {*texts.Finish(), *numbers.Finish()});
  const std::vector<uint32_t> winner_of_row{3, 0, 1, 3, 2, kNoWinner, 3, 7, 3, 5};
  TemporaryFile file(folder.path());
  Result<ViewFeatures> features =
      Collect(winners, {{0, winners->Slice(0, 5)}, {5, winners->Slice(5, 3)}}, winner_of_row,
              {.bytes_max = kPlenty, .batch_rows = 4, .threads = 2}, file);
  ASSERT_TRUE(features.ok()) << features.error();
  EXPECT_LT(features->bytes_held(), 2 * kLong);
  const Result<BatchPtr> read = ReadAll(*features, winners, 10, 4);
  ASSERT_TRUE(read.ok()) << read.error();
  EXPECT_TRUE((*read)->Equals(*Expected(winners, winner_of_row)));
}

}  // namespace
}  // namespace icefield
