#include "pit/slot_table.h"

#include <arrow/builder.h>

#include <algorithm>
#include <random>
#include <thread>

#include "pit/dictionary.h"
#include "pit/latest_table.h"

namespace icefield {
namespace {

struct Row {
  uint32_t key;
  int64_t event;
  int64_t created;
  uint32_t file;
  int64_t position;
  RowLineage lineage = {};
  int64_t committed = INT64_MIN;
};

struct Cuts {
  bool created = false;
  bool committed = false;
};

struct EntityRow {
  uint32_t key;
  std::optional<int64_t> time;
};

// The obvious answer: every row against every entity row.
std::optional<RowOrder> BestOf(const std::vector<Row>& rows, const EntityRow& entity,
                               const Cuts& cuts) {
  std::optional<RowOrder> best;
  for (const Row& row : rows) {
    if (!entity.time || row.key != entity.key || row.event > *entity.time) continue;
    if (cuts.committed && row.committed > *entity.time) continue;
    if (cuts.created && (row.created == kNoCreatedTime || row.created > *entity.time)) continue;
    const RowOrder order{row.event, row.created, row.lineage, {row.file, row.position}};
    if (!best || order > *best) best = order;
  }
  return best;
}

std::vector<Row> RandomRows(std::mt19937& random, int count) {
  std::vector<Row> rows;
  for (int at = 0; at < count; ++at) {
    const int64_t created =
        random() % 4 == 0 ? kNoCreatedTime : static_cast<int64_t>(random() % 40);
    const RowLineage lineage{random() % 3 == 0 ? RowLineage::kNone : int64_t(random() % 3),
                             random() % 3 == 0 ? RowLineage::kNone : int64_t(random() % 50)};
    rows.push_back({static_cast<uint32_t>(random() % 8), static_cast<int64_t>(random() % 30),
                    created, static_cast<uint32_t>(random() % 3), int64_t{at}, lineage,
                    static_cast<int64_t>(random() % 40)});
  }
  return rows;
}

void ObserveAll(const std::vector<Row>& rows, SlotTable& table, bool commit_cut = false) {
  SlotTable::Scratch scratch;
  for (const Row& row : rows) {
    table.Observe({.key_ids = {&row.key, 1},
                   .event_times = {&row.event, 1},
                   .created_times = {&row.created, 1},
                   .commit_times = {&row.committed, commit_cut ? 1U : 0U},
                   .positions = {&row.position, 1},
                   .lineages = {&row.lineage, 1},
                   .file = row.file},
                  scratch);
  }
}

SpineIndex IndexOf(const std::vector<EntityRow>& entities, uint32_t keys) {
  std::vector<uint32_t> ids;
  std::vector<std::optional<int64_t>> times;
  for (const EntityRow& entity : entities) {
    ids.push_back(entity.key);
    times.push_back(entity.time);
  }
  return BuildSpineIndex(ids, keys, times);
}

std::vector<EntityRow> RandomEntities(std::mt19937& random, int count) {
  std::vector<EntityRow> entities;
  for (int at = 0; at < count; ++at) {
    EntityRow entity{static_cast<uint32_t>(random() % 8), static_cast<int64_t>(random() % 35)};
    if (random() % 10 == 0) entity.time.reset();
    entities.push_back(entity);
  }
  return entities;
}

class SlotTableRandom : public testing::TestWithParam<Cuts> {};

TEST_P(SlotTableRandom, AgreesWithEveryRowAgainstEveryEntityRow) {
  for (uint32_t seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    std::vector<Row> rows = RandomRows(random, 60);
    const std::vector<EntityRow> entities = RandomEntities(random, 40);
    const SpineIndex index = IndexOf(entities, 8);
    SlotTable table(index, GetParam().created);
    std::shuffle(rows.begin(), rows.end(), random);
    ObserveAll(rows, table, GetParam().committed);
    table.Spread();
    for (size_t at = 0; at < entities.size(); ++at) {
      const std::optional<RowOrder> wanted = BestOf(rows, entities[at], GetParam());
      const SlotTable::Resolved got = table.Resolve(at, INT64_MIN);
      ASSERT_EQ(wanted.has_value(), got.outcome == Outcome::kHit)
          << "seed " << seed << ", entity row " << at;
      if (wanted) {
        ASSERT_EQ(*wanted, got.winner->order) << "seed " << seed << ", entity row " << at;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Cuts, SlotTableRandom,
                         testing::Values(Cuts{}, Cuts{.created = true}, Cuts{.committed = true},
                                         Cuts{.created = true, .committed = true}));

TEST(SlotTable, ManyThreadsGiveWhatOneGives) {
  std::mt19937 random(7);
  const std::vector<Row> rows = RandomRows(random, 20000);
  const SpineIndex index = IndexOf(RandomEntities(random, 500), 8);
  SlotTable alone(index, false);
  ObserveAll(rows, alone);
  alone.Spread();
  SlotTable shared(index, false);
  {
    std::vector<std::jthread> threads;
    for (size_t part = 0; part < 4; ++part) {
      threads.emplace_back([&, part] {
        ObserveAll({rows.begin() + static_cast<int64_t>(part) * 5000,
                    rows.begin() + static_cast<int64_t>(part + 1) * 5000},
                   shared);
      });
    }
  }
  shared.Spread();
  for (size_t row = 0; row < index.slot_of_row.size(); ++row) {
    const SlotTable::Resolved one = alone.Resolve(row, INT64_MIN);
    const SlotTable::Resolved many = shared.Resolve(row, INT64_MIN);
    ASSERT_EQ(one.outcome, many.outcome);
    if (one.winner != nullptr) {
      ASSERT_EQ(*one.winner, *many.winner);
    }
  }
}

SlotTable::Resolved Resolve(const std::vector<Row>& rows, int64_t entity_time, bool cut,
                            int64_t oldest_fresh) {
  static SpineIndex index;
  static std::unique_ptr<SlotTable> table;
  index = IndexOf({{0, entity_time}}, 1);
  table = std::make_unique<SlotTable>(index, cut);
  ObserveAll(rows, *table);
  table->Spread();
  return table->Resolve(0, oldest_fresh);
}

TEST(SlotTable, SaysWhyThereIsNoWinner) {
  const Row row{0, 10, 20, 0, 0};
  EXPECT_EQ(Resolve({}, 15, false, INT64_MIN).outcome, Outcome::kKeyAbsent);
  EXPECT_EQ(Resolve({row}, 9, false, INT64_MIN).outcome, Outcome::kOnlyLaterRows);
  EXPECT_EQ(Resolve({row}, 15, false, 11).outcome, Outcome::kExpired);
  EXPECT_EQ(Resolve({row}, 15, false, 10).outcome, Outcome::kHit);
  EXPECT_EQ(Resolve({row}, 15, true, INT64_MIN).outcome, Outcome::kCut);
  EXPECT_EQ(Resolve({row}, 20, true, INT64_MIN).outcome, Outcome::kHit);
}

TEST(SlotTable, CountsFullTies) {
  EXPECT_TRUE(Resolve({{0, 10, 5, 0, 0}, {0, 10, 5, 1, 0}}, 10, false, INT64_MIN).winner->tied);
  EXPECT_FALSE(Resolve({{0, 10, 5, 0, 0}, {0, 10, 6, 1, 0}}, 10, false, INT64_MIN).winner->tied);
  // A tie among losers is none.
  EXPECT_FALSE(Resolve({{0, 9, 5, 0, 0}, {0, 9, 5, 0, 1}, {0, 10, 5, 0, 2}}, 10, false, INT64_MIN)
                   .winner->tied);
}

TEST(SlotTable, LineageGoesBeforeFilesAndPositions) {
  EXPECT_EQ(Resolve({{0, 9, 5, 0, 0, {4, 7}}, {0, 9, 5, 1, 0, {4, 6}}, {0, 9, 5, 2, 0}}, 10, false,
                    INT64_MIN)
                .winner->order.locator,
            (RowLocator{0, 0}));
}

TEST(SlotTable, TimesAtTheEndsOfTheRange) {
  EXPECT_EQ(Resolve({{0, INT64_MIN, kNoCreatedTime, 0, 0}}, INT64_MIN, false, INT64_MIN).outcome,
            Outcome::kHit);
  EXPECT_EQ(Resolve({{0, INT64_MAX, kNoCreatedTime, 0, 0}}, INT64_MAX, false, INT64_MAX).outcome,
            Outcome::kHit);
}

TEST(SpineIndex, KeepsOneSlotForEachKeyAndTime) {
  const SpineIndex index = BuildSpineIndex({1, 0, 1, kNoId, 1}, 2, {5, 7, 3, 9, 5});
  EXPECT_EQ(index.first_slot, (std::vector<uint32_t>{0, 1, 3}));
  EXPECT_EQ(index.slot_times, (std::vector<int64_t>{7, 3, 5}));
  EXPECT_EQ(index.slot_of_row, (std::vector<uint32_t>{2, 0, 1, kNoSlot, 2}));
}

TEST(LatestTable, KeepsTheBestRowOfEveryKeyOnAnyThread) {
  Result<LatestTable> table = LatestTable::Make({arrow::int64()});
  ASSERT_TRUE(table.ok());
  {
    std::vector<std::jthread> threads;
    for (int64_t part = 0; part < 4; ++part) {
      threads.emplace_back([&, part] {
        LatestTable::Scratch scratch;
        arrow::Int64Builder keys;
        std::vector<int64_t> events;
        for (int64_t row = 0; row < 1000; ++row) {
          ASSERT_TRUE(keys.Append(row % 10).ok());
          events.push_back(part * 1000 + row);
        }
        const std::vector<uint32_t> wanted(1000, 0);
        ASSERT_TRUE(table
                        ->Observe({*keys.Finish()},
                                  {.key_ids = wanted, .event_times = events, .file = 3}, scratch)
                        .ok());
      });
    }
  }
  const std::vector<Candidate> winners = table->Winners();
  ASSERT_EQ(winners.size(), 10U);
  for (const Candidate& winner : winners) EXPECT_GE(winner.order.event_time, 3990);
}

}  // namespace
}  // namespace icefield
