#include "write/commit_loop.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "base/uuid.h"
#include "write/snapshot_plan.h"

namespace icefield {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

int64_t NowMs() {
  return std::chrono::duration_cast<milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

class CommitLoop {
 public:
  CommitLoop(const CommitRequest& request, const FileChange& change)
      : request_(request), change_(change) {}

  Result<LoadedTable> Run() {
    LoadedTable base = request_.base;
    for (int32_t attempt = 0;; ++attempt) {
      ICEFIELD_ASSIGN(options_, ReadCommitOptions(base.metadata));
      ICEFIELD_ASSIGN(const SnapshotPlan plan, PlanOn(base));
      Result<LoadedTable> committed = CommitOnce(plan);
      if (committed.ok()) return committed;
      const ErrorCode code = committed.error().code;
      if (code == ErrorCode::kCommitUnknown) return committed;
      DeleteFiles(*request_.store, plan.files);
      if (code != ErrorCode::kConflict) return committed;
      if (attempt >= options_.retries || steady_clock::now() > started_ + options_.wait_total) {
        return Fail(ErrorCode::kConflict, "table ", base.name, ": other commits came first ",
                    attempt + 1, " times (", committed.error().message,
                    "); try again later, or set the table property commit.retry.num-retries");
      }
      ICEFIELD_TRY(Wait(attempt));
      ICEFIELD_ASSIGN(base, request_.target->Load());
    }
  }

 private:
  Result<SnapshotPlan> PlanOn(const LoadedTable& base) const {
    ICEFIELD_ASSIGN(const WriteOptions options,
                    ReadWriteOptions(base.metadata, base.metadata.CurrentSchema()));
    Result<SnapshotPlan> plan = PlanSnapshot({.store = request_.store,
                                              .metadata = &base.metadata,
                                              .table_name = base.name,
                                              .metadata_location = options.metadata_location,
                                              .options = options_,
                                              .now_ms = NowMs()},
                                             change_);
    if (!plan.ok()) return std::move(plan).error().At(StrCat("table ", base.name));
    return plan;
  }

  Result<LoadedTable> CommitOnce(const SnapshotPlan& plan) const {
    Result<LoadedTable> committed = request_.target->Commit(plan.change);
    if (committed.ok() || committed.error().code != ErrorCode::kCommitUnknown) return committed;
    return ReadBack(plan, committed.error());
  }

  // Whether a commit of unknown outcome happened: its snapshot is in the table, or is not.
  Result<LoadedTable> ReadBack(const SnapshotPlan& plan, const Error& unknown) const {
    milliseconds wait = options_.status_wait_min;
    for (int32_t check = 0; check <= options_.status_checks; ++check) {
      Result<LoadedTable> now = request_.target->Load();
      if (now.ok()) {
        if (now->metadata.FindSnapshot(plan.snapshot_id) != nullptr) return now;
        return Fail(ErrorCode::kConflict, "the commit did not reach the table: ", unknown.message);
      }
      std::this_thread::sleep_for(wait);
      wait *= 2;
    }
    return Fail(ErrorCode::kCommitUnknown, unknown.message,
                "; the table could not be read back. The snapshot would be ",
                plan.snapshot_id.value, ": look for it before trying again");
  }

  // Longer from attempt to attempt, at random so that writers do not meet again.
  Status Wait(int32_t attempt) const {
    const int64_t least = std::max<int64_t>(options_.wait_min.count(), 1);
    const int64_t most = std::min(options_.wait_max.count(), least << std::min(attempt, 20));
    const milliseconds wait(most / 2 + RandomPositive() % (most / 2 + 1));
    const auto until = steady_clock::now() + wait;
    while (steady_clock::now() < until) {
      if (request_.interrupted && request_.interrupted())
        return Fail(ErrorCode::kCancelled, "stopped by the caller");
      const auto left = std::chrono::duration_cast<milliseconds>(until - steady_clock::now());
      std::this_thread::sleep_for(std::clamp(left, milliseconds{1}, milliseconds{50}));
    }
    return {};
  }

  const CommitRequest& request_;
  const FileChange& change_;
  const steady_clock::time_point started_ = steady_clock::now();
  CommitOptions options_;
};

}  // namespace

Result<LoadedTable> CommitFiles(const CommitRequest& request, const FileChange& change) {
  return CommitLoop(request, change).Run();
}

}  // namespace icefield
