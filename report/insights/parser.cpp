// Tokens and commands; expressions are in expression_parser.cpp.
#include "report/insights/parser.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "sim/diagnostic.hpp"

namespace hoplab::report::insights {
namespace {

constexpr std::string_view all_commands =
    "K_DEDUP, K_DISPLAY, K_FIELDS, K_FILTER, K_LIMIT, K_PARSE, K_SORT, K_STATS, K_UNNEST";

/// What the language has, and this does not.
constexpr std::array<std::string_view, 15> unsupported = {
    "addtotals", "anomaly", "diff", "eval", "fillmissing", "head",   "join", "logcompare",
    "lookup",    "pattern", "ppl",  "rex",  "search",      "select", "tail"};

constexpr std::uint64_t limit_max = 100'000;

}  // namespace

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

Query parse_query(std::string_view text) { return Parser(text).query(); }

Parser::Parser(std::string_view query) : text_(query), lexer_(query) { advance(); }

void Parser::advance() {
  last_end_ = token_.span.end;
  token_ = lexer_.next();
}

bool Parser::at_sign(std::string_view sign) const {
  return token_.kind == TokenKind::sign && token_.text == sign;
}

bool Parser::at_word(std::string_view word) const {
  return token_.kind == TokenKind::word && lower_case(token_.text) == word;
}

bool Parser::take_sign(std::string_view sign) {
  const bool is_there = at_sign(sign);
  if (is_there) advance();
  return is_there;
}

bool Parser::take_word(std::string_view word) {
  const bool is_there = at_word(word);
  if (is_there) advance();
  return is_there;
}

void Parser::want_sign(std::string_view sign, std::initializer_list<std::string_view> others) {
  if (take_sign(sign)) return;
  std::string expected = "'" + std::string(sign) + "'";
  for (const std::string_view other : others) expected += ", '" + std::string(other) + "'";
  fail(expected);
}

void Parser::fail(std::string_view expected) const {
  const bool is_end = token_.kind == TokenKind::end;
  const std::string input = is_end ? "<EOF>" : written(token_.span);
  throw MalformedQuery(
      "E0601", token_.span,
      "mismatched input '" + input + "' expecting {" + std::string(expected) + "}");
}

std::string Parser::written(Span span) const {
  return std::string(text_.substr(span.begin, span.end - span.begin));
}

Token Parser::regular_expression() {
  Token pattern = lexer_.regular_expression(token_.span.begin);
  token_.span = pattern.span;
  advance();
  return pattern;
}

std::string Parser::name() {
  if (token_.kind != TokenKind::word && token_.kind != TokenKind::quoted_name) fail("NAME");
  std::string name = token_.text;
  const bool is_plain = token_.kind == TokenKind::word;
  advance();
  while (is_plain && at_sign(".") && token_.span.begin == last_end_) {
    advance();
    if (token_.kind == TokenKind::end || token_.kind == TokenKind::sign) fail("NAME");
    name += "." + token_.text;
    advance();
  }
  return name;
}

std::uint64_t Parser::whole_number() {
  std::uint64_t value = 0;
  const char* const end = token_.text.data() + token_.text.size();
  const auto [at, error] = std::from_chars(token_.text.data(), end, value);
  if (token_.kind != TokenKind::number || error != std::errc() || at != end) fail("INT");
  advance();
  return value;
}

Query Parser::query() {
  Query query;
  if (at_word("source")) {
    query.source = source();
    if (token_.kind == TokenKind::end) return query;
    want_sign("|");
  } else {
    take_sign("|");  // Behind a comment people leave one.
  }
  query.commands.push_back(command());
  while (take_sign("|")) query.commands.push_back(command());
  if (token_.kind != TokenKind::end) fail("'|', <EOF>");
  return query;
}

Source Parser::source() {
  Source source;
  source.span = token_.span;
  advance();
  if (at_word("loggroups")) {
    advance();
    want_sign("(");
    do {
      source_argument(source);
    } while (take_sign(","));
    want_sign(")", {","});
  } else {
    do {
      if (token_.kind != TokenKind::text && token_.kind != TokenKind::word) {
        fail("STRING, 'logGroups('");
      }
      source.groups.push_back(token_.text);
      advance();
    } while (take_sign(","));
  }
  while (at_word("start") || at_word("end")) {
    std::string& target = at_word("start") ? source.start : source.end;
    advance();
    want_sign("=");
    target = source_time();
  }
  return source;
}

void Parser::source_argument(Source& source) {
  const Span where = token_.span;
  const std::string argument = lower_case(name());
  want_sign(":");
  if (argument == "nameprefix") {
    source.prefixes = texts_in_brackets();
  } else if (argument == "loggroupidentifiers" || argument == "loggroupidentifier") {
    source.groups = texts_in_brackets();
  } else if (argument == "class" || argument == "accountidentifiers" ||
             argument == "accountidentifier") {
    throw MalformedQuery("E0602", where, "'" + written(where) + "' of SOURCE is not supported here",
                         "there is one account and one class; select groups by namePrefix");
  } else {
    throw MalformedQuery("E0601", where,
                         "mismatched input '" + written(where) +
                             "' expecting {'namePrefix', 'logGroupIdentifiers'}");
  }
}

/// "-1d", "now", milliseconds since 1970 or an instant in quotes, as it is spelt.
std::string Parser::source_time() {
  const std::size_t begin = token_.span.begin;
  take_sign("-");
  if (token_.kind == TokenKind::end || token_.kind == TokenKind::sign) fail("TIME");
  if (token_.kind == TokenKind::text) {
    std::string text = token_.text;
    advance();
    return text;
  }
  const bool is_number = token_.kind == TokenKind::number;
  advance();
  const bool has_unit =
      is_number && token_.kind == TokenKind::word && token_.span.begin == last_end_;
  if (has_unit) advance();
  return written({begin, last_end_});
}

std::vector<std::string> Parser::texts_in_brackets() {
  std::vector<std::string> texts;
  const bool has_bracket = take_sign("[");
  do {
    if (token_.kind != TokenKind::text) fail("STRING");
    texts.push_back(token_.text);
    advance();
  } while (has_bracket && take_sign(","));
  if (has_bracket) want_sign("]", {","});
  return texts;
}

Command Parser::command() {
  static constexpr std::array<std::pair<std::string_view, CommandType>, 12> words = {{
      {"dedup", CommandType::dedup},
      {"display", CommandType::display},
      {"fields", CommandType::fields},
      {"filter", CommandType::filter},
      {"filterindex", CommandType::filter},
      {"limit", CommandType::limit},
      {"order", CommandType::sort},
      {"parse", CommandType::parse},
      {"sort", CommandType::sort},
      {"stats", CommandType::stats},
      {"unnest", CommandType::unnest},
      {"where", CommandType::filter},
  }};
  const std::string word = token_.kind == TokenKind::word ? lower_case(token_.text) : "";
  const auto* const known =
      std::find_if(words.begin(), words.end(), [&](const auto& row) { return row.first == word; });
  if (known == words.end()) fail_command();
  Command command;
  command.type = known->second;
  command.span = token_.span;
  advance();
  if (word == "order") take_word("by");
  read_body(command);
  return command;
}

void Parser::fail_command() const {
  const std::string word = token_.kind == TokenKind::word ? lower_case(token_.text) : "";
  if (std::find(unsupported.begin(), unsupported.end(), word) != unsupported.end()) {
    throw MalformedQuery("E0602", token_.span, "the command '" + word + "' is not supported here",
                         "commands: fields, display, filter, stats, sort, limit, parse, dedup, "
                         "unnest, SOURCE");
  }
  const std::string input = token_.kind == TokenKind::end ? "<EOF>" : written(token_.span);
  const std::string near =
      word.empty() ? ""
                   : sim::nearest_name(word, {"dedup", "display", "fields", "filter", "limit",
                                              "parse", "sort", "stats", "unnest"});
  throw MalformedQuery(
      "E0601", token_.span,
      "mismatched input '" + input + "' expecting {" + std::string(all_commands) + "}",
      near.empty() ? "" : "did you mean '" + near + "'?");
}

void Parser::read_body(Command& command) {
  switch (command.type) {
    case CommandType::fields:
    case CommandType::display:
      command.items = items();
      return;
    case CommandType::filter:
      command.condition = expression();
      return;
    case CommandType::stats:
      command.items = items();
      if (take_word("by")) command.by = items();
      return;
    case CommandType::sort:
      return read_sort(command);
    case CommandType::limit:
      return read_limit(command);
    case CommandType::parse:
      return read_parse(command);
    case CommandType::dedup:
      command.items = plain_fields("dedup");
      return;
    case CommandType::unnest:
      return read_unnest(command);
  }
}

std::vector<Item> Parser::items() {
  std::vector<Item> list;
  do {
    list.push_back(item());
  } while (take_sign(","));
  return list;
}

Item Parser::item() {
  Item item;
  item.expression = expression();
  const bool is_field = item.expression->type == ExpressionType::field;
  item.name = is_field ? item.expression->text : written(item.expression->span);
  item.has_alias = take_word("as");
  if (item.has_alias) item.name = name();
  return item;
}

std::vector<Item> Parser::plain_fields(std::string_view command) {
  std::vector<Item> list = items();
  for (const Item& item : list) {
    if (item.expression->type == ExpressionType::field && !item.has_alias) continue;
    throw MalformedQuery("E0601", item.expression->span,
                         std::string(command) + " takes names of fields only",
                         "name the expression with `fields ... as NAME` before");
  }
  return list;
}

void Parser::read_sort(Command& command) {
  do {
    SortItem item;
    item.expression = expression();
    item.is_descending = at_word("desc");
    if (!take_word("desc")) take_word("asc");
    command.order.push_back(std::move(item));
  } while (take_sign(","));
}

void Parser::read_limit(Command& command) {
  take_word("any");
  const Span where = token_.span;
  command.count = whole_number();
  if (command.count == 0 || command.count > limit_max) {
    throw MalformedQuery("E0606", where, "limit takes a number from 1 to 100000");
  }
}

void Parser::read_parse(Command& command) {
  const Token first = token_;
  if (token_.kind != TokenKind::text && !at_sign("/")) command.condition = signed_primary();
  const bool has_pattern = token_.kind == TokenKind::text || at_sign("/");
  for (const Token& one : {first, token_}) {
    const std::string mode = lower_case(one.text);
    if (has_pattern || (mode != "logfmt" && mode != "csv")) continue;
    throw MalformedQuery("E0602", one.span,
                         "the mode '" + mode + "' of parse is not supported here",
                         "parse with a glob (\"* = *\") or a regular expression");
  }
  if (at_sign("/")) {
    const Token pattern = regular_expression();
    command.pattern = pattern.text;
    command.pattern_span = pattern.span;
    command.is_regular = true;
    if (!take_word("as")) return;
  } else {
    if (token_.kind != TokenKind::text) fail("STRING, REGEX");
    command.pattern = token_.text;
    command.pattern_span = token_.span;
    advance();
    if (!take_word("as")) fail("K_AS");
  }
  do {
    command.names.push_back(name());
  } while (take_sign(","));
}

void Parser::read_unnest(Command& command) {
  Item item;
  item.expression = field();
  command.items.push_back(std::move(item));
  if (!take_word("into")) fail("K_INTO");
  command.names.push_back(name());
}

}  // namespace hoplab::report::insights
