#include "pit/merge_runs.h"

#include <arrow/array/array_primitive.h>
#include <arrow/array/builder_base.h>
#include <arrow/builder.h>

#include <algorithm>
#include <compare>

#include "batch/arrow_status.h"
#include "pit/key_order.h"

namespace icefield {

using BatchPtr = std::shared_ptr<arrow::RecordBatch>;

class MergedRuns::Merge {
 public:
  Merge(std::shared_ptr<arrow::Schema> schema, std::vector<NextOfRun> runs)
      : schema_(std::move(schema)) {
    for (NextOfRun& next : runs) runs_.push_back({std::move(next), {}});
  }

  Result<BatchPtr> Next(int64_t rows_max);

 private:
  // A batch with its columns ready to be compared.
  struct Pairs {
    BatchPtr batch;
    std::vector<OrderedColumn> keys;
    const int64_t* times = nullptr;
  };
  struct Place {
    std::shared_ptr<const Pairs> pairs;  // Null at a run's end, and before the first pair.
    int64_t row = 0;
  };
  struct Run {
    NextOfRun next;
    Place at;
  };

  Status Start();
  static Status ReadBatch(Run& run);
  static std::strong_ordering Compare(const Place& a, const Place& b);
  static bool IsLater(const Run* a, const Run* b);
  Status Advance();
  Result<BatchPtr> Copy(const std::vector<Place>& chosen) const;

  std::shared_ptr<arrow::Schema> schema_;
  std::vector<Run> runs_;
  std::vector<Run*>
      heap_;  // The run with the least pair first; those that have ended are not in it.
  bool is_started_ = false;
  Place last_;  // What was given last.
};

MergedRuns::MergedRuns(std::shared_ptr<arrow::Schema> schema, std::vector<NextOfRun> runs)
    : merge_(std::make_unique<Merge>(std::move(schema), std::move(runs))) {}

MergedRuns::~MergedRuns() = default;

Result<BatchPtr> MergedRuns::Next(int64_t rows_max) { return merge_->Next(rows_max); }

Status MergedRuns::Merge::ReadBatch(Run& run) {
  run.at = {};
  ICEFIELD_ASSIGN(BatchPtr batch, run.next());
  if (batch == nullptr) return {};
  auto pairs = std::make_shared<Pairs>();
  const int times = batch->num_columns() - 1;
  for (int column = 0; column < times; ++column) pairs->keys.emplace_back(batch->column(column));
  pairs->times = static_cast<const arrow::Int64Array&>(*batch->column(times)).raw_values();
  pairs->batch = std::move(batch);
  run.at.pairs = std::move(pairs);
  return {};
}

std::strong_ordering MergedRuns::Merge::Compare(const Place& a, const Place& b) {
  std::strong_ordering order = a.pairs->times[a.row] <=> b.pairs->times[b.row];
  for (size_t key = 0; order == 0 && key < a.pairs->keys.size(); ++key)
    order = a.pairs->keys[key].Compare(a.row, b.pairs->keys[key], b.row);
  return order;
}

bool MergedRuns::Merge::IsLater(const Run* a, const Run* b) { return Compare(a->at, b->at) > 0; }

Status MergedRuns::Merge::Start() {
  is_started_ = true;
  for (Run& run : runs_) {
    ICEFIELD_TRY(ReadBatch(run));
    if (run.at.pairs != nullptr) heap_.push_back(&run);
  }
  std::make_heap(heap_.begin(), heap_.end(), IsLater);
  return {};
}

// Leaves the first pair of all behind.
Status MergedRuns::Merge::Advance() {
  std::pop_heap(heap_.begin(), heap_.end(), IsLater);
  Run& run = *heap_.back();
  if (++run.at.row == run.at.pairs->batch->num_rows()) ICEFIELD_TRY(ReadBatch(run));
  if (run.at.pairs == nullptr) {
    heap_.pop_back();
  } else {
    std::push_heap(heap_.begin(), heap_.end(), IsLater);
  }
  return {};
}

Result<BatchPtr> MergedRuns::Merge::Next(int64_t rows_max) {
  if (!is_started_) ICEFIELD_TRY(Start());
  std::vector<Place> chosen;
  while (!heap_.empty() && static_cast<int64_t>(chosen.size()) < rows_max) {
    const Place& least = heap_.front()->at;
    if (last_.pairs == nullptr || Compare(last_, least) != 0) {
      last_ = least;
      chosen.push_back(last_);
    }
    ICEFIELD_TRY(Advance());
  }
  if (chosen.empty()) return BatchPtr();
  return Copy(chosen);
}

Result<BatchPtr> MergedRuns::Merge::Copy(const std::vector<Place>& chosen) const {
  arrow::ArrayVector columns;
  for (int column = 0; column < schema_->num_fields(); ++column) {
    ICEFIELD_ARROW_ASSIGN(const std::unique_ptr<arrow::ArrayBuilder> builder,
                          arrow::MakeBuilder(schema_->field(column)->type()), "join keys");
    for (size_t at = 0; at < chosen.size();) {
      const Place& first = chosen[at];
      int64_t count = 1;
      while (at + static_cast<size_t>(count) < chosen.size()) {
        const Place& next = chosen[at + static_cast<size_t>(count)];
        if (next.pairs != first.pairs || next.row != first.row + count) break;
        ++count;
      }
      ICEFIELD_ARROW_TRY(
          builder->AppendArraySlice(*first.pairs->batch->column(column)->data(), first.row, count),
          "join keys", ErrorCode::kResourceExhausted);
      at += static_cast<size_t>(count);
    }
    ICEFIELD_ARROW_ASSIGN(columns.emplace_back(), builder->Finish(), "join keys");
  }
  return arrow::RecordBatch::Make(schema_, static_cast<int64_t>(chosen.size()), std::move(columns));
}

}  // namespace icefield
