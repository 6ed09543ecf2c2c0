#include "codec/filter/row_filter_parser.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "codec/filter/row_filter_lexer.h"

namespace icefield {
namespace {

constexpr int kDepthMax = 200;
constexpr size_t kDoubleDigits = 15;  // A double holds every numeral of so many digits.

std::optional<PredicateOp> ComparisonOf(const FilterToken& token) {
  constexpr std::pair<std::string_view, PredicateOp> kSigns[] = {
      {"=", PredicateOp::kEqual},     {"==", PredicateOp::kEqual},
      {"!=", PredicateOp::kNotEqual}, {"<>", PredicateOp::kNotEqual},
      {"<", PredicateOp::kLess},      {"<=", PredicateOp::kLessOrEqual},
      {">", PredicateOp::kGreater},   {">=", PredicateOp::kGreaterOrEqual}};
  for (const auto& [sign, op] : kSigns) {
    if (token.IsSymbol(sign)) return op;
  }
  return std::nullopt;
}

// The operation with its sides exchanged: 5 < x is x > 5.
PredicateOp Mirror(PredicateOp op) {
  switch (op) {
    case PredicateOp::kLess:
      return PredicateOp::kGreater;
    case PredicateOp::kLessOrEqual:
      return PredicateOp::kGreaterOrEqual;
    case PredicateOp::kGreater:
      return PredicateOp::kLess;
    case PredicateOp::kGreaterOrEqual:
      return PredicateOp::kLessOrEqual;
    default:
      return op;
  }
}

Literal NumberLiteral(const std::string& text) {
  const char* first = text.data() + (text.front() == '+' ? 1 : 0);
  const char* last = text.data() + text.size();
  if (text.find_first_of(".eE") == std::string::npos) {
    int64_t integer = 0;
    if (std::from_chars(first, last, integer).ec == std::errc()) return integer;
    return text;
  }
  const std::string mantissa = text.substr(0, text.find_first_of("eE"));
  const auto digits =
      std::count_if(mantissa.begin(), mantissa.end(), [](char c) { return c >= '0' && c <= '9'; });
  double number = 0;
  const bool fits = std::from_chars(first, last, number).ec == std::errc();
  if (fits && (static_cast<size_t>(digits) <= kDoubleDigits || FloatingText(number) == text))
    return number;
  return text;
}

RowFilter Leaf(PredicateOp op, std::string column, std::vector<Literal> literals = {}) {
  return {.op = op, .column = std::move(column), .literals = std::move(literals)};
}

RowFilter Not(RowFilter filter) {
  RowFilter out{.op = PredicateOp::kNot};
  out.children.push_back(std::move(filter));
  return out;
}

class FilterParser {
 public:
  explicit FilterParser(std::string_view text) : lexer_(text) {}

  Result<RowFilter> Parse() {
    ICEFIELD_TRY(Advance());
    ICEFIELD_TRY(Advance());
    ICEFIELD_ASSIGN(RowFilter filter, ParseEither());
    if (token_.kind != FilterTokenKind::kEnd) return Expected("'and', 'or' or the end");
    return filter;
  }

 private:
  // Moves on by one token; one more is read ahead.
  Status Advance() {
    token_ = std::move(next_);
    ICEFIELD_ASSIGN(next_, lexer_.Next());
    return {};
  }

  Error Expected(std::string_view wanted) const {
    return lexer_.ErrorAt(token_.position, "expected ", wanted, ", found ", token_.Describe());
  }

  Result<bool> TakeWord(std::string_view word) {
    if (!token_.IsWord(word)) return false;
    ICEFIELD_TRY(Advance());
    return true;
  }

  Status DemandWord(std::string_view word) {
    ICEFIELD_ASSIGN(const bool taken, TakeWord(word));
    if (!taken) return Expected(StrCat("'", word, "'"));
    return {};
  }

  Status DemandSymbol(std::string_view symbol) {
    if (!token_.IsSymbol(symbol)) return Expected(StrCat("'", symbol, "'"));
    return Advance();
  }

  // "a or b or c" and "a and b and c": one filter with all of them as children.
  Result<RowFilter> ParseEither() {
    return ParseChain(PredicateOp::kOr, "or", [this] {
      return ParseChain(PredicateOp::kAnd, "and", [this] { return ParseNegation(); });
    });
  }

  template <typename ParsePart>
  Result<RowFilter> ParseChain(PredicateOp op, std::string_view word, ParsePart parse_part) {
    ICEFIELD_ASSIGN(RowFilter first, parse_part());
    if (!token_.IsWord(word)) return first;
    RowFilter chain{.op = op};
    chain.children.push_back(std::move(first));
    while (token_.IsWord(word)) {
      ICEFIELD_TRY(Advance());
      ICEFIELD_ASSIGN(RowFilter part, parse_part());
      chain.children.push_back(std::move(part));
    }
    return chain;
  }

  Result<RowFilter> ParseNegation() {
    if (++depth_ > kDepthMax)
      return lexer_.ErrorAt(token_.position, "nested deeper than ", kDepthMax, " levels");
    ICEFIELD_ASSIGN(RowFilter filter, ParseNested());
    --depth_;
    return filter;
  }

  Result<RowFilter> ParseNested() {
    ICEFIELD_ASSIGN(const bool negated, TakeWord("not"));
    if (negated) {
      ICEFIELD_ASSIGN(RowFilter filter, ParseNegation());
      return Not(std::move(filter));
    }
    if (!token_.IsSymbol("(")) return ParsePredicate();
    ICEFIELD_TRY(Advance());
    ICEFIELD_ASSIGN(RowFilter filter, ParseEither());
    ICEFIELD_TRY(DemandSymbol(")"));
    return filter;
  }

  bool AtBoolean() const { return token_.IsWord("true") || token_.IsWord("false"); }

  Result<RowFilter> ParsePredicate() {
    const bool before_comparison = ComparisonOf(next_).has_value();
    if (AtBoolean() && !before_comparison) {
      const PredicateOp op = token_.IsWord("true") ? PredicateOp::kTrue : PredicateOp::kFalse;
      ICEFIELD_TRY(Advance());
      return RowFilter{.op = op};
    }
    if (AtBoolean() || token_.kind == FilterTokenKind::kText ||
        token_.kind == FilterTokenKind::kNumber) {
      return ParseMirrored();
    }
    ICEFIELD_ASSIGN(std::string column, ParseColumn());
    return ParseAfterColumn(std::move(column));
  }

  Result<std::string> ParseColumn() {
    const bool is_column =
        token_.kind == FilterTokenKind::kName ||
        (token_.kind == FilterTokenKind::kWord && !token_.IsWord("and") && !token_.IsWord("or"));
    if (!is_column) return Expected("a column");
    std::string column = std::move(token_.text);
    ICEFIELD_TRY(Advance());
    return column;
  }

  Result<RowFilter> ParseMirrored() {
    ICEFIELD_ASSIGN(Literal literal, ParseLiteral());
    const std::optional<PredicateOp> op = ComparisonOf(token_);
    if (!op) return Expected("a comparison such as '<'");
    ICEFIELD_TRY(Advance());
    ICEFIELD_ASSIGN(std::string column, ParseColumn());
    return Leaf(Mirror(*op), std::move(column), {std::move(literal)});
  }

  Result<Literal> ParseLiteral() {
    Literal literal;
    if (token_.kind == FilterTokenKind::kText) {
      literal = std::move(token_.text);
    } else if (token_.kind == FilterTokenKind::kNumber) {
      literal = NumberLiteral(token_.text);
    } else if (AtBoolean()) {
      literal = token_.IsWord("true");
    } else if (token_.IsWord("null") || token_.IsWord("nan")) {
      return Expected("a literal (compare with 'is null' or 'is nan')");
    } else {
      return Expected("a literal: a number, a text in single quotes, true or false");
    }
    ICEFIELD_TRY(Advance());
    return literal;
  }

  Result<RowFilter> ParseAfterColumn(std::string column) {
    if (const std::optional<PredicateOp> op = ComparisonOf(token_)) {
      ICEFIELD_TRY(Advance());
      ICEFIELD_ASSIGN(Literal literal, ParseLiteral());
      return Leaf(*op, std::move(column), {std::move(literal)});
    }
    if (token_.IsWord("is")) return ParseTest(std::move(column));
    ICEFIELD_ASSIGN(const bool negated, TakeWord("not"));
    if (token_.IsWord("in")) return ParseMembership(std::move(column), negated);
    if (token_.IsWord("like")) return ParseLike(std::move(column), negated);
    if (token_.IsWord("starts")) return ParsePrefix(std::move(column), negated);
    if (token_.IsWord("between")) return ParseRange(std::move(column), negated);
    return Expected(
        StrCat("a comparison, 'in', 'is', 'like', 'starts with' or 'between' after ", column));
  }

  Result<RowFilter> ParseTest(std::string column) {
    ICEFIELD_TRY(Advance());
    ICEFIELD_ASSIGN(const bool negated, TakeWord("not"));
    ICEFIELD_ASSIGN(const bool asks_null, TakeWord("null"));
    if (asks_null)
      return Leaf(negated ? PredicateOp::kNotNull : PredicateOp::kIsNull, std::move(column));
    ICEFIELD_ASSIGN(const bool asks_nan, TakeWord("nan"));
    if (asks_nan)
      return Leaf(negated ? PredicateOp::kNotNan : PredicateOp::kIsNan, std::move(column));
    return Expected("'null' or 'nan'");
  }

  Result<RowFilter> ParseMembership(std::string column, bool negated) {
    ICEFIELD_TRY(Advance());
    ICEFIELD_TRY(DemandSymbol("("));
    RowFilter filter = Leaf(negated ? PredicateOp::kNotIn : PredicateOp::kIn, std::move(column));
    while (!token_.IsSymbol(")")) {
      if (!filter.literals.empty()) ICEFIELD_TRY(DemandSymbol(","));
      ICEFIELD_ASSIGN(Literal literal, ParseLiteral());
      filter.literals.push_back(std::move(literal));
    }
    ICEFIELD_TRY(Advance());
    return filter;
  }

  // A percent sign ends a pattern; elsewhere it needs a backslash. A pattern without one is an
  // equality.
  Result<RowFilter> ParseLike(std::string column, bool negated) {
    ICEFIELD_TRY(Advance());
    if (token_.kind != FilterTokenKind::kText) return Expected("a pattern in single quotes");
    const std::string pattern = std::move(token_.text);
    std::string prefix;
    bool is_prefix = false;
    for (size_t at = 0; at < pattern.size(); ++at) {
      const bool is_escape =
          pattern[at] == '\\' && at + 1 < pattern.size() && pattern[at + 1] == '%';
      if (pattern[at] == '%' && at + 1 < pattern.size()) {
        return lexer_.ErrorAt(
            token_.position,
            "like knows the wildcard '%' at the end of a pattern only; write \\% for "
            "a percent sign");
      }
      if (pattern[at] == '%') {
        is_prefix = true;
      } else {
        prefix.push_back(pattern[at + static_cast<size_t>(is_escape)]);
        at += static_cast<size_t>(is_escape);
      }
    }
    ICEFIELD_TRY(Advance());
    if (is_prefix) {
      return Leaf(negated ? PredicateOp::kNotStartsWith : PredicateOp::kStartsWith,
                  std::move(column), {prefix});
    }
    return Leaf(negated ? PredicateOp::kNotEqual : PredicateOp::kEqual, std::move(column),
                {prefix});
  }

  Result<RowFilter> ParsePrefix(std::string column, bool negated) {
    ICEFIELD_TRY(Advance());
    ICEFIELD_TRY(DemandWord("with"));
    if (token_.kind != FilterTokenKind::kText) return Expected("a text in single quotes");
    ICEFIELD_ASSIGN(Literal prefix, ParseLiteral());
    return Leaf(negated ? PredicateOp::kNotStartsWith : PredicateOp::kStartsWith, std::move(column),
                {std::move(prefix)});
  }

  Result<RowFilter> ParseRange(std::string column, bool negated) {
    ICEFIELD_TRY(Advance());
    ICEFIELD_ASSIGN(Literal least, ParseLiteral());
    ICEFIELD_TRY(DemandWord("and"));
    ICEFIELD_ASSIGN(Literal greatest, ParseLiteral());
    RowFilter range{.op = PredicateOp::kAnd};
    range.children.push_back(Leaf(PredicateOp::kGreaterOrEqual, column, {std::move(least)}));
    range.children.push_back(
        Leaf(PredicateOp::kLessOrEqual, std::move(column), {std::move(greatest)}));
    return negated ? Not(std::move(range)) : range;
  }

  FilterLexer lexer_;
  FilterToken token_;
  FilterToken next_;
  int depth_ = 0;
};

}  // namespace

Result<RowFilter> ParseRowFilter(std::string_view text) { return FilterParser(text).Parse(); }

}  // namespace icefield
