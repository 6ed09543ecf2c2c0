/// The first passes of one join: which rows win for its views.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "pit/spine_index.h"
#include "retrieval/key_encodings.h"
#include "retrieval/view_groups.h"
#include "retrieval/view_join.h"

namespace icefield {

/// Decides scan by scan, for all views that share one, and keeps what is decided until it is asked
/// for. Views are named by their numbers.
class JoinDecisions {
 public:
  /// Borrows `frame` and `views`.
  JoinDecisions(const EntityFrame& frame, const std::vector<PinnedView>& views,
                const ViewGroups& groups, DecidingTerms terms)
      : frame_(frame),
        views_(views),
        groups_(groups),
        terms_(std::move(terms)),
        encodings_(frame, terms_.read) {}

  /// The frame's keys for a view. As KeyEncodings::For.
  Result<const EncodedKeys*> KeysOf(size_t view) { return encodings_.For(views_[view].view); }

  /// The rows that `view` or any that shares its scan needs, and the columns that it gathers. Views
  /// that share a scan plan alike: a row of one plan is the same row of another.
  Result<ViewNeed> NeedOf(size_t view);

  /// The winners of a gatherer, once; its scan is opened by NeedOf. The decider of the view, which
  /// comes first, reads keys and times for all that share its scan. Fills the scan's report.
  Result<Winners> WinnersOf(size_t view, ViewScan& scan);

  /// Frees what finds winners: nothing more is asked.
  void Finish() { indexes_.clear(); }

 private:
  Result<ViewNeed> NeedOfScan(size_t decider);
  Result<const SpineIndex*> IndexOf(const EncodedKeys* keys, ViewUnit unit);
  Result<std::vector<Probe>> ProbesOf(size_t decider);
  Status Decide(size_t decider, ViewScan& scan);

  const EntityFrame& frame_;
  const std::vector<PinnedView>& views_;
  const ViewGroups& groups_;
  const DecidingTerms terms_;
  KeyEncodings encodings_;
  std::map<size_t, ViewNeed> needs_;  // By decider, without columns.
  // Of the last scan: those after it may ask for the same.
  std::map<std::pair<const EncodedKeys*, ViewUnit>, SpineIndex> indexes_;
  std::map<std::pair<size_t, int64_t>, Decision> decisions_;  // By probe and TTL, while needed.
  std::map<size_t, TieReading> ties_;                         // By decider.
};

}  // namespace icefield
