/// Iceberg data files in Parquet, with the metrics that manifests hold of them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/object_store.h"
#include "model/manifest.h"
#include "model/schema.h"

namespace arrow {
class RecordBatch;
}  // namespace arrow

namespace icefield {

/// What manifests hold of a column (specification: table property write.metadata.metrics.*).
struct MetricsMode {
  enum class Kind : uint8_t { kNone, kCounts, kTruncate, kFull };
  Kind kind = Kind::kTruncate;
  int32_t length = 16;  ///< kTruncate: code points of texts, bytes of binary values.
  bool operator==(const MetricsMode&) const = default;
};

/// A leaf by which the rows of a file are sorted.
struct SortedLeaf {
  FieldId id;
  bool descending = false;
  bool nulls_first = false;
  bool operator==(const SortedLeaf&) const = default;
};

struct ParquetWriteOptions {
  std::string codec = "zstd";      ///< uncompressed, snappy, gzip, lz4, zstd, brotli; in any case.
  std::optional<int> codec_level;  ///< Passed over for codecs that have none.
  int64_t row_group_bytes = int64_t{128} << 20;
  int64_t row_group_rows_max = int64_t{1} << 20;
  int64_t page_bytes = int64_t{1} << 20;
  int64_t page_rows_max = 20'000;
  int64_t dictionary_bytes = int64_t{2} << 20;  ///< At most; less where there are many columns.
  double bloom_filter_fpp = 0.01;
  std::vector<FieldId> bloom_filters;  ///< Leaves that get one; booleans and others have none.
  std::vector<SortedLeaf> sorted_by;   ///< What the caller's rows are sorted by, if by anything.
  MetricsMode metrics;                 ///< Of columns that are not named below.
  std::map<FieldId, MetricsMode> column_metrics;  ///< By leaf.
  std::map<std::string, std::string> footer_metadata;
  bool operator==(const ParquetWriteOptions&) const = default;
};

/// One data file being written, by one thread. Columns carry their field ids at every depth, pages
/// hold at most `page_rows_max` rows, are indexed and have checksums. Discarded unless closed;
/// after an error only that error comes back. The error of an OutputFile comes back as it is.
class ParquetWriter {
 public:
  virtual ~ParquetWriter() = default;

  /// `rows` has the Arrow types of `schema` (ToArrowType), column for column. InvalidArgument names
  /// the column of a null in a required field. What is kept in memory, encoded, is a row group.
  virtual Status Write(const arrow::RecordBatch& rows) = 0;

  /// Bytes that the file has so far, with an estimate of what is not encoded yet.
  virtual int64_t size_bytes() const = 0;

  virtual int64_t rows() const = 0;

  /// Finishes the file. Gives its description with format, path, size, rows, split offsets and
  /// metrics by Iceberg's rules (bounds never of NaN; texts cut by code point and their upper bound
  /// incremented or left out; value, null and NaN counts of leaves; of leaves below lists and maps
  /// only the counts of values and nulls, where an empty or null list is a null; no bounds of
  /// geometries); partition, sort order and ids are the caller's.
  virtual Result<DataFile> Close() = 0;
};

/// Unsupported names a column whose type is not written (unknown columns are left out of the file),
/// InvalidArgument a codec that is not known and numbers that cannot be.
Result<std::unique_ptr<ParquetWriter>> MakeParquetWriter(std::unique_ptr<OutputFile> file,
                                                         const Schema& schema,
                                                         const ParquetWriteOptions& options);

}  // namespace icefield
