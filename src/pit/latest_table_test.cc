#include "pit/latest_table.h"

#include <arrow/builder.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <span>
#include <thread>

namespace icefield {
namespace {

constexpr int64_t kRows = 2000;

// Rows of 300 keys, some without one; event times that no two rows share.
struct Rows {
  std::shared_ptr<arrow::Array> keys;
  std::vector<int64_t> event_times;
  uint32_t file = 0;
};

std::vector<Rows> RandomRows(unsigned seed, std::map<int64_t, int64_t>& newest, int64_t& keyless) {
  std::mt19937 random(seed);
  std::vector<Rows> batches(4);
  for (uint32_t file = 0; file < batches.size(); ++file) {
    arrow::Int64Builder keys;
    Rows& rows = batches[file];
    rows.file = file;
    for (int64_t row = 0; row < kRows; ++row) {
      const auto key = static_cast<int64_t>(random() % 300);
      const int64_t time = static_cast<int64_t>(random() % 1000) * 10'000 + file * kRows + row;
      rows.event_times.push_back(time);
      EXPECT_TRUE((key == 0 ? keys.AppendNull() : keys.Append(key)).ok());
      keyless += key == 0 ? 1 : 0;
      if (key != 0) newest[key] = std::max(newest.emplace(key, time).first->second, time);
    }
    rows.keys = keys.Finish().ValueOrDie();
  }
  return batches;
}

void ObserveAll(LatestTable& table, const std::vector<Rows>& batches, int64_t bytes_max) {
  std::vector<std::jthread> threads;
  for (const Rows& rows : batches) {
    threads.emplace_back([&table, &rows, bytes_max] {
      LatestTable::Scratch scratch;
      constexpr int64_t kStep = 100;
      const std::vector<uint32_t> wanted(kStep, 0);
      for (int64_t first = 0; first < kRows; first += kStep) {
        const std::span<const int64_t> times =
            std::span(rows.event_times).subspan(static_cast<size_t>(first), kStep);
        const Status observed = table.Observe({rows.keys->Slice(first, kStep)},
                                              {.key_ids = wanted,
                                               .event_times = times,
                                               .file = rows.file,
                                               .first_position = first},
                                              scratch);
        EXPECT_TRUE(observed.ok());
        if (table.bytes() > bytes_max) table.Shed(bytes_max);
      }
    });
  }
}

TEST(LatestTable, WhatIsLetGoOfIsAnotherTables) {
  for (const int64_t bytes_max : {int64_t{1} << 40, int64_t{20'000}, int64_t{1}}) {
    std::map<int64_t, int64_t> newest;
    int64_t keyless = 0;
    const std::vector<Rows> batches = RandomRows(1, newest, keyless);
    std::multiset<int64_t> expected;
    for (const auto& [key, time] : newest) expected.insert(time);
    std::multiset<int64_t> given;
    int tables = 0;
    for (size_t part = 0, parts = 1; part < parts; ++tables) {
      Result<LatestTable> table = LatestTable::Make({arrow::int64()}, part);
      ASSERT_TRUE(table.ok());
      ObserveAll(*table, batches, bytes_max);
      for (const Candidate& winner : table->Winners()) given.insert(winner.order.event_time);
      keyless -= table->keyless();
      ASSERT_GT(table->end_part(), part);
      part = table->end_part();
      parts = table->parts();
    }
    EXPECT_EQ(given, expected) << bytes_max;
    EXPECT_EQ(keyless, 0) << bytes_max;
    EXPECT_EQ(tables > 1, bytes_max < int64_t{1} << 40);
  }
}

}  // namespace
}  // namespace icefield
