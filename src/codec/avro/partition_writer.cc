#include "codec/avro/partition_writer.h"

#include <set>
#include <utility>

#include "base/json.h"
#include "codec/avro/record_writer.h"

namespace icefield::avro {
namespace {

// The fewest bytes of two's complement that hold every decimal of a precision.
size_t DecimalBytes(int32_t precision) {
  Int128 limit = 1;
  for (int32_t digit = 0; digit < precision; ++digit) limit *= 10;
  return SerializeSingleValue({PrimitiveKind::kDecimal}, Unscaled{limit - 1}).size();
}

std::string TimestampSchema(std::string_view unit, bool adjust_to_utc) {
  return StrCat(R"({"type":"long","logicalType":"timestamp-)", unit, R"(","adjust-to-utc":)",
                adjust_to_utc ? "true" : "false", "}");
}

// The Avro type of a partition value. Each fixed type has a name of its own: Avro wants a name
// defined once, and not every reader follows references to it. A plain fixed is written as `bytes`:
// the Java library reads the values of a `fixed` with a length before them and others do not, so
// that this is the one form which all readers understand.
Result<std::string> ValueSchema(const PrimitiveType& type, FieldId id) {
  switch (type.kind) {
    case PrimitiveKind::kUnknown:
      return std::string(R"("null")");
    case PrimitiveKind::kBoolean:
      return std::string(R"("boolean")");
    case PrimitiveKind::kInt:
      return std::string(R"("int")");
    case PrimitiveKind::kLong:
      return std::string(R"("long")");
    case PrimitiveKind::kFloat:
      return std::string(R"("float")");
    case PrimitiveKind::kDouble:
      return std::string(R"("double")");
    case PrimitiveKind::kDate:
      return std::string(R"({"type":"int","logicalType":"date"})");
    case PrimitiveKind::kTime:
      return std::string(R"({"type":"long","logicalType":"time-micros"})");
    case PrimitiveKind::kTimestamp:
      return TimestampSchema("micros", false);
    case PrimitiveKind::kTimestamptz:
      return TimestampSchema("micros", true);
    case PrimitiveKind::kTimestampNs:
      return TimestampSchema("nanos", false);
    case PrimitiveKind::kTimestamptzNs:
      return TimestampSchema("nanos", true);
    case PrimitiveKind::kString:
      return std::string(R"("string")");
    case PrimitiveKind::kFixed:
    case PrimitiveKind::kBinary:
      return std::string(R"("bytes")");
    case PrimitiveKind::kUuid:
      return StrCat(R"({"type":"fixed","name":"uuid_fixed_)", id.value,
                    R"(","size":16,"logicalType":"uuid"})");
    case PrimitiveKind::kDecimal:
      return StrCat(R"({"type":"fixed","name":"decimal_)", type.precision, "_", type.scale, "_",
                    id.value, R"(","size":)", DecimalBytes(type.precision),
                    R"(,"logicalType":"decimal","precision":)", type.precision, R"(,"scale":)",
                    type.scale, "}");
    case PrimitiveKind::kVariant:
    case PrimitiveKind::kGeometry:
    case PrimitiveKind::kGeography:
      break;
  }
  return Unsupported("partition values of type ", PrimitiveTypeText(type));
}

// Writes a value that is of `type`.
struct ValueWriter {
  Encoder& out;
  const PrimitiveType& type;

  void operator()(bool value) const { out.WriteBoolean(value); }
  void operator()(int32_t value) const { out.WriteLong(value); }
  void operator()(int64_t value) const { out.WriteLong(value); }
  void operator()(float value) const { out.WriteFloat(value); }
  void operator()(double value) const { out.WriteDouble(value); }
  void operator()(const std::string& value) const { out.WriteBytes(value); }
  void operator()(const Bytes& value) const {
    if (type.kind == PrimitiveKind::kUuid) return out.WriteFixed(value.data);
    out.WriteBytes(value.data);
  }
  void operator()(const Unscaled& value) const {
    const std::string bytes = SerializeSingleValue(type, value);
    const char sign = value.value < 0 ? '\xff' : '\0';
    out.WriteFixed(std::string(DecimalBytes(type.precision) - bytes.size(), sign));
    out.WriteFixed(bytes);
  }
};

bool FitsPrecision(const PrimitiveType& type, const Value& value) {
  const auto* decimal = std::get_if<Unscaled>(&value);
  return decimal == nullptr ||
         SerializeSingleValue(type, value).size() <= DecimalBytes(type.precision);
}

bool IsNameLetter(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || letter == '_';
}

bool IsDigit(char letter) { return letter >= '0' && letter <= '9'; }

}  // namespace

std::string AvroName(std::string_view name) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char letter : name) {
    if (IsNameLetter(letter) || (IsDigit(letter) && !out.empty())) {
      out += letter;
    } else if (IsDigit(letter)) {
      out += StrCat('_', letter);
    } else {
      const auto byte = static_cast<uint8_t>(letter);
      out += StrCat("_x", kHex[byte >> 4], kHex[byte & 0xf]);
    }
  }
  return out;
}

Result<PartitionWriter> PartitionWriter::Make(const PartitionSpec& spec,
                                              const std::vector<PrimitiveType>& types) {
  if (types.size() != spec.fields.size()) {
    return InvalidArgument("partition spec ", spec.id.value, " has ", spec.fields.size(),
                           " fields, there are ", types.size(), " types");
  }
  std::set<std::string> names;
  for (size_t at = 0; at < types.size(); ++at) {
    const PartitionField& field = spec.fields[at];
    if (field.transform.kind == TransformKind::kUnknown) {
      return Unsupported("partition field '", field.name, "' has the transform ",
                         TransformText(field.transform),
                         ", which is not known: no data can be written with it");
    }
    ICEFIELD_TRY(ValueSchema(types[at], field.field_id));
    if (!names.insert(AvroName(field.name)).second) {
      return InvalidArgument("partition fields of spec ", spec.id.value, " have the same name '",
                             AvroName(field.name), "' in Avro: rename '", field.name, "'");
    }
  }
  return PartitionWriter(spec, types);
}

std::string PartitionWriter::Schema() const {
  std::vector<std::string> fields;
  for (size_t at = 0; at < types_->size(); ++at) {
    const PartitionField& field = spec_->fields[at];
    std::string name = StrCat('"', AvroName(field.name), '"');
    if (AvroName(field.name) != field.name)
      name += StrCat(R"(,"iceberg-field-name":)", JsonQuote(field.name));
    const std::string type = *ValueSchema((*types_)[at], field.field_id);
    fields.push_back(FieldSchema(field.field_id.value, name, type,
                                 (*types_)[at].kind != PrimitiveKind::kUnknown));
  }
  return RecordSchema("r102", fields);
}

Result<PartitionValues> PartitionWriter::Fit(PartitionValues tuple) const {
  std::vector<std::optional<Value>>& values = tuple.values;
  if (values.size() != types_->size()) {
    return InvalidArgument("its partition has ", values.size(), " values, partition spec ",
                           spec_->id.value, " has ", types_->size(), " fields");
  }
  for (size_t at = 0; at < values.size(); ++at) {
    if (!values[at]) continue;
    const PrimitiveType& type = (*types_)[at];
    ICEFIELD_ASSIGN(values[at], PromoteValue(type, *std::move(values[at])));
    if (!IsValueOf(type, *values[at]) || !FitsPrecision(type, *values[at])) {
      return InvalidArgument("its value of partition field '", spec_->fields[at].name,
                             "' is not a ", PrimitiveTypeText(type));
    }
  }
  return tuple;
}

Status PartitionWriter::Write(Encoder& out, const PartitionValues& tuple) {
  ICEFIELD_ASSIGN(const PartitionValues fitted, Fit(tuple));
  for (size_t at = 0; at < fitted.values.size(); ++at) {
    const PrimitiveType& type = (*types_)[at];
    const std::optional<Value>& value = fitted.values[at];
    Bounds& bounds = bounds_[at];
    if (!value) bounds.has_null = true;
    if (type.kind == PrimitiveKind::kUnknown || !out.WritePresence(value.has_value())) continue;
    std::visit(ValueWriter{out, type}, *value);
    if (IsNan(*value)) {
      bounds.has_nan = true;
      continue;
    }
    if (!bounds.lower || OrderValues(value, bounds.lower) < 0) bounds.lower = value;
    if (!bounds.upper || OrderValues(bounds.upper, value) < 0) bounds.upper = value;
  }
  return {};
}

std::vector<PartitionFieldSummary> PartitionWriter::Summaries() const {
  std::vector<PartitionFieldSummary> out;
  for (size_t at = 0; at < bounds_.size(); ++at) {
    const Bounds& bounds = bounds_[at];
    PartitionFieldSummary& summary = out.emplace_back();
    summary.contains_null = bounds.has_null;
    summary.contains_nan = bounds.has_nan;
    if (bounds.lower) summary.lower_bound = SerializeSingleValue((*types_)[at], *bounds.lower);
    if (bounds.upper) summary.upper_bound = SerializeSingleValue((*types_)[at], *bounds.upper);
  }
  return out;
}

}  // namespace icefield::avro
