#include "report/insights/node.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "report/insights/functions.hpp"
#include "report/insights/json_value.hpp"
#include "report/insights/pattern.hpp"
#include "sim/diagnostic.hpp"

namespace hoplab::report::insights {
namespace {

class Constant final : public Node {
 public:
  explicit Constant(const Value& value) : value_(value) {}
  [[nodiscard]] Value value(Frame& /*frame*/) const override { return value_.view(); }

 private:
  OwnedValue value_;
};

class Slot final : public Node {
 public:
  Slot(std::size_t slot, Need need, bool keeps_json)
      : slot_(slot), need_(need), keeps_json_(keeps_json) {}
  [[nodiscard]] Value value(Frame& frame) const override {
    if (need_ != Need::nothing && frame.loader != nullptr) frame.loader->load(need_, frame);
    const Value& value = frame.slots[slot_];
    return value.kind == Kind::json && !keeps_json_ ? Value() : value;
  }

 private:
  std::size_t slot_;
  Need need_;
  bool keeps_json_;
};

/// The first of a group that is looked at in a row finds the values of all.
class JsonPath final : public Node {
 public:
  JsonPath(NodePtr whole, PathGroup group, std::size_t slot)
      : whole_(std::move(whole)), group_(std::move(group)), slot_(slot) {}
  [[nodiscard]] Value value(Frame& frame) const override {
    const Value whole = whole_->value(frame);
    if (whole.kind != Kind::json) return {};
    Value& last = frame.slots[group_.read_slot];
    const auto age = static_cast<double>(frame.arena.age());
    const bool is_read = last.kind == Kind::json && last.number == age &&
                         last.text.data() == whole.text.data() &&
                         last.text.size() == whole.text.size();
    if (!is_read) {
      last = {Kind::json, age, whole.text};
      group_.paths->read(whole.text, frame.slots, frame.arena);
    }
    return frame.slots[slot_];
  }

 private:
  NodePtr whole_;
  PathGroup group_;
  std::size_t slot_;
};

class Both final : public Node {
 public:
  Both(NodePtr left, NodePtr right, bool stops_at)
      : left_(std::move(left)), right_(std::move(right)), stops_at_(stops_at) {}
  [[nodiscard]] Value value(Frame& frame) const override {
    if (is_true(left_->value(frame)) == stops_at_) return boolean_value(stops_at_);
    return boolean_value(is_true(right_->value(frame)));
  }

 private:
  NodePtr left_;
  NodePtr right_;
  bool stops_at_;  ///< `or` needs no second side when the first is true, `and` when it is false.
};

class Inverse final : public Node {
 public:
  explicit Inverse(NodePtr inner) : inner_(std::move(inner)) {}
  [[nodiscard]] Value value(Frame& frame) const override {
    return boolean_value(!is_true(inner_->value(frame)));
  }

 private:
  NodePtr inner_;
};

enum class Relation : std::uint8_t { equal, unequal, less, at_most, more, at_least };

bool holds(Relation relation, int order) {
  switch (relation) {
    case Relation::equal:
      return order == 0;
    case Relation::unequal:
      return order != 0;
    case Relation::less:
      return order < 0;
    case Relation::at_most:
      return order <= 0;
    case Relation::more:
      return order > 0;
    case Relation::at_least:
      return order >= 0;
  }
  return false;
}

/// A comparison with a missing value does not hold, except that it is unequal to everything.
class Comparison final : public Node {
 public:
  Comparison(Relation relation, NodePtr left, NodePtr right)
      : relation_(relation), left_(std::move(left)), right_(std::move(right)) {}
  [[nodiscard]] Value value(Frame& frame) const override {
    const Value left = left_->value(frame);
    const Value right = right_->value(frame);
    if (left.is_missing() || right.is_missing()) {
      return boolean_value(relation_ == Relation::unequal);
    }
    return boolean_value(holds(relation_, compare_plainly(left, right)));
  }

 private:
  Relation relation_;
  NodePtr left_;
  NodePtr right_;
};

/// The usual comparison: with a constant that is a text and no number.
class TextComparison final : public Node {
 public:
  TextComparison(bool is_equal, NodePtr left, std::string text)
      : is_equal_(is_equal), left_(std::move(left)), text_(std::move(text)) {}
  [[nodiscard]] Value value(Frame& frame) const override {
    const Value left = left_->value(frame);
    if (left.kind == Kind::text) return boolean_value((left.text == text_) == is_equal_);
    if (left.is_missing()) return boolean_value(!is_equal_);
    return boolean_value((compare_plainly(left, text_value(text_)) == 0) == is_equal_);
  }

 private:
  bool is_equal_;
  NodePtr left_;
  std::string text_;
};

/// The other usual one: with a constant number.
class NumberComparison final : public Node {
 public:
  NumberComparison(Relation relation, NodePtr left, const Value& right, double number)
      : relation_(relation), left_(std::move(left)), right_(right), number_(number) {}
  [[nodiscard]] Value value(Frame& frame) const override {
    const Value left = left_->value(frame);
    if (left.is_missing()) return boolean_value(relation_ == Relation::unequal);
    const auto number = number_of(left);
    if (!number) return boolean_value(holds(relation_, compare_plainly(left, right_.view())));
    return boolean_value(
        holds(relation_, *number < number_ ? -1 : static_cast<int>(*number > number_)));
  }

 private:
  Relation relation_;
  NodePtr left_;
  OwnedValue right_;
  double number_;
};

class Element final : public Node {
 public:
  Element(NodePtr left, std::vector<NodePtr> list)
      : left_(std::move(left)), list_(std::move(list)) {}
  [[nodiscard]] Value value(Frame& frame) const override {
    const Value left = left_->value(frame);
    if (left.is_missing()) return boolean_value(false);
    return boolean_value(std::any_of(list_.begin(), list_.end(), [&](const NodePtr& node) {
      const Value one = node->value(frame);
      return !one.is_missing() && compare_plainly(left, one) == 0;
    }));
  }

 private:
  NodePtr left_;
  std::vector<NodePtr> list_;
};

/// The text that `like` looks at.
std::string_view searched_text(const Value& value, Frame& frame) {
  return value.kind == Kind::text || value.kind == Kind::json ? value.text
                                                              : frame.arena.keep(shown(value));
}

class Contains final : public Node {
 public:
  Contains(NodePtr left, std::string text) : left_(std::move(left)), text_(std::move(text)) {}
  [[nodiscard]] Value value(Frame& frame) const override {
    const Value left = left_->value(frame);
    if (left.is_missing()) return boolean_value(false);
    return boolean_value(searched_text(left, frame).find(text_) != std::string_view::npos);
  }

 private:
  NodePtr left_;
  std::string text_;
};

class Matches final : public Node {
 public:
  Matches(NodePtr left, RegularExpression pattern)
      : left_(std::move(left)), pattern_(std::move(pattern)) {}
  [[nodiscard]] Value value(Frame& frame) const override {
    const Value left = left_->value(frame);
    if (left.is_missing()) return boolean_value(false);
    return boolean_value(pattern_.is_in(searched_text(left, frame)));
  }

 private:
  NodePtr left_;
  RegularExpression pattern_;
};

double calculated(char sign, double left, double right) {
  switch (sign) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '%':
      return std::fmod(left, right);
    default:
      return std::pow(left, right);
  }
}

/// Missing unless both are numbers and the result is one (nothing is divided by 0).
class Arithmetic final : public Node {
 public:
  Arithmetic(char sign, NodePtr left, NodePtr right)
      : sign_(sign), left_(std::move(left)), right_(std::move(right)) {}
  [[nodiscard]] Value value(Frame& frame) const override {
    const auto left = number_of(left_->value(frame));
    const auto right = left ? number_of(right_->value(frame)) : std::nullopt;
    if (!left || !right) return {};
    const double result = calculated(sign_, *left, *right);
    return std::isfinite(result) ? number_value(result) : Value();
  }

 private:
  char sign_;
  NodePtr left_;
  NodePtr right_;
};

class Call final : public Node {
 public:
  Call(const Function& function, std::vector<NodePtr> arguments)
      : function_(function), arguments_(std::move(arguments)) {}
  [[nodiscard]] Value value(Frame& frame) const override {
    constexpr std::size_t few = 4;
    if (arguments_.size() > few) {
      std::vector<Value> values;
      for (const NodePtr& argument : arguments_) values.push_back(argument->value(frame));
      return function_.call(values, frame.arena);
    }
    std::array<Value, few> values;
    for (std::size_t i = 0; i < arguments_.size(); ++i) values[i] = arguments_[i]->value(frame);
    return function_.call({values.data(), arguments_.size()}, frame.arena);
  }

 private:
  const Function& function_;
  std::vector<NodePtr> arguments_;
};

class PeriodBorder final : public Node {
 public:
  PeriodBorder(NodePtr instant, Period period, bool is_ceil)
      : instant_(std::move(instant)), period_(period), is_ceil_(is_ceil) {}
  [[nodiscard]] Value value(Frame& frame) const override {
    constexpr double far = 9e15;
    const auto number = number_of(instant_->value(frame));
    if (!number || std::fabs(*number) > far) return {};
    const auto at_ms = static_cast<std::int64_t>(std::floor(*number));
    return instant_value(is_ceil_ ? period_ceil(at_ms, period_) : period_floor(at_ms, period_));
  }

 private:
  NodePtr instant_;
  Period period_;
  bool is_ceil_;
};

[[noreturn]] void fail_arguments(const Expression& call, const std::string& wanted) {
  throw MalformedQuery("E0603", call.span,
                       call.text + "() takes " + wanted + ", not " +
                           std::to_string(call.arguments.size()) + " argument" +
                           (call.arguments.size() == 1 ? "" : "s"));
}

NodePtr compile_period(const Expression& call, Scope& scope) {
  const bool is_bin = call.text == "bin";
  const std::size_t wanted = is_bin ? 1 : 2;
  const bool is_good =
      call.arguments.size() == wanted && call.arguments.back()->type == ExpressionType::period;
  if (!is_good) fail_arguments(call, is_bin ? "a period: bin(5m)" : "an instant and a period");
  NodePtr instant;
  if (is_bin) {
    Expression timestamp;
    timestamp.type = ExpressionType::field;
    timestamp.span = call.span;
    timestamp.text = "@timestamp";
    timestamp.path = {"@timestamp"};
    instant = scope.field(timestamp, false);
  } else {
    instant = compile(*call.arguments.front(), scope);
  }
  return std::make_unique<PeriodBorder>(std::move(instant), call.arguments.back()->period,
                                        call.text == "dateceil");
}

NodePtr compile_argument(const Expression& argument, Scope& scope, bool keeps_json) {
  const bool is_field = keeps_json && argument.type == ExpressionType::field;
  return is_field ? scope.field(argument, true) : compile(argument, scope);
}

NodePtr compile_call(const Expression& call, Scope& scope) {
  if (call.text == "bin" || call.text == "datefloor" || call.text == "dateceil") {
    return compile_period(call, scope);
  }
  if (call.text == "now") {
    if (!call.arguments.empty()) fail_arguments(call, "nothing");
    return std::make_unique<Constant>(number_value(static_cast<double>(scope.now_s())));
  }
  const Function* const function = find_function(call.text);
  if (function == nullptr) {
    const std::string near = sim::nearest_name(call.text, function_names());
    throw MalformedQuery("E0603", call.span, "unknown function '" + call.text + "'",
                         near.empty() ? "" : "did you mean '" + near + "'?");
  }
  const std::size_t count = call.arguments.size();
  if (count < function->arguments_min || count > function->arguments_max) {
    const std::string least = std::to_string(function->arguments_min);
    const std::string most = std::to_string(function->arguments_max);
    fail_arguments(call, least == most ? least : least + " to " + most);
  }
  std::vector<NodePtr> arguments;
  for (const ExpressionPtr& argument : call.arguments) {
    arguments.push_back(compile_argument(*argument, scope, call.text == "jsonstringify"));
  }
  return std::make_unique<Call>(*function, std::move(arguments));
}

std::optional<Relation> relation_of(std::string_view sign) {
  if (sign == "=") return Relation::equal;
  if (sign == "!=") return Relation::unequal;
  if (sign == "<") return Relation::less;
  if (sign == "<=") return Relation::at_most;
  if (sign == ">") return Relation::more;
  if (sign == ">=") return Relation::at_least;
  return std::nullopt;
}

NodePtr compile_comparison(Relation relation, NodePtr left, const Expression& right, Scope& scope) {
  const bool is_equality = relation == Relation::equal || relation == Relation::unequal;
  if (right.type == ExpressionType::text || right.type == ExpressionType::number) {
    const Value constant =
        right.type == ExpressionType::text ? text_value(right.text) : number_value(right.number);
    if (const auto number = number_of(constant)) {
      return std::make_unique<NumberComparison>(relation, std::move(left), constant, *number);
    }
    if (is_equality) {
      return std::make_unique<TextComparison>(relation == Relation::equal, std::move(left),
                                              right.text);
    }
  }
  return std::make_unique<Comparison>(relation, std::move(left), compile(right, scope));
}

NodePtr compile_operation(const Expression& expression, Scope& scope) {
  const std::string& sign = expression.text;
  NodePtr left = compile(*expression.arguments[0], scope);
  if (const auto relation = relation_of(sign)) {
    return compile_comparison(*relation, std::move(left), *expression.arguments[1], scope);
  }
  NodePtr right = compile(*expression.arguments[1], scope);
  if (sign == "and" || sign == "or") {
    return std::make_unique<Both>(std::move(left), std::move(right), sign == "or");
  }
  return std::make_unique<Arithmetic>(sign.front(), std::move(left), std::move(right));
}

NodePtr compile_element(const Expression& expression, Scope& scope) {
  std::vector<NodePtr> list;
  for (std::size_t i = 1; i < expression.arguments.size(); ++i) {
    list.push_back(compile(*expression.arguments[i], scope));
  }
  return std::make_unique<Element>(compile(*expression.arguments[0], scope), std::move(list));
}

}  // namespace

NodePtr compile(const Expression& expression, Scope& scope) {
  if (NodePtr special = scope.special(expression)) return special;
  const auto& arguments = expression.arguments;
  switch (expression.type) {
    case ExpressionType::number:
      return std::make_unique<Constant>(number_value(expression.number));
    case ExpressionType::text:
      return std::make_unique<Constant>(text_value(expression.text));
    case ExpressionType::boolean:
      return std::make_unique<Constant>(
          Value{Kind::boolean, expression.number, expression.number != 0 ? "true" : "false"});
    case ExpressionType::field:
      return scope.field(expression, false);
    case ExpressionType::call:
      return compile_call(expression, scope);
    case ExpressionType::negative:
      return std::make_unique<Arithmetic>('-', std::make_unique<Constant>(number_value(0)),
                                          compile(*arguments[0], scope));
    case ExpressionType::operation:
      return compile_operation(expression, scope);
    case ExpressionType::inverse:
      return std::make_unique<Inverse>(compile(*arguments[0], scope));
    case ExpressionType::element:
      return compile_element(expression, scope);
    case ExpressionType::contains:
      return std::make_unique<Contains>(compile(*arguments[0], scope), expression.text);
    case ExpressionType::matches:
      return std::make_unique<Matches>(compile(*arguments[0], scope),
                                       RegularExpression(expression.text, expression.span));
    case ExpressionType::period:
      break;
  }
  throw MalformedQuery("E0607", expression.span, "a period stands within bin() or datefloor()");
}

NodePtr slot_node(std::size_t slot, Need need, bool keeps_json) {
  return std::make_unique<Slot>(slot, need, keeps_json);
}

NodePtr path_node(NodePtr whole, const PathGroup& group, std::vector<std::string> path,
                  std::size_t slot) {
  slot = group.paths->add(std::move(path), slot);
  return std::make_unique<JsonPath>(std::move(whole), group, slot);
}

std::string needed_text(const Expression& condition) {
  const auto& arguments = condition.arguments;
  const bool is_and = condition.type == ExpressionType::operation && condition.text == "and";
  if (is_and) {
    const std::string left = needed_text(*arguments[0]);
    const std::string right = needed_text(*arguments[1]);
    return left.size() >= right.size() ? left : right;
  }
  const auto is_from_line = [](const Expression& side) {
    return side.type == ExpressionType::field;
  };
  if (condition.type == ExpressionType::contains && is_from_line(*arguments[0])) {
    return condition.text;
  }
  const bool is_equality = condition.type == ExpressionType::operation && condition.text == "=" &&
                           is_from_line(*arguments[0]) &&
                           arguments[1]->type == ExpressionType::text &&
                           !parse_number(arguments[1]->text);
  return is_equality ? arguments[1]->text : "";
}

}  // namespace hoplab::report::insights
