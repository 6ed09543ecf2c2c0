/// The join of one view with the entity frame: from a pinned view to the features of every entity
/// row.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "retrieval/entity_frame.h"
#include "retrieval/key_encodings.h"
#include "retrieval/probes.h"
#include "retrieval/provenance.h"
#include "retrieval/view_features.h"
#include "retrieval/view_scan.h"
#include "retrieval/winners.h"

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

/// What the first pass finds out for a view.
struct Decision {
  Winners winners;
  DecisionCounts counts;
};

/// The slots of a frame for views of these keys and unit. Unsupported beyond 4 billion of them.
Result<SpineIndex> IndexFrame(const EntityFrame& frame, const EncodedKeys& keys, ViewUnit unit,
                              const Workers& workers);

/// The first pass over an opened view, with the cuts that scan.report names: streams keys and times
/// to the slots of all probes. The scan's files are those of what any of them needs. Fills what the
/// report says of reading. Gives the decisions of each probe for its TTLs, in their orders.
Result<std::vector<std::vector<Decision>>> DecideWinners(ViewScan& scan, const EntityFrame& frame,
                                                         std::span<const Probe> probes,
                                                         const DecidingTerms& terms);

/// The second pass: reads the winners' features. Fills the report.
Result<GatheredFeatures> GatherFeatures(ViewScan& scan, Winners winners, const FeatureTerms& terms,
                                        const ReadOptions& options);

}  // namespace icefield
