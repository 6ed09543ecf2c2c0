/// A join in several passes: parts of the frame, one after the other.
#pragma once

#include <memory>
#include <vector>

#include "base/progress.h"
#include "retrieval/frame_passes.h"
#include "retrieval/joined_set.h"

namespace icefield {

/// Joins the parts of a frame as frames of their own and gives out their batches in order. Each
/// part's keys, slots and features are gone before the next part is made.
class PassStream {
 public:
  /// `count`: how many parts there are, for the progress; 1 where it is not known.
  PassStream(std::unique_ptr<FramePasses> passes, std::vector<PinnedView> views,
             std::shared_ptr<arrow::Schema> schema, JoinTerms terms, int64_t count = 1);

  /// Makes the first part ready: InvalidArgument for keys that never match is known before
  /// anything is read. Need not be called.
  Status Start();

  /// As TrainingSet::Next.
  Result<std::shared_ptr<arrow::RecordBatch>> Next();

  /// Of all parts; complete once Next gave null.
  const RetrievalReport& report() const { return report_; }

 private:
  Status OpenNext();
  Status GuessWork();

  std::unique_ptr<FramePasses> passes_;
  std::vector<PinnedView> views_;
  std::shared_ptr<arrow::Schema> schema_;
  JoinTerms terms_;
  std::unique_ptr<TrainingSet> part_;
  bool is_first_ = true;
  ExpectedParts work_;  // Of the parts behind the first.
  int64_t parts_left_;
  bool is_guessed_ = false;  // For the part that is open.
  RetrievalReport report_;
};

/// The join of pinned views to a frame, in as many passes as the frame has. As MakeJoinedSet.
Result<std::unique_ptr<TrainingSet>> JoinGivenFrame(GivenFrame frame, std::vector<PinnedView> views,
                                                    std::shared_ptr<arrow::Schema> schema,
                                                    JoinTerms terms);

}  // namespace icefield
