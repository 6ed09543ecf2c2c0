#include "base/progress_meter.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "base/strings.h"

namespace icefield {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Progress, PassesAddUpFromManyThreads) {
  Progress progress;
  progress.Expect(1'000'003);
  {
    PassProgress pass(&progress, 1'000'003, 7'777);
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 7; ++thread)
      threads.emplace_back([&] {
        for (int row = 0; row < 1'000; ++row) pass.AddRows(1);
      });
    threads.clear();
    EXPECT_EQ(progress.Look().done, int64_t{1'000'003} * 7'000 / 7'777);
  }
  EXPECT_EQ(progress.Look().done, 1'000'003);
}

TEST(Progress, APassNeverGivesMoreThanItsPart) {
  Progress progress;
  {
    PassProgress pass(&progress, 100, 10);
    pass.AddRows(25);
    EXPECT_EQ(progress.Look().done, 100);
  }
  {
    const PassProgress of_no_rows(&progress, 5, 0);
  }
  EXPECT_EQ(progress.Look().done, 105);
}

TEST(Progress, StagesAreSeenByOtherThreads) {
  Progress progress;
  std::jthread other([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const std::string stage = progress.Look().stage;
      if (!stage.empty()) {
        EXPECT_EQ(stage.substr(0, 6), "stage ");
      }
    }
  });
  for (int at = 0; at < 10'000; ++at) progress.Enter(StrCat("stage ", at));
  EXPECT_EQ(progress.Look().stage, "stage 9999");
}

TEST(ProgressMeter, ItsPaceSaysWhatIsLeft) {
  const ProgressMeter::Clock::time_point start;
  Progress progress;
  ProgressMeter meter(progress, start);
  EXPECT_FALSE(meter.IsDue(start + milliseconds(99)));
  EXPECT_TRUE(meter.IsDue(start + milliseconds(100)));
  progress.Enter("planning");
  // Ten seconds of planning are no part of the pace.
  EXPECT_EQ(meter.Report(start + seconds(9)).remaining_s, std::nullopt);
  EXPECT_FALSE(meter.IsDue(start + seconds(9) + milliseconds(99)));
  progress.Expect(400);
  EXPECT_EQ(meter.Report(start + seconds(10)).fraction, 0);
  progress.Add(100);
  const ProgressReport quarter = meter.Report(start + seconds(12));
  EXPECT_EQ(quarter.fraction, 0.25);
  EXPECT_EQ(quarter.elapsed_s, 12);
  EXPECT_EQ(quarter.remaining_s, 6);
}

TEST(ProgressMeter, AFractionNeverFalls) {
  const ProgressMeter::Clock::time_point start;
  Progress progress;
  ProgressMeter meter(progress, start);
  progress.Expect(100);
  progress.Add(50);
  EXPECT_EQ(meter.Report(start).fraction, 0.5);
  progress.Expect(100);
  EXPECT_EQ(meter.Report(start).fraction, 0.5);
  progress.Add(500);
  EXPECT_EQ(meter.Report(start).fraction, 1);
  progress.Expect(-200);
  const ProgressReport last = meter.Finish(start + seconds(3));
  EXPECT_EQ(last.fraction, 1);
  EXPECT_EQ(last.state.stage, "done");
  EXPECT_EQ(last.state.done, last.state.total);
  EXPECT_EQ(last.remaining_s, 0);
}

TEST(ProgressLine, FitsItsTerminal) {
  ProgressReport report{.state = {.stage = "gathering v\xC3\xA9locit\xC3\xA9\x1b[2J"}};
  report.fraction = 0.5;
  report.remaining_s = 61.5;
  EXPECT_EQ(ProgressLine(report, 80),
            "gathering v\xC3\xA9locit\xC3\xA9?[2J [############------------] 50%, 1m 02s left");
  EXPECT_EQ(ProgressLine(report, 56),
            "gathering v\xC3\xA9 [############------------] 50%, 1m 02s left");
  EXPECT_EQ(ProgressLine(report, 5), " [###");
  EXPECT_EQ(ProgressLine(report, 0), "");
  report.fraction = 1;
  report.remaining_s = 7200;
  EXPECT_EQ(ProgressLine(report, 99),
            "gathering v\xC3\xA9locit\xC3\xA9?[2J [########################] 100%, 2h 00m left");
}

}  // namespace
}  // namespace icefield
