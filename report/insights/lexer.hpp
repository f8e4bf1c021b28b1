// The words of a query.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "report/insights/query_mistake.hpp"

namespace hoplab::report::insights {

enum class TokenKind : std::uint8_t {
  end,
  word,         ///< A command, a function or a name; `@` may begin it.
  quoted_name,  ///< Between back quotes.
  text,         ///< Between quotes; `text` is without them and without escapes.
  number,
  sign  ///< Everything else: one operator or bracket.
};

struct Token {
  TokenKind kind = TokenKind::end;
  std::string text;
  Span span;
};

/// Reads a query's tokens one by one. A regular expression looks like a division, so the parser
/// asks for one where it may stand.
///
/// Errors: MalformedQuery for a quote that does not end and for a character that has no meaning.
class Lexer {
 public:
  explicit Lexer(std::string_view query) : query_(query) {}

  [[nodiscard]] Token next();
  /// The expression between slashes that begins at `slash`, escapes of slashes taken away; `i`
  /// behind it is turned into (?i).
  [[nodiscard]] Token regular_expression(std::size_t slash);

 private:
  void skip_blanks_and_comments();
  Token word(std::size_t begin);
  Token number(std::size_t begin);
  Token quoted(std::size_t begin);
  Token sign(std::size_t begin);

  std::string_view query_;
  std::size_t at_ = 0;
};

}  // namespace hoplab::report::insights
