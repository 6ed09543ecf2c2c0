#include "pit/row_numbers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <set>

#include "pit/packed_row.h"

namespace icefield {
namespace {

using Asked = std::vector<std::optional<RowLocator>>;

Result<NumberedRows> NumbersOf(const Asked& asked, const std::vector<int64_t>& file_rows,
                               int threads) {
  const RowPacking packing(static_cast<uint32_t>(file_rows.size()));
  const auto ask = [&](size_t first, std::span<uint64_t> rows) {
    for (size_t at = 0; at < rows.size(); ++at) {
      const std::optional<RowLocator>& row = asked[first + at];
      rows[at] = row ? packing.Pack(*row) : RowPacking::kNoRow;
    }
  };
  return NumberRows(asked.size(), ask, file_rows, {.threads = threads});
}

// The obvious numbers: places in the ordered set of rows.
NumberedRows Obvious(const Asked& asked) {
  std::set<RowLocator> distinct;
  for (const std::optional<RowLocator>& row : asked)
    if (row) distinct.insert(*row);
  NumberedRows wanted{.rows = {distinct.begin(), distinct.end()}, .numbers = {}};
  std::map<RowLocator, uint32_t> numbers;
  for (const RowLocator& row : wanted.rows)
    numbers.emplace(row, static_cast<uint32_t>(numbers.size()));
  for (const std::optional<RowLocator>& row : asked)
    wanted.numbers.push_back(row ? numbers.at(*row) : kNoRowNumber);
  return wanted;
}

void CompareWithTheObvious(const std::vector<int64_t>& file_rows, int64_t positions, size_t count) {
  std::mt19937 random(static_cast<uint32_t>(count));
  Asked asked(count);
  for (std::optional<RowLocator>& row : asked) {
    if (random() % 5 == 0) continue;
    row = {static_cast<uint32_t>(random() % file_rows.size()),
           static_cast<int64_t>(random()) % positions};
  }
  const NumberedRows wanted = Obvious(asked);
  for (const int threads : {1, 2, 4}) {
    const auto got = NumbersOf(asked, file_rows, threads);
    ASSERT_TRUE(got.ok());
    EXPECT_EQ(got->rows, wanted.rows);
    EXPECT_EQ(got->numbers, wanted.numbers);
  }
}

TEST(RowNumbers, AreTheOrderOfPlaces) {
  CompareWithTheObvious({1000}, 1000, 1);
  CompareWithTheObvious({100'000, 1, 50'000, 7}, 50'000, 60'000);
  CompareWithTheObvious({40, 30}, 30, 60'000);  // Many ask for the same.
}

TEST(RowNumbers, HoldWhereFilesWereSaidToHaveTooFewRows) {
  CompareWithTheObvious({10, 0, 100'000}, 90'000, 30'000);
}

TEST(RowNumbers, OfNoRows) {
  const auto got = NumbersOf({{}, {}, {}}, {5}, 2);
  ASSERT_TRUE(got.ok());
  EXPECT_TRUE(got->rows.empty());
  EXPECT_EQ(got->numbers, (std::vector<uint32_t>{kNoRowNumber, kNoRowNumber, kNoRowNumber}));
}

TEST(RowNumbers, OfNoFiles) {
  const auto got = NumbersOf({{}}, {}, 1);
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(got->numbers, std::vector<uint32_t>{kNoRowNumber});
}

TEST(RowNumbers, NobodyAsks) {
  const auto got = NumbersOf({}, {5}, 2);
  ASSERT_TRUE(got.ok());
  EXPECT_TRUE(got->rows.empty());
}

}  // namespace
}  // namespace icefield
