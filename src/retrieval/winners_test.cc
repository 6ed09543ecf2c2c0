#include "retrieval/winners.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "retrieval/winner_features.h"

namespace icefield {
namespace {

std::vector<FileTask> Files(const std::vector<int64_t>& rows) {
  std::vector<FileTask> tasks(rows.size());
  for (size_t file = 0; file < rows.size(); ++file) tasks[file].file.record_count = rows[file];
  return tasks;
}

// The obvious numbers: places in the ordered set of winners.
Winners Obvious(const std::vector<std::vector<Hit>>& hits, size_t rows) {
  std::set<RowLocator> distinct;
  for (const std::vector<Hit>& range : hits)
    for (const Hit& hit : range) distinct.insert(hit.winner);
  Winners winners;
  winners.locators.assign(distinct.begin(), distinct.end());
  winners.winner_of_row.assign(rows, kNoWinner);
  std::map<RowLocator, uint32_t> numbers;
  for (const RowLocator& winner : winners.locators)
    numbers.emplace(winner, static_cast<uint32_t>(numbers.size()));
  for (const std::vector<Hit>& range : hits)
    for (const Hit& hit : range) winners.winner_of_row[hit.row] = numbers.at(hit.winner);
  return winners;
}

void CompareWithTheObvious(const std::vector<int64_t>& files, int64_t positions, size_t rows) {
  std::mt19937 random(static_cast<uint32_t>(rows));
  std::vector<std::vector<Hit>> hits(7);
  for (size_t row = 0; row < rows; ++row) {
    if (random() % 5 == 0) continue;
    const RowLocator winner{static_cast<uint32_t>(random() % files.size()),
                            static_cast<int64_t>(random()) % positions};
    hits[row * hits.size() / rows].push_back({winner, static_cast<uint32_t>(row)});
  }
  const Winners wanted = Obvious(hits, rows);
  for (const int threads : {1, 2, 4}) {
    const auto got = NumberWinners(hits, rows, Files(files), {.threads = threads});
    ASSERT_TRUE(got.ok());
    EXPECT_EQ(got->locators, wanted.locators);
    EXPECT_EQ(got->winner_of_row, wanted.winner_of_row);
  }
}

TEST(NumberWinners, IsTheOrderOfLocators) {
  CompareWithTheObvious({1000}, 1000, 1);
  CompareWithTheObvious({100'000, 1, 50'000, 7}, 50'000, 60'000);
  CompareWithTheObvious({40, 30}, 30, 60'000);  // Many entity rows share a winner.
}

TEST(NumberWinners, HoldsWhereManifestsCountTooFewRows) {
  CompareWithTheObvious({10, 0, 100'000}, 90'000, 30'000);
}

TEST(NumberWinners, OfNoHits) {
  const auto got = NumberWinners({{}, {}}, 3, Files({5}), {.threads = 2});
  ASSERT_TRUE(got.ok());
  EXPECT_TRUE(got->locators.empty());
  EXPECT_EQ(got->winner_of_row, (std::vector<uint32_t>{kNoWinner, kNoWinner, kNoWinner}));
}

TEST(NumberWinners, OfNoFiles) {
  const auto got = NumberWinners({{}}, 1, {}, {});
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(got->winner_of_row, std::vector<uint32_t>{kNoWinner});
}

}  // namespace
}  // namespace icefield
