#include "cli/terminal_progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string_view>

namespace icefield::cli {
namespace {

constexpr std::string_view kEraseLine = "\r\x1b[K\r";

// Whether the line is on the terminal: the handler of an interrupt takes it away.
volatile std::sig_atomic_t is_shown = 0;

// Shown or not, the program goes on.
void WriteError(std::string_view text) {
  const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
  static_cast<void>(written);
}

bool IsTerminal(int descriptor) {
  const char* const kind = std::getenv("TERM");
  return ::isatty(descriptor) == 1 && (kind == nullptr || std::string_view(kind) != "dumb");
}

size_t Columns() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 2) return 79;
  return size.ws_col - size_t{1};
}

class ShownStream final : public BatchStream {
 public:
  ShownStream(BatchStream& rows, TerminalProgress& progress) : rows_(rows), progress_(progress) {}
  const std::shared_ptr<arrow::Schema>& schema() const override { return rows_.schema(); }
  Result<std::shared_ptr<arrow::RecordBatch>> Next() override {
    Result<std::shared_ptr<arrow::RecordBatch>> batch = rows_.Next();
    if (!batch.ok() || *batch == nullptr || ::isatty(STDOUT_FILENO) == 1) progress_.Hide();
    return batch;
  }

 private:
  BatchStream& rows_;
  TerminalProgress& progress_;
};

// Nothing is left behind: temporary files have no name. Only what is allowed in a handler.
void ExitInterrupted(int /*signal*/) {
  if (is_shown != 0) WriteError(kEraseLine);
  WriteError("icefield: interrupted\n");
  std::_Exit(BorderOf(ErrorCode::kCancelled).exit_code);
}

}  // namespace

TerminalProgress::TerminalProgress(bool is_wanted)
    : is_wanted_(is_wanted && IsTerminal(STDERR_FILENO)) {}

void TerminalProgress::Watch(ReadOptions& options) {
  if (!is_wanted_) return;
  options.progress = &progress_;
  options.interrupted = [this] {
    ShowIfDue();
    return false;
  };
}

std::unique_ptr<BatchStream> TerminalProgress::Show(BatchStream& rows) {
  return std::make_unique<ShownStream>(rows, *this);
}

void TerminalProgress::ShowIfDue() {
  if (!is_wanted_ || !meter_.IsDue()) return;
  is_shown = 1;
  WriteError(StrCat("\r", ProgressLine(meter_.Report(), Columns()), "\x1b[K\r"));
}

void TerminalProgress::Hide() {
  is_wanted_ = false;
  if (is_shown == 0) return;
  WriteError(kEraseLine);
  is_shown = 0;
}

void AddNoProgress(CLI::App& command, bool& no_progress) {
  command.add_flag("--no-progress", no_progress,
                   "Do not show on a terminal's standard error how far the read has come");
}

void ExitAtInterrupt() {
  struct sigaction old{};
  if (::sigaction(SIGINT, nullptr, &old) != 0 || old.sa_handler == SIG_IGN) return;
  struct sigaction action{};
  action.sa_handler = ExitInterrupted;
  ::sigaction(SIGINT, &action, nullptr);
}

}  // namespace icefield::cli
