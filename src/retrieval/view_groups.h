/// Which views of one join are read together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "retrieval/view_scan.h"

namespace icefield {

/// Views of one table in two kinds of groups. Views that decide alike share the pass over keys and
/// times; those of them that have one TTL have the same winners, and share the pass over features
/// too. The first view of a group reads for all of it. Views are named by their numbers.
class ViewGroups {
 public:
  explicit ViewGroups(const std::vector<PinnedView>& views);

  /// Who reads the keys and times for `view`: maybe itself.
  size_t DeciderOf(size_t view) const { return deciders_[view]; }

  /// Who reads the features for `view`: maybe itself.
  size_t GathererOf(size_t view) const { return gatherers_[view]; }

  bool IsGatherer(size_t view) const { return gatherers_[view] == view; }

  /// How many views from `view` on are gatherers.
  int64_t GatherersFrom(size_t view) const;

  /// The TTLs of the views that share the decider of `view`, each once.
  std::vector<int64_t> TtlsOf(size_t view) const;

  /// What `view` reads of the winners: the columns of all that it gathers for, each once. None if
  /// it is no gatherer.
  const ReadSchema& GatheredBy(size_t view) const { return gathered_[view]; }

  /// Where the columns that FeatureColumns names for `view` lie among those of its gatherer.
  const std::vector<int>& ColumnsOf(size_t view) const { return columns_[view]; }

 private:
  void AddColumns(const PinnedView& view, ReadSchema& gathered);

  std::vector<size_t> deciders_;
  std::vector<size_t> gatherers_;
  std::vector<int64_t> ttls_us_;
  std::vector<ReadSchema> gathered_;
  std::vector<std::vector<int>> columns_;
};

/// Opens the views of one join to be looked at, one after the other, those that decide alike once.
/// `open` opens a view that decides, to `depth`; `take` gets the scans of all views, in order.
Status ForEachScan(const std::vector<PinnedView>& views, const ViewGroups& groups,
                   const std::function<Result<std::unique_ptr<ViewScan>>(size_t view)>& open,
                   const ReadOptions& options, PlanDepth depth,
                   const std::function<Status(const ViewScan&)>& take);

/// True where one pass over one state of one table decides for both views: they share keys (in
/// table and frame), times, row filter and cuts, and differ in features and TTLs alone.
bool DecideAlike(const PinnedView& a, const PinnedView& b);

}  // namespace icefield
