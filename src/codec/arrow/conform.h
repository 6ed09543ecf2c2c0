/// Rows from outside made into the rows of a table.
#pragma once

#include <arrow/record_batch.h>

#include <memory>

#include "base/result.h"
#include "model/schema.h"

namespace icefield {

struct ConformOptions {
  /// Nanoseconds are floored to microseconds; else those that lose something are refused.
  bool downcast_ns = false;
  bool narrow = false;  ///< Values may be cast to a narrower type where they fit exactly.
};

/// How batches of one Arrow schema become batches of a table's, column by name, structs likewise.
/// Immutable, thread-safe.
class Conformer {
 public:
  /// Missing optional columns are null (v3: their write default); `given` columns that the table
  /// does not have, missing required ones and types that do not widen to the table's are
  /// InvalidArgument, with all differences and both schemas in the message. A time without a zone
  /// does not become one with a zone, nor the reverse.
  static Result<Conformer> Make(const arrow::Schema& given, const Schema& table,
                                const ConformOptions& options);

  Conformer(Conformer&&) noexcept;
  Conformer& operator=(Conformer&&) noexcept;
  ~Conformer();

  /// The rows in the table's Arrow types (ToArrowType), in its order. InvalidArgument names the
  /// column and the first row (of these) of a null in a required column, of a value that does not
  /// fit and of a text that is not UTF-8. ResourceExhausted for more than 2 GiB of a column's texts
  /// in one batch: a slice of it passes.
  Result<std::shared_ptr<arrow::RecordBatch>> Apply(const arrow::RecordBatch& rows) const;

  struct Plan;

 private:
  explicit Conformer(std::unique_ptr<const Plan> plan);
  std::unique_ptr<const Plan> plan_;
};

}  // namespace icefield
