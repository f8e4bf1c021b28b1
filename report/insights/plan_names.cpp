// What names mean, and `stats`, which gives them new meanings.
#include <algorithm>
#include <array>
#include <utility>

#include "report/insights/functions.hpp"
#include "report/insights/parser.hpp"
#include "report/insights/planner.hpp"
#include "sim/diagnostic.hpp"

namespace hoplab::report::insights {

const Planner::Name* Planner::find(std::string_view name) const {
  const auto found = names_.find(name);
  return found == names_.end() ? nullptr : &found->second;
}

void Planner::fail_unknown(const Expression& expression) const {
  std::vector<std::string> known;
  for (const auto& [name, ignored] : names_) known.push_back(name);
  const std::string near = sim::nearest_name(expression.text, known);
  std::string all;
  for (const std::string& name : known) all += (all.empty() ? "" : ", ") + name;
  throw MalformedQuery("E0605", expression.span,
                       "Unknown symbols found in or after stats: " + expression.text,
                       near.empty() ? "there are " + all : "did you mean '" + near + "'?");
}

const Planner::Name& Planner::event_field(const Expression& /*expression*/, const std::string& name,
                                          const std::vector<std::string>& path) {
  auto& event = plan_.event;
  const std::array<std::pair<std::string_view, std::optional<std::size_t>*>, 6> system = {{
      {"@timestamp", &event.timestamp},
      {"@ingestionTime", &event.ingestion_time},
      {"@message", &event.message},
      {"@logStream", &event.log_stream},
      {"@log", &event.log},
      {"@ptr", &event.ptr},
  }};
  Name fresh;
  fresh.slot = new_slot();
  const auto* const known = std::find_if(system.begin(), system.end(),
                                         [&](const auto& row) { return row.first == name; });
  if (known != system.end()) {
    *known->second = fresh.slot;
    fresh.need = name == "@message" ? Need::message : Need::nothing;
  } else if (!name.starts_with('@') || name.starts_with("@@")) {
    // A JSON field that begins with @ is written with two of them.
    std::vector<std::string> members = path;
    if (name.starts_with("@@")) members.front().erase(0, 1);
    plan_.fields.add(members, fresh.slot);
    fresh.need = Need::fields;
  }
  return names_.emplace(name, fresh).first->second;
}

NodePtr Planner::read(const Name& name, bool keeps_json) {
  // Between the event and this place the value must be carried over the rows that are collected.
  for (std::size_t i = name.segment; i < plan_.segments.size(); ++i) {
    auto* const collect = std::get_if<Collect>(&plan_.segments[i].end);
    if (collect == nullptr) continue;
    auto& captures = collect->captures;
    const bool is_there = std::any_of(captures.begin(), captures.end(),
                                      [&](const Capture& one) { return one.slot == name.slot; });
    if (!is_there) captures.push_back({name.slot, slot_node(name.slot, name.need, true)});
  }
  return slot_node(name.slot, name.need, keeps_json);
}

const PathGroup& Planner::path_group(std::size_t whole) {
  PathGroup& group = path_groups_[whole];
  if (!group.paths) group = {std::make_shared<JsonPaths>(), new_slot()};
  return group;
}

NodePtr Planner::field(const Expression& expression, bool keeps_json) {
  const Name* known = find(expression.text);
  const auto& path = expression.path;
  if (known == nullptr && path.size() > 1) {
    // The longest beginning that is a name of its own; the rest is looked for within its value.
    for (std::size_t count = path.size() - 1; count > 0; --count) {
      std::string head = path.front();
      for (std::size_t i = 1; i < count; ++i) head += "." + path[i];
      const Name* const whole = find(head);
      if (whole == nullptr || !whole->is_computed) continue;
      return path_node(read(*whole, true), path_group(whole->slot),
                       {path.begin() + static_cast<std::ptrdiff_t>(count), path.end()}, new_slot());
    }
  }
  if (known == nullptr) {
    if (stats_count_ > 0) fail_unknown(expression);
    known = &event_field(expression, expression.text, path);
  }
  if (is_in_stats_ && known->is_redefined) fail_unknown(expression);
  // A value that was made (jsonParse, unnest) is kept whatever it is.
  return read(*known, keeps_json || known->is_computed);
}

NodePtr Planner::special(const Expression& expression) {
  if (expression.type == ExpressionType::call) {
    if (stats_count_ > 0) {
      // `sort count(*)` means the column of that name.
      if (const Name* const column = find(written(expression.span))) return read(*column, true);
    }
    if (aggregate_kind(expression.text)) {
      throw MalformedQuery("E0603", expression.span,
                           "the aggregate " + expression.text + "() stands outside of stats",
                           "stats ... as NAME, then use NAME");
    }
  }
  return nullptr;
}

/// Names in the list of `stats`: its keys, the columns before, and aggregates.
class StatsScope final : public Scope {
 public:
  StatsScope(Planner& planner, Stats& stats) : planner_(planner), stats_(stats) {}

  Planner::Names names;

  NodePtr field(const Expression& expression, bool keeps_json) override {
    const auto found = names.find(expression.text);
    if (found != names.end()) return slot_node(found->second.slot, Need::nothing, keeps_json);
    throw MalformedQuery(
        "E0605", expression.span,
        "'" + expression.text + "' is neither an aggregate nor a key of stats",
        "put it into an aggregate, such as latest(" + expression.text + "), or behind by");
  }

  NodePtr special(const Expression& expression) override {
    if (expression.type != ExpressionType::call) return nullptr;
    const auto kind = aggregate_kind(expression.text);
    if (!kind) {
      const auto key = names.find(planner_.written(expression.span));
      if (key == names.end()) return nullptr;
      return slot_node(key->second.slot, Need::nothing, true);
    }
    AggregateResult result;
    result.percent = percent_of(expression, *kind);
    result.aggregate = aggregate(expression, *kind);
    result.slot = planner_.new_slot();
    stats_.results.push_back(result);
    ++aggregates_used;
    return slot_node(result.slot, Need::nothing, true);
  }

  [[nodiscard]] std::int64_t now_s() const override { return planner_.now_s(); }

  std::size_t aggregates_used = 0;

 private:
  static double percent_of(const Expression& call, AggregateKind kind) {
    const auto& arguments = call.arguments;
    if (kind != AggregateKind::percentile) {
      const bool is_good =
          arguments.size() == 1 || (kind == AggregateKind::count && arguments.empty());
      if (is_good) return 0;
      throw MalformedQuery(
          "E0603", call.span,
          call.text + "() takes 1 argument, not " + std::to_string(arguments.size()));
    }
    const bool is_good = arguments.size() == 2 && arguments[1]->type == ExpressionType::number &&
                         arguments[1]->number <= 100;
    if (is_good) return arguments[1]->number;
    throw MalformedQuery("E0603", call.span,
                         call.text + "() takes a field and a percentage from 0 to 100",
                         "pct(latency, 95)");
  }

  /// The percentiles of one field share what they know.
  std::size_t aggregate(const Expression& call, AggregateKind kind) {
    const std::string argument =
        call.arguments.empty() ? "" : planner_.written(call.arguments.front()->span);
    const auto known = std::find(keys_.begin(), keys_.end(), std::pair(kind, argument));
    if (known != keys_.end()) return static_cast<std::size_t>(known - keys_.begin());
    AggregateSpec spec;
    spec.kind = kind;
    if (!call.arguments.empty()) spec.argument = compile(*call.arguments.front(), planner_);
    stats_.aggregates.push_back(std::move(spec));
    keys_.emplace_back(kind, argument);
    return keys_.size() - 1;
  }

  Planner& planner_;
  Stats& stats_;
  std::vector<std::pair<AggregateKind, std::string>> keys_;
};

void Planner::take_stats(const Command& command) {
  if (stats_count_ == 2) {
    throw MalformedQuery("E0606", command.span, "a query has at most two stats commands");
  }
  if (stats_count_ == 1 && (has_sort_ || has_limit_)) {
    throw MalformedQuery("E0601", command.span,
                         "sort and limit cannot stand between two stats commands",
                         "put them behind the second stats");
  }
  Stats stats;
  stats.span = command.span;
  StatsScope scope(*this, stats);
  is_in_stats_ = true;
  const auto add_name = [&](const std::string& name) {
    Name fresh;
    fresh.slot = new_slot();
    fresh.segment = plan_.segments.size() + 1;
    fresh.is_computed = true;
    scope.names[name] = fresh;
    return fresh.slot;
  };
  std::vector<std::string> columns;
  for (const Item& item : command.by) {
    NodePtr node = compile(*item.expression, *this);
    stats.keys.push_back({std::move(node), add_name(item.name)});
    columns.push_back(item.name);
  }
  std::vector<Step> steps;  // What the next segment begins with.
  for (const Item& item : command.items) {
    Step step;
    step.type = StepType::compute;
    step.node = compile(*item.expression, scope);
    step.slots = {add_name(item.name)};
    steps.push_back(std::move(step));
    columns.push_back(item.name);
  }
  if (scope.aggregates_used == 0) {
    throw MalformedQuery("E0603", command.span, "stats without an aggregate",
                         "such as count(*), avg(latency) or pct(latency, 95)");
  }
  is_in_stats_ = false;
  order_.clear();  // The order of rows means nothing to a group.
  segment_.end = std::move(stats);
  plan_.segments.push_back(std::exchange(segment_, {}));
  segment_.steps = std::move(steps);
  names_ = std::move(scope.names);
  columns_.clear();
  for (const std::string& column : columns) show(column);
  has_columns_ = true;
  has_sort_ = has_limit_ = takes_events_ = false;
  ++stats_count_;
}

}  // namespace hoplab::report::insights
