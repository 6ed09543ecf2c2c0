#include "codec/avro/partition_plan.h"

#include <algorithm>
#include <string>
#include <utility>

#include "codec/avro/record_plan.h"

namespace icefield::avro {
namespace {

constexpr size_t kUuidBytes = 16;

Value ReadBooleanValue(Decoder& in, size_t) { return in.ReadBoolean(); }
Value ReadIntValue(Decoder& in, size_t) { return in.ReadInt(); }
Value ReadLongValue(Decoder& in, size_t) { return in.ReadLong(); }
Value ReadFloatValue(Decoder& in, size_t) { return in.ReadFloat(); }
Value ReadDoubleValue(Decoder& in, size_t) { return in.ReadDouble(); }
Value ReadStringValue(Decoder& in, size_t) { return std::string(in.ReadBytes()); }
Value ReadBytesValue(Decoder& in, size_t) { return Bytes{std::string(in.ReadBytes())}; }
Value ReadFixedValue(Decoder& in, size_t size) { return Bytes{std::string(in.ReadFixed(size))}; }

Value ReadPrefixedValue(Decoder& in, size_t size) {
  const std::string_view bytes = in.ReadBytes();
  if (bytes.size() != size) in.Fail("a fixed value has another length than its type");
  return Bytes{std::string(bytes)};
}

// Two's complement, the most significant byte first.
Value ToUnscaled(Decoder& in, std::string_view bytes) {
  if (bytes.empty() || bytes.size() > sizeof(Int128)) {
    in.Fail("a decimal has no bytes, or more than 16");
    return Unscaled{};
  }
  Int128 value = static_cast<int8_t>(bytes[0]);
  for (char byte : bytes.substr(1)) value = value * 256 + static_cast<uint8_t>(byte);
  return Unscaled{value};
}

Value ReadDecimalBytes(Decoder& in, size_t) { return ToUnscaled(in, in.ReadBytes()); }
Value ReadDecimalFixed(Decoder& in, size_t size) { return ToUnscaled(in, in.ReadFixed(size)); }

// Units and forms that would be taken for something else if their logical type were ignored.
bool MisleadsAsPlain(const SchemaNode& node) {
  const std::string& logical = node.logical_type;
  return logical.ends_with("-millis") || logical == "duration" ||
         (logical == "uuid" && (node.kind != Kind::kFixed || node.size != kUuidBytes)) ||
         (logical == "time-nanos");
}

}  // namespace

Result<PartitionPlan::Step> PartitionPlan::MakeStep(const SchemaTree& tree, NodeId type,
                                                    FixedForm form) {
  ICEFIELD_ASSIGN(NullableType split, SplitNullable(tree, type));
  const SchemaNode& node = tree.at(split.type);
  Step step{split.type, split.null_branch};
  const bool is_decimal = node.logical_type == "decimal";
  const Error unsupported =
      Unsupported("partition values of the Avro type ", TypeText(node),
                  node.logical_type.empty() ? "" : StrCat(" (", node.logical_type, ")"));
  if (MisleadsAsPlain(node)) return unsupported;
  switch (node.kind) {
    case Kind::kNull:
      step.type = type;
      return step;
    case Kind::kBoolean:
      step.read = ReadBooleanValue;
      return step;
    case Kind::kInt:
      step.read = ReadIntValue;
      return step;
    case Kind::kLong:
      step.read = ReadLongValue;
      return step;
    case Kind::kFloat:
      step.read = ReadFloatValue;
      return step;
    case Kind::kDouble:
      step.read = ReadDoubleValue;
      return step;
    case Kind::kString:
      step.read = ReadStringValue;
      return step;
    case Kind::kBytes:
      step.read = is_decimal ? ReadDecimalBytes : ReadBytesValue;
      return step;
    case Kind::kFixed:
      step.read = is_decimal ? ReadDecimalFixed : ReadFixedValue;
      if (form == FixedForm::kPrefixed && node.logical_type.empty()) step.read = ReadPrefixedValue;
      step.size = static_cast<size_t>(node.size);
      return step;
    default:
      return unsupported;
  }
}

Result<PartitionPlan> PartitionPlan::Make(const SchemaTree& tree, NodeId record,
                                          const PartitionSpec& spec, const SkipProgram& skips,
                                          FixedForm form) {
  PartitionPlan plan(skips, spec.fields.size());
  size_t found_count = 0;
  for (const PartitionField& field : spec.fields) {
    ICEFIELD_ASSIGN(const SchemaField* found, FindField(tree.at(record), field.field_id.value));
    if (found != nullptr) ++found_count;
  }
  // A spec's manifests hold its fields, or some of them; an id that is no one's is damage.
  const size_t stored_count = tree.at(record).fields.size();
  if (found_count < std::min(spec.fields.size(), stored_count)) {
    return CorruptData("its partitions have ", stored_count, " fields, of which ", found_count,
                       " are among the ", spec.fields.size(), " of partition spec ", spec.id.value);
  }
  for (const SchemaField& field : tree.at(record).fields) {
    if (!field.field_id) return CorruptData("partition field '", field.name, "' has no field-id");
    Step step{field.type};
    for (size_t position = 0; position < spec.fields.size(); ++position) {
      if (spec.fields[position].field_id.value != *field.field_id) continue;
      Result<Step> made = MakeStep(tree, field.type, form);
      if (!made.ok())
        return std::move(made).error().At(StrCat("partition field '", field.name, "'"));
      step = *made;
      step.position = position;
    }
    plan.steps_.push_back(step);
  }
  return plan;
}

void PartitionPlan::Read(Decoder& in, std::vector<std::optional<Value>>& out) const {
  out.resize(width_);
  for (const Step& step : steps_) {
    if (step.read == nullptr) {
      skips_->Skip(in, step.type);
    } else if (ReadPresence(in, step.null_branch)) {
      out[step.position] = step.read(in, step.size);
    }
  }
}

}  // namespace icefield::avro
