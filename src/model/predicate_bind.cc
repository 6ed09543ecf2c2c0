#include <algorithm>

#include "model/literal.h"
#include "model/predicate.h"

namespace icefield {
namespace {

bool IsFloating(const PrimitiveType& type) {
  return type.kind == PrimitiveKind::kFloat || type.kind == PrimitiveKind::kDouble;
}

// The operation that is true where `op` is false and unknown where it is unknown; NaN apart.
PredicateOp Complement(PredicateOp op) {
  switch (op) {
    case PredicateOp::kTrue:
      return PredicateOp::kFalse;
    case PredicateOp::kFalse:
      return PredicateOp::kTrue;
    case PredicateOp::kAnd:
      return PredicateOp::kOr;
    case PredicateOp::kOr:
      return PredicateOp::kAnd;
    case PredicateOp::kNot:
      return PredicateOp::kNot;
    case PredicateOp::kEqual:
      return PredicateOp::kNotEqual;
    case PredicateOp::kNotEqual:
      return PredicateOp::kEqual;
    case PredicateOp::kLess:
      return PredicateOp::kGreaterOrEqual;
    case PredicateOp::kLessOrEqual:
      return PredicateOp::kGreater;
    case PredicateOp::kGreater:
      return PredicateOp::kLessOrEqual;
    case PredicateOp::kGreaterOrEqual:
      return PredicateOp::kLess;
    case PredicateOp::kIn:
      return PredicateOp::kNotIn;
    case PredicateOp::kNotIn:
      return PredicateOp::kIn;
    case PredicateOp::kIsNull:
      return PredicateOp::kNotNull;
    case PredicateOp::kNotNull:
      return PredicateOp::kIsNull;
    case PredicateOp::kIsNan:
      return PredicateOp::kNotNan;
    case PredicateOp::kNotNan:
      return PredicateOp::kIsNan;
    case PredicateOp::kStartsWith:
      return PredicateOp::kNotStartsWith;
    case PredicateOp::kNotStartsWith:
      return PredicateOp::kStartsWith;
  }
  return op;
}

bool IsOrdering(PredicateOp op) {
  return op == PredicateOp::kLess || op == PredicateOp::kLessOrEqual ||
         op == PredicateOp::kGreater || op == PredicateOp::kGreaterOrEqual;
}

// Binds the leaves of one column.
class LeafBinder {
 public:
  LeafBinder(const Field& field, const RowFilter& filter)
      : field_(field), type_(*field.type.primitive()), filter_(filter) {}

  Result<Predicate> Bind(PredicateOp op) const {
    switch (OpShape(op)) {
      case PredicateShape::kComparison:
        if (filter_.literals.size() != 1)
          return At(InvalidArgument("'", OpText(op), "' takes one literal"));
        return op == PredicateOp::kStartsWith || op == PredicateOp::kNotStartsWith
                   ? BindPrefix(op)
                   : BindComparison(op);
      case PredicateShape::kMembership:
        return BindMembership(op);
      default:
        return BindTest(op);
    }
  }

  Predicate Test(PredicateOp op) const { return {.op = op, .field_id = field_.id, .type = type_}; }

 private:
  Error At(Error error) const {
    return std::move(error).At(StrCat("column '", filter_.column, "'"));
  }

  Result<Predicate> BindTest(PredicateOp op) const {
    const bool asks_nan = op == PredicateOp::kIsNan || op == PredicateOp::kNotNan;
    if (asks_nan && !IsFloating(type_)) {
      return At(InvalidArgument("'", OpText(op),
                                "' is for float and double columns, this one is of type ",
                                PrimitiveTypeText(type_)));
    }
    return Test(op);
  }

  Result<Predicate> BindPrefix(PredicateOp op) const {
    const auto* prefix = std::get_if<std::string>(&filter_.literals.front());
    if (type_.kind != PrimitiveKind::kString || prefix == nullptr) {
      return At(InvalidArgument("'", OpText(op),
                                "' is for string columns and texts, this one is of type ",
                                PrimitiveTypeText(type_)));
    }
    return Compare(op, field_, *prefix);
  }

  Result<Predicate> BindComparison(PredicateOp op) const {
    Result<FittedLiteral> fitted = FitLiteral(filter_.literals.front(), type_);
    if (!fitted.ok()) return At(std::move(fitted).error());
    if (fitted->fit == LiteralFit::kExact) return Compare(op, field_, std::move(fitted->value));
    if (op == PredicateOp::kEqual) return Predicate{.op = PredicateOp::kFalse};
    if (op == PredicateOp::kNotEqual) return Test(PredicateOp::kNotNull);
    const bool wants_less = op == PredicateOp::kLess || op == PredicateOp::kLessOrEqual;
    if (fitted->fit == LiteralFit::kBetween) {
      return Compare(wants_less ? PredicateOp::kLessOrEqual : PredicateOp::kGreater, field_,
                     std::move(fitted->value));
    }
    const bool all_pass = wants_less == (fitted->fit == LiteralFit::kAboveAll);
    return all_pass ? Test(PredicateOp::kNotNull) : Predicate{.op = PredicateOp::kFalse};
  }

  Result<Predicate> BindMembership(PredicateOp op) const {
    const bool negated = op == PredicateOp::kNotIn;
    if (filter_.literals.empty())
      return Predicate{.op = negated ? PredicateOp::kTrue : PredicateOp::kFalse};
    Predicate out = Test(op);
    for (const Literal& literal : filter_.literals) {
      Result<FittedLiteral> fitted = FitLiteral(literal, type_);
      if (!fitted.ok()) return At(std::move(fitted).error());
      if (fitted->fit == LiteralFit::kExact) out.values.push_back(std::move(fitted->value));
    }
    std::sort(out.values.begin(), out.values.end(),
              [](const Value& a, const Value& b) { return CompareValues(a, b) < 0; });
    const auto same = [](const Value& a, const Value& b) { return CompareValues(a, b) == 0; };
    out.values.erase(std::unique(out.values.begin(), out.values.end(), same), out.values.end());
    if (out.values.empty())
      return negated ? Test(PredicateOp::kNotNull) : Predicate{.op = PredicateOp::kFalse};
    if (out.values.size() == 1) out.op = negated ? PredicateOp::kNotEqual : PredicateOp::kEqual;
    return out;
  }

  const Field& field_;
  const PrimitiveType& type_;
  const RowFilter& filter_;
};

Result<const Field*> FindColumn(const RowFilter& filter, const Schema& schema) {
  const Field* field = schema.FindByName(filter.column);
  if (field == nullptr)
    return UnknownColumn(schema, filter.column, "the schema that the row filter is for");
  for (const Field* step : schema.PathTo(field->id)) {
    if (step != field && (step->type.list() != nullptr || step->type.map() != nullptr)) {
      return InvalidArgument("column '", filter.column, "' of a row filter lies in a list or map, ",
                             step->name,
                             "; only columns and fields of structs have one value a row");
    }
  }
  const bool asks_null = filter.op == PredicateOp::kIsNull || filter.op == PredicateOp::kNotNull;
  if (field->type.primitive() == nullptr && !asks_null) {
    return InvalidArgument("column '", filter.column, "' of a row filter is a ",
                           field->type.ToString(),
                           "; name one of its fields, or ask whether it is null");
  }
  return field;
}

Result<Predicate> Bind(const RowFilter& filter, const Schema& schema, bool negated) {
  const PredicateOp op = negated ? Complement(filter.op) : filter.op;
  if (filter.op == PredicateOp::kNot) {
    if (filter.children.size() != 1) return InvalidArgument("'not' takes one filter");
    return Bind(filter.children.front(), schema, !negated);
  }
  if (op == PredicateOp::kTrue || op == PredicateOp::kFalse) return Predicate{.op = op};
  if (op == PredicateOp::kAnd || op == PredicateOp::kOr) {
    Predicate out{.op = op == PredicateOp::kAnd ? PredicateOp::kTrue : PredicateOp::kFalse};
    for (const RowFilter& child : filter.children) {
      ICEFIELD_ASSIGN(Predicate bound, Bind(child, schema, negated));
      out = op == PredicateOp::kAnd ? And(std::move(out), std::move(bound))
                                    : Or(std::move(out), std::move(bound));
    }
    return out;
  }
  ICEFIELD_ASSIGN(const Field* field, FindColumn(filter, schema));
  if (field->type.primitive() == nullptr) return Predicate{.op = op, .field_id = field->id};
  const LeafBinder binder(*field, filter);
  ICEFIELD_ASSIGN(Predicate bound, binder.Bind(op));
  // A comparison of order is false for NaN, so its negation is true for it.
  if (!negated || !IsOrdering(op) || !IsFloating(*field->type.primitive())) return bound;
  return Or(std::move(bound), binder.Test(PredicateOp::kIsNan));
}

}  // namespace

Result<Predicate> BindFilter(const RowFilter& filter, const Schema& schema) {
  return Bind(filter, schema, false);
}

Predicate NotTrue(const Predicate& predicate) {
  const PredicateOp op = Complement(predicate.op);
  if (OpShape(predicate.op) == PredicateShape::kBranch) {
    Predicate out{.op = op == PredicateOp::kAnd  ? PredicateOp::kTrue
                        : op == PredicateOp::kOr ? PredicateOp::kFalse
                                                 : op};
    for (const Predicate& child : predicate.children) {
      out = op == PredicateOp::kAnd ? And(std::move(out), NotTrue(child))
                                    : Or(std::move(out), NotTrue(child));
    }
    return out;
  }
  const auto test = [&](PredicateOp of) {
    return Predicate{.op = of, .field_id = predicate.field_id, .type = predicate.type};
  };
  Predicate out = predicate;
  out.op = op;
  if (op == PredicateOp::kIsNull || op == PredicateOp::kNotNull) return out;
  out = Or(std::move(out), test(PredicateOp::kIsNull));
  if (!IsOrdering(op) || !IsFloating(predicate.type)) return out;
  return Or(std::move(out), test(PredicateOp::kIsNan));
}

}  // namespace icefield
