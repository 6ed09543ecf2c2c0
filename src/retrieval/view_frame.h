/// The entity frame that views make where none is given (P14).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/progress.h"
#include "base/result.h"
#include "retrieval/frame_passes.h"
#include "retrieval/report.h"
#include "retrieval/view_scan.h"

namespace icefield {

/// The event times of the frame: both ends inclusive, in microseconds since the epoch. Without an
/// end it is now; without a start it is the largest TTL of the views before the end, else 30 days.
struct FrameBounds {
  std::optional<int64_t> start_us;
  std::optional<int64_t> end_us;
};

/// A bound at an ISO-8601 instant (UTC where it has no zone), to the microsecond. InvalidArgument
/// for other texts.
Result<int64_t> ParseFrameBound(std::string_view text);

/// What the frame will be, known from metadata alone.
struct ViewFramePlan {
  std::shared_ptr<arrow::Schema>
      schema;                       ///< The join keys as the first view has them, the entity time.
  std::vector<PinnedView> sources;  ///< Whose rows make it; views of the same rows stand once.
  ViewUnit unit = ViewUnit::kMicros;  ///< Of the entity time.
  int64_t start_us = 0;
  int64_t end_us = 0;
};

/// Plans the frame of `views`; `now_us` is the end where the bounds have none. InvalidArgument for
/// bounds of nothing, for views whose join keys differ in their names in the frame or in the kinds
/// of their types (it names both views), and for a key named like the entity time.
Result<ViewFramePlan> PlanViewFrame(const std::vector<PinnedView>& views,
                                    const std::string& entity_timestamp, const FrameBounds& bounds,
                                    int64_t now_us);

/// The distinct keys and event times of all rows within the bounds, ordered by time, then keys, in
/// parts that can be joined with `views` one after the other. Reads keys and event times alone.
/// Rows without a key or time are left out. Fills all of `made` but its bounds, and sets what the
/// part of each source of `work` (by its number) is.
Result<std::unique_ptr<FramePasses>> ReadViewFrame(const ViewFramePlan& plan,
                                                   const std::vector<PinnedView>& views,
                                                   const ReadOptions& options,
                                                   const MemoryBudget& memory, ExpectedParts& work,
                                                   MadeFrame& made);

/// A source as ReadViewFrame reads it.
Result<std::unique_ptr<ViewScan>> OpenFrameSource(const ViewFramePlan& plan,
                                                  const PinnedView& source,
                                                  const ReadOptions& options,
                                                  PlanDepth depth = PlanDepth::kFooters);

}  // namespace icefield
