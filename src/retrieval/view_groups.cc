#include "retrieval/view_groups.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

namespace icefield {

namespace {

// The first number below `at` that `shares` says yes to; else `at`.
template <typename Shares>
size_t FirstOf(size_t at, const Shares& shares) {
  size_t first = 0;
  while (first < at && !shares(first)) ++first;
  return first;
}

}  // namespace

ViewGroups::ViewGroups(const std::vector<PinnedView>& views, int64_t probes_max)
    : gathered_(views.size()) {
  for (size_t at = 0; at < views.size(); ++at) {
    const PinnedView& view = views[at];
    ttls_us_.push_back(view.view.ttl_us);
    const size_t probe = FirstOf(at, [&](size_t other) {
      return ScanAlike(views[other], view) && views[other].view.frame_keys == view.view.frame_keys;
    });
    probes_.push_back(probe);
    const size_t decider = FirstOf(at, [&](size_t other) {
      if (probe < at) return other == deciders_[probe];
      return deciders_[other] == other && ScanAlike(views[other], view) &&
             static_cast<int64_t>(ProbesWith(other).size()) < probes_max;
    });
    deciders_.push_back(decider);
    gatherers_.push_back(FirstOf(at, [&](size_t other) {
      return probes_[other] == probe && ttls_us_[other] == ttls_us_[at];
    }));
    gathered_[at].schema = *view.selected.schema;
    AddColumns(view, gathered_[gatherers_[at]]);
  }
}

void ViewGroups::AddColumns(const PinnedView& view, ReadSchema& gathered) {
  std::vector<int>& places = columns_.emplace_back();
  for (ReadColumn& column : FeatureColumns(view).columns) {
    const auto found =
        std::find_if(gathered.columns.begin(), gathered.columns.end(),
                     [&](const ReadColumn& other) { return other.field_id == column.field_id; });
    places.push_back(static_cast<int>(found - gathered.columns.begin()));
    if (found == gathered.columns.end()) gathered.columns.push_back(std::move(column));
  }
}

int64_t ViewGroups::GatherersFrom(size_t view) const {
  int64_t count = 0;
  for (size_t at = view; at < gatherers_.size(); ++at) count += IsGatherer(at) ? 1 : 0;
  return count;
}

std::vector<size_t> ViewGroups::ProbesWith(size_t view) const {
  std::vector<size_t> probes;
  for (size_t at = 0; at < deciders_.size(); ++at) {
    if (deciders_[at] == deciders_[view] && probes_[at] == at) probes.push_back(at);
  }
  return probes;
}

int64_t ViewGroups::ProbesTogether() const {
  size_t most = 1;
  for (size_t at = 0; at < deciders_.size(); ++at) most = std::max(most, ProbesWith(at).size());
  return static_cast<int64_t>(most);
}

std::vector<int64_t> ViewGroups::TtlsOf(size_t view) const {
  std::vector<int64_t> ttls;
  for (size_t at = 0; at < probes_.size(); ++at) {
    if (probes_[at] == probes_[view] &&
        std::find(ttls.begin(), ttls.end(), ttls_us_[at]) == ttls.end())
      ttls.push_back(ttls_us_[at]);
  }
  return ttls;
}

Status ForEachScan(const std::vector<PinnedView>& views, const ViewGroups& groups,
                   const std::function<Result<std::unique_ptr<ViewScan>>(size_t view)>& open,
                   const ReadOptions& options, PlanDepth depth,
                   const std::function<Status(const ViewScan&)>& take) {
  std::map<size_t, std::unique_ptr<ViewScan>> scans;  // By decider.
  for (size_t view = 0; view < views.size(); ++view) {
    std::unique_ptr<ViewScan>& scan = scans[groups.DeciderOf(view)];
    if (scan == nullptr) {
      ICEFIELD_ASSIGN(scan, open(view));
    } else {
      std::optional<ReadSchema> gathered;
      if (groups.IsGatherer(view)) gathered = groups.GatheredBy(view);
      ICEFIELD_TRY(TurnToView(*scan, views[view], std::move(gathered), options, depth));
    }
    ICEFIELD_TRY(take(*scan));
  }
  return {};
}

bool ScanAlike(const PinnedView& a, const PinnedView& b) {
  const auto snapshot_of = [](const PinnedView& pinned) {
    return pinned.selected.snapshot == nullptr ? SnapshotId{} : pinned.selected.snapshot->id;
  };
  const auto terms_of = [](const PinnedView& pinned) {
    const BoundView& view = pinned.view;
    return std::tie(pinned.source.table->metadata_location, pinned.source.table->name, view.keys,
                    view.event_time, view.created_time, view.row_filter);
  };
  // A snapshot that is named is read by its own schema, the current one by the table's (P11).
  const bool of_one_schema =
      a.selected.schema == b.selected.schema || *a.selected.schema == *b.selected.schema;
  return snapshot_of(a) == snapshot_of(b) && of_one_schema && terms_of(a) == terms_of(b) &&
         a.source.store == b.source.store &&
         a.commit_times.has_value() == b.commit_times.has_value();
}

}  // namespace icefield
