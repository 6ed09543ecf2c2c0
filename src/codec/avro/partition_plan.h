/// Partition tuples of manifests: typed by the manifest's own Avro schema, ordered by a spec.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "codec/avro/decoder.h"
#include "codec/avro/schema_tree.h"
#include "codec/avro/skip_program.h"
#include "model/partition_spec.h"
#include "model/value.h"

namespace icefield::avro {

/// How fixed values are stored.
enum class FixedForm : uint8_t {
  kBare,      ///< As Avro demands.
  kPrefixed,  ///< With their length before them, as bytes are.
};

/// Reads the `partition` record of data files. Refers to the skip program, which must outlive it.
class PartitionPlan {
 public:
  /// A field of `spec` that `record` lacks is always null; fields that the spec lacks are skipped.
  /// CorruptData where it has others in their place and for fields without an id, Unsupported for
  /// types that partition values cannot have.
  static Result<PartitionPlan> Make(const SchemaTree& tree, NodeId record,
                                    const PartitionSpec& spec, const SkipProgram& skips,
                                    FixedForm form);

  /// Reads one record into `out`, which gets one value a spec field. Ask `in.ok()` afterwards.
  void Read(Decoder& in, std::vector<std::optional<Value>>& out) const;

 private:
  using ReadValue = Value (*)(Decoder& in, size_t size);

  struct Step {
    NodeId type = 0;
    int null_branch = -1;
    ReadValue read = nullptr;  // Null: skip.
    size_t size = 0;           // fixed
    size_t position = 0;       // in the spec
  };

  PartitionPlan(const SkipProgram& skips, size_t width) : skips_(&skips), width_(width) {}

  static Result<Step> MakeStep(const SchemaTree& tree, NodeId type, FixedForm form);

  const SkipProgram* skips_;
  size_t width_;
  std::vector<Step> steps_;
};

}  // namespace icefield::avro
