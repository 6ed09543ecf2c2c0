#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "model/calendar.h"
#include "model/predicate.h"
#include "model/predicate_testing.h"

namespace icefield {
namespace {

PrimitiveType Decimal(int32_t precision, int32_t scale) {
  PrimitiveType type{PrimitiveKind::kDecimal};
  type.precision = precision;
  type.scale = scale;
  return type;
}

PrimitiveType Fixed(int32_t length) {
  PrimitiveType type{PrimitiveKind::kFixed};
  type.length = length;
  return type;
}

Schema AllColumns() {
  Schema schema;
  const auto add = [&schema](std::string name, Type type) {
    const FieldId id{static_cast<int32_t>(schema.columns.fields.size()) + 1};
    schema.columns.fields.push_back({.id = id, .name = std::move(name), .type = std::move(type)});
  };
  add("flag", PrimitiveKind::kBoolean);
  add("small", PrimitiveKind::kInt);
  add("big", PrimitiveKind::kLong);
  add("single", PrimitiveKind::kFloat);
  add("number", PrimitiveKind::kDouble);
  add("price", Decimal(5, 2));
  add("day", PrimitiveKind::kDate);
  add("clock", PrimitiveKind::kTime);
  add("local", PrimitiveKind::kTimestamp);
  add("at", PrimitiveKind::kTimestamptz);
  add("at_ns", PrimitiveKind::kTimestamptzNs);
  add("name", PrimitiveKind::kString);
  add("key", PrimitiveKind::kUuid);
  add("raw", PrimitiveKind::kBinary);
  add("code", Fixed(2));
  add("address", StructType{{{.id = {50}, .name = "city", .type = PrimitiveKind::kString}}});
  add("tags", ListType{{{.id = {51}, .name = "element", .type = PrimitiveKind::kString}}});
  return schema;
}

RowFilter Leaf(PredicateOp op, std::string column, std::vector<Literal> literals = {}) {
  return {.op = op, .column = std::move(column), .literals = std::move(literals)};
}

RowFilter Not(RowFilter filter) {
  RowFilter out{.op = PredicateOp::kNot};
  out.children.push_back(std::move(filter));
  return out;
}

// The bound filter as text, or the message of its error.
std::string Bound(const RowFilter& filter) {
  const Schema schema = AllColumns();
  const Result<Predicate> predicate = BindFilter(filter, schema);
  return predicate.ok() ? predicate->ToString(schema) : predicate.error().ToString();
}

std::string Less(std::string column, Literal literal) {
  return Bound(Leaf(PredicateOp::kLess, std::move(column), {std::move(literal)}));
}

std::string Equal(std::string column, Literal literal) {
  return Bound(Leaf(PredicateOp::kEqual, std::move(column), {std::move(literal)}));
}

TEST(BindFilter, GivesLiteralsTheTypeOfTheirColumn) {
  EXPECT_EQ(Equal("flag", true), "flag = true");
  EXPECT_EQ(Equal("small", int64_t{5}), "small = 5");
  EXPECT_EQ(Equal("single", 0.1), "single = 0.1");
  EXPECT_EQ(Equal("number", int64_t{1}), "number = 1.0");
  EXPECT_EQ(Equal("price", 1.5), "price = 1.50");
  EXPECT_EQ(Equal("price", "-0.05"), "price = -0.05");
  EXPECT_EQ(Equal("day", "2024-02-29"), "day = 2024-02-29");
  EXPECT_EQ(Equal("clock", "12:34:56.5"), "clock = 12:34:56.500000");
  EXPECT_EQ(Equal("local", "2024-01-01T00:00:00"), "local = 2024-01-01T00:00:00.000000");
  EXPECT_EQ(Equal("at", "2024-01-01T02:00:00+02:00"), "at = 2024-01-01T00:00:00.000000+00:00");
  EXPECT_EQ(Equal("at", "2024-01-01"), "at = 2024-01-01T00:00:00.000000+00:00");
  EXPECT_EQ(Equal("at_ns", "1969-12-31T23:59:59.999999999"),
            "at_ns = 1969-12-31T23:59:59.999999999+00:00");
  EXPECT_EQ(Equal("name", "it's"), "name = 'it''s'");
  EXPECT_EQ(Equal("key", "F79C3E09-677c-4bbd-a479-3f349cb785e7"),
            "key = f79c3e09-677c-4bbd-a479-3f349cb785e7");
  EXPECT_EQ(Equal("raw", "0a0B"), "raw = 0x0a0b");
  EXPECT_EQ(Equal("code", "0x0aff"), "code = 0x0aff");
  EXPECT_EQ(Equal("address.city", "Ulm"), "address.city = 'Ulm'");
}

TEST(BindFilter, LetsLiteralsBeyondTheTypeDecide) {
  const int64_t large = int64_t{1} << 40;
  EXPECT_EQ(Less("small", large), "small is not null");
  EXPECT_EQ(Less("small", -large), "false");
  EXPECT_EQ(Bound(Leaf(PredicateOp::kGreater, "small", {-large})), "small is not null");
  EXPECT_EQ(Equal("small", large), "false");
  EXPECT_EQ(Bound(Leaf(PredicateOp::kNotEqual, "small", {large})), "small is not null");
  EXPECT_EQ(Bound(Leaf(PredicateOp::kIn, "small", {large, int64_t{1}})), "small = 1");
  EXPECT_EQ(Bound(Leaf(PredicateOp::kNotIn, "small", {large})), "small is not null");
  EXPECT_EQ(Less("big", "99999999999999999999"), "big is not null");
  EXPECT_EQ(Less("price", int64_t{1000}), "price is not null");
  EXPECT_EQ(Less("price", "-1e30"), "false");
  EXPECT_EQ(Less("big", std::numeric_limits<double>::infinity()), "big is not null");
  EXPECT_EQ(Less("big", 9223372036854775808.0), "big is not null");
}

// 2.5 lies between two integers: below it is 2 and less.
TEST(BindFilter, RoundsNoLiteral) {
  EXPECT_EQ(Less("small", 2.5), "small <= 2");
  EXPECT_EQ(Less("small", -2.5), "small <= -3");
  EXPECT_EQ(Bound(Leaf(PredicateOp::kGreaterOrEqual, "small", {2.5})), "small > 2");
  EXPECT_EQ(Equal("small", 2.5), "false");
  EXPECT_EQ(Less("price", "1.005"), "price <= 1.00");
  EXPECT_EQ(Less("price", "-1.005"), "price <= -1.01");
  EXPECT_EQ(Less("day", "2024-01-01T00:00:01"), "day <= 2024-01-01");
  EXPECT_EQ(Bound(Leaf(PredicateOp::kGreaterOrEqual, "at", {"1969-12-31T23:59:59.9999995"})),
            "at > 1969-12-31T23:59:59.999999+00:00");
  EXPECT_EQ(Less("big", "9007199254740993.5"), "big <= 9007199254740993");
}

TEST(BindFilter, KeepsInfinityApartFromLargeNumbers) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(Equal("single", infinity), "single = inf");
  EXPECT_EQ(Equal("single", 1e300), "false");
  EXPECT_EQ(Less("single", 1e300), "single <= 3.4028235e+38");
  EXPECT_EQ(Less("single", -1e300), "single <= -inf");
  EXPECT_EQ(Equal("number", "-Infinity"), "number = -inf");
  EXPECT_EQ(Less("number", "1e400"), "number <= 1.7976931348623157e+308");
}

TEST(BindFilter, PushesNegationToTheLeaves) {
  EXPECT_EQ(Bound(Not(Leaf(PredicateOp::kLess, "small", {int64_t{5}}))), "small >= 5");
  EXPECT_EQ(Bound(Not(Not(Leaf(PredicateOp::kIsNull, "small")))), "small is null");
  RowFilter both{.op = PredicateOp::kAnd};
  both.children = {Leaf(PredicateOp::kIn, "small", {int64_t{2}, int64_t{1}, int64_t{2}}),
                   Leaf(PredicateOp::kStartsWith, "name", {"a"})};
  EXPECT_EQ(Bound(both), "(small in (1, 2) and name starts with 'a')");
  EXPECT_EQ(Bound(Not(both)), "(small not in (1, 2) or name not starts with 'a')");
}

// 5 < NaN is false, so its negation is true.
TEST(BindFilter, NegatesOrderForNan) {
  EXPECT_EQ(Bound(Not(Leaf(PredicateOp::kLess, "number", {5.0}))),
            "(number >= 5.0 or number is nan)");
  EXPECT_EQ(Bound(Not(Leaf(PredicateOp::kEqual, "number", {5.0}))), "number != 5.0");
}

TEST(BindFilter, SimplifiesConstants) {
  RowFilter either{.op = PredicateOp::kOr};
  either.children = {Leaf(PredicateOp::kIn, "small"), Leaf(PredicateOp::kIsNull, "small")};
  EXPECT_EQ(Bound(either), "small is null");
  EXPECT_EQ(Bound(Leaf(PredicateOp::kNotIn, "small")), "true");
}

TEST(BindFilter, NamesTheColumnAndTheLiteralThatDoNotFit) {
  EXPECT_EQ(Equal("nope", int64_t{1}).substr(0, 40), "InvalidArgument: column 'nope' is not in");
  EXPECT_EQ(
      Equal("small", "x"),
      "InvalidArgument: column 'small': literal 'x' does not go with type int; write a number");
  for (const auto& [column, literal] :
       std::vector<std::pair<std::string, Literal>>{{"name", int64_t{5}},
                                                    {"small", true},
                                                    {"flag", int64_t{1}},
                                                    {"day", int64_t{5}},
                                                    {"day", "5"},
                                                    {"local", "2024-01-01T00:00:00Z"},
                                                    {"key", "f79c"},
                                                    {"code", "0a"},
                                                    {"raw", "0"},
                                                    {"raw", "zz"},
                                                    {"number", std::nan("")},
                                                    {"number", "nan"},
                                                    {"clock", "2024-01-01"},
                                                    {"price", ""},
                                                    {"price", "1e"},
                                                    {"address", "x"},
                                                    {"tags", "x"},
                                                    {"tags.element", "x"}}) {
    EXPECT_EQ(Equal(column, literal).substr(0, 16), "InvalidArgument:")
        << column << " " << LiteralText(literal);
  }
  EXPECT_EQ(Bound(Leaf(PredicateOp::kIsNan, "small")).substr(0, 16), "InvalidArgument:");
  EXPECT_EQ(Bound(Leaf(PredicateOp::kStartsWith, "small", {"a"})).substr(0, 16),
            "InvalidArgument:");
}

TEST(Predicate, ListsItsFieldsOnce) {
  RowFilter both{.op = PredicateOp::kAnd};
  both.children = {Leaf(PredicateOp::kIsNull, "big"), Leaf(PredicateOp::kIsNull, "small"),
                   Leaf(PredicateOp::kNotNull, "big")};
  EXPECT_EQ(FieldsOf(*BindFilter(both, AllColumns())), (std::vector<FieldId>{{2}, {3}}));
  EXPECT_TRUE(FieldsOf({}).empty());
}

TEST(Predicate, JoinsWithoutNesting) {
  const Schema schema = AllColumns();
  const Predicate a = Compare(PredicateOp::kEqual, schema.columns.fields[1], int32_t{1});
  const Predicate b = Compare(PredicateOp::kEqual, schema.columns.fields[1], int32_t{2});
  EXPECT_EQ(And(And(a, b), And(b, a)).children.size(), 4U);
  EXPECT_EQ(And(a, {}), a);
  EXPECT_EQ(Or({}, a), Predicate{});
  EXPECT_EQ(And(a, {.op = PredicateOp::kFalse}).op, PredicateOp::kFalse);
  EXPECT_EQ(Or({.op = PredicateOp::kFalse}, b), b);
}

}  // namespace
}  // namespace icefield
