#include "pit/latest_table.h"

#include <arrow/builder.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <thread>

#include "pit/candidate.h"
#include "pit/row_numbers.h"

namespace icefield {
namespace {

constexpr size_t kFiles = 4;
constexpr size_t kRows = 900;
constexpr size_t kStep = 300;
constexpr int64_t kPlenty = int64_t{1} << 40;

enum class KeyKind : uint8_t { kWord, kText, kLongText, kWordAndText, kNone };

// Rows of one file: what their keys are called, and what decides between them.
struct FileRows {
  std::vector<std::optional<int64_t>> keys;
  std::vector<int64_t> event_times;
  std::vector<int64_t> created_times;
  std::vector<RowLineage> lineages;
  std::vector<uint8_t> left_out;
};

struct Shape {
  KeyKind kind = KeyKind::kWord;
  int64_t keys = 300;
  int64_t event_times = 1000;
  bool sorted = false;
};

std::vector<FileRows> RandomFiles(unsigned seed, const Shape& shape) {
  std::mt19937_64 random(seed);
  const auto below = [&](int64_t end) {
    return static_cast<int64_t>(random() % static_cast<uint64_t>(end));
  };
  std::vector<FileRows> files(kFiles);
  for (FileRows& file : files) {
    for (size_t row = 0; row < kRows; ++row) {
      const int64_t key = shape.sorted ? static_cast<int64_t>(row) / 9 : below(shape.keys);
      file.keys.push_back(key % 50 == 7 ? std::nullopt : std::optional(key));
      file.event_times.push_back(below(50) == 0 ? INT64_MIN : below(shape.event_times));
      file.created_times.push_back(below(5) == 0 ? kNoCreatedTime : below(3));
      file.lineages.push_back({.last_updated = below(2), .row_id = below(1000)});
      file.left_out.push_back(below(10) == 0 ? 1 : 0);
    }
  }
  return files;
}

std::string TextOf(int64_t key, KeyKind kind) {
  return (kind == KeyKind::kLongText ? std::string(40, 'x') : "k") + std::to_string(key);
}

arrow::ArrayVector KeyColumns(const FileRows& file, size_t first, size_t rows, KeyKind kind) {
  arrow::Int64Builder words;
  arrow::StringBuilder texts;
  for (size_t row = first; row < first + rows; ++row) {
    const std::optional<int64_t>& key = file.keys[row];
    EXPECT_TRUE((key ? words.Append(*key % 11) : words.AppendNull()).ok());
    EXPECT_TRUE((key ? texts.Append(TextOf(*key, kind)) : texts.AppendNull()).ok());
  }
  if (kind == KeyKind::kWordAndText) return {*words.Finish(), *texts.Finish()};
  if (kind == KeyKind::kNone) return {};
  if (kind != KeyKind::kWord) return {*texts.Finish()};
  arrow::Int64Builder whole;
  for (size_t row = first; row < first + rows; ++row)
    EXPECT_TRUE((file.keys[row] ? whole.Append(*file.keys[row]) : whole.AppendNull()).ok());
  return {*whole.Finish()};
}

std::vector<std::shared_ptr<arrow::DataType>> TypesOf(KeyKind kind) {
  if (kind == KeyKind::kWord) return {arrow::int64()};
  if (kind == KeyKind::kWordAndText) return {arrow::int64(), arrow::utf8()};
  if (kind == KeyKind::kNone) return {};
  return {arrow::utf8()};
}

struct Answer {
  std::vector<RowLocator> locators;
  int64_t full_ties = 0;
  int64_t keyless = 0;
  bool operator==(const Answer&) const = default;
};

// Row after row into a map: the slow and obvious way.
Answer Expected(const std::vector<FileRows>& files, KeyKind kind) {
  std::map<int64_t, Candidate> best;
  Answer answer;
  for (uint32_t number = 0; number < files.size(); ++number) {
    const FileRows& file = files[number];
    for (size_t row = 0; row < kRows; ++row) {
      if (file.left_out[row] != 0) continue;
      const std::optional<int64_t> key = kind == KeyKind::kNone ? 0 : file.keys[row];
      if (!key) {
        ++answer.keyless;
        continue;
      }
      const RowOrder order{.event_time = file.event_times[row],
                           .created_time = file.created_times[row],
                           .lineage = file.lineages[row],
                           .locator = {.file = number, .position = static_cast<int64_t>(row)}};
      best[*key].Merge({order, false});
    }
  }
  for (const auto& [key, winner] : best) {
    answer.locators.push_back(winner.order.locator);
    answer.full_ties += winner.tied ? 1 : 0;
  }
  std::sort(answer.locators.begin(), answer.locators.end());
  return answer;
}

struct Way {
  bool aside = false;
  int64_t bytes_max = kPlenty;
  // Where most event times are said to lie.
  int64_t first_time = INT64_MIN;
  int64_t last_time = INT64_MAX;
};

void ObserveFile(LatestTable& table, const std::vector<FileRows>& files, uint32_t number,
                 KeyKind kind, const Way& way) {
  const FileRows& file = files[number];
  for (size_t first = 0; first < kRows; first += kStep) {
    const size_t rows = std::min(kStep, kRows - first);
    ObservedRows observed{.event_times = std::span(file.event_times).subspan(first, rows),
                          .file = number,
                          .first_position = static_cast<int64_t>(first)};
    if (!way.aside) {
      observed.created_times = std::span(file.created_times).subspan(first, rows);
      observed.lineages = std::span(file.lineages).subspan(first, rows);
    }
    const Status status =
        table.Observe(KeyColumns(file, first, rows, kind), observed,
                      std::span(file.left_out).subspan(first, rows), static_cast<int>(number));
    EXPECT_TRUE(status.ok()) << status.error();
    if (table.bytes() > way.bytes_max) table.Shed(way.bytes_max);
  }
}

// What decides between the rows that may win, as a retrieval would read it. Returns them by number.
std::vector<RowLocator> Settle(LatestTable& table, const std::vector<FileRows>& files, bool aside) {
  const auto ask = [&](size_t first, std::span<uint64_t> rows) {
    table.GetContenders(first, rows);
  };
  NumberedRows numbered =
      *NumberRows(table.CountContenders(), ask, std::vector<int64_t>(kFiles, kRows), {});
  std::vector<int64_t> created_times;
  std::vector<RowLineage> lineages;
  for (const RowLocator& row : numbered.rows) {
    if (!aside) break;
    created_times.push_back(files[row.file].created_times[static_cast<size_t>(row.position)]);
    lineages.push_back(files[row.file].lineages[static_cast<size_t>(row.position)]);
  }
  const FoundRows found{
      .numbers = numbered.numbers, .created_times = created_times, .lineages = lineages};
  EXPECT_TRUE(table.Settle(found, {.threads = 2}).ok());
  return std::move(numbered.rows);
}

// Every file by a thread of its own, in as many tables as it takes.
Answer Found(const std::vector<FileRows>& files, KeyKind kind, const Way& way, int& tables) {
  Answer answer;
  for (size_t part = 0, parts = 1; part < parts; ++tables) {
    Result<std::unique_ptr<LatestTable>> table =
        LatestTable::Make(TypesOf(kind), {.files = kFiles,
                                          .threads = kFiles,
                                          .ties_max = way.aside ? size_t{1'000'000} : 0,
                                          .first_part = part,
                                          .first_time = way.first_time,
                                          .last_time = way.last_time});
    EXPECT_TRUE(table.ok());
    {
      std::vector<std::jthread> threads;
      for (uint32_t number = 0; number < kFiles; ++number)
        threads.emplace_back([&, number] { ObserveFile(**table, files, number, kind, way); });
    }
    const std::vector<RowLocator> rows = Settle(**table, files, way.aside);
    EXPECT_GT((*table)->end_part(), part);
    answer.keyless += (*table)->keyless();
    part = (*table)->end_part();
    parts = (*table)->parts();
    const LatestTable::Winners winners = (*table)->TakeWinners(rows);
    answer.full_ties += winners.full_ties;
    EXPECT_EQ(winners.event_times.size(), winners.locators.size());
    EXPECT_EQ(winners.created_times.size(), winners.locators.size());
    EXPECT_TRUE(std::is_sorted(winners.locators.begin(), winners.locators.end()));
    EXPECT_EQ(winners.words.size(), kind == KeyKind::kWord ? winners.locators.size() : 0);
    for (size_t at = 0; at < winners.locators.size(); ++at) {
      const FileRows& file = files[winners.locators[at].file];
      const auto row = static_cast<size_t>(winners.locators[at].position);
      EXPECT_EQ(winners.event_times[at], file.event_times[row]);
      EXPECT_EQ(winners.created_times[at], file.created_times[row]);
      if (!winners.words.empty()) {
        EXPECT_EQ(winners.words[at], static_cast<uint64_t>(*file.keys[row]));
      }
    }
    answer.locators.insert(answer.locators.end(), winners.locators.begin(), winners.locators.end());
  }
  std::sort(answer.locators.begin(), answer.locators.end());
  return answer;
}

TEST(LatestTable, FindsTheBestRowsOfAllKeysInEveryWay) {
  unsigned seed = 0;
  for (const KeyKind kind : {KeyKind::kWord, KeyKind::kText, KeyKind::kLongText,
                             KeyKind::kWordAndText, KeyKind::kNone}) {
    for (const int64_t event_times : {3, 100, 100'000}) {
      for (const bool sorted : {false, true}) {
        const std::vector<FileRows> files =
            RandomFiles(++seed, {.kind = kind, .event_times = event_times, .sorted = sorted});
        const Answer expected = Expected(files, kind);
        for (const bool aside : {false, true}) {
          int tables = 0;
          EXPECT_EQ(Found(files, kind, {.aside = aside}, tables), expected) << seed << aside;
          EXPECT_EQ(tables, 1);
          EXPECT_EQ(Found(files, kind, {.aside = aside, .bytes_max = 4'000}, tables), expected)
              << seed << aside;
          EXPECT_TRUE(kind == KeyKind::kNone || tables > 2);
        }
      }
    }
  }
}

TEST(LatestTable, WhateverIsSaidOfTheTimes) {
  unsigned seed = 100;
  for (const int64_t event_times : {3, 1000, 10'000'000}) {
    const std::vector<FileRows> files = RandomFiles(++seed, {.event_times = event_times});
    const Answer expected = Expected(files, KeyKind::kWord);
    for (const auto& [first, last] :
         std::vector<std::pair<int64_t, int64_t>>{{0, event_times},
                                                  {0, 0},
                                                  {event_times / 2, event_times},
                                                  {0, event_times / 3},
                                                  {5, -5},
                                                  {INT64_MIN, 0},
                                                  {INT64_MAX, INT64_MAX},
                                                  {-1, INT64_MAX}}) {
      for (const bool aside : {false, true}) {
        int tables = 0;
        const Way way{.aside = aside, .first_time = first, .last_time = last};
        EXPECT_EQ(Found(files, KeyKind::kWord, way, tables), expected) << first << ' ' << last;
      }
    }
  }
}

TEST(LatestTable, ATablesLeastIsOnePart) {
  const std::vector<FileRows> files = RandomFiles(1, {});
  int tables = 0;
  EXPECT_EQ(Found(files, KeyKind::kWord, {.aside = true, .bytes_max = 1}, tables),
            Expected(files, KeyKind::kWord));
  EXPECT_GT(tables, 10);
}

TEST(LatestTable, GivesUpWhereTooManyRowsTie) {
  Result<std::unique_ptr<LatestTable>> table =
      LatestTable::Make({arrow::int64()}, {.ties_max = 2000});
  ASSERT_TRUE(table.ok());
  arrow::Int64Builder keys;
  for (int64_t key = 0; key < 5000; ++key) ASSERT_TRUE(keys.Append(key % 2).ok());
  const arrow::ArrayVector columns{*keys.Finish()};
  const std::vector<int64_t> same(5000, 7);
  const Status status = (*table)->Observe(columns, {.event_times = same}, {}, 0);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kResourceExhausted);
  EXPECT_TRUE((*table)->too_many_ties());
}

TEST(LatestTable, TiesThatBetterRowsFollowAreForgotten) {
  Result<std::unique_ptr<LatestTable>> table =
      LatestTable::Make({arrow::int64()}, {.ties_max = 3000});
  ASSERT_TRUE(table.ok());
  arrow::Int64Builder keys;
  for (int64_t row = 0; row < 1000; ++row) ASSERT_TRUE(keys.Append(1).ok());
  const arrow::ArrayVector columns{*keys.Finish()};
  for (int64_t time = 0; time < 50; ++time) {
    const std::vector<int64_t> same(1000, time);
    ASSERT_TRUE((*table)
                    ->Observe(columns, {.event_times = same, .first_position = time * 1000}, {}, 0)
                    .ok());
  }
  const size_t contenders = (*table)->CountContenders();
  EXPECT_EQ(contenders, (*table)->first_tied() + 1000);
}

TEST(LatestTable, RefusesPositionsThatCannotBeNoted) {
  Result<std::unique_ptr<LatestTable>> table = LatestTable::Make({}, {.files = UINT32_MAX});
  ASSERT_TRUE(table.ok());
  const std::vector<int64_t> time{1};
  const Status status =
      (*table)->Observe({}, {.event_times = time, .first_position = int64_t{1} << 31}, {}, 0);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace icefield
