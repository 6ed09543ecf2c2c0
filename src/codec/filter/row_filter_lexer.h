/// The words of row filter texts.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace icefield {

enum class FilterTokenKind : uint8_t {
  kEnd,
  kWord,    ///< A plain word: a keyword or a column.
  kName,    ///< A column that is no plain word: dotted or quoted.
  kText,    ///< In single quotes; `text` is what they hold.
  kNumber,  ///< As it was written.
  kSymbol,  ///< ( ) , and comparison signs
};

struct FilterToken {
  FilterTokenKind kind = FilterTokenKind::kEnd;
  std::string text;
  size_t position = 0;  ///< In bytes, from 0.

  bool IsSymbol(std::string_view symbol) const {
    return kind == FilterTokenKind::kSymbol && text == symbol;
  }

  /// True for a plain word equal to `lower_word` but for case.
  bool IsWord(std::string_view lower_word) const;

  /// For messages.
  std::string Describe() const;
};

/// Splits a text into tokens. Borrows the text, and the words for what it is, which begin messages.
class FilterLexer {
 public:
  explicit FilterLexer(std::string_view text, std::string_view what = "row filter")
      : text_(text), what_(what) {}

  /// The next token; kEnd again and again at the end. InvalidArgument for what is no token.
  Result<FilterToken> Next();

  /// InvalidArgument at a position (in bytes, from 0) of the text.
  template <typename... Pieces>
  Error ErrorAt(size_t position, const Pieces&... pieces) const {
    return InvalidArgument(what_, ", position ", position + 1, ": ", pieces...);
  }

 private:
  char Peek(size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  Result<FilterToken> LexText();
  Result<FilterToken> LexName();
  Result<FilterToken> LexNumber();
  Result<FilterToken> LexSymbol();
  Status LexQuotedPart(std::string& name);

  std::string_view text_;
  std::string_view what_;
  size_t at_ = 0;
};

}  // namespace icefield
