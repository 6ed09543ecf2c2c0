#include "write/partition_assigner.h"

#include <cctype>

#include "base/checked.h"
#include "model/calendar.h"
#include "model/murmur3.h"

namespace icefield {
namespace {

constexpr int64_t kMicrosPerHour = 3'600'000'000;
constexpr int64_t kHoursPerDay = 24;
constexpr int64_t kEpochYear = 1970;

bool IsTime(TransformKind kind) {
  return kind == TransformKind::kYear || kind == TransformKind::kMonth ||
         kind == TransformKind::kDay || kind == TransformKind::kHour;
}

bool IsNanoseconds(PrimitiveKind kind) {
  return kind == PrimitiveKind::kTimestampNs || kind == PrimitiveKind::kTimestamptzNs;
}

// A number that decides the transform's result and takes few values: equal numbers have equal
// results.
int64_t Reduced(const Transform& transform, const PrimitiveType& type, int64_t number) {
  if (transform.kind == TransformKind::kBucket) {
    if (IsNanoseconds(type.kind)) number = FloorDivide<int64_t>(number, 1000);
    const uint32_t hash =
        Murmur3({reinterpret_cast<const char*>(&number), sizeof(number)}) & 0x7fffffffU;
    return static_cast<int32_t>(hash) % transform.parameter;
  }
  if (!IsTime(transform.kind) || type.kind == PrimitiveKind::kDate) return number;
  return FloorDivide(number, kMicrosPerHour * (IsNanoseconds(type.kind) ? 1000 : 1));
}

std::string Encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if (std::isalnum(byte) != 0 || character == '.' || character == '-' || character == '_' ||
        character == '*') {
      out += character;
    } else if (character == ' ') {
      out += '+';
    } else {
      out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return out;
}

// A name that every file system takes.
std::string Shortened(std::string name) {
  constexpr size_t kBytesMax = 200;
  if (name.size() <= kBytesMax) return name;
  const uint32_t hash = Murmur3(name);
  name.resize(kBytesMax);
  return StrCat(name, "-", hash);
}

// As people read it in a folder's name.
std::string ValueName(const Transform& transform, const PrimitiveType& type, const Value& value) {
  const auto* number = std::get_if<int32_t>(&value);
  const auto padded = [](int64_t value_of_two) {
    return StrCat(value_of_two < 10 ? "0" : "", value_of_two);
  };
  if (number != nullptr && transform.kind == TransformKind::kYear)
    return std::to_string(kEpochYear + *number);
  if (number != nullptr && transform.kind == TransformKind::kMonth) {
    const int64_t year = FloorDivide<int64_t>(*number, 12);
    return StrCat(kEpochYear + year, "-", padded(*number - year * 12 + 1));
  }
  if (number != nullptr && transform.kind == TransformKind::kHour) {
    const int64_t day = FloorDivide<int64_t>(*number, kHoursPerDay);
    return StrCat(IsoDateText(day), "-", padded(*number - day * kHoursPerDay));
  }
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  return ValueText(type, value);
}

}  // namespace

Result<std::vector<PrimitiveType>> PartitionTypes(const Schema& schema, const PartitionSpec& spec) {
  std::vector<PrimitiveType> types;
  for (const PartitionField& field : spec.fields) {
    const Field* source = schema.FindById(field.source_id);
    const PrimitiveType* type = source == nullptr ? nullptr : source->type.primitive();
    if (type == nullptr && field.transform.kind == TransformKind::kVoid) {
      types.push_back(PrimitiveType{PrimitiveKind::kInt});
      continue;
    }
    if (type == nullptr) {
      return Unsupported("partition field '", field.name, "' is of the column ",
                         field.source_id.value, ", which the table has no more");
    }
    Result<PrimitiveType> result = TransformResultType(field.transform, *type);
    if (!result.ok()) {
      return Unsupported("partition field '", field.name, "': ", result.error().message);
    }
    types.push_back(*std::move(result));
  }
  return types;
}

std::string PartitionPath(const PartitionSpec& spec, const std::vector<PrimitiveType>& types,
                          const PartitionValues& tuple) {
  std::string path;
  for (size_t at = 0; at < spec.fields.size(); ++at) {
    const PartitionField& field = spec.fields[at];
    const std::optional<Value>& held = tuple.values[at];
    const std::string value = held ? ValueName(field.transform, types[at], *held) : "null";
    path += StrCat(at > 0 ? "/" : "", Shortened(StrCat(Encoded(field.name), "=", Encoded(value))));
  }
  return path;
}

Status PromotePartition(const std::vector<PrimitiveType>& types, PartitionValues& tuple) {
  std::vector<std::optional<Value>>& values = tuple.values;
  if (values.size() != types.size()) {
    return CorruptData("a partition tuple has ", values.size(), " values for ", types.size(),
                       " fields");
  }
  for (size_t at = 0; at < values.size(); ++at) {
    if (!values[at]) continue;
    ICEFIELD_ASSIGN(values[at], PromoteValue(types[at], *std::move(values[at])));
  }
  return {};
}

PartitionAssigner::PartitionAssigner(Schema schema, PartitionSpec spec,
                                     std::vector<PrimitiveType> types)
    : schema_(std::move(schema)),
      spec_(std::move(spec)),
      types_(std::move(types)),
      codes_(spec_.fields.size()) {}

Result<PartitionAssigner> PartitionAssigner::Make(Schema schema, PartitionSpec spec) {
  ICEFIELD_ASSIGN(std::vector<PrimitiveType> types, PartitionTypes(schema, spec));
  return PartitionAssigner(std::move(schema), std::move(spec), std::move(types));
}

Result<std::vector<int32_t>> PartitionAssigner::Assign(const arrow::RecordBatch& rows) {
  const size_t fields = spec_.fields.size();
  const auto count = static_cast<size_t>(rows.num_rows());
  std::vector<std::optional<ColumnValues>> columns(fields);
  for (size_t field = 0; field < fields; ++field) {
    const PartitionField& each = spec_.fields[field];
    if (each.transform.kind == TransformKind::kVoid) continue;
    ICEFIELD_ASSIGN(columns[field], ColumnValues::Make(rows, schema_, each.source_id));
  }
  std::vector<int32_t> numbers(count);
  std::vector<int32_t> codes(fields);
  std::vector<int32_t> last;
  int32_t last_number = -1;
  for (size_t row = 0; row < count; ++row) {
    for (size_t field = 0; field < fields; ++field) {
      const bool is_null = !columns[field] || columns[field]->IsNull(static_cast<int64_t>(row));
      codes[field] = 0;
      if (is_null) continue;
      ICEFIELD_ASSIGN(codes[field], CodeOf(field, *columns[field], static_cast<int64_t>(row)));
    }
    if (last_number < 0 || codes != last) {
      last_number = TupleNumber(codes);
      last = codes;
    }
    numbers[row] = last_number;
  }
  return numbers;
}

Result<int32_t> PartitionAssigner::CodeOf(size_t field, const ColumnValues& column, int64_t row) {
  const Transform& transform = spec_.fields[field].transform;
  FieldCodes& known = codes_[field];
  int64_t number = 0;
  if (column.form() == ColumnValues::Form::kNumber) {
    number = Reduced(transform, column.type(), column.NumberAt(row));
  } else if (column.form() == ColumnValues::Form::kText &&
             transform.kind == TransformKind::kBucket) {
    number = static_cast<int32_t>(Murmur3(column.TextAt(row)) & 0x7fffffffU) % transform.parameter;
  } else {
    return NewCode(field, column, row);
  }
  const auto found = known.by_number.find(number);
  if (found != known.by_number.end()) return found->second;
  ICEFIELD_ASSIGN(const int32_t code, NewCode(field, column, row));
  known.by_number.emplace(number, code);
  return code;
}

// The code by the result itself, made now where it is new.
Result<int32_t> PartitionAssigner::NewCode(size_t field, const ColumnValues& column, int64_t row) {
  FieldCodes& known = codes_[field];
  ICEFIELD_ASSIGN(std::optional<Value> value, ApplyTransform(spec_.fields[field].transform,
                                                             column.type(), column.ValueAt(row)));
  if (!value) return 0;
  // All NaNs are one partition, whatever their bits.
  const auto [at, is_new] =
      known.by_bytes.emplace(IsNan(*value) ? "NaN" : SerializeSingleValue(types_[field], *value),
                             static_cast<int32_t>(known.values.size()));
  if (is_new) known.values.push_back(std::move(value));
  return at->second;
}

int32_t PartitionAssigner::TupleNumber(const std::vector<int32_t>& codes) {
  const auto [at, is_new] = numbers_.emplace(codes, static_cast<int32_t>(tuples_.size()));
  if (is_new) {
    PartitionValues& tuple = tuples_.emplace_back();
    for (size_t field = 0; field < codes.size(); ++field)
      tuple.values.push_back(codes_[field].values[static_cast<size_t>(codes[field])]);
  }
  return at->second;
}

}  // namespace icefield
