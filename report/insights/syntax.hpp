// A query as it is written: commands and expressions, each with its place.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/insights/period.hpp"
#include "report/insights/query_mistake.hpp"

namespace hoplab::report::insights {

enum class ExpressionType : std::uint8_t {
  number,
  text,
  boolean,
  field,      ///< `path`; `text` is the whole name.
  call,       ///< `text` is the function's name in lower case; `*` as an argument has no arguments.
  negative,   ///< -a
  operation,  ///< `text` is one of + - * / % ^ = != < <= > >= and or
  inverse,    ///< not a
  element,    ///< a in [b, ...]
  contains,   ///< a like "text": `text`
  matches,    ///< a like /text/
  period
};

struct Expression {
  ExpressionType type = ExpressionType::number;
  Span span;
  std::string text;
  std::vector<std::string> path;
  double number = 0;  ///< Of number and boolean.
  Period period;
  std::vector<std::unique_ptr<Expression>> arguments;
};
using ExpressionPtr = std::unique_ptr<Expression>;

/// An expression and what it is called: behind `as`, or as it is written.
struct Item {
  ExpressionPtr expression;
  std::string name;
  bool has_alias = false;
};

struct SortItem {
  ExpressionPtr expression;
  bool is_descending = false;
};

enum class CommandType : std::uint8_t {
  fields,
  display,
  filter,
  stats,
  sort,
  limit,
  parse,
  dedup,
  unnest
};

struct Command {
  CommandType type = CommandType::fields;
  Span span;                    ///< Of the command's word.
  std::vector<Item> items;      ///< fields, display, stats; dedup's and unnest's fields.
  std::vector<Item> by;         ///< stats
  std::vector<SortItem> order;  ///< sort
  ExpressionPtr condition;      ///< filter; parse's field.
  std::uint64_t count = 0;      ///< limit
  std::string pattern;          ///< parse
  Span pattern_span;
  bool is_regular = false;         ///< The pattern stood between slashes.
  std::vector<std::string> names;  ///< parse: behind `as`; unnest: behind `into`.
};

/// `SOURCE`: which groups, when.
struct Source {
  Span span;
  std::vector<std::string> groups;
  std::vector<std::string> prefixes;
  std::string start;  ///< As it is spelt; empty when absent.
  std::string end;
};

struct Query {
  std::optional<Source> source;
  std::vector<Command> commands;
};

/// Errors: MalformedQuery, for the first mistake.
[[nodiscard]] Query parse_query(std::string_view text);

}  // namespace hoplab::report::insights
