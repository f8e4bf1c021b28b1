// The words of a filter expression.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "report/xray/filter.hpp"

namespace hoplab::report::xray {

struct FilterToken {
  enum class Kind { word, number, text, symbol, json, end };
  Kind kind = Kind::end;
  std::size_t at = 0;
  std::string text;  ///< Of a text without quotes and escapes; of a word in lower case.
  std::string spelt;
  double number = 0;

  [[nodiscard]] bool is_symbol(std::string_view which) const {
    return kind == Kind::symbol && text == which;
  }
  [[nodiscard]] bool is_word(std::string_view which) const {
    return kind == Kind::word && text == which;
  }
};

/// The last token is the end. Words have letters, digits, `_`, `.`; json is all of `#[...]`.
/// Throws FilterMistake.
[[nodiscard]] std::vector<FilterToken> filter_tokens(std::string_view text);

}  // namespace hoplab::report::xray
