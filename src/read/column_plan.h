/// How the columns of one data file become the columns that were asked for: by field id, through
/// structs, lists and maps; renamed, reordered, promoted, missing.
#pragma once

#include <arrow/record_batch.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "codec/parquet/parquet_file.h"
#include "model/schema.h"
#include "scan/scan_plan.h"

namespace icefield {

struct FileRows;

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

/// What all rows of a file share, for columns that it does not store. Borrowed, must outlive the
/// plans that are made with it.
struct FileFacts {
  const FileTask* task = nullptr;
  const PartitionSpec* spec = nullptr;  ///< Of the task.
  bool own_field_ids = true;            ///< False: those of the columns are a name mapping's.
};

/// The plan for one file. Immutable, thread-safe.
class ColumnPlan {
 public:
  /// Matches `read` with a file's columns by field id (`file_columns` carry the ids of the name
  /// mapping where the file itself has none, see WithFieldIds). A field that the file lacks
  /// takes its identity-partition constant, else its initial default, else null (specification:
  /// "Column Projection"); the children of a struct that is in the file likewise. Metadata columns
  /// come from `facts` and the rows' positions; `_row_id` and `_last_updated_sequence_number` from
  /// the file where it stores them and they are not null. CorruptData names the file and the column
  /// where a required field without a default is missing, where the file's type cannot become the
  /// table's, and where the manifest counts values of a column that the file lacks; Unsupported
  /// where the file has columns but no field ids, and for types that are not read.
  static Result<ColumnPlan> Make(const ReadSchema& read,
                                 const std::vector<FileColumn>& file_columns,
                                 const FileFacts& facts);

  /// The leaves to read, ascending. Empty where no asked column lies in the file.
  const std::vector<int>& leaves() const { return leaves_; }

  /// Lets batches hold further leaves, which other plans for the same file read: `leaves` is
  /// ascending and holds all of leaves().
  void ShareLeaves(std::vector<int> leaves, const std::vector<FileColumn>& file_columns);

  /// A batch as ReadRowGroup gives it with these leaves (any batch, or null, with `rows` rows where
  /// there are none), as a batch of OutputSchema. The rows lie in the file from `first_position`
  /// on.
  Result<std::shared_ptr<arrow::RecordBatch>> Assemble(
      const std::shared_ptr<arrow::RecordBatch>& from_file, int64_t rows,
      int64_t first_position) const;

  /// As above, of rows at these ascending positions in the file.
  Result<std::shared_ptr<arrow::RecordBatch>> AssembleAt(
      const std::shared_ptr<arrow::RecordBatch>& from_file,
      std::span<const int64_t> positions) const;

  /// Where one asked field's values come from. A tree over the asked field.
  struct Source {
    Field target;
    std::shared_ptr<arrow::DataType> type;  ///< The output type of `target`.
    bool stored = false;                    ///< The file has it.
    int ordinal = -1;  ///< Where stored: position among the read children of its parent.
    LeafForm form;     ///< Where stored, of a leaf.
    /// What the rows hold where the file does not store the field or, of a metadata column, stores
    /// a null. Neither: nulls.
    std::shared_ptr<arrow::Scalar> constant;
    std::optional<int64_t> first_number;  ///< A number that counts up with the rows' positions.
    std::vector<Source>
        children;  ///< Of struct members, list element, or map key and value, in target order.
  };

 private:
  Result<std::shared_ptr<arrow::RecordBatch>> AssembleRows(
      const std::shared_ptr<arrow::RecordBatch>& from_file, const FileRows& rows) const;

  std::string location_;
  std::shared_ptr<arrow::Schema> output_schema_;
  std::vector<int> leaves_;
  std::vector<Source> roots_;  ///< One a top-level column that is needed.
  std::vector<std::vector<int>>
      output_paths_;  ///< Per output column: root, then child ordinals to go down.
};

}  // namespace icefield
