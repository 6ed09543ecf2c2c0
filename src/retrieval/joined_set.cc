#include "retrieval/joined_set.h"

#include <arrow/record_batch.h>

#include <algorithm>
#include <map>
#include <optional>

#include "base/progress.h"
#include "codec/arrow/arrow_types.h"
#include "retrieval/progress_stages.h"
#include "retrieval/stopwatch.h"
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
        encodings_(frame_),
        work_(terms_.read.progress, views_.size()) {
    report_.rows = frame_.rows();
  }

  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }

  std::vector<ViewReport> Pinned() const override {
    std::vector<ViewReport> pinned;
    for (const PinnedView& view : views_) pinned.push_back(PinnedReport(view));
    return pinned;
  }

  // Keys of all views are encoded when the set is made, so that a wrong type is known before
  // anything is read.
  Status EncodeKeys() {
    const Stopwatch watch(report_.seconds.encode);
    for (const PinnedView& view : views_) ICEFIELD_TRY(encodings_.For(view.view));
    return {};
  }

  Result<RetrievalPlan> Explain(PlanDepth depth) override {
    RetrievalPlan plan{.depth = depth};
    plan.frame = FramePlan{.rows = frame_.rows(), .bytes = frame_.bytes()};
    for (const PinnedView& view : views_) {
      ICEFIELD_ASSIGN(const std::unique_ptr<ViewScan> scan, Open(view, depth));
      ICEFIELD_ASSIGN(
          plan.views.emplace_back(),
          DescribeView(*scan, depth, {.entity_rows = frame_.rows(), .read = terms_.read}));
    }
    plan.keys = GroupByKeys(plan.views);
    for (KeysPlan& shared : plan.keys) {
      const auto view = std::find_if(views_.begin(), views_.end(), [&](const PinnedView& pinned) {
        return pinned.view.name == shared.views.front();
      });
      ICEFIELD_ASSIGN(const EncodedKeys* keys, encodings_.For(view->view));
      shared.distinct = keys->encoder.size();
      shared.bytes = keys->BytesAbout();
    }
    return plan;
  }

  Result<std::shared_ptr<arrow::RecordBatch>> Next() override {
    if (!joined_) ICEFIELD_TRY(JoinAll());
    if (next_row_ >= frame_.rows()) {
      done_ = true;
      return std::shared_ptr<arrow::RecordBatch>();
    }
    const Stopwatch watch(report_.seconds.gather);
    int64_t rows = std::min(terms_.read.batch_rows, frame_.rows() - next_row_);
    Result<std::vector<arrow::ArrayVector>> features = TakeFeatures(rows);
    // Texts of more than 2 GiB do not fit one array: fewer rows do.
    while (!features.ok() && features.error().code == ErrorCode::kResourceExhausted && rows > 1) {
      rows = (rows + 1) / 2;
      features = TakeFeatures(rows);
    }
    if (!features.ok()) return std::move(features).error();
    ICEFIELD_ASSIGN(std::shared_ptr<arrow::RecordBatch> slice, frame_.Slice(next_row_, rows));
    arrow::ArrayVector columns = slice->columns();
    for (size_t view = 0; view < results_.size(); ++view) {
      CountNulls(view, rows, (*features)[view]);
      columns.insert(columns.end(), (*features)[view].begin(), (*features)[view].end());
    }
    next_row_ += rows;
    giving_->AddRows(rows);
    return arrow::RecordBatch::Make(schema_, rows, std::move(columns));
  }

  const RetrievalReport* report() const override { return done_ ? &report_ : nullptr; }

 private:
  Result<std::unique_ptr<ViewScan>> Open(const PinnedView& view,
                                         PlanDepth depth = PlanDepth::kFooters) {
    ICEFIELD_ASSIGN(const EncodedKeys* keys, encodings_.For(view.view));
    const std::optional<TimeSpan> span = SpanOf(frame_, view.view, view.unit);
    ViewNeed need{.span = {.op = PredicateOp::kFalse},
                  .keys = AmongKeys(view, keys->columns),
                  .gathered = FeatureColumns(view)};
    if (span) need.span = WithinSpan(view, *span);
    return OpenForJoin(view, std::move(need), terms_, depth);
  }

  // With a limit all views are planned before any is read: nothing is read in vain.
  Result<std::vector<std::unique_ptr<ViewScan>>> PlanAhead() {
    const Stopwatch watch(report_.seconds.plan);
    std::vector<std::unique_ptr<ViewScan>> scans(views_.size());
    if (!terms_.read.bytes_max) return scans;
    PlannedBytes planned(terms_.read);
    for (size_t view = 0; view < views_.size(); ++view) {
      ICEFIELD_ASSIGN(scans[view], Open(views_[view]));
      ICEFIELD_TRY(planned.Add(scans[view]->report));
    }
    return scans;
  }

  // The first view whose winners are those of view `at`: itself, or one before it.
  size_t DeciderOf(size_t at) const {
    size_t first = 0;
    while (!DecideAlike(views_[first], views_[at])) ++first;
    return first;
  }

  // Of views that decide alike the first reads keys and times, and leaves its winners to the
  // others.
  Result<Winners> WinnersFor(size_t at, ViewScan& scan) {
    const Stopwatch watch(report_.seconds.winners);
    const size_t decider = DeciderOf(at);
    if (decider != at) {
      TakeDecision(report_.views[decider], scan.report);
      return decided_.at(decider);
    }
    ICEFIELD_ASSIGN(const EncodedKeys* keys, encodings_.For(views_[at].view));
    ICEFIELD_ASSIGN(Winners winners, DecideWinners(scan, frame_, *keys, terms_.read));
    for (size_t later = at + 1; later < views_.size(); ++later) {
      if (DeciderOf(later) == at) decided_[at] = winners;
    }
    return winners;
  }

  // For who looks at the progress.
  int64_t WorkOf(size_t at, const ViewScan& scan) const {
    const int64_t deciding = DeciderOf(at) == at ? DecidingWork(scan) : 0;
    return deciding + GatheringWork(scan) + GivingWork(scan, frame_.rows());
  }

  // Where somebody looks: before the first of several views is read, of all by their manifests.
  Status GuessWork() {
    if (terms_.read.progress == nullptr || views_.size() == 1) return {};
    const Stopwatch watch(report_.seconds.plan);
    for (size_t at = 0; at < views_.size(); ++at) {
      ICEFIELD_ASSIGN(const std::unique_ptr<ViewScan> scan,
                      Open(views_[at], PlanDepth::kManifests));
      work_.Set(at, WorkOf(at, *scan));
    }
    return {};
  }

  Status JoinAll() {
    ICEFIELD_TRY(GuessWork());
    ICEFIELD_ASSIGN(std::vector<std::unique_ptr<ViewScan>> planned, PlanAhead());
    int64_t giving_work = 0;
    for (size_t at = 0; at < views_.size(); ++at) {
      const PinnedView& view = views_[at];
      std::unique_ptr<ViewScan> scan = std::move(planned[at]);
      if (scan == nullptr) {
        const Stopwatch watch(report_.seconds.plan);
        ICEFIELD_ASSIGN(scan, Open(view));
      }
      work_.Set(at, WorkOf(at, *scan));
      giving_work += GivingWork(*scan, frame_.rows());
      ICEFIELD_ASSIGN(Winners winners, WinnersFor(at, *scan));
      const Stopwatch watch(report_.seconds.gather);
      ICEFIELD_ASSIGN(JoinedView joined,
                      GatherFeatures(*scan, frame_, std::move(winners), terms_.read));
      results_.push_back(std::move(joined));
      report_.views.push_back(std::move(scan->report));
    }
    decided_.clear();
    if (terms_.read.progress != nullptr) terms_.read.progress->Enter("giving rows");
    giving_.emplace(terms_.read.progress, giving_work, frame_.rows());
    joined_ = true;
    return {};
  }

  std::vector<uint32_t> WinnersOf(size_t view, int64_t rows) const {
    const auto first = results_[view].winner_of_row.begin() + next_row_;
    return {first, first + rows};
  }

  // The features of the next `rows` entity rows, view by view.
  Result<std::vector<arrow::ArrayVector>> TakeFeatures(int64_t rows) const {
    std::vector<arrow::ArrayVector> features;
    for (size_t view = 0; view < results_.size(); ++view) {
      Result<arrow::ArrayVector> taken = results_[view].Take(views_[view], WinnersOf(view, rows));
      if (!taken.ok()) {
        return std::move(taken).error().At(StrCat("feature view '", views_[view].view.name, "'"));
      }
      features.push_back(*std::move(taken));
    }
    return features;
  }

  void CountNulls(size_t view, int64_t rows, const arrow::ArrayVector& features) {
    const std::vector<uint32_t> winners = WinnersOf(view, rows);
    const int64_t misses = std::count(winners.begin(), winners.end(), kNoWinner);
    const std::vector<BoundView::Feature>& asked = views_[view].view.features;
    for (size_t at = 0; at < asked.size(); ++at) {
      report_.views[view].null_values[asked[at].name] += features[at]->null_count() - misses;
    }
  }

  EntityFrame frame_;
  std::vector<PinnedView> views_;
  std::shared_ptr<arrow::Schema> schema_;
  JoinTerms terms_;
  KeyEncodings encodings_;
  std::map<size_t, Winners> decided_;  // By view; of those that later views share.
  std::vector<JoinedView> results_;
  ExpectedParts work_;  // By view.
  std::optional<PassProgress> giving_;
  RetrievalReport report_;
  int64_t next_row_ = 0;
  bool joined_ = false;
  bool done_ = false;
};

}  // namespace

Result<std::unique_ptr<ViewScan>> OpenForJoin(const PinnedView& view, ViewNeed need,
                                              const JoinTerms& terms, PlanDepth depth) {
  ICEFIELD_ASSIGN(std::unique_ptr<ViewScan> scan,
                  OpenView(view, std::move(need), terms.read, depth));
  if (terms.created_cut != CreatedCut::kNone) {
    scan->report.cut = view.view.created_time ? CutEffect::kApplied : CutEffect::kNoCreatedColumn;
  }
  return scan;
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
