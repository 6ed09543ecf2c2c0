/// The join of one view with the entity frame: from a pinned view to the features of every entity
/// row.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "pit/slot_table.h"
#include "retrieval/entity_frame.h"
#include "retrieval/key_encodings.h"
#include "retrieval/provenance.h"
#include "retrieval/pruning.h"
#include "retrieval/view_features.h"
#include "retrieval/view_scan.h"

namespace icefield {

/// What is read of the winners of one view, or of several that have the same, for every entity row.
struct GatheredFeatures {
  ViewFeatures features;                 ///< The columns that the scan gathers.
  std::optional<WinnerOrigins> origins;  ///< With provenance.
};

/// Where the features of a view lie.
struct FeatureTerms {
  int64_t bytes_max = 0;          ///< In memory; what is more is spilled.
  int64_t thread_bytes = 0;       ///< In every thread, beside.
  TemporaryFile* file = nullptr;  ///< Borrowed; must outlive the features.
};

/// The event times that can matter to the frame under a TTL (0: none). Nothing if no entity row has
/// a time.
std::optional<TimeSpan> SpanOf(const EntityFrame& frame, int64_t ttl_us, ViewUnit unit);

/// When a row of `task` was committed (P9), in ticks of the view's unit; see CommitTimes::Of.
Result<int64_t> CommitTick(const PinnedView& pinned, const FileTask& task, int64_t last_updated);

/// Which rows win for the entity rows.
struct Winners {
  std::vector<RowLocator> locators;     ///< Ascending, distinct.
  std::vector<uint32_t> winner_of_row;  ///< kNoWinner for a miss.
};

/// What the first pass finds out for a view.
struct Decision {
  Winners winners;
  OutcomeCounts outcomes;
  int64_t full_ties = 0;
  std::optional<int64_t> hits_not_yet_created;

  /// Puts its counts into the view's report.
  void Report(ViewReport& report) const;
};

/// The slots of a frame for views of these keys and unit. Unsupported beyond 4 billion of them.
Result<SpineIndex> IndexFrame(const EntityFrame& frame, const EncodedKeys& keys, ViewUnit unit);

/// How the first pass reads.
struct DecidingTerms {
  std::vector<int64_t> ttls_us;  ///< Of the views that it is for, each once.
  int64_t thread_bytes = 0;      ///< What a thread may hold of rows that tie.
  ReadOptions read;

  /// Of all TTLs the one that lets most through.
  int64_t WidestTtl() const;
};

/// The first pass over an opened view, with the cuts that scan.report names: streams keys and
/// times. The scan's files are those of SpanOf the widest TTL. Fills what the report says of
/// reading. `index` is IndexFrame's. Gives the
/// decision for every TTL, in their order.
Result<std::vector<Decision>> DecideWinners(ViewScan& scan, const EntityFrame& frame,
                                            const EncodedKeys& keys, const SpineIndex& index,
                                            const DecidingTerms& terms);

/// The second pass: reads the winners' features. Fills the report.
Result<GatheredFeatures> GatherFeatures(ViewScan& scan, const EntityFrame& frame, Winners winners,
                                        const FeatureTerms& terms, const ReadOptions& options);

}  // namespace icefield
