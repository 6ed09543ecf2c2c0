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

/// Cancelled if the ParallelFor that this thread works for is to stop: another of its pieces was
/// cancelled, or, on the thread that called it, `interrupted` says so. OK outside of one.
Status CheckStopped();

/// work(), with what it throws as an error: ResourceExhausted for want of memory, else Internal.
/// The border of every thread and of the program.
Status Caught(const std::function<Status()>& work);

}  // namespace icefield
