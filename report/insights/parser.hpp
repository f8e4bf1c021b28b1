// Recursive descent over a query's tokens. Only parse_query() is meant for others.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "report/insights/lexer.hpp"
#include "report/insights/syntax.hpp"

namespace hoplab::report::insights {

class Parser {
 public:
  explicit Parser(std::string_view query);
  [[nodiscard]] Query query();

 private:
  // Tokens.
  void advance();
  [[nodiscard]] bool at_sign(std::string_view sign) const;
  [[nodiscard]] bool at_word(std::string_view word) const;  ///< In any case.
  bool take_sign(std::string_view sign);
  bool take_word(std::string_view word);
  void want_sign(std::string_view sign, std::initializer_list<std::string_view> others = {});
  [[noreturn]] void fail(std::string_view expected) const;
  [[nodiscard]] std::string written(Span span) const;
  Token regular_expression();
  std::string name();
  std::uint64_t whole_number();

  // Commands.
  Source source();
  void source_argument(Source& source);
  std::string source_time();
  Command command();
  [[noreturn]] void fail_command() const;
  void read_body(Command& command);
  std::vector<Item> items();
  Item item();
  std::vector<Item> plain_fields(std::string_view command);
  void read_sort(Command& command);
  void read_limit(Command& command);
  void read_parse(Command& command);
  void read_unnest(Command& command);
  std::vector<std::string> texts_in_brackets();

  // Expressions, the loosest binding first.
  ExpressionPtr expression();
  ExpressionPtr conjunction();
  ExpressionPtr negation();
  ExpressionPtr comparison();
  ExpressionPtr membership(ExpressionPtr left);
  ExpressionPtr likeness(ExpressionPtr left);
  ExpressionPtr sum();
  ExpressionPtr product();
  ExpressionPtr power();
  ExpressionPtr signed_primary();
  ExpressionPtr primary();
  ExpressionPtr call(const Token& function);
  ExpressionPtr argument(bool may_be_period);
  ExpressionPtr field();
  void read_path(Expression& field);
  ExpressionPtr operation(std::string sign, ExpressionPtr left, ExpressionPtr right) const;

  std::string_view text_;
  Lexer lexer_;
  Token token_;
  std::size_t last_end_ = 0;  ///< Of the token before.
  int depth_ = 0;             ///< Of brackets and functions.
};

/// In lower case, ASCII only.
[[nodiscard]] std::string lower_case(std::string_view text);

}  // namespace hoplab::report::insights
