#include "retrieval/made_passes.h"

#include <arrow/array/array_base.h>
#include <arrow/extension_type.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "batch/arrow_status.h"

namespace icefield {
namespace {

using BatchPtr = std::shared_ptr<arrow::RecordBatch>;
using TypePtr = std::shared_ptr<arrow::DataType>;

class MadePasses final : public FramePasses {
 public:
  MadePasses(std::shared_ptr<arrow::Schema> schema, std::unique_ptr<FrameRows> rows,
             PassRowsOf pass_rows)
      : schema_(std::move(schema)), rows_(std::move(rows)), pass_rows_(std::move(pass_rows)) {}

  Result<std::optional<EntityFrame>> Next() override {
    std::vector<BatchPtr> taken;
    int64_t left = 1;  // Until the first rows tell how large they are.
    while (left > 0) {
      ICEFIELD_ASSIGN(BatchPtr batch, NextBatch());
      if (batch == nullptr) break;
      if (taken.empty()) {
        ICEFIELD_ASSIGN(const std::shared_ptr<arrow::Table> part, ToTable({batch}));
        left = pass_rows_(*part);
      }
      if (batch->num_rows() > left) {
        rest_ = batch->Slice(left);
        batch = batch->Slice(0, left);
      }
      left -= batch->num_rows();
      taken.push_back(std::move(batch));
    }
    if (taken.empty() && !std::exchange(is_first_, false)) return std::optional<EntityFrame>();
    is_first_ = false;
    ICEFIELD_ASSIGN(std::shared_ptr<arrow::Table> table, ToTable(taken));
    const std::string& time = schema_->fields().back()->name();
    ICEFIELD_ASSIGN(EntityFrame frame, EntityFrame::Make(std::move(table), time));
    return std::optional(std::move(frame));
  }

 private:
  Result<BatchPtr> NextBatch() {
    if (rest_ != nullptr) return std::exchange(rest_, nullptr);
    return rows_->Next();
  }

  // Keys by their extension types, times by their unit, over the same memory.
  Result<std::shared_ptr<arrow::Table>> ToTable(const std::vector<BatchPtr>& batches) const {
    std::vector<BatchPtr> typed;
    for (const BatchPtr& batch : batches) {
      arrow::ArrayVector columns;
      for (int column = 0; column < batch->num_columns(); ++column) {
        const TypePtr& type = schema_->field(column)->type();
        if (type->id() == arrow::Type::EXTENSION) {
          columns.push_back(arrow::ExtensionType::WrapArray(type, batch->column(column)));
          continue;
        }
        ICEFIELD_ARROW_ASSIGN(columns.emplace_back(), batch->column(column)->View(type),
                              "entity frame");
      }
      typed.push_back(arrow::RecordBatch::Make(schema_, batch->num_rows(), std::move(columns)));
    }
    ICEFIELD_ARROW_ASSIGN(std::shared_ptr<arrow::Table> table,
                          arrow::Table::FromRecordBatches(schema_, typed), "entity frame");
    return table;
  }

  std::shared_ptr<arrow::Schema> schema_;
  std::unique_ptr<FrameRows> rows_;
  PassRowsOf pass_rows_;
  BatchPtr rest_;
  bool is_first_ = true;
};

}  // namespace

std::unique_ptr<FramePasses> MakeMadePasses(std::shared_ptr<arrow::Schema> schema,
                                            std::unique_ptr<FrameRows> rows, PassRowsOf pass_rows) {
  return std::make_unique<MadePasses>(std::move(schema), std::move(rows), std::move(pass_rows));
}

}  // namespace icefield
