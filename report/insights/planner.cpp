#include "report/insights/planner.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace hoplab::report::insights {
namespace {

constexpr std::size_t query_bytes_max = 10'000;  ///< Source: StartQuery, queryString.

/// Characters that stand in JSON as they are, unless someone spells them \uXXXX.
bool is_spelt_plainly(std::string_view text) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _-.:,;()[]{}=!*+#";
  return text.find_first_not_of(plain) == std::string_view::npos;
}

bool looks_at_message(const Expression& field) {
  const std::string& first = field.path.front();
  return first == "@message" || !first.starts_with('@') || first.starts_with("@@");
}

/// Every field that the condition's needed text may come from is part of the line.
bool is_about_line(const Expression& condition) {
  if (condition.type == ExpressionType::field) return looks_at_message(condition);
  return std::all_of(condition.arguments.begin(), condition.arguments.end(),
                     [](const ExpressionPtr& argument) { return is_about_line(*argument); });
}

}  // namespace

Plan make_plan(std::string_view query, const PlanOptions& options) {
  if (query.size() > query_bytes_max) {
    throw MalformedQuery("E0606", {query_bytes_max, query.size()},
                         "a query has at most 10000 bytes");
  }
  return Planner(query, options).plan(parse_query(query));
}

Planner::Planner(std::string_view text, const PlanOptions& options)
    : text_(text), options_(options) {}

Plan Planner::plan(Query query) {
  plan_.source = std::move(query.source);
  bool is_first = true;
  for (const Command& command : query.commands) {
    take(command, is_first);
    is_first = false;
  }
  finish();
  return std::move(plan_);
}

std::string Planner::written(Span span) const {
  return std::string(text_.substr(span.begin, span.end - span.begin));
}

void Planner::check_place(const Command& command) const {
  if (has_dedup_ && command.type != CommandType::limit) {
    throw MalformedQuery(
        "E0601", command.span,
        "mismatched input '" + written(command.span) + "' expecting {K_LIMIT, <EOF>}",
        "behind dedup there can be only limit");
  }
}

void Planner::take(const Command& command, bool is_first) {
  check_place(command);
  switch (command.type) {
    case CommandType::fields:
    case CommandType::display:
      return take_fields(command);
    case CommandType::filter:
      return take_filter(command, is_first);
    case CommandType::stats:
      return take_stats(command);
    case CommandType::sort:
      return take_sort(command);
    case CommandType::limit:
      return take_limit(command);
    case CommandType::parse:
      return take_parse(command);
    case CommandType::dedup:
      return take_dedup(command);
    case CommandType::unnest:
      return take_unnest(command);
  }
}

void Planner::show(const std::string& name) {
  if (std::find(columns_.begin(), columns_.end(), name) == columns_.end()) {
    columns_.push_back(name);
  }
}

Step& Planner::add_step(StepType type, NodePtr node) {
  Step step;
  step.type = type;
  step.node = std::move(node);
  segment_.steps.push_back(std::move(step));
  return segment_.steps.back();
}

std::size_t Planner::define(const std::string& name) {
  const bool is_shown = std::find(columns_.begin(), columns_.end(), name) != columns_.end();
  const auto old = names_.find(name);
  Name fresh;
  fresh.slot = new_slot();
  fresh.segment = plan_.segments.size();
  fresh.is_computed = true;
  fresh.is_redefined = is_shown || (old != names_.end() && old->second.is_computed);
  names_[name] = fresh;
  return fresh.slot;
}

void Planner::take_fields(const Command& command) {
  if (command.type == CommandType::display) columns_.clear();
  has_columns_ = true;
  for (const Item& item : command.items) {
    const Expression& expression = *item.expression;
    const bool is_plain = expression.type == ExpressionType::field && !item.has_alias;
    // Of a field within a named value ("event.name") the value is worked out here.
    const bool is_known = is_plain && (find(item.name) != nullptr || stats_count_ == 0);
    if (is_known) {
      (void)field(expression, false);
    }
    const bool is_path = is_plain && find(item.name) == nullptr;
    if (!is_known || is_path) {
      NodePtr node = compile(expression, *this);
      const std::size_t slot = define(item.name);
      add_step(StepType::compute, std::move(node)).slots = {slot};
    }
    show(item.name);
  }
}

void Planner::take_filter(const Command& command, bool is_first) {
  const Expression& condition = *command.condition;
  if (is_first && is_about_line(condition)) {
    const std::string needed = needed_text(condition);
    if (is_spelt_plainly(needed)) plan_.needed_text = needed;
  }
  add_step(StepType::filter, compile(condition, *this));
}

void Planner::take_sort(const Command& command) {
  std::vector<OrderKey> order;
  for (const SortItem& item : command.order) {
    order.push_back({compile(*item.expression, *this), item.is_descending});
  }
  // Rows that are equal by a later sort stay in the order of an earlier one.
  std::move(order_.begin(), order_.end(), std::back_inserter(order));
  order_ = std::move(order);
  has_sort_ = true;
}

void Planner::take_limit(const Command& command) {
  end_segment(command.count);
  has_limit_ = true;
}

void Planner::take_parse(const Command& command) {
  Expression message;
  message.type = ExpressionType::field;
  message.span = command.span;
  message.text = "@message";
  message.path = {"@message"};
  const Expression& source = command.condition ? *command.condition : message;
  NodePtr node = compile(source, *this);
  std::optional<Glob> glob;
  std::optional<RegularExpression> regular;
  std::vector<std::string> names = command.names;
  std::size_t wanted = 0;
  if (command.is_regular) {
    regular.emplace(command.pattern, command.pattern_span);
    if (names.empty()) names = regular->groups();
    wanted = regular->groups().size();
    const bool has_name = std::any_of(names.begin(), names.end(),
                                      [](const std::string& name) { return !name.empty(); });
    if (!has_name) {
      throw MalformedQuery("E0604", command.pattern_span, "the pattern names no group",
                           "write (?<name>...) around what is wanted");
    }
  } else {
    glob.emplace(command.pattern);
    wanted = glob->stars();
  }
  if (names.size() != wanted) {
    throw MalformedQuery("E0604", command.pattern_span,
                         "the pattern has " + std::to_string(wanted) +
                             (command.is_regular ? " groups" : " stars") + " for " +
                             std::to_string(names.size()) + " names");
  }
  std::vector<std::size_t> slots;
  for (const std::string& name : names) slots.push_back(name.empty() ? no_slot : define(name));
  Step& step = add_step(command.is_regular ? StepType::regular : StepType::glob, std::move(node));
  step.slots = std::move(slots);
  step.glob = std::move(glob);
  if (regular) step.regular.emplace(std::move(*regular));
}

void Planner::take_dedup(const Command& command) {
  for (const Item& item : command.items) dedup_.push_back(compile(*item.expression, *this));
  has_dedup_ = true;
}

void Planner::take_unnest(const Command& command) {
  NodePtr list = field(*command.items.front().expression, true);
  const std::size_t slot = define(command.names.front());
  add_step(StepType::unnest, std::move(list)).slots = {slot};
}

void Planner::end_segment(std::uint64_t limit) {
  Collect collect;
  collect.order = std::exchange(order_, {});
  collect.dedup = std::exchange(dedup_, {});
  collect.limit = limit;
  collect.takes_events = takes_events_;
  segment_.end = std::move(collect);
  plan_.segments.push_back(std::exchange(segment_, {}));
  takes_events_ = false;
}

void Planner::finish() {
  if (!has_columns_) {
    for (const char* const name : {"@timestamp", "@message"}) show(name);
  }
  constexpr auto no_limit = std::numeric_limits<std::uint64_t>::max();
  end_segment(has_limit_ ? no_limit : options_.limit);
  plan_.rows_are_events = stats_count_ == 0;
  for (const std::string& column : columns_) {
    Expression expression;
    expression.type = ExpressionType::field;
    expression.text = column;
    expression.path = {column};
    const Name* known = find(column);
    if (known == nullptr) known = &event_field(expression, column, expression.path);
    const Name name = *known;
    (void)read(name, false);
    plan_.columns.push_back({column, name.slot, name.is_computed});
  }
}

}  // namespace hoplab::report::insights
