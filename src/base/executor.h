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
/// ran) is returned, and no further piece starts after one failed. Threads live for this call only,
/// so a process may fork between calls. What `work` throws becomes an error, as Caught does it.

Status ParallelFor(size_t pieces, int threads,
                   const std::function<Status(size_t piece, int worker)>& work);

/// work(), with what it throws as an error: ResourceExhausted for want of memory, else Internal.
/// The border of every thread and of the program.
Status Caught(const std::function<Status()>& work);

}  // namespace icefield
