#include "retrieval/joined_set.h"

#include <arrow/record_batch.h>

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <utility>

#include "base/executor.h"
#include "base/progress.h"
#include "codec/arrow/arrow_types.h"
#include "io/machine_memory.h"
#include "retrieval/frame_passes.h"
#include "retrieval/join_decisions.h"
#include "retrieval/progress_stages.h"
#include "retrieval/stopwatch.h"
#include "retrieval/view_groups.h"
#include "retrieval/view_join.h"

namespace icefield {
namespace {

std::string OutputName(const BoundView& view, const BoundView::Feature& feature,
                       bool full_feature_names) {
  return full_feature_names ? view.name + "__" + feature.name : feature.name;
}

// The views of one join, opened one after the other and joined to the whole frame, then streamed.
class JoinedSet final : public TrainingSet {
 public:
  JoinedSet(EntityFrame frame, std::vector<PinnedView> views, std::shared_ptr<arrow::Schema> schema,
            JoinTerms terms)
      : frame_(std::move(frame)),
        views_(std::move(views)),
        schema_(std::move(schema)),
        terms_(std::move(terms)),
        groups_(views_, ProbesMax(frame_.table(), views_, terms_.memory)),
        decisions_(frame_, views_, groups_,
                   {.thread_bytes = terms_.memory.thread_bytes(), .read = terms_.read}),
        spill_file_(terms_.memory.limits().spill_directory),
        work_(terms_.read.progress, views_.size()) {
    report_.rows = frame_.rows();
  }

  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }

  std::vector<ViewReport> Pinned() const override { return PinnedReports(views_); }

  // Keys of all views are encoded when the set is made, so that a wrong type is known before
  // anything is read.
  Status EncodeKeys() {
    const Stopwatch watch(report_.seconds.encode);
    for (size_t view = 0; view < views_.size(); ++view) ICEFIELD_TRY(decisions_.KeysOf(view));
    return {};
  }

  Result<RetrievalPlan> Explain(PlanDepth depth) override {
    RetrievalPlan plan{.depth = depth, .budget = {.bytes = terms_.memory.bytes()}};
    plan.budget.pass_rows = frame_.rows();
    plan.frame = FramePlan{.rows = frame_.rows(), .bytes = frame_.bytes()};
    ICEFIELD_TRY(ForEachScan(
        views_, groups_, [&](size_t view) { return Open(view, depth); }, terms_.read, depth,
        [&](const ViewScan& scan) -> Status {
          const size_t probes = groups_.ProbesWith(plan.views.size()).size();
          const MemoryTerms memory{.entity_rows = frame_.rows(),
                                   .probes = static_cast<int64_t>(probes),
                                   .read = terms_.read};
          ICEFIELD_ASSIGN(plan.views.emplace_back(), DescribeView(scan, depth, memory));
          return {};
        }));
    plan.keys = GroupByKeys(plan.views);
    for (KeysPlan& shared : plan.keys) {
      const auto view = std::find_if(views_.begin(), views_.end(), [&](const PinnedView& pinned) {
        return pinned.view.name == shared.views.front();
      });
      ICEFIELD_ASSIGN(const EncodedKeys* keys,
                      decisions_.KeysOf(static_cast<size_t>(view - views_.begin())));
      shared.distinct = keys->encoder.size();
      shared.bytes = keys->BytesAbout();
    }
    return plan;
  }

  Result<std::shared_ptr<arrow::RecordBatch>> Next() override {
    if (!joined_) ICEFIELD_TRY(JoinAll());
    if (next_row_ >= frame_.rows()) {
      Finish();
      return std::shared_ptr<arrow::RecordBatch>();
    }
    const Stopwatch watch(report_.seconds.gather);
    int64_t rows = RowsAhead();
    Result<std::vector<arrow::ArrayVector>> features = TakeFeatures(rows);
    // Texts of more than 2 GiB do not fit one array: fewer rows do.
    while (!features.ok() && features.error().code == ErrorCode::kResourceExhausted && rows > 1) {
      rows = (rows + 1) / 2;
      features = TakeFeatures(rows);
    }
    if (!features.ok()) return std::move(features).error();
    ICEFIELD_ASSIGN(std::shared_ptr<arrow::RecordBatch> slice, frame_.Slice(next_row_, rows));
    arrow::ArrayVector columns = slice->columns();
    for (size_t view = 0; view < views_.size(); ++view) {
      CountNulls(view, (*features)[view]);
      columns.insert(columns.end(), (*features)[view].begin(), (*features)[view].end());
    }
    next_row_ += rows;
    giving_->AddRows(rows);
    return arrow::RecordBatch::Make(schema_, rows, std::move(columns));
  }

  const RetrievalReport* report() const override { return done_ ? &report_ : nullptr; }

 private:
  Result<std::unique_ptr<ViewScan>> Open(size_t at, PlanDepth depth = PlanDepth::kFooters) {
    ICEFIELD_ASSIGN(ViewNeed need, decisions_.NeedOf(at));
    ICEFIELD_ASSIGN(std::unique_ptr<ViewScan> scan,
                    OpenForJoin(views_[at], std::move(need), terms_, depth));
    if (groups_.DeciderOf(at) != at) scan->LeaveDeciding(views_[groups_.DeciderOf(at)].view.name);
    return scan;
  }

  // With a limit all views are planned before any is read: nothing is read in vain.
  Result<std::vector<std::unique_ptr<ViewScan>>> PlanAhead() {
    const Stopwatch watch(report_.seconds.plan);
    std::vector<std::unique_ptr<ViewScan>> scans(views_.size());
    if (!terms_.read.bytes_max) return scans;
    PlannedBytes planned(terms_.read);
    for (size_t view = 0; view < views_.size(); ++view) {
      if (!groups_.IsGatherer(view)) continue;
      ICEFIELD_ASSIGN(scans[view], Open(view));
      ICEFIELD_TRY(planned.Add(scans[view]->report));
    }
    return scans;
  }

  Result<Winners> WinnersFor(size_t at, ViewScan& scan) {
    const Stopwatch watch(report_.seconds.winners);
    return decisions_.WinnersOf(at, scan);
  }

  // The share of view `at` of `left` bytes: what one view does not need, those after it get.
  FeatureTerms TermsOf(size_t at, int64_t left) {
    const MemoryBudget& memory = terms_.memory;
    return {.bytes_max = std::min(left / groups_.GatherersFrom(at),
                                  memory.limits().held_bytes_max.value_or(left)),
            .thread_bytes = memory.thread_bytes(),
            .file = &spill_file_};
  }

  // For who looks at the progress. Views that do not decide have no columns to decide by.
  int64_t WorkOf(const ViewScan& scan) const {
    return DecidingWork(scan) + GatheringWork(scan) + GivingWork(scan, frame_.rows());
  }

  // Where somebody looks: before the first of several views is read, of all by their manifests.
  Status GuessWork() {
    if (terms_.read.progress == nullptr || views_.size() == 1) return {};
    const Stopwatch watch(report_.seconds.plan);
    for (size_t at = 0; at < views_.size(); ++at) {
      if (!groups_.IsGatherer(at)) continue;
      ICEFIELD_ASSIGN(const std::unique_ptr<ViewScan> scan, Open(at, PlanDepth::kManifests));
      work_.Set(at, WorkOf(*scan));
    }
    return {};
  }

  Status JoinAll() {
    ICEFIELD_TRY(GuessWork());
    ICEFIELD_ASSIGN(std::vector<std::unique_ptr<ViewScan>> planned, PlanAhead());
    const MemoryBudget& memory = terms_.memory;
    int64_t left = memory.feature_bytes(
        frame_.rows() * JoinBytesOfRow(frame_.table(), views_, groups_.ProbesTogether()));
    int64_t giving_work = 0;
    for (size_t at = 0; at < views_.size(); ++at) {
      if (!groups_.IsGatherer(at)) {
        Follow(at);
        continue;
      }
      std::unique_ptr<ViewScan> scan = std::move(planned[at]);
      if (scan == nullptr) {
        const Stopwatch watch(report_.seconds.plan);
        ICEFIELD_ASSIGN(scan, Open(at));
      }
      work_.Set(at, WorkOf(*scan));
      giving_work += GivingWork(*scan, frame_.rows());
      ICEFIELD_ASSIGN(Winners winners, WinnersFor(at, *scan));
      const Stopwatch watch(report_.seconds.gather);
      ICEFIELD_ASSIGN(GatheredFeatures gathered,
                      GatherFeatures(*scan, std::move(winners), TermsOf(at, left), terms_.read));
      left = std::max<int64_t>(0, left - gathered.features.bytes_held());
      gathered_.emplace(at, std::move(gathered));
      report_.views.push_back(std::move(scan->report));
    }
    decisions_.Finish();
    for (size_t view = 0; view < views_.size(); ++view) row_bytes_ += RowBytes(view);
    if (terms_.read.progress != nullptr) terms_.read.progress->Enter("giving rows");
    giving_.emplace(terms_.read.progress, giving_work, frame_.rows());
    joined_ = true;
    return {};
  }

  // The report of a view whose features were gathered with those of another one.
  void Follow(size_t at) {
    const ViewReport& gatherer = report_.views[groups_.GathererOf(at)];
    ViewReport report = PinnedReport(views_[at]);
    report.decided_with = views_[groups_.DeciderOf(at)].view.name;
    report.files_planned = gatherer.files_planned;
    report.pruned = gatherer.pruned;
    report.cut = gatherer.cut;
    report.ties = gatherer.ties;
    report.outcomes = gatherer.outcomes;
    report.full_ties = gatherer.full_ties;
    report.hits_not_yet_created = gatherer.hits_not_yet_created;
    report_.views.push_back(std::move(report));
  }

  // About, of the features of an entity row.
  int64_t RowBytes(size_t view) const {
    const size_t gatherer = groups_.GathererOf(view);
    const auto columns = static_cast<int64_t>(groups_.GatheredBy(gatherer).columns.size());
    const auto own = static_cast<int64_t>(groups_.ColumnsOf(view).size());
    return gathered_.at(gatherer).features.row_bytes() * own / std::max<int64_t>(1, columns);
  }

  // How many rows the next batch has.
  int64_t RowsAhead() const {
    const int64_t fitting = terms_.memory.batch_bytes() / std::max<int64_t>(1, row_bytes_);
    int64_t rows = std::min(
        {frame_.rows() - next_row_, terms_.read.batch_rows, std::max<int64_t>(1, fitting)});
    for (const auto& [view, gathered] : gathered_)
      rows = std::min(rows, gathered.features.RowsFrom(next_row_));
    return rows;
  }

  std::span<const uint32_t> WinnersOf(size_t view, int64_t rows) const {
    return std::span(gathered_.at(groups_.GathererOf(view)).features.winner_of_row())
        .subspan(static_cast<size_t>(next_row_), static_cast<size_t>(rows));
  }

  // The features of the next `rows` entity rows, view by view. Views that were gathered together
  // share the memory of what both have.
  Result<std::vector<arrow::ArrayVector>> TakeFeatures(int64_t rows) {
    std::map<size_t, arrow::ArrayVector> taken;
    for (auto& [view, gathered] : gathered_) {
      Result<arrow::ArrayVector> columns =
          gathered.features.Take(next_row_, rows, ThreadCount(terms_.read.threads));
      if (!columns.ok()) {
        return std::move(columns).error().At(StrCat("feature view '", views_[view].view.name, "'"));
      }
      taken[view] = *std::move(columns);
    }
    std::vector<arrow::ArrayVector> features(views_.size());
    for (size_t view = 0; view < views_.size(); ++view) {
      const size_t gatherer = groups_.GathererOf(view);
      for (const int column : groups_.ColumnsOf(view))
        features[view].push_back(taken[gatherer][static_cast<size_t>(column)]);
      const std::optional<WinnerOrigins>& origins = gathered_.at(gatherer).origins;
      if (!origins) continue;
      const std::span<const uint32_t> winners = WinnersOf(view, rows);
      ICEFIELD_TRY(origins->Insert({winners.begin(), winners.end()},
                                   ProvenanceTimes(views_[view]).size(), features[view]));
    }
    return features;
  }

  void CountNulls(size_t view, const arrow::ArrayVector& features) {
    const std::vector<BoundView::Feature>& asked = views_[view].view.features;
    for (size_t at = 0; at < asked.size(); ++at)
      report_.views[view].null_values[asked[at].name] += features[at]->null_count();
  }

  void Finish() {
    if (done_) return;
    // A miss is no value that is null.
    for (ViewReport& view : report_.views) {
      for (auto& [feature, nulls] : view.null_values) nulls -= frame_.rows() - view.outcomes.hits;
    }
    report_.process_peak_bytes = ProcessPeakBytes();
    done_ = true;
  }

  EntityFrame frame_;
  std::vector<PinnedView> views_;
  std::shared_ptr<arrow::Schema> schema_;
  JoinTerms terms_;
  ViewGroups groups_;
  JoinDecisions decisions_;
  TemporaryFile spill_file_;
  std::map<size_t, GatheredFeatures> gathered_;  // By gatherer.
  int64_t row_bytes_ = 0;                        // About, of the features of an entity row.
  ExpectedParts work_;                           // By view.
  std::optional<PassProgress> giving_;
  RetrievalReport report_;
  int64_t next_row_ = 0;
  bool joined_ = false;
  bool done_ = false;
};

}  // namespace

Result<std::unique_ptr<ViewScan>> OpenForJoin(const PinnedView& view, ViewNeed need,
                                              const JoinTerms& terms, PlanDepth depth) {
  if (terms.created_cut != CreatedCut::kNone)
    need.cut = view.view.created_time ? CutEffect::kApplied : CutEffect::kNoCreatedColumn;
  return OpenView(view, std::move(need), terms.read, depth);
}

Result<std::shared_ptr<arrow::Schema>> JoinSchema(const arrow::Schema& frame,
                                                  const std::vector<PinnedView>& views,
                                                  bool full_feature_names) {
  arrow::FieldVector fields = frame.fields();
  std::map<std::string, std::string> owners;
  for (const std::string& name : frame.field_names()) owners[name] = "a column of the entity frame";
  const auto add = [&](const std::shared_ptr<arrow::Field>& field, std::string owner) -> Status {
    const auto [found, added] = owners.emplace(field->name(), owner);
    if (!added) {
      return InvalidArgument(owner, " and ", found->second, " would both be the output column '",
                             field->name(), "' (P13); use full feature names or rename one");
    }
    fields.push_back(field);
    return {};
  };
  for (const PinnedView& pinned : views) {
    const std::string of_view = StrCat(" of view '", pinned.view.name, "'");
    for (const BoundView::Feature& feature : pinned.view.features) {
      ICEFIELD_ASSIGN(std::shared_ptr<arrow::Field> field, ToArrowField(feature.field));
      const std::string name = OutputName(pinned.view, feature, full_feature_names);
      ICEFIELD_TRY(add(field->WithName(name)->WithNullable(true),
                       StrCat("feature '", feature.name, "'", of_view)));
    }
    if (!pinned.provenance) continue;
    ICEFIELD_ASSIGN(const arrow::FieldVector provenance, ProvenanceFields(pinned));
    for (const std::shared_ptr<arrow::Field>& field : provenance)
      ICEFIELD_TRY(add(field, StrCat("provenance column '", field->name(), "'", of_view)));
  }
  return arrow::schema(std::move(fields), frame.metadata());
}

Result<std::unique_ptr<TrainingSet>> MakeJoinedSet(EntityFrame frame, std::vector<PinnedView> views,
                                                   std::shared_ptr<arrow::Schema> schema,
                                                   JoinTerms terms) {
  if (frame.rows() >= int64_t{kNoSlot}) {
    return Unsupported("an entity frame of ", frame.rows(), " rows; split it below 4 billion");
  }
  auto set = std::make_unique<JoinedSet>(std::move(frame), std::move(views), std::move(schema),
                                         std::move(terms));
  ICEFIELD_TRY(set->EncodeKeys());
  return std::unique_ptr<TrainingSet>(std::move(set));
}

}  // namespace icefield
