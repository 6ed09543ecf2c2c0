/// The Parquet schema in which an Iceberg schema is written (specification, appendix A).
#pragma once

#include <arrow/array.h>
#include <arrow/type.h>
#include <parquet/schema.h>

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/schema.h"

namespace icefield {

/// A leaf, in the order of Parquet's leaves.
struct WrittenLeaf {
  FieldId id;
  PrimitiveType type;
  bool repeated = false;  ///< Lies below a list or a map.
  std::string path;       ///< Dotted, as the file names it.
};

struct WrittenSchema {
  std::shared_ptr<parquet::schema::GroupNode> root;
  std::shared_ptr<arrow::Schema> arrow;  ///< Of the columns that are written.
  std::vector<int> columns;              ///< Their positions among the schema's columns.
  std::vector<Field> fields;             ///< The same without unknown members.
  std::vector<WrittenLeaf> leaves;
};

/// Field ids stand at every depth; unknown columns and members are left out. Names are written as
/// Iceberg's other writers do: characters beside letters, digits and '_' as "_x" and their number.
/// Unsupported names a column whose type is not written, and a struct, list or map of which nothing
/// is. May throw Parquet's exceptions.
Result<WrittenSchema> MakeWrittenSchema(const Schema& schema);

/// `values` of a column without its unknown members, uncopied.
std::shared_ptr<arrow::Array> WithoutUnknown(const std::shared_ptr<arrow::Array>& values,
                                             const Field& field);

}  // namespace icefield
