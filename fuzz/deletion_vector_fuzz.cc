/// Any bytes as a deletion vector, and as the 64-bit bitmap inside of one whose frame is right. The
/// set of a bitmap that is read must agree with itself.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string_view>
#include <vector>

#include "codec/puffin/deletion_vector.h"
#include "codec/puffin/roaring.h"
#include "codec/puffin/roaring_bytes_test.h"

namespace {

using icefield::PositionSet;
using icefield::RowRun;

// Of more gaps only the order and the number of rows is looked at.
constexpr size_t kGapsMax = 100;

void ExpectGapsOf(const PositionSet& set, RowRun within) {
  std::vector<RowRun> gaps;
  set.AppendGaps(within, gaps);
  int64_t live = 0;
  int64_t free_from = 0;
  size_t looked_at = 0;
  for (const RowRun& gap : gaps) {
    if (gap.count <= 0 || gap.first < free_from) std::abort();
    free_from = gap.first + gap.count + 1;  // Neighbours would be one gap.
    live += gap.count;
    if (++looked_at > kGapsMax) continue;
    if (set.CountIn({within.first + gap.first, gap.count}) != 0) std::abort();
    if (set.Contains(within.first + gap.first)) std::abort();
  }
  if (free_from > within.count + 1) std::abort();
  if (set.CountIn(within) + live != within.count) std::abort();
}

void ExpectSound(const PositionSet& set) {
  if (set.CountIn({0, std::numeric_limits<int64_t>::max()}) +
          static_cast<int64_t>(set.Contains(std::numeric_limits<int64_t>::max())) !=
      set.size()) {
    std::abort();
  }
  ExpectGapsOf(set, {0, 200'000});
  ExpectGapsOf(set, {12'345, 60'000});
  PositionSet merged;
  merged.Add(7);
  merged.Merge(set);
  merged.Merge(set);
  if (merged.size() != set.size() + static_cast<int64_t>(!set.Contains(7))) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static_cast<void>(icefield::ParseDeletionVector(bytes, 2));
  const auto set = icefield::ParseRoaring64(bytes);
  if (!set.ok()) {
    if (set.error().code != icefield::ErrorCode::kCorruptData) std::abort();
    return 0;
  }
  ExpectSound(*set);
  const std::string blob = icefield::VectorBlob(bytes);
  if (!icefield::ParseDeletionVector(blob, set->size()).ok()) std::abort();
  if (icefield::ParseDeletionVector(blob, set->size() + 1).ok()) std::abort();
  return 0;
}
