/// Decoding records by field id: which field of a file's record goes where, decided once per
/// schema.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/result.h"
#include "codec/avro/decoder.h"
#include "codec/avro/schema_tree.h"
#include "codec/avro/skip_program.h"

namespace icefield::avro {

/// What a rule's `read` expects of the bytes. An integer may be stored as int or long. The maps of
/// metadata files have integer keys, so they are arrays of key-value records.
enum class Shape : uint8_t {
  kBoolean,
  kInteger,
  kString,
  kBytes,
  kRecord,
  kIntegerList,
  kRecordList,
  kIntegerMap,
  kBytesMap,
};

/// What to look for in a record.
struct FieldKey {
  int32_t field_id = 0;
  const char* name = "";  ///< For messages.
  Shape shape = Shape::kInteger;
  bool required = false;  ///< Neither the field nor its value may be missing.
  int32_t key_id = 0;     ///< maps: field id of the keys
  int32_t value_id = 0;   ///< maps: field id of the values
};

/// A field that is looked for, and what to do with its value.
template <typename Sink>
struct FieldRule {
  FieldKey key;
  /// Reads exactly one non-null value of the shape.
  void (*read)(Decoder& in, Sink& sink) = nullptr;
};

/// How one field of a file's record is stored.
struct PlannedField {
  NodeId type = 0;                ///< Without its optionality where it is read; else whole.
  int null_branch = -1;           ///< -1: never null
  const FieldKey* key = nullptr;  ///< Null: nobody asked for it.
};

/// The fields of `record` in the order of the file, each with the key that asks for it. CorruptData
/// where a required one is missing, a type does not fit its shape, or an id comes twice.
Result<std::vector<PlannedField>> PlanFields(const SchemaTree& tree, NodeId record,
                                             std::span<const FieldKey> keys);

/// The record type of the field `field_id` of `record` (of the items, for a list of records), or
/// nothing where there is no such field.
Result<std::optional<NodeId>> FindRecordType(const SchemaTree& tree, NodeId record,
                                             int32_t field_id);

/// Reads the index of a union of null and another type. True if a value follows.
inline bool ReadPresence(Decoder& in, int null_branch) {
  const int64_t branch = in.ReadLong();
  if (branch == null_branch) return false;
  if (branch == 1 - null_branch) return in.ok();
  in.Fail("a union has no such branch");
  return false;
}

/// Reads records of one type into sinks; skips what no rule names. A null leaves the sink as it is.
/// Refers to the rules and the skip program, which must outlive it.
template <typename Sink>
class RecordPlan {
 public:
  static Result<RecordPlan> Make(const SchemaTree& tree, NodeId record,
                                 std::span<const FieldRule<Sink>> rules, const SkipProgram& skips) {
    std::vector<FieldKey> keys;
    for (const FieldRule<Sink>& rule : rules) keys.push_back(rule.key);
    ICEFIELD_ASSIGN(std::vector<PlannedField> fields, PlanFields(tree, record, keys));
    RecordPlan plan(skips, tree.at(record).bytes_min);
    for (const PlannedField& field : fields) {
      const FieldRule<Sink>* rule =
          field.key == nullptr ? nullptr : &rules[static_cast<size_t>(field.key - keys.data())];
      plan.steps_.push_back({field.type, field.null_branch, rule});
    }
    return plan;
  }

  /// Reads one record. Ask `in.ok()` afterwards.
  void Read(Decoder& in, Sink& sink) const {
    for (const Step& step : steps_) {
      if (step.rule == nullptr) {
        skips_->Skip(in, step.type);
      } else if (step.null_branch < 0 || ReadPresence(in, step.null_branch)) {
        step.rule->read(in, sink);
      } else if (step.rule->key.required) {
        in.Fail("a required field is null", step.rule->key.name);
      }
    }
  }

  /// The fewest bytes of a record.
  size_t bytes_min() const { return bytes_min_; }

 private:
  struct Step {
    NodeId type = 0;
    int null_branch = -1;
    const FieldRule<Sink>* rule = nullptr;
  };

  RecordPlan(const SkipProgram& skips, size_t bytes_min) : skips_(&skips), bytes_min_(bytes_min) {}

  const SkipProgram* skips_;
  size_t bytes_min_;
  std::vector<Step> steps_;
};

}  // namespace icefield::avro
