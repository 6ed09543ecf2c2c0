/// Encoding the `partition` record of data files, and what a manifest list says of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "codec/avro/encoder.h"
#include "model/manifest.h"
#include "model/partition_spec.h"
#include "model/partition_values.h"

namespace icefield::avro {

/// The partition record of one spec. Keeps the summaries of what it has written.
/// Does not: hold the spec or the types, which must outlive it.
class PartitionWriter {
 public:
  /// Unsupported for unknown transforms and types without single values; InvalidArgument where
  /// `types` are not those of the spec, or two fields would have one name in Avro.
  static Result<PartitionWriter> Make(const PartitionSpec& spec,
                                      const std::vector<PrimitiveType>& types);

  /// The JSON of the record.
  std::string Schema() const;

  /// Writes one tuple and takes it into the summaries. InvalidArgument names the partition field
  /// whose value is not of its type; nothing is written then.
  Status Write(Encoder& out, const PartitionValues& tuple);

  /// One a spec field, in order.
  std::vector<PartitionFieldSummary> Summaries() const;

 private:
  struct Bounds {
    bool has_null = false;
    bool has_nan = false;
    std::optional<Value> lower;
    std::optional<Value> upper;
  };

  PartitionWriter(const PartitionSpec& spec, const std::vector<PrimitiveType>& types)
      : spec_(&spec), types_(&types), bounds_(types.size()) {}

  Result<PartitionValues> Fit(PartitionValues tuple) const;

  const PartitionSpec* spec_;
  const std::vector<PrimitiveType>* types_;
  std::vector<Bounds> bounds_;  // By position in the spec.
};

/// `name` with everything that Avro does not allow in names replaced: "1a" becomes "_1a", "a b"
/// becomes "a_x20b".
std::string AvroName(std::string_view name);

}  // namespace icefield::avro
