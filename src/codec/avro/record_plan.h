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

/// What a rule expects of the bytes. An integer may be stored as int or long. The maps of
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

/// True for lists and maps.
constexpr bool HasItems(Shape shape) { return shape >= Shape::kIntegerList; }

/// What to look for in a record.
struct FieldKey {
  int32_t field_id = 0;
  const char* name = "";  ///< For messages.
  Shape shape = Shape::kInteger;
  bool required = false;  ///< Neither the field nor its value may be missing.
  int32_t key_id = 0;     ///< maps: field id of the keys
  int32_t value_id = 0;   ///< maps: field id of the values
};

/// A field that is looked for, and what to do with its value. Nulls are not shown to a rule.
template <typename Sink>
struct FieldRule {
  FieldKey key;
  /// Reads exactly one value of the shape; of a list, one item.
  void (*read)(Decoder& in, Sink& sink) = nullptr;
  /// maps: reads the value that belongs to `key`.
  void (*read_pair)(Decoder& in, Sink& sink, int32_t key) = nullptr;
  /// Called before the items of a list or map; may be null.
  void (*begin)(Sink& sink) = nullptr;
};

/// How one field of a file's record is stored. The branches are indexes of null in a union; -1
/// where the part is never null. Some writers make everything nullable.
struct PlannedField {
  NodeId type = 0;  ///< Without its optionality where it is read; else whole.
  int null_branch = -1;
  int item_null_branch = -1;      ///< lists, maps
  int key_null_branch = -1;       ///< maps
  int value_null_branch = -1;     ///< maps
  size_t item_bytes_min = 1;      ///< lists, maps
  const FieldKey* key = nullptr;  ///< Null: nobody asked for it.
};

/// The fields of `record` in the order of the file, each with the key that asks for it. CorruptData
/// where a required one is missing, one has its name but not its id, a type does not fit its shape,
/// or an id comes twice.
Result<std::vector<PlannedField>> PlanFields(const SchemaTree& tree, NodeId record,
                                             std::span<const FieldKey> keys);

/// The record type of the field `field_id` of `record` (of the items, for a list of records), or
/// nothing where there is no such field.
Result<std::optional<NodeId>> FindRecordType(const SchemaTree& tree, NodeId record,
                                             int32_t field_id);

/// True if a value follows: reads the index of a union of null and another type, unless
/// `null_branch` says that there is none.
inline bool ReadPresence(Decoder& in, int null_branch) {
  if (null_branch < 0) return true;
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
    RecordPlan plan(skips);
    for (const PlannedField& field : fields) {
      const FieldRule<Sink>* rule =
          field.key == nullptr ? nullptr : &rules[static_cast<size_t>(field.key - keys.data())];
      plan.steps_.push_back({field, rule});
      plan.steps_.back().field.key = nullptr;  // `keys` ends here; the rule has its own.
    }
    return plan;
  }

  /// Reads one record. Ask `in.ok()` afterwards.
  void Read(Decoder& in, Sink& sink) const {
    for (const Step& step : steps_) {
      if (step.rule == nullptr) {
        skips_->Skip(in, step.field.type);
      } else if (ReadPresence(in, step.field.null_branch)) {
        ReadValue(in, step, sink);
      } else if (step.rule->key.required) {
        in.Fail("a required field is null", step.rule->key.name);
      }
    }
  }

 private:
  struct Step {
    PlannedField field;
    const FieldRule<Sink>* rule = nullptr;
  };

  explicit RecordPlan(const SkipProgram& skips) : skips_(&skips) {}

  static void ReadValue(Decoder& in, const Step& step, Sink& sink) {
    if (!HasItems(step.rule->key.shape)) return step.rule->read(in, sink);
    if (step.rule->begin != nullptr) step.rule->begin(sink);
    const bool is_map = step.rule->read_pair != nullptr;
    ReadItems(in, step.field.item_bytes_min, [&] {
      if (!ReadPresence(in, step.field.item_null_branch)) {
        in.Fail("an item of a list or map is null", step.rule->key.name);
      } else if (is_map) {
        ReadPair(in, step, sink);
      } else {
        step.rule->read(in, sink);
      }
    });
  }

  // A null value is one that the writer does not know: as if the pair were missing.
  static void ReadPair(Decoder& in, const Step& step, Sink& sink) {
    if (!ReadPresence(in, step.field.key_null_branch)) {
      return in.Fail("a key of a map is null", step.rule->key.name);
    }
    const int32_t key = in.ReadInt();
    if (ReadPresence(in, step.field.value_null_branch)) step.rule->read_pair(in, sink, key);
  }

  const SkipProgram* skips_;
  std::vector<Step> steps_;
};

}  // namespace icefield::avro
