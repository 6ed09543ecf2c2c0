/// Which partition each row belongs to.
#pragma once

#include <arrow/record_batch.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "model/partition_spec.h"
#include "model/partition_values.h"
#include "model/schema.h"
#include "write/column_values.h"

namespace icefield {

/// The result types of a spec's fields, in order. A field whose source column is not in `schema`
/// (dropped since; only void allows that in a spec that is written with) is Unsupported, as is one
/// with an unknown transform.
Result<std::vector<PrimitiveType>> PartitionTypes(const Schema& schema, const PartitionSpec& spec);

/// `tuple` as the types are now, where a source column was promoted since they were written: so
/// that equal partitions are equal tuples. CorruptData for a value that does not fit its type.
Status PromotePartition(const std::vector<PrimitiveType>& types, PartitionValues& tuple);

/// "region=eu/ts_day=2024-01-31", as Iceberg's own writers name folders: names and values are
/// percent-encoded, a null is "null". A part that a file system would find too long is cut and ends
/// in a hash of the whole. Empty for an unpartitioned spec.
std::string PartitionPath(const PartitionSpec& spec, const std::vector<PrimitiveType>& types,
                          const PartitionValues& tuple);

/// Numbers the partitions of a stream of rows. Used by one thread.
class PartitionAssigner {
 public:
  static Result<PartitionAssigner> Make(Schema schema, PartitionSpec spec);

  /// The number of each row's partition, from 0 on in the order of their first rows over all
  /// batches. `rows` has the Arrow types of the schema.
  Result<std::vector<int32_t>> Assign(const arrow::RecordBatch& rows);

  /// The tuples that were numbered so far.
  const std::vector<PartitionValues>& tuples() const { return tuples_; }

  const std::vector<PrimitiveType>& types() const { return types_; }

 private:
  // Numbers the values of one partition field; code 0 is null.
  struct FieldCodes {
    std::vector<std::optional<Value>> values{std::nullopt};
    std::unordered_map<int64_t, int32_t> by_number;
    std::unordered_map<std::string, int32_t> by_bytes;
  };

  PartitionAssigner(Schema schema, PartitionSpec spec, std::vector<PrimitiveType> types);

  Result<int32_t> CodeOf(size_t field, const ColumnValues& column, int64_t row);
  Result<int32_t> NewCode(size_t field, const ColumnValues& column, int64_t row);
  int32_t TupleNumber(const std::vector<int32_t>& codes);

  Schema schema_;
  PartitionSpec spec_;
  std::vector<PrimitiveType> types_;
  std::vector<FieldCodes> codes_;
  std::map<std::vector<int32_t>, int32_t> numbers_;
  std::vector<PartitionValues> tuples_;
};

}  // namespace icefield
