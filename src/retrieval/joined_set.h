/// A training set over a frame that is at hand.
#pragma once

#include <arrow/type.h>

#include <memory>
#include <vector>

#include "retrieval/training_set.h"

namespace icefield {

/// How views are joined to a frame.
struct JoinTerms {
  CreatedCut created_cut = CreatedCut::kNone;
  ReadOptions read;
  MemoryBudget memory;
};

/// Plans and opens a view for a join. Its report says which cuts bear on it.
Result<std::unique_ptr<ViewScan>> OpenForJoin(const PinnedView& view, ViewNeed need,
                                              const JoinTerms& terms,
                                              PlanDepth depth = PlanDepth::kFooters);

/// The frame's columns, then every view's features and, on request, their provenance.
/// InvalidArgument for two columns of one name: it names both (P13).
Result<std::shared_ptr<arrow::Schema>> JoinSchema(const arrow::Schema& frame,
                                                  const std::vector<PinnedView>& views,
                                                  bool full_feature_names);

/// The join of pinned views to `frame`, as batches of `schema`. InvalidArgument for keys of frame
/// and table that are never equal (P2); Unsupported for a frame of 4 billion rows.
Result<std::unique_ptr<TrainingSet>> MakeJoinedSet(EntityFrame frame, std::vector<PinnedView> views,
                                                   std::shared_ptr<arrow::Schema> schema,
                                                   JoinTerms terms);

}  // namespace icefield
