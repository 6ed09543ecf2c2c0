#include "codec/filter/table_term_parser.h"

#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include "codec/filter/row_filter_lexer.h"

namespace icefield {
namespace {

struct TransformWord {
  std::string_view word;
  std::string_view transform;  // As metadata spells it, without its number.
  bool has_number = false;
};

constexpr std::array<TransformWord, 12> kTransformWords{{
    {"identity", "identity"},
    {"void", "void"},
    {"year", "year"},
    {"years", "year"},
    {"month", "month"},
    {"months", "month"},
    {"day", "day"},
    {"days", "day"},
    {"hour", "hour"},
    {"hours", "hour"},
    {"bucket", "bucket", true},
    {"truncate", "truncate", true},
}};

class TermParser {
 public:
  TermParser(std::string_view text, std::string_view what) : lexer_(text, what) {}

  Result<PartitionTerm> ParsePartition() {
    ICEFIELD_ASSIGN(PartitionTerm term, ParseTerm());
    ICEFIELD_ASSIGN(const bool is_named, TakeWord("as"));
    if (is_named) {
      ICEFIELD_ASSIGN(term.name, TakeName("a name for the partition field"));
    }
    ICEFIELD_TRY(DemandEnd(is_named ? "the end" : "'as' or the end"));
    return term;
  }

  Result<SortTerm> ParseSort() {
    ICEFIELD_ASSIGN(PartitionTerm term, ParseTerm());
    SortTerm out{std::move(term.column), std::move(term.transform), true, true};
    ICEFIELD_ASSIGN(const bool ascending, TakeWord("asc"));
    if (!ascending) {
      ICEFIELD_ASSIGN(const bool descending, TakeWord("desc"));
      out.ascending = !descending;
    }
    out.nulls_first = out.ascending;
    ICEFIELD_ASSIGN(const bool has_nulls, TakeWord("nulls"));
    if (has_nulls) {
      ICEFIELD_ASSIGN(out.nulls_first, TakeWord("first"));
      if (!out.nulls_first) {
        ICEFIELD_ASSIGN(const bool nulls_last, TakeWord("last"));
        if (!nulls_last) return Expected("'first' or 'last'");
      }
    }
    ICEFIELD_TRY(DemandEnd("'asc', 'desc', 'nulls' or the end"));
    return out;
  }

 private:
  Result<PartitionTerm> ParseTerm() {
    ICEFIELD_TRY(Advance());
    const FilterToken first = token_;
    PartitionTerm term;
    ICEFIELD_ASSIGN(term.column, TakeName("a column or a transform"));
    ICEFIELD_ASSIGN(term.transform, ParseTransform("identity"));
    if (!token_.IsSymbol("(")) return term;
    for (const TransformWord& word : kTransformWords) {
      if (first.IsWord(word.word)) return ParseArguments(word);
    }
    return lexer_.ErrorAt(
        first.position, first.Describe(),
        " is no transform; identity, bucket, truncate, year, month, day, hour and "
        "void are");
  }

  // From the opening parenthesis on.
  Result<PartitionTerm> ParseArguments(const TransformWord& word) {
    ICEFIELD_TRY(Advance());
    PartitionTerm term;
    std::optional<int32_t> number;
    if (word.has_number && token_.kind == FilterTokenKind::kNumber) {
      ICEFIELD_ASSIGN(number, TakeNumber());
      ICEFIELD_TRY(DemandSymbol(","));
    }
    ICEFIELD_ASSIGN(term.column, TakeName("a column"));
    if (word.has_number && !number) {
      ICEFIELD_TRY(DemandSymbol(","));
      ICEFIELD_ASSIGN(number, TakeNumber());
    }
    ICEFIELD_TRY(DemandSymbol(")"));
    const std::string text =
        number ? StrCat(word.transform, "[", *number, "]") : std::string(word.transform);
    ICEFIELD_ASSIGN(term.transform, ParseTransform(text));
    return term;
  }

  Status Advance() {
    ICEFIELD_ASSIGN(token_, lexer_.Next());
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

  Result<std::string> TakeName(std::string_view wanted) {
    if (token_.kind != FilterTokenKind::kWord && token_.kind != FilterTokenKind::kName)
      return Expected(wanted);
    std::string name = std::move(token_.text);
    ICEFIELD_TRY(Advance());
    return name;
  }

  Result<std::optional<int32_t>> TakeNumber() {
    int32_t number = 0;
    const std::string& text = token_.text;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (token_.kind != FilterTokenKind::kNumber || failure != std::errc() ||
        end != text.data() + text.size() || number <= 0) {
      return Expected("a positive number");
    }
    ICEFIELD_TRY(Advance());
    return std::optional<int32_t>(number);
  }

  Status DemandSymbol(std::string_view symbol) {
    if (!token_.IsSymbol(symbol)) return Expected(StrCat("'", symbol, "'"));
    return Advance();
  }

  Status DemandEnd(std::string_view wanted) const {
    if (token_.kind != FilterTokenKind::kEnd) return Expected(wanted);
    return {};
  }

  FilterLexer lexer_;
  FilterToken token_;
};

}  // namespace

Result<PartitionTerm> ParsePartitionTerm(std::string_view text) {
  return TermParser(text, StrCat("partition term '", text, "'")).ParsePartition();
}

Result<SortTerm> ParseSortTerm(std::string_view text) {
  return TermParser(text, StrCat("sort term '", text, "'")).ParseSort();
}

}  // namespace icefield
