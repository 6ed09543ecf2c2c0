#include "base/executor.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>

namespace icefield {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Work that ends when it is told to stop, or with an error after ten seconds.
Status WorkUntilStopped() {
  const Clock::time_point start = Clock::now();
  while (Clock::now() - start < std::chrono::seconds(10)) {
    ICEFIELD_TRY(CheckStopped());
    std::this_thread::sleep_for(milliseconds(1));
  }
  return Internal("nobody stopped it");
}

TEST(ParallelFor, PiecesOfAllThreadsStop) {
  const Clock::time_point start = Clock::now();
  const auto stop = [&] { return Clock::now() - start > milliseconds(50); };
  const Status status = ParallelFor(4, 4, [](size_t, int) { return WorkUntilStopped(); }, stop);
  EXPECT_EQ(status.error().code, ErrorCode::kCancelled);
}

TEST(ParallelFor, TheCallerAsksWhileItWaits) {
  const Clock::time_point start = Clock::now();
  const auto stop = [&] { return Clock::now() - start > milliseconds(50); };
  std::atomic<bool> is_other_at_work{false};
  const auto work = [&](size_t, int worker) -> Status {
    if (worker != 0) {
      is_other_at_work = true;
      return WorkUntilStopped();
    }
    while (!is_other_at_work) std::this_thread::sleep_for(milliseconds(1));
    return {};
  };
  const Status status = ParallelFor(64, 2, work, stop);
  EXPECT_EQ(status.error().code, ErrorCode::kCancelled);
}

TEST(ParallelFor, WorkInsideOfWorkStopsToo) {
  const Clock::time_point start = Clock::now();
  const auto stop = [&] { return Clock::now() - start > milliseconds(50); };
  const auto inner = [](size_t, int) {
    return ParallelFor(2, 2, [](size_t, int) { return WorkUntilStopped(); });
  };
  EXPECT_EQ(ParallelFor(2, 2, inner, stop).error().code, ErrorCode::kCancelled);
  EXPECT_TRUE(CheckStopped().ok());
}

TEST(ParallelFor, StoppingGoesBeforeOtherErrors) {
  const auto work = [](size_t piece, int) -> Status {
    if (piece == 1) return Fail(ErrorCode::kCancelled, "stopped by the caller");
    static_cast<void>(WorkUntilStopped());
    return Internal("piece ", piece);
  };
  EXPECT_EQ(ParallelFor(2, 2, work).error().code, ErrorCode::kCancelled);
}

TEST(ParallelFor, TheFirstErrorIsThatOfTheFirstPiece) {
  const auto work = [](size_t piece, int) -> Status {
    if (piece == 0) std::this_thread::sleep_for(milliseconds(20));
    return Internal("piece ", piece);
  };
  EXPECT_EQ(ParallelFor(2, 2, work).error().message, "piece 0");
}

// A child that was forked in the middle of the work, by the caller's own thread.
TEST(ParallelFor, AForkedChildIsRefused) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "the sanitizer ends forked children that start threads";
#endif
  const pid_t parent = ::getpid();
  pid_t child = 0;
  const auto fork_once = [&] {
    if (child == 0 && ::getpid() == parent) child = ::fork();
    return false;
  };
  std::atomic<int> pieces{0};
  const auto work = [&](size_t, int worker) -> Status {
    if (worker == 0) ICEFIELD_TRY(CheckStopped());
    std::this_thread::sleep_for(milliseconds(5));
    ++pieces;
    return {};
  };
  const Status status = ParallelFor(100, 3, work, fork_once);
  if (::getpid() != parent) {
    const bool refused = !status.ok() && status.error().code == ErrorCode::kInvalidArgument &&
                         status.error().message.find("forked") != std::string::npos;
    // The child may work by itself.
    const bool again = ParallelFor(4, 2, [](size_t, int) { return Status(); }).ok();
    std::_Exit(refused && again ? 0 : 1);
  }
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(pieces, 100);
  ASSERT_GT(child, 0);
  int code = -1;
  for (int turn = 0; turn < 1'000 && ::waitpid(child, &code, WNOHANG) == 0; ++turn)
    std::this_thread::sleep_for(milliseconds(10));
  EXPECT_EQ(code, 0) << "the child was not refused, or hangs";
}

}  // namespace
}  // namespace icefield
