#include "pit/slot_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <span>
#include <thread>
#include <tuple>

#include "pit/dictionary.h"
#include "pit/row_numbers.h"

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

// The obvious answer: every row against the entity row.
SlotTable::Resolved AnswerOf(const std::vector<Row>& rows, const EntityRow& entity,
                             const Cuts& cuts, int64_t oldest_fresh) {
  if (!entity.time) return {};
  SlotTable::Resolved answer;
  for (const Row& row : rows) {
    if (row.key != entity.key) continue;
    if (row.event > *entity.time) {
      if (answer.outcome == Outcome::kKeyAbsent) answer.outcome = Outcome::kOnlyLaterRows;
      continue;
    }
    const bool cut =
        (cuts.committed && row.committed > *entity.time) ||
        (cuts.created && (row.created == kNoCreatedTime || row.created > *entity.time));
    if (cut) {
      if (answer.outcome != Outcome::kHit) answer.outcome = Outcome::kCut;
      continue;
    }
    answer.outcome = Outcome::kHit;
    answer.winner.Merge({{row.event, row.created, row.lineage, {row.file, row.position}}, false});
  }
  if (answer.outcome == Outcome::kHit && answer.winner.order.event_time < oldest_fresh)
    return {Outcome::kExpired, {}};
  return answer;
}

// How a random case looks.
struct Shape {
  uint32_t keys = 8;
  int rows = 60;
  int entities = 40;
  int64_t event_times = 30;  // Distinct ones ...
  int64_t tick = 1;          // ... so far apart.
  int64_t start = 0;
  int64_t ttl = 0;
  Cuts cuts = {};
  bool sorted = false;  // By key and time, as sorted files are.
  bool created = true;
  bool lineage = true;
  bool aside = false;  // Ties are, and rows come with neither of the two.
};

std::vector<Row> RandomRows(std::mt19937& random, const Shape& shape) {
  std::vector<Row> rows;
  const auto time_in = [&](int64_t times) {
    return shape.start + static_cast<int64_t>(random() % static_cast<uint64_t>(times)) * shape.tick;
  };
  for (int at = 0; at < shape.rows; ++at) {
    Row row{.key = static_cast<uint32_t>(random() % shape.keys),
            .event = time_in(shape.event_times),
            .created = time_in(shape.event_times * 4 / 3),
            .file = static_cast<uint32_t>(random() % 3),
            .position = int64_t{at},
            .committed = time_in(shape.event_times * 4 / 3)};
    if (!shape.created || random() % 4 == 0) row.created = kNoCreatedTime;
    if (shape.lineage && random() % 3 != 0) row.lineage.last_updated = int64_t(random() % 3);
    if (shape.lineage && random() % 3 != 0) row.lineage.row_id = int64_t(random() % 50);
    rows.push_back(row);
  }
  std::shuffle(rows.begin(), rows.end(), random);
  if (shape.sorted) {
    std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
      return std::tie(a.key, a.event) < std::tie(b.key, b.event);
    });
  }
  return rows;
}

std::vector<EntityRow> RandomEntities(std::mt19937& random, const Shape& shape) {
  std::vector<EntityRow> entities;
  for (int at = 0; at < shape.entities; ++at) {
    const auto times = static_cast<uint64_t>(shape.event_times * 7 / 6);
    EntityRow entity{static_cast<uint32_t>(random() % shape.keys),
                     shape.start + static_cast<int64_t>(random() % times) * shape.tick};
    if (random() % 10 == 0) entity.time.reset();
    entities.push_back(entity);
  }
  return entities;
}

// The rows as batches of up to `batch_rows`, each of one file.
void ObserveAll(std::span<const Row> rows, SlotTable& table, size_t batch_rows, bool with_created,
                bool with_lineage, bool with_commit) {
  for (uint32_t file = 0; file < 3; ++file) {
    std::vector<uint32_t> keys;
    std::vector<int64_t> events;
    std::vector<int64_t> created;
    std::vector<int64_t> committed;
    std::vector<RowLineage> lineages;
    std::vector<int64_t> positions;
    const auto flush = [&] {
      // Positions grow within a batch.
      EXPECT_TRUE(table
                      .Observe({.key_ids = keys,
                                .event_times = events,
                                .created_times = created,
                                .commit_times = committed,
                                .lineages = lineages,
                                .positions = positions,
                                .file = file})
                      .ok());
      for (auto* times : {&events, &created, &committed, &positions}) times->clear();
      keys.clear();
      lineages.clear();
    };
    for (const Row& row : rows) {
      if (row.file != file) continue;
      keys.push_back(row.key);
      events.push_back(row.event);
      if (with_created) created.push_back(row.created);
      if (with_commit) committed.push_back(row.committed);
      if (with_lineage) lineages.push_back(row.lineage);
      positions.push_back(row.position);
      if (keys.size() == batch_rows) flush();
    }
    flush();
  }
}

SpineIndex IndexOf(const std::vector<EntityRow>& entities, uint32_t keys) {
  std::vector<uint32_t> ids;
  std::vector<std::optional<int64_t>> times;
  for (const EntityRow& entity : entities) {
    ids.push_back(entity.key);
    times.push_back(entity.time);
  }
  return *BuildSpineIndex(ids, keys, times);
}

int64_t OldestFreshOf(const EntityRow& entity, int64_t ttl) {
  if (ttl == 0 || !entity.time) return INT64_MIN;
  return *entity.time < INT64_MIN + ttl ? INT64_MIN : *entity.time - ttl;
}

// Tells the slots of the rows that they hold, as these are when they are read again. Returns them
// by number.
std::vector<RowLocator> Settle(const std::vector<Row>& rows, const Shape& shape, SlotTable& table) {
  std::map<RowLocator, Row> by_locator;
  for (const Row& row : rows) by_locator.emplace(RowLocator{row.file, row.position}, row);
  const auto asked = [&](size_t first, std::span<uint64_t> packed) {
    table.GetContenders(first, packed);
  };
  NumberedRows numbered = *NumberRows(table.CountContenders(), asked, {1000, 1000, 1000}, {});
  std::vector<int64_t> created;
  std::vector<RowLineage> lineages;
  for (const RowLocator& locator : numbered.rows) {
    if (shape.created) created.push_back(by_locator.at(locator).created);
    if (shape.lineage) lineages.push_back(by_locator.at(locator).lineage);
  }
  const FoundRows found{
      .numbers = numbered.numbers, .created_times = created, .lineages = lineages};
  EXPECT_TRUE(table.Settle(found, {.threads = 3}).ok());
  return std::move(numbered.rows);
}

// A random case on several threads against the obvious answer.
void CompareWithTheObvious(const Shape& shape, uint32_t seed, size_t threads) {
  std::mt19937 random(seed);
  const std::vector<Row> rows = RandomRows(random, shape);
  const std::vector<EntityRow> entities = RandomEntities(random, shape);
  const SpineIndex index = IndexOf(entities, shape.keys);
  SlotTable table(index, {.created_cut = shape.cuts.created,
                          .commit_cut = shape.cuts.committed,
                          .ttl = shape.ttl,
                          .files = 3,
                          .ties_max = shape.aside ? 2 * rows.size() : 0});
  const size_t batch_rows = 1 + random() % 700;
  {
    std::vector<std::jthread> workers;
    for (size_t part = 0; part < threads; ++part) {
      workers.emplace_back([&, part] {
        const size_t first = rows.size() * part / threads;
        const size_t end = rows.size() * (part + 1) / threads;
        ObserveAll(std::span(rows).subspan(first, end - first), table, batch_rows,
                   shape.created && !shape.aside, shape.lineage && !shape.aside,
                   shape.cuts.committed);
      });
    }
  }
  std::vector<RowLocator> contenders;
  if (shape.aside) contenders = Settle(rows, shape, table);
  ASSERT_TRUE(table.Spread({.threads = 3}).ok());
  for (size_t at = 0; at < entities.size(); ++at) {
    const int64_t oldest_fresh = OldestFreshOf(entities[at], shape.ttl);
    const SlotTable::Resolved wanted = AnswerOf(rows, entities[at], shape.cuts, oldest_fresh);
    SlotTable::Resolved got = table.Resolve(at, oldest_fresh);
    if (shape.aside && got.outcome == Outcome::kHit) {
      RowOrder& order = got.winner.order;
      EXPECT_EQ(order.locator.file, 0U);
      order.locator = contenders.at(static_cast<size_t>(order.locator.position));
      // Of rows that nothing ties with they are not looked at.
      order.lineage = wanted.winner.order.lineage;
    }
    ASSERT_EQ(wanted.outcome, got.outcome) << "seed " << seed << ", entity row " << at;
    ASSERT_EQ(wanted.winner, got.winner) << "seed " << seed << ", entity row " << at;
  }
}

TEST(SlotTable, SetsTiesAside) {
  for (uint32_t seed = 0; seed < 400; ++seed) {
    CompareWithTheObvious({.ttl = seed % 3 == 0 ? 0 : 1 + seed % 15,
                           .sorted = seed % 2 == 0,
                           .created = seed % 5 != 0,
                           .lineage = seed % 7 != 0,
                           .aside = true},
                          seed, 1);
  }
  for (uint32_t seed = 0; seed < 48; ++seed) {
    CompareWithTheObvious({.keys = std::array{2U, 40U, 400U}[seed % 3],
                           .rows = 3000,
                           .entities = 400,
                           .event_times = std::array{20, 300, 20000}[seed / 2 % 3],
                           .ttl = seed % 3 == 1 ? 0 : 1 + seed % 50,
                           .sorted = seed % 4 >= 2,
                           .created = seed % 7 != 0,
                           .lineage = seed % 5 != 0,
                           .aside = true},
                          seed, 1 + seed % 4);
  }
}

TEST(SlotTable, GivesUpWhereTooManyRowsTie) {
  const SpineIndex index = IndexOf({{0, 10}}, 1);
  std::vector<Row> rows;
  for (int64_t position = 0; position < 100; ++position) rows.push_back({0, 9, 0, 0, position});
  SlotTable enough(index, {.files = 3, .ties_max = 200});
  ObserveAll(rows, enough, 10, false, false, false);
  EXPECT_FALSE(enough.too_many_ties());
  EXPECT_EQ(enough.CountContenders(), enough.first_tied() + 100);

  SlotTable table(index, {.files = 3, .ties_max = 100});
  const std::vector<uint32_t> keys(101, 0);
  const std::vector<int64_t> events(101, 9);
  const ObservedRows many{.key_ids = keys, .event_times = events};
  EXPECT_EQ(table.Observe(many).error().code, ErrorCode::kResourceExhausted);
  EXPECT_TRUE(table.too_many_ties());

  // What is stale does not count.
  SlotTable stale(index, {.files = 3, .ties_max = 100});
  for (int64_t event = 0; event < 10; ++event) {
    for (Row& row : rows) row.event = event;
    ObserveAll(std::span(rows).first(20), stale, 10, false, false, false);
  }
  EXPECT_FALSE(stale.too_many_ties());
  EXPECT_EQ(stale.CountContenders(), stale.first_tied() + 20);
}

class SlotTableRandom : public testing::TestWithParam<Cuts> {};

TEST_P(SlotTableRandom, AgreesWithEveryRowAgainstEveryEntityRow) {
  for (uint32_t seed = 0; seed < 200; ++seed) {
    const int64_t ttl = seed % 3 == 0 ? 0 : 1 + seed % 15;
    for (const bool sorted : {false, true})
      CompareWithTheObvious({.ttl = ttl, .cuts = GetParam(), .sorted = sorted}, seed, 1);
  }
}

TEST_P(SlotTableRandom, InManyBlocksOnManyThreads) {
  for (uint32_t seed = 0; seed < 24; ++seed) {
    // Few keys of many slots, many keys of few; times that are equal when coarse, and far apart.
    const int64_t tick = std::array<int64_t, 4>{1, 997, 1'000'003, int64_t{1} << 44}[seed % 4];
    const Shape shape{.keys = std::array{2U, 40U, 400U}[seed % 3],
                      .rows = 3000,
                      .entities = 400,
                      .event_times = seed % 2 == 0 ? 300 : 20000,
                      .tick = tick,
                      .start = seed % 5 == 0 ? INT64_MIN : int64_t{1} << 50,
                      .ttl = seed % 3 == 1 ? 0 : tick * (1 + seed % 50),
                      .cuts = GetParam(),
                      .sorted = seed % 4 >= 2,
                      .created = seed % 7 != 0 || GetParam().created,
                      .lineage = seed % 5 != 0};
    CompareWithTheObvious(shape, seed, 1 + seed % 4);
  }
}

INSTANTIATE_TEST_SUITE_P(Cuts, SlotTableRandom,
                         testing::Values(Cuts{}, Cuts{.created = true}, Cuts{.committed = true},
                                         Cuts{.created = true, .committed = true}));

TEST(SlotTable, EntityTimesCrowdedFarFromOne) {
  // One time far away makes all others equal when coarse.
  std::mt19937 random(3);
  const Shape shape{.keys = 2, .rows = 4000, .event_times = 500, .ttl = 40};
  const std::vector<Row> rows = RandomRows(random, shape);
  std::vector<EntityRow> entities;
  for (int64_t time = 0; time < 600; ++time) entities.push_back({uint32_t(time % 2), time});
  entities.push_back({0, INT64_MAX});
  entities.push_back({1, INT64_MIN});
  const SpineIndex index = IndexOf(entities, 2);
  SlotTable table(index, {.ttl = 40, .files = 3});
  ObserveAll(rows, table, 300, true, true, false);
  ASSERT_TRUE(table.Spread({.threads = 3}).ok());
  for (size_t at = 0; at < entities.size(); ++at) {
    const int64_t oldest_fresh = OldestFreshOf(entities[at], 40);
    const SlotTable::Resolved wanted = AnswerOf(rows, entities[at], {}, oldest_fresh);
    const SlotTable::Resolved got = table.Resolve(at, oldest_fresh);
    ASSERT_EQ(wanted.outcome, got.outcome) << "entity row " << at;
    ASSERT_EQ(wanted.winner, got.winner) << "entity row " << at;
  }
}

TEST(SlotTable, PositionsThatCannotBeNotedAreRefused) {
  const SpineIndex index = IndexOf({{0, 5}}, 1);
  SlotTable table(index, {.files = 100'000});
  const uint32_t key = 0;
  const int64_t event = 1;
  const ObservedRows rows{.key_ids = {&key, 1}, .event_times = {&event, 1}};
  ObservedRows far = rows;
  far.first_position = int64_t{1} << 45;
  EXPECT_EQ(table.Observe(far).error().code, ErrorCode::kUnsupported);
  far.first_position = (int64_t{1} << 45) - 1;
  far.file = 99'999;
  EXPECT_TRUE(table.Observe(far).ok());
  EXPECT_TRUE(table.Observe(rows).ok());
  EXPECT_TRUE(table.Spread({.threads = 3}).ok());
  EXPECT_EQ(table.Resolve(0, INT64_MIN).winner.order.locator,
            (RowLocator{99'999, (int64_t{1} << 45) - 1}));
}

SlotTable::Resolved Resolve(const std::vector<Row>& rows, int64_t entity_time, bool cut,
                            int64_t ttl) {
  const EntityRow entity{0, entity_time};
  const SpineIndex index = IndexOf({entity}, 1);
  SlotTable table(index, {.created_cut = cut, .ttl = ttl, .files = 3});
  ObserveAll(rows, table, 1, true, true, false);
  EXPECT_TRUE(table.Spread({.threads = 3}).ok());
  return table.Resolve(0, OldestFreshOf(entity, ttl));
}

TEST(SlotTable, SaysWhyThereIsNoWinner) {
  const Row row{0, 10, 20, 0, 0};
  EXPECT_EQ(Resolve({}, 15, false, 0).outcome, Outcome::kKeyAbsent);
  EXPECT_EQ(Resolve({row}, 9, false, 0).outcome, Outcome::kOnlyLaterRows);
  EXPECT_EQ(Resolve({row}, 15, false, 4).outcome, Outcome::kExpired);
  EXPECT_EQ(Resolve({row}, 1500, false, 4).outcome, Outcome::kExpired);
  EXPECT_EQ(Resolve({row}, 15, false, 5).outcome, Outcome::kHit);
  EXPECT_EQ(Resolve({row}, 15, true, 0).outcome, Outcome::kCut);
  EXPECT_EQ(Resolve({row}, 20, true, 0).outcome, Outcome::kHit);
  EXPECT_EQ(Resolve({row}, 2000, true, 5).outcome, Outcome::kExpired);
}

TEST(SlotTable, CountsFullTies) {
  EXPECT_TRUE(Resolve({{0, 10, 5, 0, 0}, {0, 10, 5, 1, 0}}, 10, false, 0).winner.tied);
  EXPECT_FALSE(Resolve({{0, 10, 5, 0, 0}, {0, 10, 6, 1, 0}}, 10, false, 0).winner.tied);
  // A tie among losers is none.
  EXPECT_FALSE(
      Resolve({{0, 9, 5, 0, 0}, {0, 9, 5, 0, 1}, {0, 10, 5, 0, 2}}, 10, false, 0).winner.tied);
}

TEST(SlotTable, LineageGoesBeforeFilesAndPositions) {
  EXPECT_EQ(
      Resolve({{0, 9, 5, 0, 0, {4, 7}}, {0, 9, 5, 1, 0, {4, 6}}, {0, 9, 5, 2, 0}}, 10, false, 0)
          .winner.order.locator,
      (RowLocator{0, 0}));
}

TEST(SlotTable, TimesAtTheEndsOfTheRange) {
  const auto outcome_at = [](int64_t time, int64_t ttl) {
    return Resolve({{0, time, kNoCreatedTime, 0, 0}}, time, false, ttl).outcome;
  };
  for (const int64_t ttl : {int64_t{0}, int64_t{1}, INT64_MAX}) {
    EXPECT_EQ(outcome_at(INT64_MIN, ttl), Outcome::kHit);
    EXPECT_EQ(outcome_at(INT64_MAX, ttl), Outcome::kHit);
  }
}

TEST(SpineIndex, KeepsOneSlotForEachKeyAndTime) {
  const SpineIndex index = *BuildSpineIndex({1, 0, 1, kNoId, 1}, 2, {5, 7, 3, 9, 5});
  EXPECT_EQ(index.first_slot, (std::vector<uint32_t>{0, 1, 3}));
  EXPECT_EQ(index.slot_times, (std::vector<int64_t>{7, 3, 5}));
  EXPECT_EQ(index.slot_of_row, (std::vector<uint32_t>{2, 0, 1, kNoSlot, 2}));
}

TEST(SpineIndex, IsTheSameOnEveryNumberOfThreads) {
  std::mt19937 random(7);
  for (const uint32_t keys : {1U, 3U, 40'000U}) {
    std::vector<uint32_t> ids(100'000);
    std::vector<std::optional<int64_t>> times(ids.size());
    std::vector<std::set<int64_t>> wanted(keys);
    for (size_t row = 0; row < ids.size(); ++row) {
      ids[row] = random() % 20 == 0 ? kNoId : random() % keys;
      if (random() % 20 != 0) times[row] = static_cast<int64_t>(random() % 5000) - 2500;
      if (ids[row] != kNoId && times[row]) wanted[ids[row]].insert(*times[row]);
    }
    for (const int threads : {1, 2, 5}) {
      const SpineIndex index = *BuildSpineIndex(ids, keys, times, {.threads = threads});
      for (uint32_t key = 0; key < keys; ++key) {
        const auto first = index.slot_times.begin() + index.first_slot[key];
        const auto end = index.slot_times.begin() + index.first_slot[key + 1];
        ASSERT_TRUE(std::equal(first, end, wanted[key].begin(), wanted[key].end()));
      }
      for (size_t row = 0; row < ids.size(); ++row) {
        const uint32_t slot = index.slot_of_row[row];
        const bool has_slot = ids[row] != kNoId && times[row];
        ASSERT_EQ(slot != kNoSlot, has_slot);
        if (!has_slot) continue;
        ASSERT_EQ(index.slot_times[slot], *times[row]);
        ASSERT_TRUE(slot >= index.first_slot[ids[row]] && slot < index.first_slot[ids[row] + 1]);
      }
    }
  }
}

TEST(SpineIndex, StopsWhenAsked) {
  const std::vector<uint32_t> ids(10, 0);
  const std::vector<std::optional<int64_t>> times(10, 1);
  const auto index =
      BuildSpineIndex(ids, 1, times, {.threads = 2, .interrupted = [] { return true; }});
  ASSERT_FALSE(index.ok());
  EXPECT_EQ(index.error().code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace icefield
