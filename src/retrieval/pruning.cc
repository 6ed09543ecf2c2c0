#include "retrieval/pruning.h"

#include <arrow/array/array_binary.h>
#include <arrow/array/array_primitive.h>

#include <algorithm>
#include <functional>
#include <limits>

#include "base/checked.h"
#include "model/calendar.h"
#include "scan/file_statistics.h"

namespace icefield {
namespace {

// Up to so many distinct values a key column is pruned by the values themselves, which bucket
// partitions and the pages of sorted files understand. Looking a bound up among them costs little;
// beyond it hardly any file or page lies between two of them.
constexpr size_t kKeyValuesMax = 20000;

std::optional<Value> DayValue(int64_t tick, int64_t ticks_per_day, bool lower) {
  const int64_t day = lower ? CeilDivide(tick, ticks_per_day) : FloorDivide(tick, ticks_per_day);
  if (day < std::numeric_limits<int32_t>::min() || day > std::numeric_limits<int32_t>::max())
    return std::nullopt;
  return Value(static_cast<int32_t>(day));
}

// A tick of the view's unit as a value of the event time column, rounded inwards.
std::optional<Value> TimeValue(const PinnedView& pinned, int64_t tick, bool lower) {
  const Type& type = pinned.view.event_time.type;
  const int64_t ticks_per_second = TicksPerSecond(pinned.unit);
  if (type.Is(PrimitiveKind::kDate)) return DayValue(tick, ticks_per_second * 86400, lower);
  if (IsNanosecondType(type) || pinned.unit == ViewUnit::kMicros) return Value(tick);
  return Value(lower ? CeilDivide<int64_t>(tick, 1000) : FloorDivide<int64_t>(tick, 1000));
}

using ValueAt = std::function<Value(int64_t)>;

template <typename ArrayType>
ValueAt Numbers(const arrow::Array& column) {
  return [&](int64_t row) { return Value(static_cast<const ArrayType&>(column).Value(row)); };
}

std::optional<ValueAt> ValuesOf(const arrow::Array& column) {
  switch (column.type_id()) {
    case arrow::Type::INT32:
      return Numbers<arrow::Int32Array>(column);
    case arrow::Type::INT64:
      return Numbers<arrow::Int64Array>(column);
    case arrow::Type::DATE32:
      return Numbers<arrow::Date32Array>(column);
    case arrow::Type::TIMESTAMP:
      return Numbers<arrow::TimestampArray>(column);
    case arrow::Type::STRING:
      return [&](int64_t row) {
        return Value(std::string(static_cast<const arrow::StringArray&>(column).GetView(row)));
      };
    default:
      return std::nullopt;
  }
}

bool Less(const Value& a, const Value& b) {
  return CompareValues(a, b) == std::partial_ordering::less;
}

// Distinct values while they are few; always the least and the greatest.
class KeyRange {
 public:
  void Add(Value value) {
    if (!least_ || Less(value, *least_)) least_ = value;
    if (!greatest_ || Less(*greatest_, value)) greatest_ = value;
    if (!few_only_) return;
    few_.push_back(std::move(value));
    if (few_.size() > 4 * kKeyValuesMax) Distinguish();
  }

  const std::optional<Value>& least() const { return least_; }
  const std::optional<Value>& greatest() const { return greatest_; }

  // Sorted and distinct; nothing where they are many.
  std::optional<std::vector<Value>> TakeFew() {
    Distinguish();
    if (!few_only_) return std::nullopt;
    return std::move(few_);
  }

 private:
  void Distinguish() {
    std::sort(few_.begin(), few_.end(), Less);
    few_.erase(std::unique(few_.begin(), few_.end()), few_.end());
    few_only_ = few_only_ && few_.size() <= kKeyValuesMax;
    if (!few_only_) few_.clear();
  }

  std::vector<Value> few_;
  bool few_only_ = true;
  std::optional<Value> least_;
  std::optional<Value> greatest_;
};

// Within the values that column number `column` has in any of the key sets.
Result<Predicate> AmongColumn(const Field& field, size_t column,
                              std::span<const arrow::ArrayVector> key_sets,
                              const ReadOptions& options) {
  KeyRange range;
  for (const arrow::ArrayVector& keys : key_sets) {
    const arrow::Array& values = *keys[column];
    const std::optional<ValueAt> value_at = ValuesOf(values);
    if (!value_at) return Predicate{};
    for (int64_t row = 0; row < values.length(); ++row) {
      if (row % kRowsPerAsk == 0) ICEFIELD_TRY(CheckInterrupted(options, 0));
      if (values.IsValid(row)) range.Add((*value_at)(row));
    }
  }
  if (!range.least()) return Predicate{.op = PredicateOp::kFalse};
  if (std::optional<std::vector<Value>> few = range.TakeFew()) {
    return Predicate{.op = PredicateOp::kIn,
                     .field_id = field.id,
                     .type = *field.type.primitive(),
                     .values = *std::move(few),
                     .children = {}};
  }
  return And(Compare(PredicateOp::kGreaterOrEqual, field, *range.least()),
             Compare(PredicateOp::kLessOrEqual, field, *range.greatest()));
}

// Column by column: the form in which pages and bloom filters can be asked.
Result<Predicate> AmongColumns(const std::vector<Field>& fields,
                               std::span<const arrow::ArrayVector> key_sets,
                               const ReadOptions& options) {
  Predicate predicate;
  for (size_t at = 0; at < fields.size(); ++at) {
    ICEFIELD_ASSIGN(Predicate among, AmongColumn(fields[at], at, key_sets, options));
    predicate = And(std::move(predicate), std::move(among));
  }
  return predicate;
}

}  // namespace

std::optional<TimeSpan> SpanOf(const EntityFrame& frame, int64_t ttl_us, ViewUnit unit) {
  const Times& times = frame.times();
  std::optional<size_t> least;
  std::optional<size_t> greatest;
  for (size_t row = 0; row < times.values.size(); ++row) {
    if (times.valid[row] == 0) continue;
    if (!least || times.values[row] < times.values[*least]) least = row;
    if (!greatest || times.values[row] > times.values[*greatest]) greatest = row;
  }
  if (!least) return std::nullopt;
  TimeSpan span;
  if (ttl_us > 0) {
    span.first = OldestFresh(times, *least, ttl_us, unit);
    if (!span.first) return std::nullopt;  // Beyond all ticks: every row is expired.
  }
  span.last = FloorToUnit(times, *greatest, unit);
  // Before all ticks: no row is early enough.
  if (!span.last) return std::nullopt;
  return span;
}

TimeSpan RecordedSpan(const ViewScan& scan) {
  const Field& field = scan.pinned.view.event_time;
  TimeSpan span;
  if (IsNanosecondType(field.type) != (scan.pinned.unit == ViewUnit::kNanos)) return span;
  for (const FileTask& task : scan.plan.tasks) {
    const ColumnStatistics known =
        FileStatistics(task.file).Find(field.id, *field.type.primitive());
    const int64_t* const lower = known.lower ? std::get_if<int64_t>(&*known.lower) : nullptr;
    const int64_t* const upper = known.upper ? std::get_if<int64_t>(&*known.upper) : nullptr;
    if (lower != nullptr) span.first = std::min(span.first.value_or(*lower), *lower);
    if (upper != nullptr) span.last = std::max(span.last.value_or(*upper), *upper);
  }
  return span;
}

Predicate WithinSpan(const PinnedView& pinned, const TimeSpan& span) {
  const Field& field = pinned.view.event_time;
  Predicate predicate;
  if (span.first) {
    if (std::optional<Value> value = TimeValue(pinned, *span.first, /*lower=*/true)) {
      predicate = And(std::move(predicate), Compare(PredicateOp::kGreaterOrEqual, field, *value));
    }
  }
  if (span.last) {
    if (std::optional<Value> value = TimeValue(pinned, *span.last, /*lower=*/false)) {
      predicate = And(std::move(predicate), Compare(PredicateOp::kLessOrEqual, field, *value));
    }
  }
  return predicate;
}

Result<Predicate> AmongKeys(const PinnedView& pinned, std::span<const arrow::ArrayVector> key_sets,
                            const ReadOptions& options) {
  const std::vector<Field>& fields = pinned.view.keys;
  ICEFIELD_ASSIGN(Predicate among_all, AmongColumns(fields, key_sets, options));
  // Nothing lies between the sets where single values are named.
  if (key_sets.size() == 1 || among_all.op == PredicateOp::kIn) return among_all;
  Predicate among_any{.op = PredicateOp::kFalse};
  for (const arrow::ArrayVector& keys : key_sets) {
    ICEFIELD_ASSIGN(Predicate among, AmongColumns(fields, {&keys, 1}, options));
    among_any = Or(std::move(among_any), std::move(among));
  }
  return And(std::move(among_all), std::move(among_any));
}

}  // namespace icefield
