/// Any bytes as single values of bounds, of every type, and as a Parquet file whose footer's
/// statistics are asked for every leaf as every type. Bounds that are found must be values of the
/// type, and predicates on them must be decided.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "codec/parquet/parquet_file.h"
#include "io/memory_store_test.h"
#include "scan/file_statistics.h"

namespace {

using icefield::ColumnStatistics;
using icefield::FieldId;
using icefield::FileColumn;
using icefield::ParquetFooter;
using icefield::PrimitiveKind;
using icefield::PrimitiveType;
using icefield::Schema;
using icefield::Value;

constexpr size_t kLeavesMax = 16;  // More leaves and row groups find no more faults.
constexpr size_t kRowGroupsMax = 4;

// A column of every type that has bounds, its id its place.
const Schema& EveryType() {
  static const Schema kSchema = [] {
    const std::vector<std::pair<PrimitiveType, std::string>> types{
        {{PrimitiveKind::kBoolean}, "boolean"},
        {{PrimitiveKind::kInt}, "int"},
        {{PrimitiveKind::kLong}, "long"},
        {{PrimitiveKind::kFloat}, "float"},
        {{PrimitiveKind::kDouble}, "double"},
        {{PrimitiveKind::kDecimal, 9, 2}, "short_decimal"},
        {{PrimitiveKind::kDecimal, 38, 10}, "long_decimal"},
        {{PrimitiveKind::kDate}, "date"},
        {{PrimitiveKind::kTime}, "time"},
        {{PrimitiveKind::kTimestamp}, "timestamp"},
        {{PrimitiveKind::kTimestamptz}, "timestamptz"},
        {{PrimitiveKind::kTimestampNs}, "timestamp_ns"},
        {{PrimitiveKind::kTimestamptzNs}, "timestamptz_ns"},
        {{PrimitiveKind::kString}, "string"},
        {{PrimitiveKind::kUuid}, "uuid"},
        {{PrimitiveKind::kFixed, 0, 0, 3}, "fixed"},
        {{PrimitiveKind::kBinary}, "binary"},
    };
    Schema schema;
    for (const auto& [type, name] : types) {
      const FieldId id{static_cast<int32_t>(schema.columns.fields.size())};
      schema.columns.fields.push_back({.id = id, .name = name, .type = type});
    }
    return schema;
  }();
  return kSchema;
}

// Statistics that are the same for every column.
class SameForAll final : public icefield::StatisticsSource {
 public:
  explicit SameForAll(ColumnStatistics statistics) : statistics_(std::move(statistics)) {}
  ColumnStatistics Find(FieldId, const PrimitiveType&) const override { return statistics_; }

 private:
  ColumnStatistics statistics_;
};

// Bounds hold of the rows: a column whose only value is `value` must be read for it.
void ExpectMatch(const icefield::Field& field, const Value& value) {
  const bool is_number = icefield::CompareValues(value, value) == 0;
  const SameForAll exact({.lower = value, .upper = value, .null_count = 0, .value_count = 1});
  using enum icefield::PredicateOp;
  for (const icefield::PredicateOp op :
       {kEqual, kNotEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual, kStartsWith}) {
    const bool is_text = std::holds_alternative<std::string>(value);
    if (op == kStartsWith && !is_text) continue;
    const bool holds =
        op == kEqual || op == kLessOrEqual || op == kGreaterOrEqual || op == kStartsWith;
    const bool may = icefield::MayMatch(icefield::Compare(op, field, value), exact);
    if (is_number && holds && !may) std::abort();
  }
}

void ReadAsBounds(std::string_view bytes) {
  icefield::DataFile file;
  for (const icefield::Field& field : EveryType().columns.fields) {
    const PrimitiveType& type = *field.type.primitive();
    file.lower_bounds.emplace(field.id, bytes);
    const auto value = icefield::ParseSingleValue(type, bytes);
    if (!value.ok()) continue;
    // Bounds of fixed columns may be shorter than their values.
    const bool may_be_short = type.kind == PrimitiveKind::kFixed;
    if (!may_be_short && !icefield::IsValueOf(type, *value)) std::abort();
    if (icefield::ValueText(type, *value).empty()) std::abort();
    ExpectMatch(field, *value);
    (void)icefield::MayMatch(icefield::Compare(icefield::PredicateOp::kLess, field, *value),
                             icefield::FileStatistics(file));
  }
}

// What the footer says of a leaf, as a value of every type.
void ReadLeaf(const ParquetFooter& footer, int row_group, int leaf) {
  for (const icefield::Field& field : EveryType().columns.fields) {
    const PrimitiveType& type = *field.type.primitive();
    const ColumnStatistics found = footer.Statistics(row_group, leaf, type);
    for (const std::optional<Value>& bound : {found.lower, found.upper}) {
      if (!bound) continue;
      if (!icefield::IsValueOf(type, *bound)) std::abort();
      const SameForAll statistics(found);
      (void)icefield::MayMatch(icefield::Compare(icefield::PredicateOp::kLess, field, *bound),
                               statistics);
      (void)icefield::MayMatch(icefield::Compare(icefield::PredicateOp::kEqual, field, *bound),
                               statistics);
    }
  }
}

void ReadAsFooter(std::string_view bytes) {
  const auto footer = ParquetFooter::Read(icefield::MemoryFile(bytes));
  if (!footer.ok()) {
    if (footer.error().code == icefield::ErrorCode::kInternal) std::abort();
    return;
  }
  std::vector<int> leaves;
  std::vector<const FileColumn*> open;
  for (const FileColumn& column : footer->columns()) open.push_back(&column);
  while (!open.empty() && leaves.size() < kLeavesMax) {
    const FileColumn* column = open.back();
    open.pop_back();
    if (column->kind == FileColumn::Kind::kLeaf) leaves.push_back(column->leaf);
    for (const FileColumn& child : column->children) open.push_back(&child);
  }
  for (size_t group = 0; group < footer->row_groups().size() && group < kRowGroupsMax; ++group) {
    const auto number = static_cast<int>(group);
    if (footer->BytesOf(number, leaves) < 0) std::abort();
    (void)footer->DecodedBytesOf(number, leaves);
    (void)footer->DecoderBytesOf(number, leaves);
    for (const int leaf : leaves) ReadLeaf(*footer, number, leaf);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  ReadAsBounds(bytes);
  ReadAsFooter(bytes);
  return 0;
}
