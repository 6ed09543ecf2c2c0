/// Progress on a terminal, and what becomes of it when the program is interrupted.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>

#include "icefield/icefield.h"

namespace icefield::cli {

/// A line on standard error that says how far a read has come, where that is a terminal. Shown
/// from the thread that reads; gone with this.
class TerminalProgress {
 public:
  explicit TerminalProgress(bool is_wanted);
  TerminalProgress(const TerminalProgress&) = delete;
  TerminalProgress& operator=(const TerminalProgress&) = delete;
  ~TerminalProgress() { Hide(); }

  /// What is read with `options` is shown. They must not outlive this.
  void Watch(ReadOptions& options);

  /// `rows`, which are shown. The line gives way to rows that go to the same terminal. Borrows
  /// both.
  std::unique_ptr<BatchStream> Show(BatchStream& rows);

  /// Takes the line away for good.
  void Hide();

 private:
  void ShowIfDue();

  Progress progress_;
  ProgressMeter meter_{progress_};
  bool is_wanted_;
};

/// Adds --no-progress.
void AddNoProgress(CLI::App& command, bool& no_progress);

/// From now on an interrupt (Ctrl-C) ends the program at once with the exit code of Cancelled,
/// unless the program was started with interrupts ignored.
void ExitAtInterrupt();

}  // namespace icefield::cli
