/// For tests: the plainest evaluation of predicates, and random values and predicates with the
/// edges of every type.
#pragma once

#include <algorithm>
#include <functional>
#include <limits>
#include <optional>
#include <random>
#include <vector>

#include "model/predicate.h"

namespace icefield::testing {

using Row = std::function<std::optional<Value>(FieldId)>;

inline bool LeafPasses(const Predicate& leaf, const Value& value) {
  const auto equals = [&value](const Value& other) { return CompareValues(value, other) == 0; };
  const auto order = leaf.values.empty() ? std::partial_ordering::unordered
                                         : CompareValues(value, leaf.values.front());
  const auto starts = [&] {
    return std::get<std::string>(value).starts_with(std::get<std::string>(leaf.values.front()));
  };
  const bool is_member = std::any_of(leaf.values.begin(), leaf.values.end(), equals);
  switch (leaf.op) {
    case PredicateOp::kEqual:
    case PredicateOp::kIn:
      return is_member;
    case PredicateOp::kNotEqual:
    case PredicateOp::kNotIn:
      return !is_member;
    case PredicateOp::kLess:
      return order < 0;
    case PredicateOp::kLessOrEqual:
      return order <= 0;
    case PredicateOp::kGreater:
      return order > 0;
    case PredicateOp::kGreaterOrEqual:
      return order >= 0;
    case PredicateOp::kIsNan:
      return IsNan(value);
    case PredicateOp::kNotNan:
      return !IsNan(value);
    case PredicateOp::kStartsWith:
      return starts();
    case PredicateOp::kNotStartsWith:
      return !starts();
    default:
      return true;
  }
}

/// True only where the whole predicate is true for the row (three-valued logic without kNot needs
/// no more).
inline bool Passes(const Predicate& predicate, const Row& row) {
  const auto passes = [&row](const Predicate& child) { return Passes(child, row); };
  switch (predicate.op) {
    case PredicateOp::kTrue:
      return true;
    case PredicateOp::kFalse:
      return false;
    case PredicateOp::kAnd:
      return std::all_of(predicate.children.begin(), predicate.children.end(), passes);
    case PredicateOp::kOr:
      return std::any_of(predicate.children.begin(), predicate.children.end(), passes);
    default:
      break;
  }
  const std::optional<Value> value = row(predicate.field_id);
  if (predicate.op == PredicateOp::kIsNull) return !value.has_value();
  return value.has_value() && LeafPasses(predicate, *value);
}

using Random = std::mt19937_64;

inline size_t Below(Random& random, size_t end) {
  return std::uniform_int_distribution<size_t>(0, end - 1)(random);
}

template <typename T>
const T& OneOf(Random& random, const std::vector<T>& choices) {
  return choices[Below(random, choices.size())];
}

/// Every primitive type that has values.
inline std::vector<PrimitiveType> ComparableTypes() {
  PrimitiveType decimal{PrimitiveKind::kDecimal};
  decimal.precision = 38;
  decimal.scale = 2;
  PrimitiveType fixed{PrimitiveKind::kFixed};
  fixed.length = 3;
  std::vector<PrimitiveType> types{decimal, fixed};
  for (const PrimitiveKind kind :
       {PrimitiveKind::kBoolean, PrimitiveKind::kInt, PrimitiveKind::kLong, PrimitiveKind::kFloat,
        PrimitiveKind::kDouble, PrimitiveKind::kDate, PrimitiveKind::kTime,
        PrimitiveKind::kTimestamp, PrimitiveKind::kTimestamptz, PrimitiveKind::kTimestampNs,
        PrimitiveKind::kTimestamptzNs, PrimitiveKind::kString, PrimitiveKind::kUuid,
        PrimitiveKind::kBinary}) {
    types.push_back(PrimitiveType{kind});
  }
  return types;
}

template <typename Number>
Value RandomFloating(Random& random) {
  using Limits = std::numeric_limits<Number>;
  const std::vector<Number> edges{-0.0,
                                  0.0,
                                  1.0,
                                  -1.0,
                                  Limits::quiet_NaN(),
                                  Limits::max(),
                                  0.5,
                                  Limits::min(),
                                  Limits::lowest(),
                                  -Limits::quiet_NaN(),
                                  Limits::infinity(),
                                  -Limits::infinity()};
  if (Below(random, 2) == 0) return OneOf(random, edges);
  return static_cast<Number>(static_cast<int>(Below(random, 9)) - 4);
}

/// Near the edges of its type, of an int, and around 0.
template <typename Number>
Number RandomInteger(Random& random) {
  using Limits = std::numeric_limits<Number>;
  const auto near = static_cast<Number>(Below(random, 25));
  switch (Below(random, 8)) {
    case 3:
      return std::numeric_limits<int32_t>::min() + near;
    case 4:
      return std::numeric_limits<int32_t>::max() - near;
    case 0:
      return Limits::min() + near;
    case 1:
      return Limits::max() - near;
    case 2:
      return static_cast<Number>(random());
    default:
      return static_cast<Number>(near - 12);
  }
}

/// Times around 1970 at the edges of hours, days, months and years, in units of `per_second`.
inline int64_t RandomInstant(Random& random, int64_t per_second) {
  const std::vector<int64_t> seconds{
      0, 3600, 86'400, 86'400 * 31, 86'400 * 365, 86'400 * 11'016, 12'345'678};
  const auto offset = static_cast<int64_t>(Below(random, 5)) - 2;
  const int64_t sign = Below(random, 2) == 0 ? 1 : -1;
  return sign * OneOf(random, seconds) * static_cast<int64_t>(Below(random, 3)) * per_second +
         offset;
}

inline std::string RandomText(Random& random) {
  const std::vector<std::string> pieces{
      "a", "b", "ab", "\xc3\xa9", "\xf0\x9f\x98\x80", "\xef\xbf\xbd", "\x7f", "z"};
  std::string text;
  for (size_t left = Below(random, 6); left > 0; --left) text += OneOf(random, pieces);
  return text;
}

inline std::string RandomBytes(Random& random, size_t length) {
  const std::vector<char> bytes{'\0', '\x01', '\x7f', '\x80', '\xff'};
  std::string out;
  for (size_t at = 0; at < length; ++at) out.push_back(OneOf(random, bytes));
  return out;
}

/// A value of `type`, often near an edge, from few enough that equal ones meet.
inline Value RandomValue(Random& random, const PrimitiveType& type) {
  switch (type.kind) {
    case PrimitiveKind::kBoolean:
      return Below(random, 2) == 0;
    case PrimitiveKind::kInt:
      return RandomInteger<int32_t>(random);
    case PrimitiveKind::kDate:
      return static_cast<int32_t>(RandomInstant(random, 1) / 3600);
    case PrimitiveKind::kLong:
      return RandomInteger<int64_t>(random);
    case PrimitiveKind::kTime:
      return static_cast<int64_t>(Below(random, 20));
    case PrimitiveKind::kTimestamp:
    case PrimitiveKind::kTimestamptz:
      return RandomInstant(random, 1'000'000);
    case PrimitiveKind::kTimestampNs:
    case PrimitiveKind::kTimestamptzNs:
      return RandomInstant(random, 1'000'000'000);
    case PrimitiveKind::kFloat:
      return RandomFloating<float>(random);
    case PrimitiveKind::kDouble:
      return RandomFloating<double>(random);
    case PrimitiveKind::kDecimal:
      return Unscaled{Int128{RandomInteger<int64_t>(random)}};
    case PrimitiveKind::kString:
      return RandomText(random);
    case PrimitiveKind::kUuid:
      return Bytes{RandomBytes(random, 1) + std::string(14, '\0') + RandomBytes(random, 1)};
    case PrimitiveKind::kFixed:
      return Bytes{RandomBytes(random, 3)};
    default:
      return Bytes{RandomBytes(random, Below(random, 4))};
  }
}

/// The leaf operations that go with `type`.
inline std::vector<PredicateOp> LeafOps(const PrimitiveType& type) {
  std::vector<PredicateOp> ops{PredicateOp::kEqual,   PredicateOp::kNotEqual,
                               PredicateOp::kLess,    PredicateOp::kLessOrEqual,
                               PredicateOp::kGreater, PredicateOp::kGreaterOrEqual,
                               PredicateOp::kIn,      PredicateOp::kNotIn,
                               PredicateOp::kIsNull,  PredicateOp::kNotNull};
  if (type.kind == PrimitiveKind::kFloat || type.kind == PrimitiveKind::kDouble) {
    ops.insert(ops.end(), {PredicateOp::kIsNan, PredicateOp::kNotNan});
  }
  if (type.kind == PrimitiveKind::kString)
    ops.insert(ops.end(), {PredicateOp::kStartsWith, PredicateOp::kNotStartsWith});
  return ops;
}

/// A leaf over a column of `type`, as binding would make it (no NaN literals).
inline Predicate RandomLeaf(Random& random, FieldId field_id, const PrimitiveType& type) {
  Predicate leaf{.op = OneOf(random, LeafOps(type)), .field_id = field_id, .type = type};
  const PredicateShape shape = OpShape(leaf.op);
  size_t wanted = shape == PredicateShape::kMembership ? 1 + Below(random, 4)
                                                       : shape == PredicateShape::kComparison;
  while (wanted > 0) {
    Value value = RandomValue(random, type);
    if (IsNan(value)) continue;
    leaf.values.push_back(std::move(value));
    --wanted;
  }
  std::sort(leaf.values.begin(), leaf.values.end(),
            [](const Value& a, const Value& b) { return CompareValues(a, b) < 0; });
  const auto same = [](const Value& a, const Value& b) { return CompareValues(a, b) == 0; };
  leaf.values.erase(std::unique(leaf.values.begin(), leaf.values.end(), same), leaf.values.end());
  return leaf;
}

/// Leaves of `columns` under ands and ors.
inline Predicate RandomPredicate(Random& random,
                                 const std::vector<std::pair<FieldId, PrimitiveType>>& columns,
                                 size_t depth) {
  if (depth == 0 || Below(random, 3) == 0) {
    const auto& [field_id, type] = OneOf(random, columns);
    return RandomLeaf(random, field_id, type);
  }
  Predicate left = RandomPredicate(random, columns, depth - 1);
  Predicate right = RandomPredicate(random, columns, depth - 1);
  return Below(random, 2) == 0 ? And(std::move(left), std::move(right))
                               : Or(std::move(left), std::move(right));
}

}  // namespace icefield::testing
