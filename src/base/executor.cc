#include "base/executor.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <new>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace icefield {
namespace {

using Interrupted = std::function<bool()>;

// How long the calling thread waits for the others before it asks again whether to stop.
constexpr std::chrono::milliseconds kAskEvery{50};

Error Cancelled() { return {ErrorCode::kCancelled, "stopped by the caller"}; }

class Run;

// The work that this thread does, innermost first.
thread_local const Run* current_run = nullptr;

class Run {
 public:
  Run(size_t pieces, const std::function<Status(size_t, int)>& work, const Interrupted& interrupted)
      : pieces_(pieces), work_(work), interrupted_(interrupted) {}

  void Work(int worker) {
    const Run* const outer = std::exchange(current_run, this);
    while (!failed_.load(std::memory_order_relaxed)) {
      size_t piece = next_.fetch_add(1, std::memory_order_relaxed);
      if (piece >= pieces_) break;
      Status status = Caught([&] { return work_(piece, worker); });
      if (IsForked()) break;
      if (!status.ok()) Record(piece, std::move(status).error());
    }
    current_run = outer;
  }

  // Work of another thread than the caller's.
  void WorkBeside(int worker) {
    Work(worker);
    const std::lock_guard lock(mutex_);
    --others_;
    changed_.notify_one();
  }

  void AddOther() {
    const std::lock_guard lock(mutex_);
    ++others_;
  }
  void RemoveOther() {
    const std::lock_guard lock(mutex_);
    --others_;
  }

  // Until all others have ended; a child of fork does not wait.
  void AwaitOthers() {
    if (!interrupted_) return;
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, kAskEvery, [&] { return others_ == 0; })) {
      if (cancelled_) continue;
      lock.unlock();
      const bool stop = interrupted_();
      if (IsForked()) return;
      if (stop) Record(pieces_, Cancelled());
      lock.lock();
    }
  }

  bool IsCancelled() const {
    return cancelled_.load(std::memory_order_relaxed) ||
           (outer_ != nullptr && outer_->IsCancelled());
  }

  // Asks the caller, on its thread.
  bool IsStopped() const {
    if (IsCancelled()) return true;
    if (interrupted_ && std::this_thread::get_id() == caller_ && interrupted_()) return true;
    return outer_ != nullptr && outer_->IsStopped();
  }

  // True in a child that was forked since the work began. Of such a child's locks none is sound.
  bool IsForked() const { return ::getpid() != process_; }

  Status Outcome() && {
    if (IsForked()) {
      return InvalidArgument("the process was forked in the middle of this work, whose other ",
                             "threads are not in the child; begin the work again there");
    }
    if (!error_) return {};
    return *std::move(error_);
  }

 private:
  void Record(size_t piece, Error error) {
    const bool cancels = error.code == ErrorCode::kCancelled;
    const size_t rank = cancels ? 0 : piece + 1;
    const std::lock_guard lock(mutex_);
    failed_.store(true, std::memory_order_relaxed);
    if (cancels) cancelled_.store(true, std::memory_order_relaxed);
    if (error_ && error_rank_ <= rank) return;
    error_ = std::move(error);
    error_rank_ = rank;
  }

  const size_t pieces_;
  const std::function<Status(size_t, int)>& work_;
  const Interrupted& interrupted_;
  const Run* const outer_ = current_run;
  const std::thread::id caller_ = std::this_thread::get_id();
  const pid_t process_ = ::getpid();
  std::atomic<size_t> next_{0};
  std::atomic<bool> failed_{false};
  std::atomic<bool> cancelled_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t others_ = 0;  // That have not ended.
  std::optional<Error> error_;
  size_t error_rank_ = 0;
};

// Threads that are not there cannot be joined.
void LeaveAlone(std::vector<std::jthread> threads) {
  const auto* const left = new std::vector<std::jthread>(std::move(threads));
  static_cast<void>(left);
}

}  // namespace

int ThreadCount(int requested) {
  if (requested > 0) return requested;
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0) return std::max(1, CPU_COUNT(&allowed));
  return std::max(1U, std::thread::hardware_concurrency());
}

Status Caught(const std::function<Status()>& work) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return Fail(ErrorCode::kResourceExhausted, "out of memory");
  } catch (const std::exception& failure) {
    return Internal("unexpected: ", failure.what());
  }
}

Status CheckStopped() {
  if (current_run != nullptr && current_run->IsStopped()) return Cancelled();
  return {};
}

Status ParallelFor(size_t pieces, int threads, const std::function<Status(size_t, int)>& work,
                   const Interrupted& interrupted) {
  Run run(pieces, work, interrupted);
  const size_t workers = std::min<size_t>(static_cast<size_t>(std::max(threads, 1)), pieces);
  std::vector<std::jthread> others;
  for (size_t worker = 1; worker < workers; ++worker) {
    run.AddOther();
    try {
      others.emplace_back([&run, worker] { run.WorkBeside(static_cast<int>(worker)); });
    } catch (const std::system_error&) {
      run.RemoveOther();
      break;  // The system gives no more threads: those that run do all the work.
    }
  }
  run.Work(0);
  if (!run.IsForked()) run.AwaitOthers();
  if (run.IsForked()) {
    LeaveAlone(std::move(others));
  } else {
    others.clear();
  }
  return std::move(run).Outcome();
}

Status ParallelFor(size_t pieces, const Workers& workers,
                   const std::function<Status(size_t, int)>& work) {
  return ParallelFor(pieces, workers.threads, work, workers.interrupted);
}

Ranges::Ranges(size_t size, int threads) : size_(size) {
  constexpr size_t kShort = 8192;
  constexpr size_t kRangesOfThread = 8;
  count_ = std::clamp<size_t>(size / kShort, 1, kRangesOfThread * static_cast<size_t>(threads));
  if (threads == 1) count_ = 1 + (size >> 20);  // So often the caller is asked.
}

Status ParallelForRanges(const Ranges& ranges, const Workers& workers,
                         const std::function<Status(size_t, size_t, size_t)>& work) {
  return ParallelFor(ranges.count(), workers, [&](size_t range, int) -> Status {
    ICEFIELD_TRY(CheckStopped());
    return work(range, ranges.First(range), ranges.End(range));
  });
}

}  // namespace icefield
