#include "retrieval/why_rows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace icefield {
namespace {

SeenRow Row(int64_t event, int64_t created = kNoCreatedTime, int64_t position = 0) {
  return {.order = {.event_time = event,
                    .created_time = created,
                    .lineage = {},
                    .locator = {.file = 0, .position = position}},
          .commit_time = {},
          .row_id = {},
          .last_updated = {}};
}

std::vector<std::pair<int64_t, Verdict>> VerdictsOf(const WhyRows& rows) {
  std::vector<std::pair<int64_t, Verdict>> found;
  for (const JudgedRow& judged : rows.Judge().rows)
    found.emplace_back(judged.row.order.locator.position, judged.verdict);
  return found;
}

TEST(WhyRowsTest, GivesEveryRowItsRule) {
  WhyRows rows({.entity_time = 100, .oldest_fresh = 50, .created_cut = true}, 20);
  rows.Add(Row(101, 0, 0));
  rows.Add(Row(100, 101, 1));
  rows.Add(Row(100, kNoCreatedTime, 2));
  rows.Add(Row(90, 95, 3));
  rows.Add(Row(90, 95, 4));
  rows.Add(Row(90, 94, 5));
  rows.Add(Row(50, 60, 6));
  rows.Add(Row(49, 60, 7));
  SeenRow late = Row(95, 95, 8);
  late.commit_time = 101;
  rows.Add(late);
  ASSERT_NE(rows.Winner(), nullptr);
  EXPECT_EQ(rows.Winner()->order.locator.position, 4);
  EXPECT_EQ(VerdictsOf(rows),
            (std::vector<std::pair<int64_t, Verdict>>{{0, Verdict::kLater},
                                                      {1, Verdict::kCreatedLater},
                                                      {2, Verdict::kCreatedLater},
                                                      {8, Verdict::kCommittedLater},
                                                      {4, Verdict::kWinner},
                                                      {3, Verdict::kLostTie},
                                                      {5, Verdict::kCreatedEarlier},
                                                      {6, Verdict::kOlder},
                                                      {7, Verdict::kExpired}}));
}

TEST(WhyRowsTest, KeepsTheRowsNextToTheWinnerInAnyOrder) {
  std::vector<SeenRow> all;
  for (int64_t at = 0; at < 1000; ++at) all.push_back(Row(at, kNoCreatedTime, at));
  std::mt19937 random(7);
  for (int round = 0; round < 5; ++round) {
    std::shuffle(all.begin(), all.end(), random);
    WhyRows rows({.entity_time = 500, .oldest_fresh = 400, .created_cut = false}, 20);
    for (const SeenRow& row : all) rows.Add(row);
    const WhyRows::Judged judged = rows.Judge();
    std::vector<int64_t> kept;
    for (const JudgedRow& row : judged.rows) kept.push_back(row.row.order.event_time);
    // Four of each kind, then the rest to candidates.
    EXPECT_EQ(kept, (std::vector<int64_t>{504, 503, 502, 501, 500, 499, 498, 497, 496, 495,
                                          494, 493, 492, 491, 490, 489, 399, 398, 397, 396}));
    EXPECT_EQ(judged.others,
              (std::vector<std::pair<Verdict, int64_t>>{
                  {Verdict::kLater, 495}, {Verdict::kExpired, 396}, {Verdict::kOlder, 89}}));
  }
}

TEST(WhyRowsTest, TheWinnerIsAlwaysThere) {
  WhyRows rows({.entity_time = 10, .oldest_fresh = 0, .created_cut = false}, 1);
  for (int64_t at = 0; at < 50; ++at) rows.Add(Row(at, kNoCreatedTime, at));
  EXPECT_EQ(VerdictsOf(rows), (std::vector<std::pair<int64_t, Verdict>>{{10, Verdict::kWinner}}));
}

TEST(WhyRowsTest, NoRowsNoWinner) {
  WhyRows rows({.entity_time = 10, .oldest_fresh = 0, .created_cut = false}, 20);
  rows.Add(Row(11));
  EXPECT_EQ(rows.Winner(), nullptr);
  EXPECT_EQ(VerdictsOf(rows), (std::vector<std::pair<int64_t, Verdict>>{{0, Verdict::kLater}}));
}

}  // namespace
}  // namespace icefield
