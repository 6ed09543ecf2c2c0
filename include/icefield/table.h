/// Tables: what they are and their rows.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "batch/batch_stream.h"
#include "catalog/catalog.h"
#include "model/table_metadata.h"
#include "read/open_scan.h"
#include "retrieval/view_scan.h"
#include "scan/scan_plan.h"
#include "write/commit_change.h"
#include "write/schema_update.h"
#include "write/table_write.h"

namespace icefield {

/// Which rows and columns to read of a table.
struct ScanOptions {
  std::string row_filter;  ///< pyiceberg's row filter text; empty: all rows.
  /// Columns, dotted through structs; "*" alone: all; empty: none, only rows count. The metadata
  /// columns _file, _pos, _spec_id, _partition, _row_id and _last_updated_sequence_number go by
  /// their names.
  std::vector<std::string> selected_fields = {"*"};
  SnapshotSelector snapshot;
  std::optional<int64_t> limit;  ///< Most rows.
  ReadOptions read;
};

/// A table at the moment it was loaded: later commits are not seen. Cheap to copy, thread-safe.
/// Writes give the table after their commit; this one stays as it is.
class Table {
 public:
  /// `commits`: where the table's commits go; null: it is only read.
  Table(std::shared_ptr<const ObjectStore> store, LoadedTable loaded,
        std::shared_ptr<const CommitTarget> commits = nullptr);

  const std::string& name() const { return source_.table->name; }
  const std::string& metadata_location() const { return source_.table->metadata_location; }
  const TableMetadata& metadata() const { return source_.table->metadata; }
  const SourceTable& source() const { return source_; }

  /// The Arrow schema of the selected columns. Unsupported names a column of a type that is not
  /// read.
  Result<std::shared_ptr<arrow::Schema>> ArrowSchema(const ScanOptions& options) const;

  /// The files that a scan reads. InvalidArgument for an unknown column or a bad filter, NotFound
  /// for an unknown snapshot, Unsupported for what is not read, CorruptData for broken files; each
  /// names the object.
  Result<ScanPlan> Plan(const ScanOptions& options) const;

  /// The rows, ordered by file (in the plan's order) and position.
  Result<std::unique_ptr<BatchStream>> Scan(const ScanOptions& options) const;

  /// The table as its catalog has it now.
  Result<Table> Refresh() const;

  // See write/table_write.h. `filter` is pyiceberg's row filter text. InvalidArgument for a table
  // that was loaded by its metadata file: no catalog would learn of a commit.
  Result<Table> Append(BatchStream& rows, const TableWriteOptions& options) const;
  Result<Table> Overwrite(BatchStream& rows, std::string_view filter,
                          const TableWriteOptions& options) const;
  Result<Table> OverwritePartitions(BatchStream& rows, const TableWriteOptions& options) const;
  Result<Table> Delete(std::string_view filter, const TableWriteOptions& options) const;

  /// One commit of the changes that `plan` makes; called again on newer columns where another
  /// commit came first.
  Result<Table> UpdateSchema(const std::function<Status(SchemaUpdate&)>& plan,
                             SchemaUpdateOptions options) const;

  /// One commit of what `plan` decides on the newest state.
  Result<Table> Change(const ChangePlanner& plan) const;

 private:
  Result<WriteTarget> Writable() const;
  Result<Table> After(Result<LoadedTable> committed) const;

  SourceTable source_;
  std::shared_ptr<const CommitTarget> commits_;
};

/// A change as JSON of the Iceberg REST protocol: {"requirements": [...], "updates": [...]}.
std::string ChangeText(const TableChange& change);

/// A table by its metadata file or its folder, without a catalog. `properties` are those of a
/// catalog that speak of files: "path-prefix-map" ("FROM=TO;FROM=TO") says where tables lie that
/// were moved since they were written. Others are ignored.
Result<Table> LoadTable(std::string_view location, const Properties& properties = {});

}  // namespace icefield
