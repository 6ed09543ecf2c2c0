/// Passing over values that nobody asked for, without looking at the schema again.
#pragma once

#include <cstdint>
#include <vector>

#include "codec/avro/decoder.h"
#include "codec/avro/schema_tree.h"

namespace icefield::avro {

/// What it takes to skip a value of each type of one schema, worked out once. Runs of fixed-width
/// values, of numbers and of texts are one step each, and nothing is done for values without bytes.
/// Immutable after construction; may be used by several threads.
class SkipProgram {
 public:
  explicit SkipProgram(const SchemaTree& tree);

  /// Skips one value of the type `node` of the tree. Faults stick to `in`.
  void Skip(Decoder& in, NodeId node) const { Run(in, steps_[node], 0); }

 private:
  enum class StepKind : uint8_t { kFixed, kVarints, kPrefixed, kBody };

  // A run of `amount` bytes, numbers or length-prefixed values; or the body number `amount`.
  struct Step {
    StepKind kind = StepKind::kFixed;
    uint64_t amount = 0;
  };

  enum class BodyKind : uint8_t { kSequence, kItems, kChoice };

  // kSequence: all steps once. kItems: all steps for each item. kChoice: the step of the branch.
  struct Body {
    BodyKind kind = BodyKind::kSequence;
    std::vector<Step> steps;
    size_t item_bytes_min = 0;
  };

  class Compiler;

  void Run(Decoder& in, const Step& step, int depth) const;
  void RunBody(Decoder& in, const Body& body, int depth) const;
  void RunItems(Decoder& in, const Body& body, int depth) const;

  std::vector<Step> steps_;   // By node.
  std::vector<Body> bodies_;  // By node; empty for nodes that are one run.
};

}  // namespace icefield::avro
