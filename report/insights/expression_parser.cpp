#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "report/insights/parser.hpp"
#include "report/insights/value.hpp"

namespace hoplab::report::insights {
namespace {

constexpr int depth_max = 100;  ///< Of nested brackets: the parser calls itself for each.

bool is_comparison(const Token& token) {
  constexpr std::array<std::string_view, 6> signs = {"=", "!=", "<", "<=", ">", ">="};
  return token.kind == TokenKind::sign &&
         std::find(signs.begin(), signs.end(), token.text) != signs.end();
}

ExpressionPtr inverse_of(ExpressionPtr inner, std::size_t begin) {
  auto node = std::make_unique<Expression>();
  node->type = ExpressionType::inverse;
  node->span = {begin, inner->span.end};
  node->arguments.push_back(std::move(inner));
  return node;
}

}  // namespace

ExpressionPtr Parser::operation(std::string sign, ExpressionPtr left, ExpressionPtr right) const {
  auto node = std::make_unique<Expression>();
  node->type = ExpressionType::operation;
  node->text = std::move(sign);
  node->span = {left->span.begin, last_end_};
  node->arguments.push_back(std::move(left));
  node->arguments.push_back(std::move(right));
  return node;
}

ExpressionPtr Parser::expression() {
  if (++depth_ > depth_max) {
    throw MalformedQuery("E0606", token_.span, "more than 100 brackets within each other");
  }
  const std::size_t begin = token_.span.begin;
  ExpressionPtr left = conjunction();
  while (take_word("or")) left = operation("or", std::move(left), conjunction());
  left->span.begin = std::min(left->span.begin, begin);
  --depth_;
  return left;
}

ExpressionPtr Parser::conjunction() {
  ExpressionPtr left = negation();
  while (take_word("and")) left = operation("and", std::move(left), negation());
  return left;
}

ExpressionPtr Parser::negation() {
  if (!at_word("not")) return comparison();
  if (++depth_ > depth_max) {
    throw MalformedQuery("E0606", token_.span, "more than 100 times not");
  }
  const std::size_t begin = token_.span.begin;
  advance();
  ExpressionPtr inner = inverse_of(negation(), begin);
  --depth_;
  return inner;
}

ExpressionPtr Parser::comparison() {
  ExpressionPtr left = sum();
  if (is_comparison(token_)) {
    std::string sign = token_.text;
    advance();
    return operation(std::move(sign), std::move(left), sum());
  }
  const std::size_t begin = left->span.begin;
  if (take_sign("=~")) {
    if (!at_sign("/")) fail("REGEX");
    return likeness(std::move(left));
  }
  const bool is_negated = take_word("not");
  if (at_word("in")) {
    left = membership(std::move(left));
  } else if (take_word("like")) {
    left = likeness(std::move(left));
  } else if (is_negated) {
    fail("K_IN, K_LIKE");
  }
  return is_negated ? inverse_of(std::move(left), begin) : std::move(left);
}

ExpressionPtr Parser::membership(ExpressionPtr left) {
  advance();
  if (at_sign("(")) {
    throw MalformedQuery("E0602", token_.span, "subqueries are not supported here",
                         "list the values: in [\"a\", \"b\"]");
  }
  auto node = std::make_unique<Expression>();
  node->type = ExpressionType::element;
  node->span.begin = left->span.begin;
  node->arguments.push_back(std::move(left));
  want_sign("[");
  do {
    node->arguments.push_back(expression());
  } while (take_sign(","));
  want_sign("]", {","});
  node->span.end = last_end_;
  return node;
}

ExpressionPtr Parser::likeness(ExpressionPtr left) {
  auto node = std::make_unique<Expression>();
  node->span.begin = left->span.begin;
  node->arguments.push_back(std::move(left));
  if (at_sign("/")) {
    const Token pattern = regular_expression();
    node->type = ExpressionType::matches;
    node->text = pattern.text;
    node->span.end = pattern.span.end;
    return node;
  }
  if (token_.kind != TokenKind::text) fail("STRING, REGEX");
  node->type = ExpressionType::contains;
  node->text = token_.text;
  node->span.end = token_.span.end;
  advance();
  return node;
}

ExpressionPtr Parser::sum() {
  ExpressionPtr left = product();
  while (at_sign("+") || at_sign("-")) {
    std::string sign = token_.text;
    advance();
    left = operation(std::move(sign), std::move(left), product());
  }
  return left;
}

ExpressionPtr Parser::product() {
  ExpressionPtr left = power();
  while (at_sign("*") || at_sign("/") || at_sign("%")) {
    std::string sign = token_.text;
    advance();
    left = operation(std::move(sign), std::move(left), power());
  }
  return left;
}

ExpressionPtr Parser::power() {
  ExpressionPtr base = signed_primary();
  if (!at_sign("^")) return base;
  if (++depth_ > depth_max) throw MalformedQuery("E0606", token_.span, "more than 100 times ^");
  advance();
  ExpressionPtr whole = operation("^", std::move(base), power());
  --depth_;
  return whole;
}

ExpressionPtr Parser::signed_primary() {
  if (!at_sign("-")) return primary();
  if (++depth_ > depth_max) throw MalformedQuery("E0606", token_.span, "more than 100 signs");
  auto node = std::make_unique<Expression>();
  node->type = ExpressionType::negative;
  node->span.begin = token_.span.begin;
  advance();
  node->arguments.push_back(signed_primary());
  node->span.end = last_end_;
  --depth_;
  return node;
}

ExpressionPtr Parser::primary() {
  auto node = std::make_unique<Expression>();
  node->span = token_.span;
  if (token_.kind == TokenKind::number) {
    node->number = parse_number(token_.text).value_or(0);
    advance();
    return node;
  }
  if (token_.kind == TokenKind::text) {
    node->type = ExpressionType::text;
    node->text = token_.text;
    advance();
    return node;
  }
  if (take_sign("(")) {
    ExpressionPtr inner = expression();
    want_sign(")");
    inner->span = {node->span.begin, last_end_};
    return inner;
  }
  if (token_.kind != TokenKind::word && token_.kind != TokenKind::quoted_name) {
    fail("NAME, NUMBER, STRING, FUNCTION, '(', '-'");
  }
  if (at_word("true") || at_word("false")) {
    node->type = ExpressionType::boolean;
    node->number = at_word("true") ? 1 : 0;
    advance();
    return node;
  }
  return field();
}

ExpressionPtr Parser::field() {
  if (token_.kind != TokenKind::word && token_.kind != TokenKind::quoted_name) fail("NAME");
  const Token first = token_;
  advance();
  if (first.kind == TokenKind::word && at_sign("(")) return call(first);
  auto node = std::make_unique<Expression>();
  node->type = ExpressionType::field;
  node->span.begin = first.span.begin;
  node->text = first.text;
  node->path.push_back(first.text);
  read_path(*node);
  node->span.end = last_end_;
  return node;
}

/// The parts behind the first: .name, .0, .`any`, [0].
void Parser::read_path(Expression& field) {
  const auto add = [&field](std::string part) {
    field.text += "." + part;
    field.path.push_back(std::move(part));
  };
  while (token_.span.begin == last_end_ && (at_sign(".") || at_sign("["))) {
    if (take_sign("[")) {
      add(std::to_string(whole_number()));
      want_sign("]");
      continue;
    }
    advance();
    if (token_.kind == TokenKind::end || token_.kind == TokenKind::sign ||
        token_.kind == TokenKind::text) {
      fail("NAME, INT");
    }
    // "a.0.1" has the number 0.1 in it.
    const bool is_number = token_.kind == TokenKind::number;
    std::string rest = token_.text;
    for (std::size_t dot = rest.find('.'); is_number && dot != std::string::npos;
         dot = rest.find('.')) {
      add(rest.substr(0, dot));
      rest.erase(0, dot + 1);
    }
    add(std::move(rest));
    advance();
  }
}

ExpressionPtr Parser::call(const Token& function) {
  auto node = std::make_unique<Expression>();
  node->type = ExpressionType::call;
  node->text = lower_case(function.text);
  node->span.begin = function.span.begin;
  want_sign("(");
  const bool takes_period =
      node->text == "bin" || node->text == "datefloor" || node->text == "dateceil";
  if (at_sign("*")) {
    advance();
  } else if (!at_sign(")")) {
    do {
      node->arguments.push_back(argument(takes_period));
    } while (take_sign(","));
  }
  want_sign(")", {","});
  node->span.end = last_end_;
  // What jsonParse(...) gives can be looked into only under a name.
  return node;
}

ExpressionPtr Parser::argument(bool may_be_period) {
  const Token first = token_;
  if (!may_be_period || first.kind != TokenKind::number) return expression();
  auto node = std::make_unique<Expression>();
  node->type = ExpressionType::period;
  node->period.count = static_cast<std::int64_t>(whole_number());
  const auto unit =
      token_.kind == TokenKind::word ? period_unit(token_.text) : std::optional<PeriodUnit>();
  if (!unit) {
    throw MalformedQuery("E0607", token_.span,
                         "mismatched input '" + written(token_.span) + "' expecting {PERIOD_UNIT}",
                         "ms, s, m, h, d, w, mo, q or y, as in 5m");
  }
  node->period.unit = *unit;
  node->span = {first.span.begin, token_.span.end};
  const std::int64_t most = count_max(*unit);
  if (node->period.count < 1 || node->period.count > most) {
    throw MalformedQuery("E0607", node->span,
                         "a period counts from 1 to " + std::to_string(most) + " of its unit",
                         "use a larger unit: 5m for 300s");
  }
  advance();
  return node;
}

}  // namespace hoplab::report::insights
