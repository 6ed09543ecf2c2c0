#include "write/sort_rows.h"

#include <algorithm>
#include <bit>
#include <memory>
#include <numeric>
#include <string>
#include <string_view>
#include <variant>

#include "write/column_values.h"

namespace icefield {
namespace {

// The keys of one sort field, in a form that compares fast.
struct SortKeys {
  std::variant<std::vector<int64_t>, std::vector<std::string_view>, std::vector<Int128>> values;
  std::vector<uint8_t> nulls;
  bool ascending = true;
  bool nulls_first = true;
  std::shared_ptr<ColumnValues> column;  // Keeps the texts alive.

  // Below, at or above 0.
  int Compare(int32_t a, int32_t b) const {
    const auto at = static_cast<size_t>(a);
    const auto other = static_cast<size_t>(b);
    if (nulls[at] != nulls[other]) return (nulls[at] != 0) == nulls_first ? -1 : 1;
    if (nulls[at] != 0) return 0;
    const int way = std::visit(
        [&](const auto& keys) {
          if (keys[at] == keys[other]) return 0;
          return keys[at] < keys[other] ? -1 : 1;
        },
        values);
    return ascending ? way : -way;
  }
};

// Integers in the total order of doubles: -NaN least, NaN greatest, -0.0 below 0.0.
int64_t OrderOf(double value) {
  const auto bits = std::bit_cast<uint64_t>(value);
  const uint64_t ordered = (bits >> 63) != 0 ? ~bits : bits | (uint64_t{1} << 63);
  return static_cast<int64_t>(ordered ^ (uint64_t{1} << 63));
}

int64_t NumberOf(const Value& value) {
  if (const auto* number = std::get_if<int32_t>(&value)) return *number;
  if (const auto* number = std::get_if<int64_t>(&value)) return *number;
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? 1 : 0;
  return 0;
}

// The key of one row after its transform; text transforms shorten the view.
struct KeyMaker {
  const ColumnValues& column;
  const Transform& transform;

  bool IsPlain() const { return transform.kind == TransformKind::kIdentity; }

  Result<int64_t> Number(int64_t row) const {
    if (column.form() == ColumnValues::Form::kFloat || column.form() == ColumnValues::Form::kDouble)
      return OrderOf(column.FloatingAt(row));
    if (IsPlain()) return column.NumberAt(row);
    ICEFIELD_ASSIGN(const std::optional<Value> value,
                    ApplyTransform(transform, column.type(), column.ValueAt(row)));
    return value ? NumberOf(*value) : 0;
  }

  Result<std::string_view> Text(int64_t row) const {
    const std::string_view text = column.TextAt(row);
    if (transform.kind != TransformKind::kTruncate) return text;
    const auto width = static_cast<size_t>(transform.parameter);
    return text.substr(
        0, column.type().kind == PrimitiveKind::kString ? CodePointOffset(text, width) : width);
  }

  Result<Int128> Decimal(int64_t row) const {
    if (IsPlain()) return column.DecimalAt(row);
    ICEFIELD_ASSIGN(const std::optional<Value> value,
                    ApplyTransform(transform, column.type(), column.ValueAt(row)));
    const auto* number = value ? std::get_if<Unscaled>(&*value) : nullptr;
    return number != nullptr ? number->value : Int128{0};
  }
};

template <typename Key, typename Make>
Status FillKeys(int64_t rows, const ColumnValues& column, SortKeys& keys, Make make) {
  std::vector<Key> values(static_cast<size_t>(rows));
  for (int64_t row = 0; row < rows; ++row) {
    if (column.IsNull(row)) {
      keys.nulls[static_cast<size_t>(row)] = 1;
      continue;
    }
    ICEFIELD_ASSIGN(values[static_cast<size_t>(row)], make(row));
  }
  keys.values = std::move(values);
  return {};
}

Result<SortKeys> MakeKeys(const arrow::RecordBatch& rows, const Schema& schema,
                          const SortField& field) {
  SortKeys keys{.ascending = field.ascending, .nulls_first = field.nulls_first};
  keys.nulls.resize(static_cast<size_t>(rows.num_rows()));
  if (schema.FindById(field.source_id) == nullptr) {
    return Unsupported("the sort order names the column ", field.source_id.value,
                       ", which the table has no more");
  }
  ICEFIELD_ASSIGN(ColumnValues column, ColumnValues::Make(rows, schema, field.source_id));
  ICEFIELD_ASSIGN(const PrimitiveType result, TransformResultType(field.transform, column.type()));
  keys.column = std::make_shared<ColumnValues>(std::move(column));
  const KeyMaker make{*keys.column, field.transform};
  const bool is_number = result.kind == PrimitiveKind::kInt || result.kind == PrimitiveKind::kDate;
  if (keys.column->form() == ColumnValues::Form::kText && !is_number) {
    ICEFIELD_TRY(FillKeys<std::string_view>(rows.num_rows(), *keys.column, keys,
                                            [&](int64_t row) { return make.Text(row); }));
  } else if (keys.column->form() == ColumnValues::Form::kDecimal && !is_number) {
    ICEFIELD_TRY(FillKeys<Int128>(rows.num_rows(), *keys.column, keys,
                                  [&](int64_t row) { return make.Decimal(row); }));
  } else {
    ICEFIELD_TRY(FillKeys<int64_t>(rows.num_rows(), *keys.column, keys,
                                   [&](int64_t row) { return make.Number(row); }));
  }
  return keys;
}

}  // namespace

Result<std::vector<int32_t>> SortedRows(const arrow::RecordBatch& rows, const Schema& schema,
                                        const SortOrder& order) {
  std::vector<SortKeys> keys;
  for (const SortField& field : order.fields) {
    if (field.transform.kind == TransformKind::kVoid) continue;
    ICEFIELD_ASSIGN(keys.emplace_back(), MakeKeys(rows, schema, field));
  }
  std::vector<int32_t> sorted(static_cast<size_t>(rows.num_rows()));
  std::iota(sorted.begin(), sorted.end(), 0);
  const auto before = [&keys](int32_t a, int32_t b) {
    for (const SortKeys& each : keys) {
      if (const int way = each.Compare(a, b); way != 0) return way < 0;
    }
    return a < b;  // Equal rows stay in their order.
  };
  if (!std::is_sorted(sorted.begin(), sorted.end(), before))
    std::sort(sorted.begin(), sorted.end(), before);
  return sorted;
}

}  // namespace icefield
