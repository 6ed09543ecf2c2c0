#include "retrieval/joined_set.h"

#include <arrow/record_batch.h>

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <utility>

#include "base/progress.h"
#include "codec/arrow/arrow_types.h"
#include "io/machine_memory.h"
#include "retrieval/frame_passes.h"
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
        spill_file_(terms_.memory.limits().spill_directory),
        work_(terms_.read.progress, views_.size()) {
    report_.rows = frame_.rows();
    for (const PinnedView& view : views_) {
      const auto first = std::find_if(views_.begin(), views_.end(), [&](const PinnedView& other) {
        return DecideAlike(other, view);
      });
      deciders_.push_back(static_cast<size_t>(first - views_.begin()));
    }
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
    RetrievalPlan plan{.depth = depth, .budget = {.bytes = terms_.memory.bytes()}};
    plan.budget.pass_rows = frame_.rows();
    plan.frame = FramePlan{.rows = frame_.rows(), .bytes = frame_.bytes()};
    for (size_t view = 0; view < views_.size(); ++view) {
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
      report_.process_peak_bytes = ProcessPeakBytes();
      done_ = true;
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
  // Views that decide alike plan alike: a row of one plan is the same row of another.
  Result<std::unique_ptr<ViewScan>> Open(size_t at, PlanDepth depth = PlanDepth::kFooters) {
    const PinnedView& view = views_[at];
    ICEFIELD_ASSIGN(const EncodedKeys* keys, encodings_.For(view.view));
    const std::optional<TimeSpan> span = SpanOf(frame_, DecidingTermsOf(at).WidestTtl(), view.unit);
    ViewNeed need{.span = {.op = PredicateOp::kFalse},
                  .keys = AmongKeys(view, keys->columns),
                  .gathered = FeatureColumns(view)};
    if (span) need.span = WithinSpan(view, *span);
    ICEFIELD_ASSIGN(std::unique_ptr<ViewScan> scan,
                    OpenForJoin(view, std::move(need), terms_, depth));
    if (deciders_[at] != at) LeaveDeciding(views_[deciders_[at]], *scan);
    return scan;
  }

  // Keys, times and deletes of a view are read with those of another one.
  static void LeaveDeciding(const PinnedView& decider, ViewScan& scan) {
    scan.report.decided_with = decider.view.name;
    scan.report.bytes_planned -= scan.deciding_sizes.compressed;
    scan.report.delete_bytes = 0;
    scan.deciding_sizes = {};
  }

  // With a limit all views are planned before any is read: nothing is read in vain.
  Result<std::vector<std::unique_ptr<ViewScan>>> PlanAhead() {
    const Stopwatch watch(report_.seconds.plan);
    std::vector<std::unique_ptr<ViewScan>> scans(views_.size());
    if (!terms_.read.bytes_max) return scans;
    PlannedBytes planned(terms_.read);
    for (size_t view = 0; view < views_.size(); ++view) {
      ICEFIELD_ASSIGN(scans[view], Open(view));
      ICEFIELD_TRY(planned.Add(scans[view]->report));
    }
    return scans;
  }

  // The TTLs of the views that the first pass over view `at` is for, each once.
  std::vector<int64_t> TtlsOf(size_t at) const {
    std::vector<int64_t> ttls;
    for (size_t view = 0; view < views_.size(); ++view) {
      const int64_t ttl = views_[view].view.ttl_us;
      if (deciders_[view] == deciders_[at] &&
          std::find(ttls.begin(), ttls.end(), ttl) == ttls.end())
        ttls.push_back(ttl);
    }
    return ttls;
  }

  DecidingTerms DecidingTermsOf(size_t at) const {
    return {
        .ttls_us = TtlsOf(at), .thread_bytes = terms_.memory.thread_bytes(), .read = terms_.read};
  }

  // Of views that decide alike the first reads keys and times, and leaves its decisions to the
  // others.
  Result<Winners> WinnersFor(size_t at, ViewScan& scan) {
    const Stopwatch watch(report_.seconds.winners);
    const size_t decider = deciders_[at];
    if (decider == at) {
      ICEFIELD_ASSIGN(const EncodedKeys* keys, encodings_.For(views_[at].view));
      const DecidingTerms terms = DecidingTermsOf(at);
      ICEFIELD_ASSIGN(std::vector<Decision> decisions, DecideWinners(scan, frame_, *keys, terms));
      for (size_t ttl = 0; ttl < decisions.size(); ++ttl)
        decisions_[{at, terms.ttls_us[ttl]}] = std::move(decisions[ttl]);
    } else {
      scan.report.ties = report_.views[decider].ties;
    }
    const auto found = decisions_.find({decider, views_[at].view.ttl_us});
    found->second.Report(scan.report);
    if (IsNeededAfter(at)) return found->second.winners;
    Winners winners = std::move(found->second.winners);
    decisions_.erase(found);
    return winners;
  }

  // True if a later view has the same winners as view `at`.
  bool IsNeededAfter(size_t at) const {
    for (size_t later = at + 1; later < views_.size(); ++later) {
      if (deciders_[later] == deciders_[at] && views_[later].view.ttl_us == views_[at].view.ttl_us)
        return true;
    }
    return false;
  }

  // The share of view `at` of `left` bytes: what one view does not need, those after it get.
  FeatureTerms TermsOf(size_t at, int64_t left) {
    const MemoryBudget& memory = terms_.memory;
    const auto others = static_cast<int64_t>(views_.size() - at);
    return {.bytes_max = std::min(left / others, memory.limits().held_bytes_max.value_or(left)),
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
      ICEFIELD_ASSIGN(const std::unique_ptr<ViewScan> scan, Open(at, PlanDepth::kManifests));
      work_.Set(at, WorkOf(*scan));
    }
    return {};
  }

  Status JoinAll() {
    ICEFIELD_TRY(GuessWork());
    ICEFIELD_ASSIGN(std::vector<std::unique_ptr<ViewScan>> planned, PlanAhead());
    const MemoryBudget& memory = terms_.memory;
    int64_t left = memory.feature_bytes(frame_.rows() * JoinBytesOfRow(frame_.table(), views_));
    int64_t giving_work = 0;
    for (size_t at = 0; at < views_.size(); ++at) {
      std::unique_ptr<ViewScan> scan = std::move(planned[at]);
      if (scan == nullptr) {
        const Stopwatch watch(report_.seconds.plan);
        ICEFIELD_ASSIGN(scan, Open(at));
      }
      work_.Set(at, WorkOf(*scan));
      giving_work += GivingWork(*scan, frame_.rows());
      ICEFIELD_ASSIGN(Winners winners, WinnersFor(at, *scan));
      const Stopwatch watch(report_.seconds.gather);
      ICEFIELD_ASSIGN(JoinedView joined, GatherFeatures(*scan, frame_, std::move(winners),
                                                        TermsOf(at, left), terms_.read));
      left = std::max<int64_t>(0, left - joined.features.bytes_held());
      row_bytes_ += joined.features.row_bytes();
      results_.push_back(std::move(joined));
      report_.views.push_back(std::move(scan->report));
    }
    if (terms_.read.progress != nullptr) terms_.read.progress->Enter("giving rows");
    giving_.emplace(terms_.read.progress, giving_work, frame_.rows());
    joined_ = true;
    return {};
  }

  // How many rows the next batch has.
  int64_t RowsAhead() const {
    const int64_t fitting = terms_.memory.batch_bytes() / std::max<int64_t>(1, row_bytes_);
    int64_t rows = std::min(
        {frame_.rows() - next_row_, terms_.read.batch_rows, std::max<int64_t>(1, fitting)});
    for (const JoinedView& joined : results_)
      rows = std::min(rows, joined.features.RowsFrom(next_row_));
    return rows;
  }

  std::span<const uint32_t> WinnersOf(size_t view, int64_t rows) const {
    return std::span(results_[view].features.winner_of_row())
        .subspan(static_cast<size_t>(next_row_), static_cast<size_t>(rows));
  }

  // The features of the next `rows` entity rows, view by view.
  Result<std::vector<arrow::ArrayVector>> TakeFeatures(int64_t rows) {
    std::vector<arrow::ArrayVector> features;
    for (size_t view = 0; view < results_.size(); ++view) {
      Result<arrow::ArrayVector> taken = results_[view].Take(views_[view], next_row_, rows);
      if (!taken.ok()) {
        return std::move(taken).error().At(StrCat("feature view '", views_[view].view.name, "'"));
      }
      features.push_back(*std::move(taken));
    }
    return features;
  }

  void CountNulls(size_t view, int64_t rows, const arrow::ArrayVector& features) {
    const std::span<const uint32_t> winners = WinnersOf(view, rows);
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
  std::vector<size_t> deciders_;  // Of each view the first one that decides alike: maybe itself.
  std::map<std::pair<size_t, int64_t>, Decision> decisions_;  // By decider and TTL, while needed.
  TemporaryFile spill_file_;
  std::vector<JoinedView> results_;
  int64_t row_bytes_ = 0;  // About, of the features of an entity row.
  ExpectedParts work_;     // By view.
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
