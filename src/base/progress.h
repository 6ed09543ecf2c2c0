/// How far long work has come, to be looked at while it runs.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace icefield {

/// What is done, how much of it, of how much. One thread at a time names stages; any thread adds
/// work and looks. Work is counted in whatever unit its parts have in common. Adding it takes no
/// lock and allocates nothing.
class Progress {
 public:
  struct State {
    std::string stage;  ///< Such as "gathering driver_stats"; empty before the first.
    int64_t done = 0;
    int64_t total = 0;  ///< As far as it is known; may change in both directions.
  };

  /// `stage` is what is being done from now on.
  void Enter(std::string stage) {
    stage_.store(&stages_.emplace_back(std::move(stage)), std::memory_order_release);
  }

  /// So much more work is known of; less where negative.
  void Expect(int64_t units) { total_.fetch_add(units, std::memory_order_relaxed); }

  /// So much was done, or found not to be needed.
  void Add(int64_t units) { done_.fetch_add(units, std::memory_order_relaxed); }

  State Look() const {
    const std::string* stage = stage_.load(std::memory_order_acquire);
    return {.stage = stage == nullptr ? std::string() : *stage,
            .done = done_.load(std::memory_order_relaxed),
            .total = total_.load(std::memory_order_relaxed)};
  }

 private:
  std::deque<std::string> stages_;  // All that were entered: who looks may still hold an old one.
  std::atomic<const std::string*> stage_{nullptr};
  std::atomic<int64_t> done_{0};
  std::atomic<int64_t> total_{0};
};

/// One pass over rows as a part of some progress, its work spread evenly over them. What was not
/// counted when it ends counts as done. With null for the progress nothing is counted.
class PassProgress {
 public:
  /// `progress` is borrowed. `units`: the pass's part of the work, already expected.
  PassProgress(Progress* progress, int64_t units, int64_t rows)
      : progress_(progress), units_(units), rows_(rows) {}
  PassProgress(const PassProgress&) = delete;
  PassProgress& operator=(const PassProgress&) = delete;
  ~PassProgress() { AddRows(std::max<int64_t>(rows_, 1)); }

  /// So many rows were read, or found not to be needed. Thread-safe.
  void AddRows(int64_t rows) {
    if (progress_ == nullptr) return;
    const int64_t before = rows_done_.fetch_add(rows, std::memory_order_relaxed);
    progress_->Add(UnitsOf(before + rows) - UnitsOf(before));
  }

 private:
  int64_t UnitsOf(int64_t rows) const {
    if (rows <= 0) return 0;
    if (rows >= rows_) return units_;
    return static_cast<int64_t>(static_cast<double>(units_) * static_cast<double>(rows) /
                                static_cast<double>(rows_));
  }

  Progress* const progress_;
  const int64_t units_;
  const int64_t rows_;
  std::atomic<int64_t> rows_done_{0};
};

/// Parts of some progress whose work is guessed before it is known. With null for the progress
/// nothing is counted. Not thread-safe.
class ExpectedParts {
 public:
  /// `progress` is borrowed. Nothing is expected of any part yet.
  ExpectedParts(Progress* progress, size_t parts) : progress_(progress), units_(parts, 0) {}

  /// So much is now expected of a part, in place of what was before.
  void Set(size_t part, int64_t units) {
    if (progress_ == nullptr) return;
    progress_->Expect(units - std::exchange(units_[part], units));
  }

 private:
  Progress* const progress_;
  std::vector<int64_t> units_;
};

}  // namespace icefield
