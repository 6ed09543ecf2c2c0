#include "retrieval/view_groups.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

namespace icefield {

ViewGroups::ViewGroups(const std::vector<PinnedView>& views) : gathered_(views.size()) {
  for (size_t at = 0; at < views.size(); ++at) {
    ttls_us_.push_back(views[at].view.ttl_us);
    size_t decider = 0;
    while (!DecideAlike(views[decider], views[at])) ++decider;
    deciders_.push_back(decider);
    size_t gatherer = decider;
    while (deciders_[gatherer] != decider || ttls_us_[gatherer] != ttls_us_[at]) ++gatherer;
    gatherers_.push_back(gatherer);
    gathered_[at].schema = *views[at].selected.schema;
    AddColumns(views[at], gathered_[gatherer]);
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

std::vector<int64_t> ViewGroups::TtlsOf(size_t view) const {
  std::vector<int64_t> ttls;
  for (size_t at = 0; at < deciders_.size(); ++at) {
    if (deciders_[at] == deciders_[view] &&
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

bool DecideAlike(const PinnedView& a, const PinnedView& b) {
  const auto snapshot_of = [](const PinnedView& pinned) {
    return pinned.selected.snapshot == nullptr ? SnapshotId{} : pinned.selected.snapshot->id;
  };
  const auto terms_of = [](const PinnedView& pinned) {
    const BoundView& view = pinned.view;
    return std::tie(pinned.source.table->metadata_location, pinned.source.table->name, view.keys,
                    view.frame_keys, view.event_time, view.created_time, view.row_filter);
  };
  return snapshot_of(a) == snapshot_of(b) && terms_of(a) == terms_of(b) &&
         a.source.store == b.source.store &&
         a.commit_times.has_value() == b.commit_times.has_value();
}

}  // namespace icefield
