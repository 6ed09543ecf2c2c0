#include "retrieval/pruning.h"

#include <arrow/array/array_binary.h>
#include <arrow/array/array_primitive.h>

#include <algorithm>
#include <functional>
#include <limits>

#include "base/checked.h"
#include "model/calendar.h"

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

Result<Predicate> AmongColumn(const Field& field, const arrow::Array& column,
                              const ReadOptions& options) {
  const std::optional<ValueAt> value_at = ValuesOf(column);
  if (!value_at) return Predicate{};
  KeyRange range;
  for (int64_t row = 0; row < column.length(); ++row) {
    if (row % kRowsPerAsk == 0) ICEFIELD_TRY(CheckInterrupted(options, 0));
    if (column.IsValid(row)) range.Add((*value_at)(row));
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

}  // namespace

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

Result<Predicate> AmongKeys(const PinnedView& pinned, const arrow::ArrayVector& keys,
                            const ReadOptions& options) {
  Predicate predicate;
  for (size_t at = 0; at < keys.size(); ++at) {
    ICEFIELD_ASSIGN(Predicate among, AmongColumn(pinned.view.keys[at], *keys[at], options));
    predicate = And(std::move(predicate), std::move(among));
  }
  return predicate;
}

}  // namespace icefield
