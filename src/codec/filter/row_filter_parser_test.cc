#include "codec/filter/row_filter_parser.h"

#include <gtest/gtest.h>

#include <random>

namespace icefield {
namespace {

std::string Parsed(std::string_view text) {
  const Result<RowFilter> filter = ParseRowFilter(text);
  return filter.ok() ? filter->ToString() : filter.error().message;
}

RowFilter Leaf(PredicateOp op, std::string column, std::vector<Literal> literals = {}) {
  return {.op = op, .column = std::move(column), .literals = std::move(literals)};
}

TEST(ParseRowFilter, ReadsEveryOperation) {
  EXPECT_EQ(Parsed("a=1"), "a = 1");
  EXPECT_EQ(Parsed("a == -1"), "a = -1");
  EXPECT_EQ(Parsed("a <> 2.50"), "a != 2.5");
  EXPECT_EQ(Parsed("a != 'x'"), "a != 'x'");
  EXPECT_EQ(Parsed("a<1"), "a < 1");
  EXPECT_EQ(Parsed("a<=1"), "a <= 1");
  EXPECT_EQ(Parsed("a > TRUE"), "a > true");
  EXPECT_EQ(Parsed("a >= .5"), "a >= 0.5");
  EXPECT_EQ(Parsed("a IN (1,2 , 3)"), "a in (1, 2, 3)");
  EXPECT_EQ(Parsed("a not In ('x')"), "a not in ('x')");
  EXPECT_EQ(Parsed("a in ()"), "a in ()");
  EXPECT_EQ(Parsed("a is NULL"), "a is null");
  EXPECT_EQ(Parsed("a is not null"), "a is not null");
  EXPECT_EQ(Parsed("a is nan"), "a is nan");
  EXPECT_EQ(Parsed("a is not NaN"), "a is not nan");
  EXPECT_EQ(Parsed("a like 'abc%'"), "a starts with 'abc'");
  EXPECT_EQ(Parsed("a not like '%'"), "a not starts with ''");
  EXPECT_EQ(Parsed("a starts with 'b'"), "a starts with 'b'");
  EXPECT_EQ(Parsed("a between 1 and 2 and b = 3"), "((a >= 1 and a <= 2) and b = 3)");
  EXPECT_EQ(Parsed("a not between 1 and 2"), "not ((a >= 1 and a <= 2))");
  EXPECT_EQ(Parsed(" true "), "true");
  EXPECT_EQ(Parsed("not false"), "not (false)");
}

TEST(ParseRowFilter, TurnsLiteralsOnTheLeftAround) {
  EXPECT_EQ(Parsed("5 < a"), "a > 5");
  EXPECT_EQ(Parsed("'x' >= a.b"), "a.b <= 'x'");
  EXPECT_EQ(Parsed("true = a"), "a = true");
}

TEST(ParseRowFilter, BindsNotThenAndThenOr) {
  EXPECT_EQ(Parsed("a = 1 or b = 2 and not c = 3"), "(a = 1 or (b = 2 and not (c = 3)))");
  EXPECT_EQ(Parsed("(a = 1 or b = 2) AND c = 3"), "((a = 1 or b = 2) and c = 3)");
  EXPECT_EQ(ParseRowFilter("a = 1 and b = 2 and c = 3")->children.size(), 3U);
}

TEST(ParseRowFilter, KeepsQuotesAndDots) {
  EXPECT_EQ(*ParseRowFilter("\"a b\".c = 'it''s'"), Leaf(PredicateOp::kEqual, "a b.c", {"it's"}));
  EXPECT_EQ(*ParseRowFilter(R"("say \"a\\b\"" is null)"),
            Leaf(PredicateOp::kIsNull, R"(say "a\b")"));
  EXPECT_EQ(*ParseRowFilter("\"not\" is null"), Leaf(PredicateOp::kIsNull, "not"));
  EXPECT_EQ(*ParseRowFilter("\xc3\xa9t\xc3\xa9 = 1"),
            Leaf(PredicateOp::kEqual, "\xc3\xa9t\xc3\xa9", {int64_t{1}}));
  EXPECT_EQ(*ParseRowFilter(R"(a = 'C:\')"), Leaf(PredicateOp::kEqual, "a", {"C:\\"}));
}

TEST(ParseRowFilter, ReadsLikeAsItsEscapesSay) {
  EXPECT_EQ(*ParseRowFilter(R"(a like '50\%')"), Leaf(PredicateOp::kEqual, "a", {"50%"}));
  EXPECT_EQ(*ParseRowFilter(R"(a like '50\%%')"), Leaf(PredicateOp::kStartsWith, "a", {"50%"}));
  EXPECT_EQ(*ParseRowFilter("a not like 'x'"), Leaf(PredicateOp::kNotEqual, "a", {"x"}));
}

TEST(ParseRowFilter, LosesNoDigit) {
  EXPECT_EQ(*ParseRowFilter("a = 9223372036854775807"),
            Leaf(PredicateOp::kEqual, "a", {std::numeric_limits<int64_t>::max()}));
  EXPECT_EQ(*ParseRowFilter("a = -9223372036854775809"),
            Leaf(PredicateOp::kEqual, "a", {"-9223372036854775809"}));
  EXPECT_EQ(*ParseRowFilter("a = 1.00000000000000000001"),
            Leaf(PredicateOp::kEqual, "a", {"1.00000000000000000001"}));
  EXPECT_EQ(*ParseRowFilter("a = 1e400"), Leaf(PredicateOp::kEqual, "a", {"1e400"}));
  EXPECT_EQ(*ParseRowFilter("a = 1.5e3"), Leaf(PredicateOp::kEqual, "a", {1500.0}));
}

struct Mistake {
  std::string_view text;
  std::string_view position;
};

TEST(ParseRowFilter, SaysWhereItStumbles) {
  const std::vector<Mistake> mistakes{
      {"", "position 1:"},
      {"a", "position 2:"},
      {"a = ", "position 5:"},
      {"a = b", "position 5:"},
      {"a = 1 b = 2", "position 7:"},
      {"a = null", "position 5:"},
      {"a = 'x", "position 5:"},
      {"\"a = 1", "position 1:"},
      {"a in (1", "position 8:"},
      {"a in 1", "position 6:"},
      {"a in (1 2)", "position 9:"},
      {"(a = 1", "position 7:"},
      {"a = 1)", "position 6:"},
      {"a is 1", "position 6:"},
      {"a like 5", "position 8:"},
      {"a like 'x%y'", "position 8:"},
      {"a ; 1", "position 3:"},
      {"and a = 1", "position 1:"},
      {"a = 1 and", "position 10:"},
      {"a not 5", "position 7:"},
      {"a between 1 or 2", "position 13:"},
      {"a. = 1", "position 3:"},
      {"a = 1.2.3", "position 5:"},
      {"a = 1x", "position 5:"},
      {"a = 1e", "position 5:"},
      {"5 = 6", "position 5:"},
      {"a starts 'x'", "position 10:"},
      {"a = -", "position 5:"},
      {"a = .", "position 5:"},
  };
  for (const Mistake& mistake : mistakes) {
    const Result<RowFilter> filter = ParseRowFilter(mistake.text);
    ASSERT_FALSE(filter.ok()) << mistake.text;
    EXPECT_EQ(filter.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(filter.error().message.find(mistake.position), std::string::npos)
        << mistake.text << " gives " << filter.error();
  }
}

TEST(ParseRowFilter, LimitsItsDepth) {
  const std::string open(150, '(');
  const std::string close(150, ')');
  EXPECT_TRUE(ParseRowFilter(open + "a = 1" + close).ok());
  EXPECT_FALSE(ParseRowFilter(open + open + "a = 1" + close + close).ok());
  std::string nots;
  for (int i = 0; i < 100'000; ++i) nots += "not ";
  EXPECT_FALSE(ParseRowFilter(nots + "a = 1").ok());
  std::string chain = "a = 1";
  for (int i = 0; i < 10'000; ++i) chain += " or a = 1";
  EXPECT_TRUE(ParseRowFilter(chain).ok());
}

class RandomFilters {
 public:
  RowFilter Make(int depth) {
    const size_t kind = Below(depth == 0 ? 4 : 7);
    if (kind < 3) return MakeLeaf();
    if (kind == 3) return {.op = Below(2) == 0 ? PredicateOp::kTrue : PredicateOp::kFalse};
    RowFilter out{.op = kind == 4   ? PredicateOp::kAnd
                        : kind == 5 ? PredicateOp::kOr
                                    : PredicateOp::kNot};
    for (size_t left = kind == 6 ? 1 : 2 + Below(2); left > 0; --left)
      out.children.push_back(Make(depth - 1));
    return out;
  }

 private:
  size_t Below(size_t end) { return std::uniform_int_distribution<size_t>(0, end - 1)(random_); }

  std::string MakeText() {
    constexpr std::string_view kAlphabet = "ab'\"\\%. \n\xc3\xa9$_1";
    std::string text;
    for (size_t left = Below(6); left > 0; --left)
      text.push_back(kAlphabet[Below(kAlphabet.size())]);
    return text;
  }

  Literal MakeLiteral() {
    switch (Below(4)) {
      case 0:
        return Below(2) == 0;
      case 1:
        return static_cast<int64_t>(random_());
      case 2:
        return static_cast<double>(static_cast<int>(Below(2000)) - 1000) / 8 *
               (Below(2) == 0 ? 1 : 1e100);
      default:
        return MakeText();
    }
  }

  RowFilter MakeLeaf() {
    const std::vector<std::string> columns{"a",     "a.b", "not", "IN",   "x y",
                                           "q\"\\", "1a",  "a$1", "a..b", "true.x"};
    const auto op =
        static_cast<PredicateOp>(static_cast<size_t>(PredicateOp::kEqual) +
                                 Below(static_cast<size_t>(PredicateOp::kNotStartsWith) -
                                       static_cast<size_t>(PredicateOp::kEqual) + 1));
    RowFilter leaf{.op = op, .column = columns[Below(columns.size())]};
    if (op == PredicateOp::kStartsWith || op == PredicateOp::kNotStartsWith) {
      leaf.literals = {MakeText()};
      return leaf;
    }
    const PredicateShape shape = OpShape(op);
    size_t count =
        shape == PredicateShape::kMembership ? Below(4) : shape == PredicateShape::kComparison;
    for (; count > 0; --count) leaf.literals.push_back(MakeLiteral());
    return leaf;
  }

  std::mt19937_64 random_{5};
};

TEST(ParseRowFilter, ReadsBackEveryText) {
  RandomFilters filters;
  for (int round = 0; round < 5000; ++round) {
    const RowFilter filter = filters.Make(3);
    const std::string text = filter.ToString();
    const Result<RowFilter> again = ParseRowFilter(text);
    ASSERT_TRUE(again.ok()) << text << ": " << again.error();
    ASSERT_EQ(*again, filter) << text << " came back as " << again->ToString();
  }
}

}  // namespace
}  // namespace icefield
