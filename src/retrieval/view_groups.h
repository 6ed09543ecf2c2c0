/// Which views of one join are read together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "retrieval/view_scan.h"

namespace icefield {

/// Views of one table in groups, each within the one before it:
/// - views that scan alike share the pass over keys and times, as far as their slots fit in memory
///   together;
/// - those of them whose keys are the same columns of the frame share slots: a probe;
/// - those of these that have one TTL have the same winners, and share the pass over features too.
/// The first view of a group stands for all of it. Views are named by their numbers.
class ViewGroups {
 public:
  /// `probes_max`: so many probes may share a scan; at least 1.
  ViewGroups(const std::vector<PinnedView>& views, int64_t probes_max);

  /// Who reads the keys and times for `view`: maybe itself.
  size_t DeciderOf(size_t view) const { return deciders_[view]; }

  /// Whose slots find the winners of `view`: maybe its own.
  size_t ProbeOf(size_t view) const { return probes_[view]; }

  /// Who reads the features for `view`: maybe itself.
  size_t GathererOf(size_t view) const { return gatherers_[view]; }

  bool IsGatherer(size_t view) const { return gatherers_[view] == view; }

  /// How many views from `view` on are gatherers.
  int64_t GatherersFrom(size_t view) const;

  /// The probes of the scan that `view` shares, ascending.
  std::vector<size_t> ProbesWith(size_t view) const;

  /// The most probes that share a scan; at least 1.
  int64_t ProbesTogether() const;

  /// The TTLs of the views that share the probe of `view`, each once.
  std::vector<int64_t> TtlsOf(size_t view) const;

  /// What `view` reads of the winners: the columns of all that it gathers for, each once. None if
  /// it is no gatherer.
  const ReadSchema& GatheredBy(size_t view) const { return gathered_[view]; }

  /// Where the columns that FeatureColumns names for `view` lie among those of its gatherer.
  const std::vector<int>& ColumnsOf(size_t view) const { return columns_[view]; }

 private:
  void AddColumns(const PinnedView& view, ReadSchema& gathered);

  std::vector<size_t> deciders_;
  std::vector<size_t> probes_;
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

/// True where one pass over one state of one table gives what decides for both views: they share
/// the table's columns of keys and times, row filter and cuts, and differ in the frame's columns,
/// features and TTLs alone.
bool ScanAlike(const PinnedView& a, const PinnedView& b);

}  // namespace icefield
