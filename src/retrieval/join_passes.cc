#include "retrieval/join_passes.h"

#include <arrow/record_batch.h>

#include <utility>

namespace icefield {
namespace {

class PassedSet final : public TrainingSet {
 public:
  PassedSet(GivenFrame frame, std::vector<PinnedView> views, std::shared_ptr<arrow::Schema> schema,
            JoinTerms terms)
      : frame_(std::move(frame)),
        views_(std::move(views)),
        schema_(std::move(schema)),
        terms_(std::move(terms)),
        stream_(frame_.Passes(), views_, schema_, terms_, frame_.passes()) {}

  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }

  std::vector<ViewReport> Pinned() const override { return PinnedReports(views_); }

  Status Start() { return stream_.Start(); }

  Result<RetrievalPlan> Explain(PlanDepth depth) override {
    std::optional<RetrievalPlan> plan;
    const std::unique_ptr<FramePasses> passes = frame_.Passes();
    while (true) {
      ICEFIELD_ASSIGN(std::optional<EntityFrame> part, passes->Next());
      if (!part) break;
      ICEFIELD_ASSIGN(const std::unique_ptr<TrainingSet> set,
                      MakeJoinedSet(*std::move(part), views_, schema_, terms_));
      ICEFIELD_ASSIGN(const RetrievalPlan more, set->Explain(depth));
      if (plan) {
        plan->AddPass(more);
      } else {
        plan = more;
      }
    }
    plan->budget.pass_rows = frame_.pass_rows();
    return *std::move(plan);
  }

  Result<std::shared_ptr<arrow::RecordBatch>> Next() override {
    if (!std::exchange(is_started_, true)) ICEFIELD_TRY(CheckLimit());
    ICEFIELD_ASSIGN(std::shared_ptr<arrow::RecordBatch> batch, stream_.Next());
    is_done_ = batch == nullptr;
    return batch;
  }

  const RetrievalReport* report() const override { return is_done_ ? &stream_.report() : nullptr; }

 private:
  // All passes count together; nothing is read before.
  Status CheckLimit() {
    if (!terms_.read.bytes_max) return {};
    ICEFIELD_ASSIGN(const RetrievalPlan plan, Explain(PlanDepth::kFooters));
    PlannedBytes planned(terms_.read);
    for (const ViewPlan& view : plan.views) ICEFIELD_TRY(planned.Add(view.report));
    return {};
  }

  GivenFrame frame_;
  std::vector<PinnedView> views_;
  std::shared_ptr<arrow::Schema> schema_;
  JoinTerms terms_;
  PassStream stream_;
  bool is_started_ = false;
  bool is_done_ = false;
};

}  // namespace

PassStream::PassStream(std::unique_ptr<FramePasses> passes, std::vector<PinnedView> views,
                       std::shared_ptr<arrow::Schema> schema, JoinTerms terms, int64_t count)
    : passes_(std::move(passes)),
      views_(std::move(views)),
      schema_(std::move(schema)),
      terms_(std::move(terms)),
      work_(terms_.read.progress, 1),
      parts_left_(count) {}

Status PassStream::OpenNext() {
  ICEFIELD_ASSIGN(std::optional<EntityFrame> frame, passes_->Next());
  if (!frame) return {};
  ICEFIELD_ASSIGN(part_, MakeJoinedSet(*std::move(frame), views_, schema_, terms_));
  return {};
}

// Where somebody looks: the parts that are left, as if each were like the one that comes now.
Status PassStream::GuessWork() {
  if (terms_.read.progress == nullptr || --parts_left_ <= 0) {
    work_.Set(0, 0);
    return {};
  }
  ICEFIELD_ASSIGN(const RetrievalPlan plan, part_->Explain(PlanDepth::kManifests));
  work_.Set(0, parts_left_ * plan.Work());
  return {};
}

Status PassStream::Start() {
  if (part_ == nullptr && is_first_) ICEFIELD_TRY(OpenNext());
  return {};
}

Result<std::shared_ptr<arrow::RecordBatch>> PassStream::Next() {
  ICEFIELD_TRY(Start());
  while (part_ != nullptr) {
    if (!std::exchange(is_guessed_, true)) ICEFIELD_TRY(GuessWork());
    ICEFIELD_ASSIGN(std::shared_ptr<arrow::RecordBatch> batch, part_->Next());
    if (batch != nullptr) return batch;
    if (std::exchange(is_first_, false)) {
      report_ = *part_->report();
    } else {
      report_.AddPass(*part_->report());
    }
    part_.reset();
    is_guessed_ = false;
    ICEFIELD_TRY(OpenNext());
  }
  return std::shared_ptr<arrow::RecordBatch>();
}

Result<std::unique_ptr<TrainingSet>> JoinGivenFrame(GivenFrame frame, std::vector<PinnedView> views,
                                                    std::shared_ptr<arrow::Schema> schema,
                                                    JoinTerms terms) {
  auto set = std::make_unique<PassedSet>(std::move(frame), std::move(views), std::move(schema),
                                         std::move(terms));
  ICEFIELD_TRY(set->Start());
  return std::unique_ptr<TrainingSet>(std::move(set));
}

}  // namespace icefield
