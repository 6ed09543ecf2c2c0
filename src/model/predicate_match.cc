#include <algorithm>

#include "model/predicate.h"

namespace icefield {
namespace {

// What the statistics of one column leave open. Every answer errs towards "may be".
class ColumnRange {
 public:
  ColumnRange(ColumnStatistics statistics, const PrimitiveType& type)
      : statistics_(std::move(statistics)) {
    const bool floating = type.kind == PrimitiveKind::kFloat || type.kind == PrimitiveKind::kDouble;
    if (!floating) statistics_.nan_count = 0;
    // Writers that let NaN into a bound compared with it, so neither bound of such a column means
    // anything.
    const auto is_nan = [](const std::optional<Value>& bound) { return bound && IsNan(*bound); };
    if (is_nan(statistics_.lower) || is_nan(statistics_.upper)) {
      statistics_.lower.reset();
      statistics_.upper.reset();
    }
  }

  bool MayHoldNull() const { return statistics_.null_count.value_or(1) > 0; }

  bool MayHoldNonNull() const {
    return !statistics_.value_count || !statistics_.null_count ||
           *statistics_.value_count != *statistics_.null_count;
  }

  bool MayHoldNan() const { return statistics_.nan_count.value_or(1) > 0 && MayHoldNonNull(); }

  // Anything but nulls and NaNs.
  bool MayHoldValue() const {
    if (!MayHoldNonNull()) return false;
    if (!statistics_.value_count || !statistics_.null_count || !statistics_.nan_count) return true;
    return *statistics_.value_count - *statistics_.null_count != *statistics_.nan_count;
  }

  // A bound that is missing, or does not compare with `value`, excludes nothing.
  bool MayHoldLess(const Value& value, bool or_equal) const {
    if (!statistics_.lower) return true;
    const std::partial_ordering order = CompareValues(*statistics_.lower, value);
    return or_equal ? order != std::partial_ordering::greater : !(order >= 0);
  }

  bool MayHoldGreater(const Value& value, bool or_equal) const {
    if (!statistics_.upper) return true;
    const std::partial_ordering order = CompareValues(*statistics_.upper, value);
    return or_equal ? order != std::partial_ordering::less : !(order <= 0);
  }

  bool MayHold(const Value& value) const {
    return MayHoldLess(value, true) && MayHoldGreater(value, true);
  }

  bool MayHoldOneOf(const std::vector<Value>& sorted) const {
    const auto first =
        std::partition_point(sorted.begin(), sorted.end(),
                             [this](const Value& value) { return !MayHoldLess(value, true); });
    return first != sorted.end() && MayHoldGreater(*first, true);
  }

  // The one value that all rows but nulls and NaNs have, if the bounds say so.
  const Value* OnlyValue() const {
    if (!statistics_.lower || !statistics_.upper) return nullptr;
    return CompareValues(*statistics_.lower, *statistics_.upper) == 0 ? &*statistics_.lower
                                                                      : nullptr;
  }

  // Texts that begin with `prefix` lie between it and its successors; a truncated bound is compared
  // at its length.
  bool MayHoldPrefix(const std::string& prefix) const {
    const auto* lower = statistics_.lower ? std::get_if<std::string>(&*statistics_.lower) : nullptr;
    const auto* upper = statistics_.upper ? std::get_if<std::string>(&*statistics_.upper) : nullptr;
    if (lower != nullptr && lower->compare(0, prefix.size(), prefix) > 0) return false;
    return upper == nullptr || upper->compare(0, prefix.size(), prefix) >= 0;
  }

  // False where both bounds begin with `prefix`: so does everything between them.
  bool MayHoldOtherPrefix(const std::string& prefix) const {
    const auto* lower = statistics_.lower ? std::get_if<std::string>(&*statistics_.lower) : nullptr;
    const auto* upper = statistics_.upper ? std::get_if<std::string>(&*statistics_.upper) : nullptr;
    return lower == nullptr || upper == nullptr || !lower->starts_with(prefix) ||
           !upper->starts_with(prefix);
  }

 private:
  ColumnStatistics statistics_;
};

bool Contains(const std::vector<Value>& sorted, const Value& value) {
  return std::binary_search(sorted.begin(), sorted.end(), value,
                            [](const Value& a, const Value& b) { return CompareValues(a, b) < 0; });
}

bool MayMatchLeaf(const Predicate& predicate, const ColumnRange& range) {
  const std::vector<Value>& values = predicate.values;
  switch (predicate.op) {
    case PredicateOp::kIsNull:
      return range.MayHoldNull();
    case PredicateOp::kNotNull:
      return range.MayHoldNonNull();
    case PredicateOp::kIsNan:
      return range.MayHoldNan();
    case PredicateOp::kNotNan:
      return range.MayHoldValue();
    case PredicateOp::kNotEqual:
    case PredicateOp::kNotIn: {
      const Value* only = range.OnlyValue();
      return range.MayHoldNan() ||
             (range.MayHoldValue() && (only == nullptr || !Contains(values, *only)));
    }
    case PredicateOp::kNotStartsWith:
      return range.MayHoldValue() &&
             range.MayHoldOtherPrefix(std::get<std::string>(values.front()));
    default:
      break;
  }
  if (!range.MayHoldValue()) return false;
  switch (predicate.op) {
    case PredicateOp::kEqual:
      return range.MayHold(values.front());
    case PredicateOp::kLess:
      return range.MayHoldLess(values.front(), false);
    case PredicateOp::kLessOrEqual:
      return range.MayHoldLess(values.front(), true);
    case PredicateOp::kGreater:
      return range.MayHoldGreater(values.front(), false);
    case PredicateOp::kGreaterOrEqual:
      return range.MayHoldGreater(values.front(), true);
    case PredicateOp::kIn:
      return range.MayHoldOneOf(values);
    case PredicateOp::kStartsWith:
      return range.MayHoldPrefix(std::get<std::string>(values.front()));
    default:
      return true;
  }
}

}  // namespace

bool MayMatch(const Predicate& predicate, const StatisticsSource& statistics) {
  const auto may_match = [&statistics](const Predicate& child) {
    return MayMatch(child, statistics);
  };
  const std::vector<Predicate>& children = predicate.children;
  switch (predicate.op) {
    case PredicateOp::kTrue:
    case PredicateOp::kNot:  // Binding leaves none; one that is built by hand excludes nothing.
      return true;
    case PredicateOp::kFalse:
      return false;
    case PredicateOp::kAnd:
      return std::all_of(children.begin(), children.end(), may_match);
    case PredicateOp::kOr:
      return std::any_of(children.begin(), children.end(), may_match);
    default:
      return MayMatchLeaf(predicate,
                          {statistics.Find(predicate.field_id, predicate.type), predicate.type});
  }
}

}  // namespace icefield
