/// Columns that Arrow's own reader decodes: lists, maps, structs, and types that do not lie in
/// memory as in the file.
#pragma once

#include <arrow/record_batch.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "base/result.h"
#include "batch/batch_stream.h"
#include "batch/position_set.h"

namespace parquet {
class FileMetaData;
}  // namespace parquet

namespace icefield {

struct RowGroupRead;
class InputFile;

/// Whole batches of a row group, of which the asked rows are kept. Rows are asked for in ascending
/// order. Used by one thread.
class NestedColumns {
 public:
  /// The leaves of `read`, of whole top-level columns. `file` is borrowed. May throw
  /// Parquet's exceptions.
  static Result<NestedColumns> Open(const InputFile& file, std::string location,
                                    std::shared_ptr<parquet::FileMetaData> metadata,
                                    const RowGroupRead& read);

  const std::shared_ptr<arrow::Schema>& schema() const { return batches_->schema(); }

  /// The first rows of `run`, as many as one batch holds, at least one.
  Result<std::shared_ptr<arrow::RecordBatch>> Read(RowRun run);

  /// The rows of these numbers, ascending and distinct.
  Result<std::shared_ptr<arrow::RecordBatch>> Pick(std::span<const int64_t> rows);

 private:
  NestedColumns(std::unique_ptr<BatchStream> batches, std::string location)
      : batches_(std::move(batches)), location_(std::move(location)) {}
  Status Enter(int64_t row);

  std::unique_ptr<BatchStream> batches_;
  std::string location_;
  std::shared_ptr<arrow::RecordBatch> batch_;
  int64_t batch_first_ = 0;
  int64_t batch_end_ = 0;
};

}  // namespace icefield
