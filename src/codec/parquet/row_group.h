/// The rows of one row group: all, ranges of them, or chosen ones.
#pragma once

#include <arrow/record_batch.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "batch/batch_stream.h"
#include "batch/position_set.h"
#include "codec/parquet/page_places.h"
#include "codec/parquet/parquet_file.h"
#include "io/object_store.h"

namespace icefield {

/// What reading took so far; by several threads at once.
struct ReadCounts {
  std::atomic<int64_t> bytes{0};  ///< Read from files.
  std::atomic<int64_t> pages{0};  ///< Decompressed, of columns that are read value by value.
};

/// By leaf.
using PageIndexPlaces = std::map<int, PagePlaces>;

struct RowGroupRead {
  int row_group = 0;
  std::vector<int> leaves;     ///< Ascending, at least one.
  int64_t batch_rows = 65536;  ///< At most so many rows in a batch.
  std::vector<RowRun> runs;    ///< The rows, within the row group, ascending; empty: all.
  PageIndexPlaces places;      ///< Where pages lie, as far as it is known.
  ReadCounts* counts = nullptr;
};

/// Rows of one row group, top-level columns in the file's order, in the Arrow types that Arrow's
/// own reader gives them (a struct holds only members with a chosen leaf). Column chunks are read
/// in pieces, never whole. A batch lies within one run. Checksums of pages are verified where the
/// file has them. CorruptData names the file.
Result<std::unique_ptr<BatchStream>> ReadRowGroup(std::unique_ptr<InputFile> file,
                                                  const ParquetFooter& footer,
                                                  const RowGroupRead& read);

/// Rows of one row group, chosen step by step: values of others are skipped inside pages, pages
/// without a chosen row are not decompressed, and not read where their places are known. Columns
/// as ReadRowGroup gives them. Used by one thread.
class RowPicker {
 public:
  virtual ~RowPicker() = default;

  /// The rows of these numbers within the row group, ascending, above all that were asked before.
  virtual Result<std::shared_ptr<arrow::RecordBatch>> Pick(std::span<const int64_t> rows) = 0;
};

/// `read.runs` are to be empty: which rows are asked for is not known yet.
Result<std::unique_ptr<RowPicker>> OpenPicker(std::unique_ptr<InputFile> file,
                                              const ParquetFooter& footer,
                                              const RowGroupRead& read);

/// All of `rows` (ascending, within the row group), in batches of `read.batch_rows`, the last one
/// shorter. Works column by column: of a wide row group one column at a time is open.
Result<std::vector<std::shared_ptr<arrow::RecordBatch>>> PickRows(std::unique_ptr<InputFile> file,
                                                                  const ParquetFooter& footer,
                                                                  const RowGroupRead& read,
                                                                  std::span<const int64_t> rows);

}  // namespace icefield
