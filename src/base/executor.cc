#include "base/executor.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <new>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

namespace icefield {
namespace {

class Run {
 public:
  Run(size_t pieces, const std::function<Status(size_t, int)>& work)
      : pieces_(pieces), work_(work) {}

  void Work(int worker) {
    while (!failed_.load(std::memory_order_relaxed)) {
      size_t piece = next_.fetch_add(1, std::memory_order_relaxed);
      if (piece >= pieces_) return;
      if (Status status = Caught([&] { return work_(piece, worker); }); !status.ok())
        Record(piece, std::move(status).error());
    }
  }

  Status Outcome() && {
    if (!error_) return {};
    return *std::move(error_);
  }

 private:
  void Record(size_t piece, Error error) {
    std::lock_guard lock(mutex_);
    failed_.store(true, std::memory_order_relaxed);
    if (error_ && error_piece_ < piece) return;
    error_ = std::move(error);
    error_piece_ = piece;
  }

  const size_t pieces_;
  const std::function<Status(size_t, int)>& work_;
  std::atomic<size_t> next_{0};
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  std::optional<Error> error_;
  size_t error_piece_ = 0;
};

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

Status ParallelFor(size_t pieces, int threads, const std::function<Status(size_t, int)>& work) {
  Run run(pieces, work);
  const size_t workers = std::min<size_t>(static_cast<size_t>(std::max(threads, 1)), pieces);
  std::vector<std::jthread> others;
  for (size_t worker = 1; worker < workers; ++worker) {
    try {
      others.emplace_back([&run, worker] { run.Work(static_cast<int>(worker)); });
    } catch (const std::system_error&) {
      break;  // The system gives no more threads: those that run do all the work.
    }
  }
  run.Work(0);
  others.clear();
  return std::move(run).Outcome();
}

}  // namespace icefield
