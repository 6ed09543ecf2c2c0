#include "retrieval/winners.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "retrieval/winner_features.h"

namespace icefield {
namespace {

// The obvious way: the set of the rows that win, and places in it.
Winners Obvious(const std::vector<uint32_t>& numbers, const std::vector<RowLocator>& contenders) {
  const std::set<uint32_t> winning(numbers.begin(), numbers.end());
  std::map<uint32_t, uint32_t> places{{kNoWinner, kNoWinner}};
  Winners winners;
  for (const uint32_t number : winning) {
    if (number == kNoWinner) continue;
    places.emplace(number, static_cast<uint32_t>(winners.locators.size()));
    winners.locators.push_back(contenders[number]);
  }
  for (const uint32_t number : numbers) winners.winner_of_row.push_back(places.at(number));
  return winners;
}

void CompareWithTheObvious(uint32_t contenders, size_t rows, uint32_t first_number) {
  std::mt19937 random(contenders);
  std::vector<RowLocator> of_number;
  for (uint32_t number = 0; number < contenders; ++number)
    of_number.push_back({number / 1000, int64_t{number} * 3});
  std::vector<uint32_t> numbers(rows, kNoWinner);
  for (uint32_t& number : numbers)
    if (random() % 4 != 0)
      number = first_number + static_cast<uint32_t>(random() % (contenders - first_number));
  const Winners wanted = Obvious(numbers, of_number);
  for (const int threads : {1, 2, 4}) {
    ResolvedRows resolved{.counts = {}, .numbers = numbers, .winning = SharedBits(contenders)};
    for (const uint32_t number : numbers)
      if (number != kNoWinner) resolved.winning.Set(number);
    const auto got = KeepWinners(std::move(resolved), of_number, {.threads = threads});
    ASSERT_TRUE(got.ok());
    EXPECT_EQ(got->locators, wanted.locators);
    EXPECT_EQ(got->winner_of_row, wanted.winner_of_row);
  }
}

TEST(KeepWinners, NumbersThoseThatWinAmongThemselves) {
  CompareWithTheObvious(1, 1, 0);
  CompareWithTheObvious(64, 50, 0);
  CompareWithTheObvious(65, 50, 64);
  CompareWithTheObvious(100'000, 60'000, 0);
  CompareWithTheObvious(1000, 100'000, 0);  // All win.
  CompareWithTheObvious(200'000, 3000, 190'000);
}

TEST(KeepWinners, OfNoContenders) {
  ResolvedRows resolved{.counts = {}, .numbers = {kNoWinner, kNoWinner}, .winning = SharedBits(0)};
  const auto got = KeepWinners(std::move(resolved), {}, {.threads = 2});
  ASSERT_TRUE(got.ok());
  EXPECT_TRUE(got->locators.empty());
  EXPECT_EQ(got->winner_of_row, (std::vector<uint32_t>{kNoWinner, kNoWinner}));
}

}  // namespace
}  // namespace icefield
