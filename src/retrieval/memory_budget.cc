#include "retrieval/memory_budget.h"

#include <algorithm>

#include "io/machine_memory.h"
#include "io/temporary_file.h"

namespace icefield {
namespace {

constexpr int64_t kMebibyte = int64_t{1} << 20;
// Below it one thread cannot decode the columns of a usual table.
constexpr int64_t kBudgetBytesMin = 64 * kMebibyte;
// Pages, dictionaries and a batch of the deciding columns, of one thread.
constexpr int64_t kThreadBytes = 16 * kMebibyte;

// Of the budget a quarter is for decoding, an eighth for the batch that is made, and at most three
// eighths are for the frame. Features get what is left, which is at least a quarter.
int64_t DecodingBytes(int64_t budget) { return budget / 4; }

Status CheckLimits(const MemoryLimits& limits) {
  if (limits.budget_bytes && *limits.budget_bytes < kBudgetBytesMin) {
    return InvalidArgument("a memory budget of ", *limits.budget_bytes,
                           " bytes is too small; the least that works is ", kBudgetBytesMin, " (",
                           kBudgetBytesMin / kMebibyte, " MiB)");
  }
  if (limits.pass_rows_max.value_or(1) < 1)
    return InvalidArgument("a pass of ", *limits.pass_rows_max, " entity rows; give at least 1");
  if (limits.held_bytes_max.value_or(1) < 1)
    return InvalidArgument(*limits.held_bytes_max, " bytes to be held in memory; give at least 1");
  // One that nobody named may never be needed.
  if (!limits.spill_directory.empty())
    return TemporaryFile(limits.spill_directory).CheckDirectory();
  return {};
}

}  // namespace

Result<MemoryBudget> MemoryBudget::Make(const MemoryLimits& limits, int threads) {
  ICEFIELD_TRY(CheckLimits(limits));
  const int64_t bytes = limits.budget_bytes ? *limits.budget_bytes
                                            : std::max(kBudgetBytesMin, MachineMemoryBytes() / 4);
  const int64_t threads_max = std::max<int64_t>(1, DecodingBytes(bytes) / kThreadBytes);
  return MemoryBudget(limits, bytes, static_cast<int>(std::min<int64_t>(threads, threads_max)));
}

int64_t MemoryBudget::thread_bytes() const {
  // Rows are held twice for a moment, as the file has them and as the table does.
  return DecodingBytes(bytes_) / threads_ / 2;
}

int64_t MemoryBudget::frame_bytes() const { return bytes_ / 8 * 3; }

int64_t MemoryBudget::feature_bytes(int64_t frame_bytes) const {
  const int64_t others = DecodingBytes(bytes_) + batch_bytes() + frame_bytes;
  return std::max(bytes_ / 4, bytes_ - others);
}

int64_t MemoryBudget::batch_bytes() const { return bytes_ / 8; }

}  // namespace icefield
