#include "scan/partition_projection.h"

#include <algorithm>
#include <limits>

namespace icefield {
namespace {

constexpr int64_t kIntMin = std::numeric_limits<int32_t>::min();
constexpr int64_t kIntMax = std::numeric_limits<int32_t>::max();

// The next value in `direction` (1 or -1) of types that have one; the value itself where there is
// none.
Value Neighbour(const Value& value, int direction) {
  if (const auto* number = std::get_if<int32_t>(&value)) {
    return static_cast<int32_t>(std::clamp(int64_t{*number} + direction, kIntMin, kIntMax));
  }
  if (const auto* number = std::get_if<int64_t>(&value)) {
    int64_t next = 0;
    return __builtin_add_overflow(*number, direction, &next) ? *number : next;
  }
  if (const auto* number = std::get_if<Unscaled>(&value))
    return Unscaled{number->value + direction};
  return value;
}

// Projects the leaves of one source column to one partition field.
class LeafProjector {
 public:
  LeafProjector(const Predicate& leaf, const Transform& transform, PrimitiveType result_type,
                FieldId position)
      : leaf_(leaf), transform_(transform), type_(std::move(result_type)), position_(position) {}

  Predicate Project() const {
    // Only a null has a null partition value, under every transform that comes here.
    if (leaf_.op == PredicateOp::kIsNull) return Test(PredicateOp::kIsNull);
    switch (transform_.kind) {
      case TransformKind::kIdentity: {
        Predicate same = leaf_;
        same.field_id = position_;
        return same;
      }
      case TransformKind::kBucket:
        return ProjectMembers([this](const Value& value) { return Apply(value); });
      case TransformKind::kTruncate:
        return ProjectTruncate();
      default:
        return ProjectTime();
    }
  }

 private:
  using Values = std::vector<Value>;

  Predicate Test(PredicateOp op) const { return {.op = op, .field_id = position_, .type = type_}; }
  Predicate NotNull() const { return Test(PredicateOp::kNotNull); }

  Predicate Against(PredicateOp op, Value value) const {
    Predicate out = Test(op);
    out.values.push_back(std::move(value));
    return out;
  }

  Predicate OneOf(Values values) const {
    std::sort(values.begin(), values.end(),
              [](const Value& a, const Value& b) { return CompareValues(a, b) < 0; });
    values.erase(std::unique(values.begin(), values.end()), values.end());
    Predicate out = Test(PredicateOp::kIn);
    out.values = std::move(values);
    return out;
  }

  // The partition values of one source value; none: not known.
  Values Apply(const Value& value) const {
    Result<std::optional<Value>> applied = ApplyTransform(transform_, leaf_.type, value);
    if (!applied.ok() || !applied->has_value()) return {};
    return {**std::move(applied)};
  }

  // Equality with one of the leaf's values means one of their partition values; the other
  // operations mean nothing.
  template <typename PartitionsOf>
  Predicate ProjectMembers(PartitionsOf partitions_of) const {
    if (leaf_.op != PredicateOp::kEqual && leaf_.op != PredicateOp::kIn) return NotNull();
    Values all;
    for (const Value& value : leaf_.values) {
      const Values partitions = partitions_of(value);
      if (partitions.empty()) return NotNull();
      all.insert(all.end(), partitions.begin(), partitions.end());
    }
    return OneOf(std::move(all));
  }

  bool IsLess() const {
    return leaf_.op == PredicateOp::kLess || leaf_.op == PredicateOp::kLessOrEqual;
  }
  bool IsGreater() const {
    return leaf_.op == PredicateOp::kGreater || leaf_.op == PredicateOp::kGreaterOrEqual;
  }

  // The greatest or least value that passes an ordering leaf.
  Value LastPassing() const {
    const Value& value = leaf_.values.front();
    if (leaf_.op == PredicateOp::kLess) return Neighbour(value, -1);
    if (leaf_.op == PredicateOp::kGreater) return Neighbour(value, 1);
    return value;
  }

  Predicate ProjectTruncate() const {
    const bool is_number = type_.kind == PrimitiveKind::kInt || type_.kind == PrimitiveKind::kLong;
    if (leaf_.op == PredicateOp::kStartsWith || leaf_.op == PredicateOp::kNotStartsWith)
      return ProjectPrefix();
    if (is_number) return ProjectTruncatedInteger();
    if (!IsLess() && !IsGreater())
      return ProjectMembers([this](const Value& value) { return Apply(value); });
    const Values bound = Apply(LastPassing());
    if (bound.empty()) return NotNull();
    return Against(IsLess() ? PredicateOp::kLessOrEqual : PredicateOp::kGreaterOrEqual,
                   bound.front());
  }

  Predicate ProjectPrefix() const {
    const auto& prefix = std::get<std::string>(leaf_.values.front());
    const size_t kept = CodePointOffset(prefix, static_cast<size_t>(transform_.parameter));
    if (kept == prefix.size()) return Against(leaf_.op, prefix);
    if (leaf_.op == PredicateOp::kNotStartsWith) return NotNull();
    return Against(PredicateOp::kEqual, prefix.substr(0, kept));
  }

  // Truncated as the column's type; and, where a long may have been an int once, as an int, which
  // wraps elsewhere.
  Values TruncateInteger(const Value& value) const {
    Values partitions = Apply(value);
    const auto* number = std::get_if<int64_t>(&value);
    if (number == nullptr || *number < kIntMin || *number > kIntMax) return partitions;
    const Value narrow = static_cast<int32_t>(*number);
    const Result<std::optional<Value>> applied =
        ApplyTransform(transform_, PrimitiveType{PrimitiveKind::kInt}, narrow);
    if (applied.ok() && applied->has_value())
      partitions.emplace_back(int64_t{std::get<int32_t>(**applied)});
    return partitions;
  }

  Value Number(int64_t number) const {
    if (type_.kind == PrimitiveKind::kInt) return static_cast<int32_t>(number);
    return number;
  }

  // Partition values above `max` - width come, wrapped around, from values near the smallest
  // number.
  Predicate MayBeWrapped(int64_t max) const {
    return And(Against(PredicateOp::kGreater, Number(max - transform_.parameter)),
               Against(PredicateOp::kLessOrEqual, Number(max)));
  }

  Predicate ProjectTruncatedInteger() const {
    if (!IsLess() && !IsGreater()) {
      return ProjectMembers([this](const Value& value) { return TruncateInteger(value); });
    }
    const Value last = LastPassing();
    const Values bound = Apply(last);
    if (bound.empty() || CompareValues(bound.front(), last) > 0) return NotNull();
    if (IsGreater()) return Against(PredicateOp::kGreaterOrEqual, bound.front());
    Predicate out = Or(Against(PredicateOp::kLessOrEqual, bound.front()), MayBeWrapped(kIntMax));
    if (type_.kind == PrimitiveKind::kLong) {
      out = Or(std::move(out), MayBeWrapped(std::numeric_limits<int64_t>::max()));
    }
    return out;
  }

  // Before 1970 a partition may be one unit too low or too high; from then on it is right.
  Values TimePartitions(const Value& value) const {
    Values exact = Apply(value);
    if (exact.empty() || std::get<int32_t>(exact.front()) >= 0) return exact;
    return {Neighbour(exact.front(), -1), exact.front(), Neighbour(exact.front(), 1)};
  }

  Predicate ProjectTime() const {
    if (!IsLess() && !IsGreater())
      return ProjectMembers([this](const Value& value) { return TimePartitions(value); });
    const Values partitions = TimePartitions(LastPassing());
    if (partitions.empty()) return NotNull();
    if (IsLess()) return Against(PredicateOp::kLessOrEqual, partitions.back());
    return Against(PredicateOp::kGreaterOrEqual, partitions.front());
  }

  const Predicate& leaf_;
  const Transform& transform_;
  PrimitiveType type_;
  FieldId position_;
};

Predicate ProjectLeaf(const Predicate& leaf, const PartitionSpec& spec) {
  Predicate out;
  for (size_t position = 0; position < spec.fields.size(); ++position) {
    const PartitionField& field = spec.fields[position];
    if (field.source_id != leaf.field_id || field.transform.kind == TransformKind::kVoid) continue;
    Result<PrimitiveType> type = TransformResultType(field.transform, leaf.type);
    if (!type.ok()) continue;
    const LeafProjector projector(leaf, field.transform, *std::move(type),
                                  FieldId{static_cast<int32_t>(position)});
    out = And(std::move(out), projector.Project());
  }
  return out;
}

}  // namespace

Predicate ProjectToPartition(const Predicate& predicate, const PartitionSpec& spec) {
  switch (predicate.op) {
    case PredicateOp::kTrue:
    case PredicateOp::kFalse:
      return {.op = predicate.op};
    case PredicateOp::kNot:  // Binding leaves none; one that is built by hand excludes nothing.
      return {};
    case PredicateOp::kAnd: {
      Predicate out;
      for (const Predicate& child : predicate.children)
        out = And(std::move(out), ProjectToPartition(child, spec));
      return out;
    }
    case PredicateOp::kOr: {
      Predicate out{.op = PredicateOp::kFalse};
      for (const Predicate& child : predicate.children)
        out = Or(std::move(out), ProjectToPartition(child, spec));
      return out;
    }
    default:
      return ProjectLeaf(predicate, spec);
  }
}

Predicate NarrowToPartition(Predicate predicate, const PartitionSpec& spec,
                            const StatisticsSource& tuple) {
  constexpr size_t kValuesMax = 2000;
  if (predicate.op == PredicateOp::kAnd) {
    Predicate all;
    for (Predicate& child : predicate.children)
      all = And(std::move(all), NarrowToPartition(std::move(child), spec, tuple));
    return all;
  }
  if (predicate.op != PredicateOp::kIn || predicate.values.size() > kValuesMax) return predicate;
  const bool is_source = std::any_of(
      spec.fields.begin(), spec.fields.end(),
      [&](const PartitionField& field) { return field.source_id == predicate.field_id; });
  if (!is_source) return predicate;
  std::erase_if(predicate.values, [&](const Value& value) {
    const Predicate one{.op = PredicateOp::kEqual,
                        .field_id = predicate.field_id,
                        .type = predicate.type,
                        .values = {value},
                        .children = {}};
    return !MayMatch(ProjectToPartition(one, spec), tuple);
  });
  if (predicate.values.empty()) return Predicate{.op = PredicateOp::kFalse};
  return predicate;
}

}  // namespace icefield
