/// What a manifest holds of the columns of a file, gathered while its rows go by.
#pragma once

#include <arrow/record_batch.h>
#include <parquet/metadata.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"
#include "codec/parquet/parquet_writer.h"
#include "codec/parquet/value_range.h"
#include "codec/parquet/written_schema.h"

namespace icefield {

/// Values, nulls, NaN and bounds of the leaves of one file. Does not: look below lists and maps,
/// whose counts are the footer's.
class FileMetrics {
 public:
  FileMetrics(const std::vector<WrittenLeaf>& leaves, const ParquetWriteOptions& options);

  /// `rows` has the columns `fields` one for one.
  Status Add(const arrow::RecordBatch& rows, const std::vector<Field>& fields);

  /// Fills the metrics of `file` from what was added and from the footer of the same rows.
  void Describe(const parquet::FileMetaData& footer, DataFile& file) const;

 private:
  struct Leaf {
    WrittenLeaf leaf;
    MetricsMode mode;
    std::unique_ptr<ValueRange> range;  // Null where no bounds are wanted or there are none.
    int64_t values = 0;
    int64_t nulls = 0;
  };

  Status AddField(const std::shared_ptr<arrow::Array>& values, const Field& field, size_t& next);
  static void DescribeLeaf(const Leaf& leaf, DataFile& file);

  std::vector<Leaf> leaves_;
};

}  // namespace icefield
