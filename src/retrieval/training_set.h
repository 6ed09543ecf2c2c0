/// Point-in-time correct training sets (pit-semantics P1-P14).
#pragma once

#include <arrow/table.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "batch/batch_stream.h"
#include "retrieval/entity_frame.h"
#include "retrieval/explain.h"
#include "retrieval/memory_budget.h"
#include "retrieval/report.h"
#include "retrieval/view_frame.h"
#include "retrieval/view_scan.h"

namespace icefield {

/// What the created cut (P8) asks.
enum class CreatedCut : uint8_t {
  kNone,
  kEverywhere,      ///< A view without a created column is refused.
  kWhereAvailable,  ///< A view without a created column is unaffected; the report says so.
};

struct ViewRequest {
  SourceTable source;
  FeatureViewSpec spec;
};

struct JoinRequest {
  std::shared_ptr<arrow::Table> frame;  ///< Null: the views' keys and event times make it (P14).
  FrameBounds bounds;                   ///< Only without a frame.
  std::vector<ViewRequest> views;
  std::string entity_timestamp = "event_timestamp";
  bool full_feature_names = false;
  CreatedCut created_cut = CreatedCut::kNone;
  bool commit_cut = false;  ///< Only rows committed by the entity time (P9).
  bool provenance = false;  ///< Behind the features of each view the columns of ProvenanceFields.
  ReadOptions read;
  MemoryLimits memory;
};

/// A result that is read once, as a stream. Snapshots are resolved when it is made (P11); data is
/// read when the stream is pulled for the first time. Not thread-safe.
class TrainingSet {
 public:
  virtual ~TrainingSet() = default;

  virtual const std::shared_ptr<arrow::Schema>& schema() const = 0;

  /// Per view the table and snapshot that it reads; counts of reading are zero.
  virtual std::vector<ViewReport> Pinned() const = 0;

  /// What would be read. Reads manifests or footers too, and no data; may be called at any time.
  virtual Result<RetrievalPlan> Explain(PlanDepth depth) = 0;

  /// The next batch; null at the end. After an error or the end, no further call.
  virtual Result<std::shared_ptr<arrow::RecordBatch>> Next() = 0;

  /// Complete once Next gave null; null before.
  virtual const RetrievalReport* report() const = 0;
};

/// Checks the request and resolves its snapshots. Output columns: the frame's, then features in the
/// order asked for, named `feature` or `view__feature` (P13); rows in the order of the frame (P1).
/// Without a frame it is made when the stream is pulled, of the same snapshots; "now" is now (P14).
/// InvalidArgument, NotFound and Unsupported name the view, table and column. With the commit cut
/// Unsupported, then or when read, names the table and the snapshot whose rows have no commit time
/// that is known.
Result<std::unique_ptr<TrainingSet>> MakeTrainingSet(JoinRequest request);

struct LatestRequest {
  ViewRequest view;
  std::optional<int64_t> start_us;  ///< Inclusive, microseconds since the epoch; none: no bound.
  std::optional<int64_t> end_us;    ///< Inclusive.
  /// Only rows that were appended after this snapshot up to the view's own; none: all rows.
  std::optional<SnapshotId> since;
  bool provenance = false;  ///< Behind all columns those of ProvenanceFields.
  ReadOptions read;
  MemoryLimits memory;
};

/// The latest row of every key (P15), in the order of their write ranks: join keys, features, event
/// time, created time, under the table's names. With `since` they are the increment: over the
/// latest rows as of that snapshot, key by key and by P4-P6, they give the latest rows without it.
/// Rows of the increment are newer in full ties (before version 2: those of the greater file path).
/// What AppendsSince refuses is refused here, before anything is read.
Result<std::unique_ptr<TrainingSet>> MakeLatest(LatestRequest request);

}  // namespace icefield
