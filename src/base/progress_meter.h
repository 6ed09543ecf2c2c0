/// Progress as its watchers are told of it: how much of the whole, and how long it will take.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "base/progress.h"

namespace icefield {

/// What a watcher is told.
struct ProgressReport {
  Progress::State state;
  double fraction = 0;  ///< Done, in [0, 1]; never falls.
  double elapsed_s = 0;
  /// Seconds that are left, by the pace so far; none before there is a pace.
  std::optional<double> remaining_s;
};

/// Reports on one progress over its time. Not thread-safe.
class ProgressMeter {
 public:
  using Clock = std::chrono::steady_clock;

  /// Between two reports at least: nobody reads faster.
  static constexpr std::chrono::milliseconds kInterval{100};

  /// `progress` is borrowed; its time starts now.
  explicit ProgressMeter(const Progress& progress, Clock::time_point now = Clock::now())
      : progress_(progress), start_(now), last_(now) {}

  /// Whether it is time for a report.
  bool IsDue(Clock::time_point now = Clock::now()) const { return now - last_ >= kInterval; }

  /// A report, now.
  ProgressReport Report(Clock::time_point now = Clock::now());

  /// The report when all is done: stage "done", all of the work, no time left.
  ProgressReport Finish(Clock::time_point now = Clock::now());

 private:
  const Progress& progress_;
  const Clock::time_point start_;
  Clock::time_point last_;
  std::optional<Clock::time_point> work_start_;  // Before it there was nothing to be done.
  double fraction_ = 0;
};

/// A report as one line of at most `columns` characters, without what a terminal would obey:
/// "gathering driver_stats [######------] 48%, 12s left".
std::string ProgressLine(const ProgressReport& report, size_t columns);

}  // namespace icefield
