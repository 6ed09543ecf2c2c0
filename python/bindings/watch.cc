#include "watch.h"

#include <unistd.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "errors.h"

namespace nb = nanobind;

namespace icefield::python {
namespace {

// Taking the interpreter's lock waits for who holds it: not after each batch.
constexpr std::chrono::milliseconds kAskEvery{10};

// Watches for Python. Used by one thread at a time, which need not hold the interpreter's lock.
class Watch {
 public:
  explicit Watch(nb::object reporter) {
    if (!reporter.is_none()) reporter_ = std::move(reporter);
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch() { Close(); }

  // Null without a reporter.
  Progress* progress() { return reporter_.is_valid() ? &progress_ : nullptr; }

  void Start() {
    if (reporter_.is_valid() && !meter_) meter_.emplace(progress_);
  }

  // Whether to stop; reports when it is time.
  bool IsStopped();

  // The last report. False where the reporter raised something.
  bool Finish() {
    if (!meter_) return true;
    const nb::gil_scoped_acquire gil;
    return Tell(meter_->Finish());
  }

  // Lets the reporter go.
  void Close();

 private:
  bool Tell(const ProgressReport& report);

  nb::object reporter_;
  Progress progress_;
  std::optional<ProgressMeter> meter_;
  std::chrono::steady_clock::time_point asked_;
};

// ReadOptions::interrupted, as WatchedOptions sets it.
struct Asker {
  std::shared_ptr<Watch> watch;
  bool operator()() const { return watch->IsStopped(); }
};

nb::object Text(const std::string& text) {
  return nb::steal(
      PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "replace"));
}

// Locks of the engine may be held by threads that are not in a child that was forked now.
void KeepForked() {
  const Error error = InvalidArgument("the process was forked in the middle of a read, which its ",
                                      "child cannot go on with; read again there");
  try {
    RaiseError(error);
  } catch (nb::python_error& raised) {
    raised.restore();
    KeepRaised();
  }
}

bool Watch::IsStopped() {
  const auto now = std::chrono::steady_clock::now();
  if (now - asked_ < kAskEvery) return false;
  asked_ = now;
  const nb::gil_scoped_acquire gil;
  const pid_t process = ::getpid();
  if (PyErr_CheckSignals() != 0) {
    KeepRaised();
    return true;
  }
  if (meter_ && meter_->IsDue(now) && !Tell(meter_->Report(now))) return true;
  if (::getpid() == process) return false;
  KeepForked();
  return true;
}

void Watch::Close() {
  if (!reporter_.is_valid()) return;
  meter_.reset();
  if (!nb::is_alive()) {
    reporter_.release();
    return;
  }
  const nb::gil_scoped_acquire gil;
  const nb::object reporter = std::exchange(reporter_, nb::object());
  const nb::error_scope pending;
  try {
    reporter.attr("close")();
  } catch (nb::python_error& raised) {
    raised.discard_as_unraisable("closing a progress reporter");
  }
}

bool Watch::Tell(const ProgressReport& report) {
  try {
    const Progress::State& state = report.state;
    reporter_.attr("report")(Text(state.stage), state.done, state.total, report.fraction,
                             report.elapsed_s,
                             report.remaining_s ? nb::cast(*report.remaining_s) : nb::none());
    return true;
  } catch (nb::python_error& raised) {
    raised.restore();
    KeepRaised();
    return false;
  }
}

Watch& WatchOf(const ReadOptions& options) { return *options.interrupted.target<Asker>()->watch; }

class WatchedStream final : public BatchStream {
 public:
  WatchedStream(std::unique_ptr<BatchStream> stream, ReadOptions options)
      : options_(std::move(options)), watch_(WatchOf(options_)), stream_(std::move(stream)) {}
  WatchedStream(const WatchedStream&) = delete;
  WatchedStream& operator=(const WatchedStream&) = delete;
  ~WatchedStream() override { watch_.Close(); }

  const std::shared_ptr<arrow::Schema>& schema() const override { return stream_->schema(); }

  Result<std::shared_ptr<arrow::RecordBatch>> Next() override {
    watch_.Start();
    Result<std::shared_ptr<arrow::RecordBatch>> batch = stream_->Next();
    const bool is_end = batch.ok() && *batch == nullptr;
    const bool stop = batch.ok() && (is_end ? !watch_.Finish() : watch_.IsStopped());
    if (!batch.ok() || is_end || stop) watch_.Close();
    if (stop) return Fail(ErrorCode::kCancelled, "stopped by the caller");
    return batch;
  }

 private:
  ReadOptions options_;
  Watch& watch_;
  std::unique_ptr<BatchStream> stream_;
};

}  // namespace

ReadOptions WatchedOptions(nb::object reporter) {
  auto watch = std::make_shared<Watch>(std::move(reporter));
  ReadOptions options;
  options.progress = watch->progress();
  options.interrupted = Asker{std::move(watch)};
  return options;
}

void StartReports(const ReadOptions& options) { WatchOf(options).Start(); }

Status EndReports(const ReadOptions& options, bool worked) {
  Watch& watch = WatchOf(options);
  const bool told = !worked || watch.Finish();
  watch.Close();
  return told ? Status() : Fail(ErrorCode::kCancelled, "stopped by the caller");
}

std::unique_ptr<BatchStream> MakeWatched(std::unique_ptr<BatchStream> stream, ReadOptions options) {
  return std::make_unique<WatchedStream>(std::move(stream), std::move(options));
}

}  // namespace icefield::python
