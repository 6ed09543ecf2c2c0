/// Running independent pieces of work on several threads.
#pragma once

#include <cstddef>
#include <functional>

#include "base/result.h"

namespace icefield {

/// The number of threads that `requested` means: 0 is every core this process may use.
int ThreadCount(int requested);

/// Calls work(piece, worker) for every piece in [0, pieces), on at most `threads` threads; worker
/// is in [0, threads). Pieces start in order. The first error (by piece number among those that
/// ran) is returned, and no further piece starts after one failed. Cancelled goes before all
/// others, and pieces that run ask for it by CheckStopped. What `work` throws becomes an error, as
/// Caught does it.
///
/// `interrupted` may be empty. It is asked on the calling thread, now and then while that waits for
/// the others too; true stops the work with Cancelled.
///
/// Threads live for this call only, so a process may fork between calls. A child that was forked
/// by `interrupted` or by worker 0 gets InvalidArgument: the work's other threads are not there.
Status ParallelFor(size_t pieces, int threads,
                   const std::function<Status(size_t piece, int worker)>& work,
                   const std::function<bool()>& interrupted = {});

/// On whose threads work runs and who may stop it, as ParallelFor has both.
struct Workers {
  int threads = 1;
  std::function<bool()> interrupted = {};
};

Status ParallelFor(size_t pieces, const Workers& workers,
                   const std::function<Status(size_t piece, int worker)>& work);

/// The numbers [0, size) in equal ranges that follow one another: several for each thread, or one
/// where there are so few that threads cost more than they give.
class Ranges {
 public:
  Ranges(size_t size, int threads);

  size_t count() const { return count_; }
  size_t First(size_t range) const {
    return size_ / count_ * range + size_ % count_ * range / count_;
  }
  size_t End(size_t range) const { return First(range + 1); }

 private:
  size_t size_;
  size_t count_;
};

/// As ParallelFor: work(range, first, end) for every one of `ranges`.
Status ParallelForRanges(const Ranges& ranges, const Workers& workers,
                         const std::function<Status(size_t range, size_t first, size_t end)>& work);

/// Cancelled if the ParallelFor that this thread works for is to stop: another of its pieces was
/// cancelled, or, on the thread that called it, `interrupted` says so. OK outside of one.
Status CheckStopped();

/// work(), with what it throws as an error: ResourceExhausted for want of memory, else Internal.
/// The border of every thread and of the program.
Status Caught(const std::function<Status()>& work);

}  // namespace icefield
