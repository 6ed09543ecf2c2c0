/// What Python has to say while the engine works, and is told: signals, and progress.
#pragma once

#include <nanobind/nanobind.h>

#include <memory>

#include "icefield/icefield.h"

namespace icefield::python {

/// Options of one call of the engine, or of one stream, that Python watches: what a signal's
/// handler raises stops the work (only the main thread of Python sees signals), and so does what
/// `reporter` raises. That is an object with report(stage, done, total, fraction, elapsed,
/// remaining), called by the thread that reads, and close(), or None. What was raised is kept for
/// RaiseError.
ReadOptions WatchedOptions(nanobind::object reporter);

/// Reports begin now: the work has. `options` are WatchedOptions; further calls do nothing.
void StartReports(const ReadOptions& options);

/// The last report of a call that gives no stream, where `worked`; the reporter is closed then, and
/// after a failure. Cancelled where the reporter raised something.
Status EndReports(const ReadOptions& options, bool worked);

/// `stream` with the reports that `options` (WatchedOptions, those of the stream) ask for: the last
/// when its end is reached. They start with the first batch that is asked for; the reporter is
/// closed at the end, after an error, and with the stream.
std::unique_ptr<BatchStream> MakeWatched(std::unique_ptr<BatchStream> stream, ReadOptions options);

}  // namespace icefield::python
