/// Row filters as values: what a reader may skip and what it must drop.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "model/schema.h"
#include "model/value.h"

namespace icefield {

enum class PredicateOp : uint8_t {
  kTrue,
  kFalse,
  kAnd,
  kOr,
  kNot,
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kIn,
  kNotIn,
  kIsNull,
  kNotNull,
  kIsNan,
  kNotNan,
  kStartsWith,
  kNotStartsWith,
};

/// What an operation is made of.
enum class PredicateShape : uint8_t {
  kBranch,      ///< Children, or a constant.
  kComparison,  ///< A column and one value.
  kMembership,  ///< A column and any number of values.
  kTest,        ///< A column alone.
};
PredicateShape OpShape(PredicateOp op);

/// The operation in row filter texts: "<=", "not in", "is null", "starts with".
std::string_view OpText(PredicateOp op);

/// True for the words that a row filter text gives a meaning to; a column of such a name is written
/// in quotes.
bool IsFilterKeyword(std::string_view word);

/// A literal as written: the type of the column decides what it becomes.
using Literal = std::variant<bool, int64_t, double, std::string>;

/// The literal in row filter texts.
std::string LiteralText(const Literal& literal);

/// A filter over column names, as a person writes it.
struct RowFilter {
  PredicateOp op = PredicateOp::kTrue;
  std::string column;  ///< Dotted name; for the leaf operations.
  std::vector<Literal>
      literals;  ///< One for comparisons, any number for (not) in, none for the rest.
  std::vector<RowFilter> children;  ///< Two or more for and, or; one for not.
  bool operator==(const RowFilter&) const = default;

  /// Text that the parser of row filters reads back.
  std::string ToString() const;
};

/// A filter bound to the columns of one schema. Holds no kNot: binding pushes it down to the
/// leaves. Three-valued (SQL): a comparison with a null is unknown, so is a test of a null for NaN,
/// and only rows for which the whole is true pass. Numbers compare by IEEE 754: NaN differs from
/// every value and is neither less nor greater, -0.0 equals 0.0.
struct Predicate {
  PredicateOp op = PredicateOp::kTrue;
  FieldId field_id;
  PrimitiveType type;         ///< of the column; of tests for null of structs, lists, maps: unknown
  std::vector<Value> values;  ///< For kIn, kNotIn sorted and distinct.
  std::vector<Predicate> children;
  bool operator==(const Predicate&) const = default;

  std::string ToString(const Schema& schema) const;
};

/// Binds names to fields and literals to their types. An integer literal that the column's type
/// cannot hold decides the comparison (x < 2^40 over an int column is "not null"); timestamps and
/// dates are ISO-8601 texts, decimals numbers or texts, uuids texts, binary values hexadecimal
/// texts. Structs, lists and maps can only be tested for null. InvalidArgument names the column and
/// the literal for unknown columns, for other operations on columns that are not primitive, and for
/// literals of another type.
Result<Predicate> BindFilter(const RowFilter& filter, const Schema& schema);

/// Conjunction and disjunction, simplified where a side is true or false.
Predicate And(Predicate a, Predicate b);
Predicate Or(Predicate a, Predicate b);

/// One comparison: field op value.
Predicate Compare(PredicateOp op, const Field& field, Value value);

/// True for exactly the rows for which `predicate` is false or unknown: what a delete by it leaves.
Predicate NotTrue(const Predicate& predicate);

/// The ids of all fields that the predicate looks at, ascending and distinct.
std::vector<FieldId> FieldsOf(const Predicate& predicate);

/// What is known of one column over some rows (a file, a row group, a manifest): anything unset is
/// unknown.
struct ColumnStatistics {
  std::optional<Value> lower;  ///< No value but NaN and null is below.
  std::optional<Value> upper;  ///< No value but NaN and null is above. Text bounds may be truncated
                               ///< and then incremented.
  std::optional<int64_t> null_count;
  std::optional<int64_t> nan_count;
  std::optional<int64_t> value_count;  ///< Nulls and NaNs included.
};

/// Finds the statistics of a column; nothing known is an empty ColumnStatistics.
class StatisticsSource {
 public:
  virtual ~StatisticsSource() = default;
  virtual ColumnStatistics Find(FieldId field_id, const PrimitiveType& type) const = 0;
};

/// False only if no row of those described can pass. Sound under missing and truncated bounds, NaN
/// and -0.0.
bool MayMatch(const Predicate& predicate, const StatisticsSource& statistics);

}  // namespace icefield
