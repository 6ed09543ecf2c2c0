/// How the columns of one data file become the columns that were asked for: by field id, through
/// structs, lists and maps; renamed, reordered, promoted, missing.
#pragma once

#include <arrow/record_batch.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "codec/parquet/parquet_file.h"
#include "model/schema.h"
#include "scan/scan_plan.h"

namespace icefield {

/// A column to read: a field of the schema at any depth through structs, and its name in the
/// output. A null struct on the way makes the value null.
struct ReadColumn {
  FieldId field_id;
  std::string name;
  bool operator==(const ReadColumn&) const = default;
};

/// Which columns to read, in output order.
struct ReadSchema {
  Schema schema;
  std::vector<ReadColumn> columns;
};

/// All columns of `schema`, under their own names.
ReadSchema ReadAllColumns(const Schema& schema);

/// The Arrow schema of what a ReadSchema gives: the type table's types; a column is nullable unless
/// it and all structs above it are required. Unsupported for a type that is not read.
Result<std::shared_ptr<arrow::Schema>> OutputSchema(const ReadSchema& read);

/// The plan for one file. Immutable, thread-safe.
class ColumnPlan {
 public:
  /// Matches `read` with a file's columns by field id. A field that the file lacks takes its
  /// identity-partition constant, else null (iceberg-traps 12). CorruptData names the file and the
  /// column where a required field is missing or where the file's type cannot become the table's;
  /// Unsupported where the file has no field ids.
  static Result<ColumnPlan> Make(const ReadSchema& read,
                                 const std::vector<FileColumn>& file_columns,
                                 const std::vector<PartitionConstant>& constants,
                                 const std::string& location);

  /// The leaves to read, ascending. Empty where no asked column lies in the file.
  const std::vector<int>& leaves() const { return leaves_; }

  /// A batch as ReadRowGroup gives it with these leaves (any batch, or null, with `rows` rows where
  /// there are none), as a batch of OutputSchema.
  Result<std::shared_ptr<arrow::RecordBatch>> Assemble(
      const std::shared_ptr<arrow::RecordBatch>& from_file, int64_t rows) const;

  /// Where one asked field's values come from. A tree over the asked field.
  struct Source {
    Field target;
    std::shared_ptr<arrow::DataType> type;  ///< The output type of `target`.
    int ordinal =
        -1;  ///< Position among the read children of its parent in the file; -1: not in the file.
    std::optional<Value> constant;  ///< For a column that is not in the file.
    std::vector<Source>
        children;  ///< Of struct members, list element, or map key and value, in target order.
  };

 private:
  std::string location_;
  std::shared_ptr<arrow::Schema> output_schema_;
  std::vector<int> leaves_;
  std::vector<Source> roots_;  ///< One a top-level column that is needed.
  std::vector<std::vector<int>>
      output_paths_;  ///< Per output column: root, then child ordinals to go down.
};

}  // namespace icefield
