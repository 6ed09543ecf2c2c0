/// Rows into the data files of a table: by partition, sorted, of about the target size.
#pragma once

#include <arrow/record_batch.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/object_store.h"
#include "model/manifest.h"
#include "model/table_metadata.h"
#include "write/partition_assigner.h"
#include "write/write_options.h"

namespace icefield {

/// A data file that no snapshot holds yet.
struct WrittenFile {
  DataFile file;
  SpecId spec_id;
  bool operator==(const WrittenFile&) const = default;
};

struct DataWriterRequest {
  const ObjectStore* store = nullptr;  ///< Borrowed; outlives the writer.
  Schema schema;  ///< Of the rows; row lineage columns may follow the table's own.
  PartitionSpec spec;
  SortOrder order;
  WriteOptions options;
  /// Bytes of rows that may wait in memory; beyond them the largest partition becomes a file.
  int64_t buffered_bytes_max = int64_t{256} << 20;
};

/// Writes files one at a time, whatever the number of partitions: rows of an unpartitioned,
/// unsorted table stream through; others wait until their partition is as large as a file should
/// be, or memory is short. A file is sorted by the table's order (its sort order id says so); files
/// may overlap. Files are deleted again unless Finish succeeds and its result is kept. Used by one
/// thread.
class DataWriter {
 public:
  static Result<std::unique_ptr<DataWriter>> Make(DataWriterRequest request);
  ~DataWriter();
  DataWriter(const DataWriter&) = delete;
  DataWriter& operator=(const DataWriter&) = delete;

  /// `rows` has the Arrow types of the schema, column for column.
  Status Write(const std::shared_ptr<arrow::RecordBatch>& rows);

  /// Closes all files. Rows none: no file.
  Result<std::vector<WrittenFile>> Finish();

 private:
  // The rows of one partition that are not in a file yet.
  struct Lane {
    std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
    int64_t bytes = 0;
  };

  DataWriter(DataWriterRequest request, PartitionAssigner assigner);

  Status WriteThrough(const arrow::RecordBatch& rows);
  Status Distribute(const std::shared_ptr<arrow::RecordBatch>& rows);
  Status Keep(int32_t partition, std::shared_ptr<arrow::RecordBatch> rows);
  Status Flush(int32_t partition);
  Status OpenFile(int32_t partition);
  Status CloseFile();
  Result<std::shared_ptr<arrow::RecordBatch>> SortedLane(Lane lane) const;

  DataWriterRequest request_;
  PartitionAssigner assigner_;
  std::map<int32_t, Lane> lanes_;
  int64_t lane_bytes_ = 0;
  std::unique_ptr<ParquetWriter> open_;
  int32_t open_partition_ = 0;
  std::string write_id_;
  std::vector<WrittenFile> written_;
};

/// Deletes files that no snapshot will hold; what cannot be deleted is left to orphan removal.
void DeleteFiles(const ObjectStore& store, const std::vector<std::string>& locations);

}  // namespace icefield
