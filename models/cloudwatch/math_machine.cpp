#include "models/cloudwatch/math_machine.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "sim/random.hpp"

namespace hoplab::models::cloudwatch {
namespace {

/// From multiplications where the exponent is whole and small, else from exp and log.
double power(double base, double exponent) {
  constexpr double multiplied_up_to = 64;
  const double whole = std::floor(exponent);
  if (whole == exponent && std::abs(exponent) <= multiplied_up_to) {
    double result = 1;
    for (double i = 0; i < std::abs(exponent); ++i) result *= base;
    return exponent < 0 ? 1 / result : result;
  }
  if (base == 0 && exponent > 0) return 0;
  if (!(base > 0)) return std::nan("");
  constexpr double exponent_max = 699;
  const double scaled = exponent * sim::portable_log(base);
  if (scaled < -exponent_max) return 0;
  return scaled > exponent_max ? std::nan("") : sim::portable_exp(scaled);
}

double truth(bool value) { return value ? 1 : 0; }

/// Percent plus percent are percent, and twice as many; percent of percent are not.
bool keeps_unit(std::string_view name, const MathValue& left, const MathValue& right) {
  if (name == "+" || name == "-") return true;
  const bool by_number = std::holds_alternative<double>(right);
  return (name == "/" && by_number) ||
         (name == "*" && (by_number || std::holds_alternative<double>(left)));
}

void clear_unit(MathValue& value) {
  if (auto* series = std::get_if<TimeSeries>(&value)) series->unit.clear();
  if (auto* list = std::get_if<SeriesList>(&value)) {
    for (TimeSeries& it : *list) it.unit.clear();
  }
}

MathOperator operator_named(const std::string& name) {
  static const std::vector<std::pair<std::string, MathOperator>> all = {
      {"+", [](double a, double b) { return a + b; }},
      {"-", [](double a, double b) { return a - b; }},
      {"*", [](double a, double b) { return a * b; }},
      {"/", [](double a, double b) { return a / b; }},
      {"^", power},
      {"==", [](double a, double b) { return truth(a == b); }},
      {"!=", [](double a, double b) { return truth(a != b); }},
      {"<", [](double a, double b) { return truth(a < b); }},
      {"<=", [](double a, double b) { return truth(a <= b); }},
      {">", [](double a, double b) { return truth(a > b); }},
      {">=", [](double a, double b) { return truth(a >= b); }},
      {"AND", [](double a, double b) { return truth(a != 0 && b != 0); }},
      {"OR", [](double a, double b) { return truth(a != 0 || b != 0); }}};
  const auto found = std::ranges::find(all, name, &std::pair<std::string, MathOperator>::first);
  HOPLAB_ASSERT(found != all.end(), "the parser knows the operators");
  return found->second;
}

TimeSeries with_right(const TimeSeries& left, double right, const MathOperator& function) {
  return each_point(left, [&](double value) { return function(value, right); });
}

TimeSeries with_left(double left, const TimeSeries& right, const MathOperator& function) {
  return each_point(right, [&](double value) { return function(left, value); });
}

/// Of each pair of kinds that may meet; nothing for two arrays.
struct Combine {
  const MathOperator& function;

  MathMachine::Result operator()(double a, double b) const { return function(a, b); }
  MathMachine::Result operator()(const TimeSeries& a, double b) const {
    return with_right(a, b, function);
  }
  MathMachine::Result operator()(double a, const TimeSeries& b) const {
    return with_left(a, b, function);
  }
  MathMachine::Result operator()(const TimeSeries& a, const TimeSeries& b) const {
    return each_pair(a, b, function);
  }
  template <typename Other>
  MathMachine::Result operator()(const SeriesList& a, const Other& b) const {
    SeriesList list;
    for (const TimeSeries& it : a) list.push_back(std::get<TimeSeries>(*(*this)(it, b)));
    return list;
  }
  template <typename Other>
  MathMachine::Result operator()(const Other& a, const SeriesList& b) const {
    SeriesList list;
    for (const TimeSeries& it : b) {
      list.push_back(std::get<TimeSeries>(*(*this)(a, it)));
      list.back().label = it.label;
    }
    return list;
  }
  MathMachine::Result operator()(const SeriesList& /*a*/, const SeriesList& /*b*/) const {
    return std::nullopt;
  }
};

}  // namespace

bool is_finite(double value) { return value - value == 0; }

std::string_view kind_name(const MathValue& value) {
  if (std::holds_alternative<double>(value)) return "a number";
  return std::holds_alternative<TimeSeries>(value) ? "a time series" : "an array of time series";
}

// --- Series ------------------------------------------------------------------------------------

TimeSeries each_point(const TimeSeries& series, const MathFunction& function) {
  TimeSeries result = series;
  result.points.clear();
  for (const DataPoint& point : series.points) {
    const double value = function(point.value);
    if (is_finite(value)) result.points.push_back({point.at, value});
  }
  return result;
}

TimeSeries each_pair(const TimeSeries& left, const TimeSeries& right,
                     const MathOperator& function) {
  TimeSeries result = left;
  result.points.clear();
  if (left.unit != right.unit) result.unit.clear();
  std::size_t l = 0;
  std::size_t r = 0;
  while (l < left.points.size() || r < right.points.size()) {
    const bool has_left = l < left.points.size() &&
                          (r == right.points.size() || left.points[l].at <= right.points[r].at);
    const bool has_right = r < right.points.size() &&
                           (l == left.points.size() || right.points[r].at <= left.points[l].at);
    const WallTime at = has_left ? left.points[l].at : right.points[r].at;
    const double value =
        function(has_left ? left.points[l++].value : 0, has_right ? right.points[r++].value : 0);
    if (is_finite(value)) result.points.push_back({at, value});
  }
  return result;
}

std::vector<WallTime> timestamps_of(const SeriesList& list) {
  std::vector<WallTime> all;
  for (const TimeSeries& series : list) {
    for (const DataPoint& point : series.points) all.push_back(point.at);
  }
  std::ranges::sort(all);
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

std::vector<WallTime> timestamps_of(TimeRange range, Period period) {
  std::vector<WallTime> all;
  for (WallTime at = range.from; at < range.to; at += period) all.push_back(at);
  return all;
}

const DataPoint* point_at(const TimeSeries& series, WallTime at) {
  const auto found = std::ranges::lower_bound(series.points, at, {}, &DataPoint::at);
  return found != series.points.end() && found->at == at ? &*found : nullptr;
}

// --- The machine -------------------------------------------------------------------------------

sim::SourceMark MathMachine::mark_of(const MathNode& node) const {
  sim::SourceMark mark = expression_.mark();
  mark.column += node.column - 1;
  return mark;
}

std::nullopt_t MathMachine::refuse(const MathNode& node, const std::string& message,
                                   const std::string& hint) {
  diagnostics_.error(mark_of(node), "E0905", message, hint);
  return std::nullopt;
}

MathMachine::Result MathMachine::value(const MathNode& node) {
  switch (node.kind) {
    case MathNode::Kind::number:
      return node.value;
    case MathNode::Kind::id:
      return id_value(node);
    case MathNode::Kind::list:
      return list_value(node);
    case MathNode::Kind::call:
      return call_value(node);
    case MathNode::Kind::binary:
      return binary_value(node);
    case MathNode::Kind::minus: {
      const Result of = value(node.parts[0]);
      if (!of) return std::nullopt;
      static const MathOperator times = operator_named("*");
      return std::visit([](const auto& it) { return Combine{times}(-1.0, it); }, *of);
    }
    case MathNode::Kind::text:
      return refuse(node, "a text stands for no value", "METRICS(\"text\") and SEARCH take texts");
    case MathNode::Kind::word:
      break;
  }
  return refuse(node, fmt::format("'{}' stands for no value", node.text),
                "ids begin with a small letter; functions take parentheses");
}

MathMachine::Result MathMachine::id_value(const MathNode& node) {
  std::vector<std::string> known;
  for (const NamedValue& it : context_.values) {
    if (it.id == node.text) return it.value;
    known.push_back(it.id);
  }
  const std::string near = sim::nearest_name(node.text, known);
  std::string hint = near.empty() ? "" : fmt::format("did you mean '{}'?", near);
  diagnostics_.error(mark_of(node), "E0904", fmt::format("there is no id '{}'", node.text), hint);
  return std::nullopt;
}

MathMachine::Result MathMachine::list_value(const MathNode& node) {
  SeriesList list;
  for (const MathNode& part : node.parts) {
    const Result one = value(part);
    if (!one) return std::nullopt;
    if (std::holds_alternative<double>(*one)) {
      return refuse(part, "an array holds time series, and this is a number",
                    "TIME_SERIES(5) makes a series of a number");
    }
    if (const auto* series = std::get_if<TimeSeries>(&*one)) {
      list.push_back(*series);
    } else {
      const auto& more = std::get<SeriesList>(*one);
      list.insert(list.end(), more.begin(), more.end());
    }
    if (!fits(list, node)) return std::nullopt;
  }
  return list;
}

bool MathMachine::fits(const SeriesList& list, const MathNode& node) {
  std::size_t points = 0;
  for (const TimeSeries& it : list) points += it.points.size();
  if (list.size() <= series_max && points <= points_max) return true;
  refuse(node,
         list.size() > series_max ? fmt::format("an array holds at most {} series", series_max)
                                  : fmt::format("an array holds at most {} points", points_max),
         "name fewer, or ask for less time");
  return false;
}

MathMachine::Result MathMachine::binary_value(const MathNode& node) {
  const Result left = value(node.parts[0]);
  if (!left) return std::nullopt;
  const Result right = value(node.parts[1]);
  if (!right) return std::nullopt;
  const MathOperator function = operator_named(node.text);
  Result result = std::visit(Combine{function}, *left, *right);
  if (result && !keeps_unit(node.text, *left, *right)) clear_unit(*result);
  if (result) return result;
  return refuse(node, fmt::format("'{}' does not take two arrays of time series", node.text),
                "SUM(), AVG(), FIRST() and others make one series of an array");
}

MathMachine::Result MathMachine::call_value(const MathNode& node) {
  const auto& rows = math_functions();
  const auto row = std::ranges::find(rows, node.text, &MathFunctionRow::name);
  HOPLAB_ASSERT(row != rows.end(), "the parser knows the functions");
  const std::size_t given = node.parts.size();
  if (given < row->arguments_min || given > row->arguments_max) {
    const std::string wanted =
        row->arguments_min == row->arguments_max
            ? fmt::format("{}", row->arguments_min)
            : fmt::format("{} to {}", row->arguments_min, row->arguments_max);
    return refuse(node,
                  fmt::format("{} takes {} argument{}, not {}", node.text, wanted,
                              wanted == "1" ? "" : "s", given),
                  fmt::format("such as {}", row->usage));
  }
  return row->call(*this, node);
}

std::optional<TimeSeries> MathMachine::series_at(const MathNode& call, std::size_t index) {
  const Result result = value(call.parts[index]);
  if (!result) return std::nullopt;
  if (const auto* series = std::get_if<TimeSeries>(&*result)) return *series;
  return refuse(call.parts[index], fmt::format("{} wants a time series here, and this is {}",
                                               call.text, kind_name(*result)));
}

std::optional<SeriesList> MathMachine::list_at(const MathNode& call, std::size_t index) {
  const Result result = value(call.parts[index]);
  if (!result) return std::nullopt;
  if (const auto* list = std::get_if<SeriesList>(&*result)) return *list;
  return refuse(call.parts[index],
                fmt::format("{} wants an array of time series here, and this is {}", call.text,
                            kind_name(*result)),
                "write METRICS() or [m1, m2]");
}

std::optional<double> MathMachine::number_at(const MathNode& call, std::size_t index) {
  const Result result = value(call.parts[index]);
  if (!result) return std::nullopt;
  if (const auto* number = std::get_if<double>(&*result)) return *number;
  return refuse(call.parts[index], fmt::format("{} wants a number here, and this is {}", call.text,
                                               kind_name(*result)));
}

std::optional<std::string> MathMachine::word_at(const MathNode& call, std::size_t index,
                                                const std::vector<std::string>& words) {
  const MathNode& node = call.parts[index];
  const bool is_word = node.kind == MathNode::Kind::word;
  if (is_word && std::ranges::find(words, node.text) != words.end()) return node.text;
  std::string all;
  for (const std::string& word : words) all += (all.empty() ? "" : ", ") + word;
  return refuse(node, fmt::format("{} wants one of {} here", call.text, all));
}

std::optional<MathValue> evaluate(const MathExpression& expression, const MathContext& context,
                                  sim::Diagnostics& diagnostics) {
  return MathMachine(expression, context, diagnostics).value(expression.root());
}

std::optional<SeriesList> evaluate_series(const MathExpression& expression,
                                          const MathContext& context,
                                          sim::Diagnostics& diagnostics) {
  const auto value = evaluate(expression, context, diagnostics);
  if (!value) return std::nullopt;
  if (const auto* list = std::get_if<SeriesList>(&*value)) return *list;
  if (const auto* series = std::get_if<TimeSeries>(&*value)) return SeriesList{*series};
  diagnostics.error(expression.mark(), "E0906",
                    "the result is a number, and must be a time series or an array of them",
                    "TIME_SERIES(...) makes a series of it");
  return std::nullopt;
}

}  // namespace hoplab::models::cloudwatch
