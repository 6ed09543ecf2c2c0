#include "codec/filter/row_filter_lexer.h"

#include <algorithm>
#include <cctype>

namespace icefield {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Bytes beyond ASCII belong to letters of other scripts.
bool StartsWord(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalpha(byte) != 0 || c == '_' || byte >= 0x80;
}
bool ContinuesWord(char c) { return StartsWord(c) || IsDigit(c) || c == '$'; }

}  // namespace

bool FilterToken::IsWord(std::string_view lower_word) const {
  return kind == FilterTokenKind::kWord &&
         std::equal(text.begin(), text.end(), lower_word.begin(), lower_word.end(),
                    [](char a, char b) {
                      return static_cast<char>(std::tolower(static_cast<unsigned char>(a))) == b;
                    });
}

std::string FilterToken::Describe() const {
  if (kind == FilterTokenKind::kEnd) return "the end";
  if (kind == FilterTokenKind::kText) return StrCat("the text '", text, "'");
  return StrCat("'", text, "'");
}

Result<FilterToken> FilterLexer::Next() {
  while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
  const size_t position = at_;
  if (at_ == text_.size()) return FilterToken{.position = position};
  const char c = Peek();
  const bool is_number =
      IsDigit(c) || ((c == '.' || c == '+' || c == '-') && (IsDigit(Peek(1)) || Peek(1) == '.'));
  Result<FilterToken> token = c == '\''                   ? LexText()
                              : StartsWord(c) || c == '"' ? LexName()
                              : is_number                 ? LexNumber()
                                                          : LexSymbol();
  if (token.ok()) token->position = position;
  return token;
}

Result<FilterToken> FilterLexer::LexText() {
  const size_t start = at_++;
  FilterToken token{.kind = FilterTokenKind::kText};
  for (; at_ < text_.size(); ++at_) {
    if (text_[at_] == '\'' && Peek(1) == '\'') {
      ++at_;
    } else if (text_[at_] == '\'') {
      ++at_;
      return token;
    }
    token.text.push_back(text_[at_]);
  }
  return ErrorAt(start, "the text that begins here has no closing '");
}

Status FilterLexer::LexQuotedPart(std::string& name) {
  const size_t start = at_++;
  for (; at_ < text_.size(); ++at_) {
    if (text_[at_] == '\\' && (Peek(1) == '"' || Peek(1) == '\\')) {
      ++at_;
    } else if (text_[at_] == '"') {
      ++at_;
      return {};
    }
    name.push_back(text_[at_]);
  }
  return ErrorAt(start, "the name that begins here has no closing \"");
}

Result<FilterToken> FilterLexer::LexName() {
  FilterToken token{.kind = FilterTokenKind::kWord};
  while (true) {
    if (Peek() == '"') {
      token.kind = FilterTokenKind::kName;
      ICEFIELD_TRY(LexQuotedPart(token.text));
    } else if (StartsWord(Peek())) {
      while (at_ < text_.size() && ContinuesWord(text_[at_])) token.text.push_back(text_[at_++]);
    } else {
      return ErrorAt(at_, "expected a field name after '", token.text, "'");
    }
    if (Peek() != '.') return token;
    token.kind = FilterTokenKind::kName;
    token.text.push_back(text_[at_++]);
  }
}

Result<FilterToken> FilterLexer::LexNumber() {
  const size_t start = at_;
  if (Peek() == '+' || Peek() == '-') ++at_;
  size_t digits = 0;
  const auto skip_digits = [&] {
    for (; IsDigit(Peek()); ++at_) ++digits;
  };
  skip_digits();
  if (Peek() == '.') {
    ++at_;
    skip_digits();
  }
  const bool has_exponent = Peek() == 'e' || Peek() == 'E';
  bool complete = digits > 0;
  if (has_exponent) {
    ++at_;
    if (Peek() == '+' || Peek() == '-') ++at_;
    digits = 0;
    skip_digits();
    complete = complete && digits > 0;
  }
  if (!complete || ContinuesWord(Peek()) || Peek() == '.') {
    return ErrorAt(start, "'", text_.substr(start, at_ + 1 - start), "' is not a number");
  }
  return FilterToken{.kind = FilterTokenKind::kNumber,
                     .text = std::string(text_.substr(start, at_ - start))};
}

Result<FilterToken> FilterLexer::LexSymbol() {
  for (const std::string_view symbol :
       {"==", "!=", "<>", "<=", ">=", "=", "<", ">", "(", ")", ","}) {
    if (!text_.substr(at_).starts_with(symbol)) continue;
    at_ += symbol.size();
    return FilterToken{.kind = FilterTokenKind::kSymbol, .text = std::string(symbol)};
  }
  return ErrorAt(at_, "unexpected character '", text_.substr(at_, 1), "'");
}

}  // namespace icefield
