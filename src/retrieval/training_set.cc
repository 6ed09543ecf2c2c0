#include "retrieval/training_set.h"

#include <arrow/record_batch.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <set>
#include <tuple>

#include "base/checked.h"
#include "base/executor.h"
#include "base/progress.h"
#include "retrieval/join_passes.h"
#include "retrieval/joined_set.h"
#include "retrieval/progress_stages.h"
#include "retrieval/pruning.h"
#include "retrieval/stopwatch.h"
#include "retrieval/view_groups.h"
#include "retrieval/view_join.h"

namespace icefield {
namespace {

Status CheckViewNames(const std::vector<ViewRequest>& views) {
  std::set<std::string> names;
  for (const ViewRequest& view : views) {
    if (!names.insert(view.spec.name).second) {
      return InvalidArgument("two feature views are named '", view.spec.name,
                             "'; give each its own name");
    }
  }
  return {};
}

// Which of two loads of one table is the newer.
bool IsNewer(const LoadedTable& a, const LoadedTable& b) {
  const auto age = [](const LoadedTable& table) {
    return std::tie(table.metadata.last_updated_ms, table.metadata.last_sequence_number,
                    table.metadata_location);
  };
  return age(a) > age(b);
}

// Views over one table that name no state of their own see one snapshot: that of the newest load
// among them (P11).
void ShareSources(std::vector<ViewRequest>& views) {
  std::map<std::pair<std::string, std::string>, SourceTable> newest;
  const auto is_free = [](const ViewRequest& view) {
    return view.spec.snapshot == SnapshotSelector{};
  };
  const auto identity = [](const ViewRequest& view) {
    const TableMetadata& metadata = view.source.table->metadata;
    return std::pair(metadata.table_uuid, metadata.location);  // A copied table keeps its UUID.
  };
  for (const ViewRequest& view : views) {
    if (!is_free(view)) continue;
    SourceTable& best = newest.emplace(identity(view), view.source).first->second;
    if (IsNewer(*view.source.table, *best.table)) best = view.source;
  }
  for (ViewRequest& view : views) {
    if (is_free(view)) view.source = newest.at(identity(view));
  }
}

int64_t MicrosSinceEpoch() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

// The join of views to the frame that they make. The frame is read when the first row is asked for.
class FramelessSet final : public TrainingSet {
 public:
  FramelessSet(ViewFramePlan plan, std::vector<PinnedView> views,
               std::shared_ptr<arrow::Schema> schema, JoinTerms terms)
      : plan_(std::move(plan)),
        views_(std::move(views)),
        schema_(std::move(schema)),
        terms_(std::move(terms)) {}

  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }

  std::vector<ViewReport> Pinned() const override { return PinnedReports(views_); }

  Result<RetrievalPlan> Explain(PlanDepth depth) override {
    RetrievalPlan plan{.depth = depth, .budget = {.bytes = terms_.memory.bytes()}};
    plan.frame = FramePlan{.start_us = plan_.start_us, .end_us = plan_.end_us};
    for (const PinnedView& source : plan_.sources) {
      ICEFIELD_ASSIGN(const std::unique_ptr<ViewScan> scan,
                      OpenFrameSource(plan_, source, terms_.read, depth));
      // Its distinct rows are kept: at most all.
      ICEFIELD_ASSIGN(ViewPlan view,
                      DescribeView(*scan, depth, {.entity_rows = 0, .read = terms_.read}));
      plan.frame->rows += view.rows;
      plan.frame->bytes += scan->deciding_sizes.decoded;
      plan.frame->scans.push_back(std::move(view));
    }
    ICEFIELD_TRY(ForEachView(depth, [&](const ViewScan& scan) -> Status {
      const MemoryTerms memory{.entity_rows = plan.frame->rows, .read = terms_.read};
      ICEFIELD_ASSIGN(plan.views.emplace_back(), DescribeView(scan, depth, memory));
      return {};
    }));
    plan.keys = GroupByKeys(plan.views);
    return plan;
  }

  Result<std::shared_ptr<arrow::RecordBatch>> Next() override {
    if (!joined_) {
      ICEFIELD_TRY(CheckLimit());
      ICEFIELD_TRY(MakeFrame());
    }
    ICEFIELD_ASSIGN(std::shared_ptr<arrow::RecordBatch> batch, joined_->Next());
    if (batch == nullptr) {
      report_ = joined_->report();
      report_->frame = std::move(frame_);
      report_->seconds.frame = frame_seconds_;
    }
    return batch;
  }

  const RetrievalReport* report() const override { return report_ ? &*report_ : nullptr; }

 private:
  // The first event time that can matter to an entity row at the start.
  std::optional<int64_t> FirstTick(int64_t ttl_us, ViewUnit unit) const {
    if (ttl_us == 0) return std::nullopt;
    const std::optional<int64_t> first = CheckedAdd<int64_t>(plan_.start_us, -ttl_us);
    if (!first) return std::nullopt;
    return MicrosToTick(*first, unit);
  }

  // The views as they are known before the frame is: by event times alone.
  Status ForEachView(PlanDepth depth, const std::function<Status(const ViewScan&)>& take) const {
    // How many sets of slots fit beside each other shows when the frame is there.
    const ViewGroups groups(views_, 1);
    const auto open = [&](size_t at) {
      const PinnedView& view = views_[at];
      const int64_t ttl_us = WidestTtl(groups.TtlsOf(at));
      const TimeSpan span{FirstTick(ttl_us, view.unit), MicrosToTick(plan_.end_us, view.unit)};
      return OpenForJoin(
          view, {.span = WithinSpan(view, span), .keys = {}, .gathered = groups.GatheredBy(at)},
          terms_, depth);
    };
    return ForEachScan(views_, groups, open, terms_.read, depth, take);
  }

  // What makes the frame and what is joined to it count together; nothing is read before.
  Status CheckLimit() {
    if (!terms_.read.bytes_max) return {};
    PlannedBytes planned(terms_.read);
    for (const PinnedView& source : plan_.sources) {
      ICEFIELD_ASSIGN(const std::unique_ptr<ViewScan> scan,
                      OpenFrameSource(plan_, source, terms_.read));
      ICEFIELD_TRY(planned.Add(scan->report));
    }
    ICEFIELD_TRY(ForEachView(PlanDepth::kFooters,
                             [&](const ViewScan& scan) { return planned.Add(scan.report); }));
    terms_.read.bytes_max.reset();  // The join will read no more than that.
    return {};
  }

  // Where somebody looks: what is read for the frame, then what will be joined to it.
  Status GuessWork(ExpectedParts& work) const {
    if (terms_.read.progress == nullptr) return {};
    size_t part = 0;
    for (const PinnedView& source : plan_.sources) {
      ICEFIELD_ASSIGN(const std::unique_ptr<ViewScan> scan,
                      OpenFrameSource(plan_, source, terms_.read, PlanDepth::kManifests));
      work.Set(part++, DecidingWork(*scan));
    }
    return ForEachView(PlanDepth::kManifests, [&](const ViewScan& scan) -> Status {
      work.Set(part++, DecidingWork(scan) + GatheringWork(scan));
      return {};
    });
  }

  Status MakeFrame() {
    frame_ = {.start_us = plan_.start_us, .end_us = plan_.end_us};
    ExpectedParts work(terms_.read.progress, plan_.sources.size() + views_.size());
    ICEFIELD_TRY(GuessWork(work));
    const Stopwatch watch(frame_seconds_);
    ICEFIELD_ASSIGN(std::unique_ptr<FramePasses> passes,
                    ReadViewFrame(plan_, views_, terms_.read, terms_.memory, work, frame_));
    // The join knows better what it will read.
    for (size_t view = 0; view < views_.size(); ++view) work.Set(plan_.sources.size() + view, 0);
    joined_.emplace(std::move(passes), views_, schema_, terms_);
    return {};
  }

  ViewFramePlan plan_;
  std::vector<PinnedView> views_;
  std::shared_ptr<arrow::Schema> schema_;
  JoinTerms terms_;
  std::optional<PassStream> joined_;
  MadeFrame frame_;
  double frame_seconds_ = 0;
  std::optional<RetrievalReport> report_;
};

}  // namespace

Result<std::unique_ptr<TrainingSet>> MakeTrainingSet(JoinRequest request) {
  ICEFIELD_TRY(CheckReadOptions(request.read));
  request.read.threads = ThreadCount(request.read.threads);  // One answer for all stages.
  ICEFIELD_TRY(CheckViewNames(request.views));
  ShareSources(request.views);
  std::vector<PinnedView> views;
  for (const ViewRequest& view : request.views) {
    ICEFIELD_ASSIGN(views.emplace_back(), PinView(view.source, view.spec));
    views.back().provenance = request.provenance;
    if (request.created_cut == CreatedCut::kEverywhere && !views.back().view.created_time) {
      return InvalidArgument("feature view '", view.spec.name,
                             "' has no created timestamp column for the created cut; ",
                             "name one, or ask for created_cut='where_available' (P8)");
    }
    if (request.commit_cut) {
      PinnedView& pinned = views.back();
      ICEFIELD_ASSIGN(pinned.commit_times,
                      CommitTimes::Make(view.source.table->metadata, pinned.selected.snapshot,
                                        view.source.table->name));
    }
  }
  ICEFIELD_ASSIGN(MemoryBudget memory, MemoryBudget::Make(request.memory, request.read.threads));
  request.read.threads = memory.threads();
  JoinTerms terms{.created_cut = request.created_cut,
                  .read = std::move(request.read),
                  .memory = std::move(memory)};
  if (request.frame == nullptr) {
    ICEFIELD_ASSIGN(ViewFramePlan plan, PlanViewFrame(views, request.entity_timestamp,
                                                      request.bounds, MicrosSinceEpoch()));
    ICEFIELD_ASSIGN(std::shared_ptr<arrow::Schema> schema,
                    JoinSchema(*plan.schema, views, request.full_feature_names));
    return std::unique_ptr<TrainingSet>(std::make_unique<FramelessSet>(
        std::move(plan), std::move(views), std::move(schema), std::move(terms)));
  }
  if (request.bounds.start_us || request.bounds.end_us) {
    return InvalidArgument("start and end bound the frame that views make; with an entity frame ",
                           "leave them out, or choose the frame's rows (P14)");
  }
  const std::shared_ptr<arrow::Schema> frame_schema = request.frame->schema();
  const int64_t rows = request.frame->num_rows();
  const int64_t pass_rows = PassRows(*request.frame, views, terms.memory, terms.read.batch_rows);
  if (rows > pass_rows) {
    ICEFIELD_ASSIGN(GivenFrame frame, GivenFrame::Make(std::move(request.frame),
                                                       request.entity_timestamp, pass_rows));
    ICEFIELD_ASSIGN(std::shared_ptr<arrow::Schema> schema,
                    JoinSchema(*frame_schema, views, request.full_feature_names));
    return JoinGivenFrame(std::move(frame), std::move(views), std::move(schema), std::move(terms));
  }
  ICEFIELD_ASSIGN(EntityFrame frame,
                  EntityFrame::Make(std::move(request.frame), request.entity_timestamp));
  ICEFIELD_ASSIGN(std::shared_ptr<arrow::Schema> schema,
                  JoinSchema(*frame_schema, views, request.full_feature_names));
  return MakeJoinedSet(std::move(frame), std::move(views), std::move(schema), std::move(terms));
}

}  // namespace icefield
