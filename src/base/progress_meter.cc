#include "base/progress_meter.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include "base/strings.h"

namespace icefield {
namespace {

// Below, the pace says too little.
constexpr double kPaceFraction = 0.01;
constexpr double kPaceSeconds = 0.5;

constexpr size_t kBarColumns = 24;

double SecondsBetween(ProgressMeter::Clock::time_point from, ProgressMeter::Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

// "7s", "3m 05s", "2h 10m"
std::string ShortDuration(double seconds) {
  const auto whole = static_cast<int64_t>(std::min(std::ceil(seconds), 1e9));
  const auto two_digits = [](int64_t number) { return StrCat(number < 10 ? "0" : "", number); };
  if (whole < 60) return StrCat(whole, "s");
  if (whole < 3600) return StrCat(whole / 60, "m ", two_digits(whole % 60), "s");
  return StrCat(whole / 3600, "h ", two_digits(whole / 60 % 60), "m");
}

bool IsContinuation(char letter) { return (static_cast<uint8_t>(letter) & 0xC0) == 0x80; }

// Names of views may hold anything.
std::string Harmless(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char letter) { return static_cast<uint8_t>(letter) < 0x20; },
      '?');
  std::replace(text.begin(), text.end(), '\x7f', '?');
  return text;
}

// The first `columns` characters (code points) of UTF-8 text.
std::string FirstColumns(std::string text, size_t columns) {
  size_t seen = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    if (IsContinuation(text[at]) || ++seen <= columns) continue;
    text.resize(at);
    break;
  }
  return text;
}

std::string Bar(double fraction) {
  const auto full = static_cast<size_t>(fraction * static_cast<double>(kBarColumns));
  return StrCat("[", std::string(full, '#'), std::string(kBarColumns - full, '-'), "]");
}

}  // namespace

ProgressReport ProgressMeter::Report(Clock::time_point now) {
  last_ = now;
  ProgressReport report{.state = progress_.Look()};
  report.elapsed_s = SecondsBetween(start_, now);
  const Progress::State& state = report.state;
  if (state.total > 0) {
    if (!work_start_) work_start_ = now;
    const double fraction = static_cast<double>(state.done) / static_cast<double>(state.total);
    fraction_ = std::clamp(fraction, fraction_, 1.0);
  }
  report.fraction = fraction_;
  if (!work_start_ || fraction_ < kPaceFraction) return report;
  const double working = SecondsBetween(*work_start_, now);
  if (working >= kPaceSeconds) report.remaining_s = working / fraction_ * (1 - fraction_);
  return report;
}

ProgressReport ProgressMeter::Finish(Clock::time_point now) {
  ProgressReport report = Report(now);
  report.state.stage = "done";
  report.state.total = std::max(report.state.total, report.state.done);
  report.state.done = report.state.total;
  report.fraction = fraction_ = 1;
  report.remaining_s = 0;
  return report;
}

std::string ProgressLine(const ProgressReport& report, size_t columns) {
  const auto percent = static_cast<int64_t>(report.fraction * 100);
  std::string end = StrCat(" ", Bar(report.fraction), " ", percent < 10 ? " " : "", percent, "%");
  if (report.remaining_s) end += StrCat(", ", ShortDuration(*report.remaining_s), " left");
  const size_t room = columns > end.size() ? columns - end.size() : 0;
  return FirstColumns(FirstColumns(Harmless(report.state.stage), room) + end, columns);
}

}  // namespace icefield
