#include "pit/distinct_rows.h"

#include <arrow/builder.h>
#include <gtest/gtest.h>

#include <cmath>
#include <thread>

namespace icefield {
namespace {

template <typename Builder, typename Value>
std::shared_ptr<arrow::Array> ArrayOf(const std::vector<std::optional<Value>>& values) {
  Builder builder;
  for (const std::optional<Value>& value : values) {
    EXPECT_TRUE((value ? builder.Append(*value) : builder.AppendNull()).ok());
  }
  return *builder.Finish();
}

struct Observed {
  arrow::ArrayVector keys;
  std::vector<int64_t> times;
};

// One line for each pair: its time, then its keys.
std::vector<std::string> LinesOf(DistinctRows& rows) {
  Result<DistinctRows::Sorted> sorted = rows.Sort();
  EXPECT_TRUE(sorted.ok());
  std::vector<std::string> lines;
  for (size_t row = 0; row < sorted->times.size(); ++row) {
    std::string line = std::to_string(sorted->times[row]);
    for (const auto& column : sorted->keys)
      line += " " + (*column->GetScalar(static_cast<int64_t>(row)))->ToString();
    lines.push_back(line);
  }
  return lines;
}

int64_t Observe(DistinctRows& rows, const Observed& batch) {
  DistinctRows::Scratch scratch;
  const std::vector<uint32_t> wanted(batch.times.size(), 0);
  const Result<int64_t> keyless = rows.Observe(batch.keys, batch.times, wanted, scratch);
  EXPECT_TRUE(keyless.ok());
  return *keyless;
}

std::vector<std::string> DistinctOf(const std::vector<Observed>& batches, int64_t keyless = 0) {
  std::vector<std::shared_ptr<arrow::DataType>> types;
  for (const auto& column : batches.front().keys) types.push_back(column->type());
  Result<DistinctRows> rows = DistinctRows::Make(types);
  EXPECT_TRUE(rows.ok());
  int64_t left_out = 0;
  for (const Observed& batch : batches) left_out += Observe(*rows, batch);
  EXPECT_EQ(left_out, keyless);
  return LinesOf(*rows);
}

TEST(DistinctRows, OrdersByTimeAndThenByKeys) {
  const auto numbers = ArrayOf<arrow::Int64Builder, int64_t>({10, 9, -1, 10, 9});
  const auto texts = ArrayOf<arrow::StringBuilder, std::string>({"b", "a", "z", "a", "a"});
  EXPECT_EQ(DistinctOf({{{numbers, texts}, {5, 5, 7, 5, 5}}, {{numbers, texts}, {5, 4, 7, 5, 6}}}),
            (std::vector<std::string>{"4 9 a", "5 9 a", "5 10 a", "5 10 b", "6 9 a", "7 -1 z"}));
}

TEST(DistinctRows, TextsByUnsignedByte) {
  const auto texts = ArrayOf<arrow::StringBuilder, std::string>({"\xc3\xa9", "z", "", "zz"});
  EXPECT_EQ(DistinctOf({{{texts}, {1, 1, 1, 1}}}),
            (std::vector<std::string>{"1 ", "1 z", "1 zz", "1 \xc3\xa9"}));
}

TEST(DistinctRows, ZerosAreOneKeyAndRowsWithoutAKeyAreCounted) {
  const auto floats =
      ArrayOf<arrow::DoubleBuilder, double>({-0.0, 0.0, std::nan(""), std::nullopt, -1.5});
  EXPECT_EQ(DistinctOf({{{floats}, {1, 1, 1, 1, 1}}}, 2),
            (std::vector<std::string>{"1 -1.5", "1 0"}));
}

TEST(DistinctRows, WithoutKeysTimesAlone) {
  EXPECT_EQ(
      DistinctOf({{{}, {3, INT64_MIN, 3, INT64_MAX, 1}}}),
      (std::vector<std::string>{std::to_string(INT64_MIN), "1", "3", std::to_string(INT64_MAX)}));
}

TEST(DistinctRows, OfNothing) {
  EXPECT_TRUE(DistinctOf({{{ArrayOf<arrow::StringBuilder, std::string>({})}, {}}}).empty());
}

TEST(DistinctRows, ManyThreadsGiveWhatOneGives) {
  Result<DistinctRows> rows = DistinctRows::Make({arrow::int64(), arrow::utf8()});
  ASSERT_TRUE(rows.ok());
  {
    std::vector<std::jthread> threads;
    for (int64_t part = 0; part < 4; ++part) {
      threads.emplace_back([&, part] {
        std::vector<std::optional<int64_t>> numbers;
        std::vector<std::optional<std::string>> texts;
        std::vector<int64_t> times;
        for (int64_t row = 0; row < 3000; ++row) {
          numbers.emplace_back((row + part) % 50);
          texts.emplace_back(std::to_string(row % 3));
          times.push_back(row % 7);
        }
        Observe(*rows, {{ArrayOf<arrow::Int64Builder, int64_t>(numbers),
                         ArrayOf<arrow::StringBuilder, std::string>(texts)},
                        times});
      });
    }
  }
  const std::vector<std::string> lines = LinesOf(*rows);
  EXPECT_EQ(lines.size(), 50U * 3U * 7U);
  EXPECT_EQ(lines.front(), "0 0 0");
  EXPECT_EQ(lines.back(), "6 49 2");
}

}  // namespace
}  // namespace icefield
