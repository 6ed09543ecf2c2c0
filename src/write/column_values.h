/// The values of one column of a batch, row by row.
#pragma once

#include <arrow/record_batch.h>

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/schema.h"
#include "model/value.h"

namespace icefield {

/// A primitive column of a batch, at any depth through structs: a null struct on the way makes the
/// value null. Keeps the batch's memory alive.
class ColumnValues {
 public:
  /// How the values lie in memory.
  enum class Form : uint8_t {
    kNumber,   ///< boolean, int, long, date, time, timestamps
    kFloat,    ///< float
    kDouble,   ///< double
    kText,     ///< string, uuid, fixed, binary
    kDecimal,  ///< decimal
    kNone,     ///< unknown: always null
  };

  /// `rows` has the Arrow types of `schema`, column for column. InvalidArgument where `field` is no
  /// primitive field of the schema or lies below a list or map.
  static Result<ColumnValues> Make(const arrow::RecordBatch& rows, const Schema& schema,
                                   FieldId field);

  const PrimitiveType& type() const { return type_; }
  Form form() const { return form_; }

  bool IsNull(int64_t row) const;

  // Of rows that are not null, in the form that they have.
  int64_t NumberAt(int64_t row) const;
  double FloatingAt(int64_t row) const;
  std::string_view TextAt(int64_t row) const;
  Int128 DecimalAt(int64_t row) const;

  /// Any form.
  Value ValueAt(int64_t row) const;

 private:
  PrimitiveType type_;
  Form form_ = Form::kNone;
  std::shared_ptr<arrow::Array> values_;                // Storage, without an extension type.
  std::vector<std::shared_ptr<arrow::Array>> structs_;  // Those above that hold nulls.
};

}  // namespace icefield
