#include "report/insights/lexer.hpp"

#include <algorithm>
#include <array>

namespace hoplab::report::insights {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '@';
}
bool is_in_word(char c) { return is_word_start(c) || is_digit(c); }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// What a backslash and this character mean in a quoted text; 0 when they stand for themselves.
char unescaped(char c, char quote) {
  if (c == quote || c == '\\') return c;
  if (c == 'n') return '\n';
  if (c == 't') return '\t';
  return c == 'r' ? '\r' : '\0';
}

}  // namespace

void Lexer::skip_blanks_and_comments() {
  while (at_ < query_.size()) {
    if (query_[at_] == '#') {
      at_ = std::min(query_.find('\n', at_), query_.size());
    } else if (is_blank(query_[at_])) {
      ++at_;
    } else {
      return;
    }
  }
}

Token Lexer::next() {
  skip_blanks_and_comments();
  const std::size_t begin = at_;
  if (begin == query_.size()) return {TokenKind::end, "", {begin, begin}};
  const char c = query_[begin];
  if (is_word_start(c)) return word(begin);
  if (is_digit(c)) return number(begin);
  if (c == '"' || c == '\'' || c == '`') return quoted(begin);
  return sign(begin);
}

Token Lexer::word(std::size_t begin) {
  while (at_ < query_.size() && is_in_word(query_[at_])) ++at_;
  return {TokenKind::word, std::string(query_.substr(begin, at_ - begin)), {begin, at_}};
}

Token Lexer::number(std::size_t begin) {
  const auto digits = [this] {
    while (at_ < query_.size() && is_digit(query_[at_])) ++at_;
  };
  const auto has_digit = [this](std::size_t at) {
    return at < query_.size() && is_digit(query_[at]);
  };
  digits();
  if (at_ < query_.size() && query_[at_] == '.' && has_digit(at_ + 1)) {
    ++at_;
    digits();
  }
  if (at_ < query_.size() && (query_[at_] == 'e' || query_[at_] == 'E')) {
    const bool has_sign =
        at_ + 1 < query_.size() && (query_[at_ + 1] == '-' || query_[at_ + 1] == '+');
    if (has_digit(at_ + (has_sign ? 2 : 1))) {
      at_ += has_sign ? 2 : 1;
      digits();
    }
  }
  return {TokenKind::number, std::string(query_.substr(begin, at_ - begin)), {begin, at_}};
}

Token Lexer::quoted(std::size_t begin) {
  const char quote = query_[begin];
  Token token{quote == '`' ? TokenKind::quoted_name : TokenKind::text, "", {begin, begin}};
  for (at_ = begin + 1; at_ < query_.size(); ++at_) {
    const char c = query_[at_];
    if (c == quote) {
      token.span.end = ++at_;
      return token;
    }
    const bool is_escape = c == '\\' && quote != '`' && at_ + 1 < query_.size();
    const char escaped = is_escape ? unescaped(query_[at_ + 1], quote) : '\0';
    token.text += escaped == '\0' ? c : escaped;
    if (escaped != '\0') ++at_;
  }
  throw MalformedQuery("E0601", {begin, query_.size()},
                       std::string("no closing ") + quote + " before the end of the query");
}

Token Lexer::sign(std::size_t begin) {
  constexpr std::array<std::string_view, 8> two = {"!=", "<=", ">=", "=~", "==", "&&", "||", "<>"};
  const std::string_view rest = query_.substr(begin);
  for (const std::string_view candidate : two) {
    if (!rest.starts_with(candidate)) continue;
    const Span where{begin, begin + 2};
    const std::string wrong = "token recognition error at: '" + std::string(candidate) + "'";
    if (candidate == "==") throw MalformedQuery("E0601", where, wrong, "write = for equality");
    if (candidate == "<>") throw MalformedQuery("E0601", where, wrong, "write != for inequality");
    if (candidate == "&&") throw MalformedQuery("E0601", where, wrong, "write and");
    if (candidate == "||") throw MalformedQuery("E0601", where, wrong, "write or");
    at_ = begin + 2;
    return {TokenKind::sign, std::string(candidate), where};
  }
  constexpr std::string_view single = "|,()[].:=<>+-*/%^";
  if (single.find(rest.front()) != std::string_view::npos) {
    at_ = begin + 1;
    return {TokenKind::sign, std::string(1, rest.front()), {begin, at_}};
  }
  std::size_t end = begin + 1;  // All bytes of a character of UTF-8.
  while (end < query_.size() && (static_cast<unsigned char>(query_[end]) & 0xC0U) == 0x80U) ++end;
  throw MalformedQuery(
      "E0601", {begin, end},
      "token recognition error at: '" + std::string(query_.substr(begin, end - begin)) + "'",
      "a name with other characters stands between back quotes: `a-b`");
}

Token Lexer::regular_expression(std::size_t slash) {
  Token token{TokenKind::text, "", {slash, slash}};
  bool is_in_class = false;
  for (at_ = slash + 1; at_ < query_.size(); ++at_) {
    const char c = query_[at_];
    if (c == '\\' && at_ + 1 < query_.size()) {
      if (query_[at_ + 1] != '/') token.text += c;
      token.text += query_[++at_];
      continue;
    }
    if (c == '/' && !is_in_class) {
      ++at_;
      const bool ends_word = at_ + 1 >= query_.size() || !is_in_word(query_[at_ + 1]);
      if (at_ < query_.size() && query_[at_] == 'i' && ends_word) {
        token.text.insert(0, "(?i)");
        ++at_;
      }
      token.span.end = at_;
      return token;
    }
    is_in_class = c == '[' || (is_in_class && c != ']');
    token.text += c;
  }
  throw MalformedQuery("E0601", {slash, query_.size()}, "no closing / before the end of the query");
}

}  // namespace hoplab::report::insights
