#include "retrieval/joined_set.h"

#include <arrow/record_batch.h>

#include <algorithm>
#include <map>

#include "codec/arrow/arrow_types.h"
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
        encodings_(frame_) {
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

  Result<std::string> Explain() override {
    std::string text = StrCat("point-in-time join of ", frame_.rows(), " entity rows with ",
                              views_.size(), " views\n");
    for (const PinnedView& view : views_) {
      ICEFIELD_ASSIGN(std::unique_ptr<ViewScan> scan, Open(view));
      text += ExplainJoin(*scan);
    }
    return text;
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
    return arrow::RecordBatch::Make(schema_, rows, std::move(columns));
  }

  const RetrievalReport* report() const override { return done_ ? &report_ : nullptr; }

 private:
  Result<std::unique_ptr<ViewScan>> Open(const PinnedView& view) {
    ICEFIELD_ASSIGN(const EncodedKeys* keys, encodings_.For(view.view));
    const std::optional<TimeSpan> span = SpanOf(frame_, view.view, view.unit);
    Predicate predicate{.op = PredicateOp::kFalse};
    if (span) predicate = And(WithinSpan(view, *span), AmongKeys(view, keys->columns));
    return OpenForJoin(view, std::move(predicate), terms_);
  }

  Status JoinAll() {
    for (const PinnedView& view : views_) {
      std::unique_ptr<ViewScan> scan;
      {
        const Stopwatch watch(report_.seconds.plan);
        ICEFIELD_ASSIGN(scan, Open(view));
      }
      ICEFIELD_ASSIGN(const EncodedKeys* keys, encodings_.For(view.view));
      ICEFIELD_ASSIGN(JoinedView joined,
                      JoinView(*scan, frame_, *keys, terms_.read, report_.seconds));
      results_.push_back(std::move(joined));
      report_.views.push_back(std::move(scan->report));
    }
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
      Result<arrow::ArrayVector> taken = results_[view].features.Take(WinnersOf(view, rows));
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
    for (size_t at = 0; at < features.size(); ++at) {
      report_.views[view].null_values[views_[view].view.features[at].name] +=
          features[at]->null_count() - misses;
    }
  }

  EntityFrame frame_;
  std::vector<PinnedView> views_;
  std::shared_ptr<arrow::Schema> schema_;
  JoinTerms terms_;
  KeyEncodings encodings_;
  std::vector<JoinedView> results_;
  RetrievalReport report_;
  int64_t next_row_ = 0;
  bool joined_ = false;
  bool done_ = false;
};

}  // namespace

Result<std::unique_ptr<ViewScan>> OpenForJoin(const PinnedView& view, Predicate predicate,
                                              const JoinTerms& terms) {
  ICEFIELD_ASSIGN(std::unique_ptr<ViewScan> scan, OpenView(view, std::move(predicate), terms.read));
  if (terms.created_cut != CreatedCut::kNone) {
    scan->report.cut = view.view.created_time ? CutEffect::kApplied : CutEffect::kNoCreatedColumn;
  }
  return scan;
}

std::string ExplainJoin(const ViewScan& scan) {
  std::string cuts;
  if (scan.report.cut == CutEffect::kApplied) cuts += ", created cut";
  if (scan.report.cut == CutEffect::kNoCreatedColumn) cuts += ", no column for the created cut";
  if (scan.report.commit_cut) cuts += ", commit cut";
  return StrCat("view ", scan.pinned.view.name, cuts, ":\n", ExplainScan(scan));
}

Result<std::shared_ptr<arrow::Schema>> JoinSchema(const arrow::Schema& frame,
                                                  const std::vector<PinnedView>& views,
                                                  bool full_feature_names) {
  arrow::FieldVector fields = frame.fields();
  std::map<std::string, std::string> owners;
  for (const std::string& name : frame.field_names()) owners[name] = "a column of the entity frame";
  for (const PinnedView& pinned : views) {
    for (const BoundView::Feature& feature : pinned.view.features) {
      const std::string name = OutputName(pinned.view, feature, full_feature_names);
      const std::string owner =
          StrCat("feature '", feature.name, "' of view '", pinned.view.name, "'");
      const auto [found, added] = owners.emplace(name, owner);
      if (!added) {
        return InvalidArgument(owner, " and ", found->second, " would both be the output column '",
                               name, "' (P13); use full feature names or rename one");
      }
      ICEFIELD_ASSIGN(std::shared_ptr<arrow::Field> field, ToArrowField(feature.field));
      fields.push_back(field->WithName(name)->WithNullable(true));
    }
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
