// The functions of metric math that pick, fill, sort and find series.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "models/cloudwatch/math_machine.hpp"
#include "models/cloudwatch/metric_query.hpp"
#include "models/cloudwatch/statistic.hpp"

namespace hoplab::models::cloudwatch {
namespace {

using Result = MathMachine::Result;

// --- FILL --------------------------------------------------------------------------------------

TimeSeries filled_with(const TimeSeries& series, TimeRange range,
                       const std::function<double(WallTime)>& filler) {
  TimeSeries result = series;
  result.points.clear();
  for (const WallTime at : timestamps_of(range, series.period)) {
    const DataPoint* point = point_at(series, at);
    const double value = point != nullptr ? point->value : filler(at);
    if (is_finite(value)) result.points.push_back({at, value});
  }
  return result;
}

/// What was there last; nothing before the first point.
TimeSeries filled_by_repeating(const TimeSeries& series, TimeRange range) {
  return filled_with(series, range, [&](WallTime at) {
    const auto after = std::ranges::upper_bound(series.points, at, {}, &DataPoint::at);
    return after == series.points.begin() ? std::nan("") : std::prev(after)->value;
  });
}

/// On the line between the neighbours; nothing outside of them.
TimeSeries filled_by_lines(const TimeSeries& series, TimeRange range) {
  return filled_with(series, range, [&](WallTime at) {
    const auto after = std::ranges::upper_bound(series.points, at, {}, &DataPoint::at);
    if (after == series.points.begin() || after == series.points.end()) return std::nan("");
    const auto before = std::prev(after);
    const double whole = sim::in_seconds(after->at - before->at);
    const double part = sim::in_seconds(at - before->at) / whole;
    return before->value + (after->value - before->value) * part;
  });
}

Result fill(MathMachine& machine, const MathNode& node, const SeriesList& list, bool is_array) {
  const TimeRange range = machine.context().range;
  const MathNode& filler = node.parts[1];
  std::function<TimeSeries(const TimeSeries&)> fill_one;
  Result with;
  if (filler.kind == MathNode::Kind::word) {
    const auto word = machine.word_at(node, 1, {"REPEAT", "LINEAR"});
    if (!word) return std::nullopt;
    const bool repeats = *word == "REPEAT";
    fill_one = [range, repeats](const TimeSeries& series) {
      return repeats ? filled_by_repeating(series, range) : filled_by_lines(series, range);
    };
  } else {
    with = machine.value(filler);
    if (!with) return std::nullopt;
    if (std::holds_alternative<SeriesList>(*with)) {
      return machine.refuse(filler, "FILL wants a number, a time series, REPEAT or LINEAR here");
    }
    fill_one = [range, &with](const TimeSeries& series) {
      return filled_with(series, range, [&](WallTime at) {
        if (const auto* number = std::get_if<double>(&*with)) return *number;
        const DataPoint* point = point_at(std::get<TimeSeries>(*with), at);
        return point == nullptr ? std::nan("") : point->value;
      });
    };
  }
  SeriesList results;
  for (const TimeSeries& series : list) results.push_back(fill_one(series));
  if (is_array) return results;
  return results.front();
}

Result call_fill(MathMachine& machine, const MathNode& node) {
  const Result of = machine.value(node.parts[0]);
  if (!of) return std::nullopt;
  if (const auto* series = std::get_if<TimeSeries>(&*of)) {
    return fill(machine, node, {*series}, false);
  }
  if (const auto* list = std::get_if<SeriesList>(&*of)) return fill(machine, node, *list, true);
  return machine.refuse(node.parts[0], "FILL wants time series, and this is a number");
}

// --- IF ----------------------------------------------------------------------------------------

/// A value at a timestamp; nothing where a series has no point.
std::optional<double> value_at(const MathValue& value, WallTime at) {
  if (const auto* number = std::get_if<double>(&value)) return *number;
  const DataPoint* point = point_at(std::get<TimeSeries>(value), at);
  if (point == nullptr) return std::nullopt;
  return point->value;
}

TimeSeries choose(const TimeSeries& condition, const MathValue& when_true,
                  const MathValue* when_false) {
  TimeSeries result = condition;
  result.unit.clear();
  result.points.clear();
  for (const DataPoint& point : condition.points) {
    std::optional<double> value;
    if (point.value != 0) {
      value = value_at(when_true, point.at).value_or(0);
    } else if (when_false != nullptr) {
      value = value_at(*when_false, point.at);
    }
    if (value) result.points.push_back({point.at, *value});
  }
  return result;
}

Result call_if(MathMachine& machine, const MathNode& node) {
  std::vector<MathValue> values;
  for (const MathNode& part : node.parts) {
    const Result one = machine.value(part);
    if (!one) return std::nullopt;
    if (std::holds_alternative<SeriesList>(*one)) {
      return machine.refuse(part, "IF does not take an array of time series");
    }
    values.push_back(*one);
  }
  const MathValue* when_false = values.size() == 3 ? &values[2] : nullptr;
  if (const auto* condition = std::get_if<TimeSeries>(&values[0])) {
    return choose(*condition, values[1], when_false);
  }
  const bool is_true = std::get<double>(values[0]) != 0;
  const MathValue* chosen = is_true ? &values[1] : when_false;
  const bool has_series = std::ranges::any_of(
      values, [](const MathValue& it) { return std::holds_alternative<TimeSeries>(it); });
  if (!has_series) return machine.refuse(node, "one argument of IF must be a time series");
  if (chosen == nullptr) return TimeSeries{};
  return *chosen;
}

// --- Arrays ------------------------------------------------------------------------------------

Result call_first(MathMachine& machine, const MathNode& node) {
  const auto list = machine.list_at(node, 0);
  if (!list) return std::nullopt;
  return list->empty() ? TimeSeries{} : list->front();
}

Result call_last(MathMachine& machine, const MathNode& node) {
  const auto list = machine.list_at(node, 0);
  if (!list) return std::nullopt;
  return list->empty() ? TimeSeries{} : list->back();
}

Result call_metric_count(MathMachine& machine, const MathNode& node) {
  const auto list = machine.list_at(node, 0);
  if (!list) return std::nullopt;
  return static_cast<double>(list->size());
}

Result call_metrics(MathMachine& machine, const MathNode& node) {
  std::string part;
  if (!node.parts.empty()) {
    if (node.parts[0].kind != MathNode::Kind::text) {
      return machine.refuse(node.parts[0], "METRICS wants a text here",
                            "write METRICS(\"errors\")");
    }
    part = node.parts[0].text;
  }
  SeriesList list;
  for (const NamedValue& it : machine.context().values) {
    const auto* series = std::get_if<TimeSeries>(&it.value);
    if (!it.is_metric || series == nullptr) continue;
    if (it.id.find(part) != std::string::npos) list.push_back(*series);
  }
  return list;
}

Result call_remove_empty(MathMachine& machine, const MathNode& node) {
  auto list = machine.list_at(node, 0);
  if (!list) return std::nullopt;
  std::erase_if(*list, [](const TimeSeries& series) { return series.points.empty(); });
  return *list;
}

/// A number of a SLICE or SORT that counts series.
std::optional<std::size_t> count_at(MathMachine& machine, const MathNode& node, std::size_t index) {
  const auto number = machine.number_at(node, index);
  if (!number) return std::nullopt;
  constexpr double count_max = 1e6;
  if (!(*number >= 0) || *number > count_max || std::floor(*number) != *number) {
    return machine.refuse(node.parts[index],
                          fmt::format("{} counts series from 0 in whole numbers", node.text));
  }
  return static_cast<std::size_t>(*number);
}

Result call_slice(MathMachine& machine, const MathNode& node) {
  const auto list = machine.list_at(node, 0);
  if (!list) return std::nullopt;
  const auto begin = count_at(machine, node, 1);
  if (!begin) return std::nullopt;
  std::optional<std::size_t> end = list->size();
  if (node.parts.size() > 2) end = count_at(machine, node, 2);
  if (!end) return std::nullopt;
  const std::size_t last = std::min(*end, list->size());
  SeriesList part;
  for (std::size_t i = *begin; i < last; ++i) part.push_back((*list)[i]);
  return part;
}

/// What a series is sorted by; series without points come last.
std::optional<double> sort_key(const TimeSeries& series, const std::string& function) {
  if (series.points.empty()) return std::nullopt;
  double sum = 0;
  double least = series.points.front().value;
  double largest = least;
  for (const DataPoint& point : series.points) {
    sum += point.value;
    least = std::min(least, point.value);
    largest = std::max(largest, point.value);
  }
  if (function == "SUM") return sum;
  if (function == "MIN") return least;
  return function == "MAX" ? largest : sum / static_cast<double>(series.points.size());
}

Result call_sort(MathMachine& machine, const MathNode& node) {
  const auto list = machine.list_at(node, 0);
  if (!list) return std::nullopt;
  const auto function = machine.word_at(node, 1, {"AVG", "MIN", "MAX", "SUM"});
  if (!function) return std::nullopt;
  const auto order = machine.word_at(node, 2, {"ASC", "DESC"});
  if (!order) return std::nullopt;
  std::optional<std::size_t> limit = list->size();
  if (node.parts.size() > 3) limit = count_at(machine, node, 3);
  if (!limit) return std::nullopt;
  std::vector<std::pair<std::optional<double>, const TimeSeries*>> keyed;
  for (const TimeSeries& series : *list) keyed.emplace_back(sort_key(series, *function), &series);
  std::ranges::stable_sort(keyed, [&](const auto& a, const auto& b) {
    if (a.first.has_value() != b.first.has_value()) return a.first.has_value();
    if (!a.first) return false;
    const double left = *a.first;
    const double right = *b.first;
    return *order == "ASC" ? left < right : left > right;
  });
  SeriesList sorted;
  for (std::size_t i = 0; i < std::min(*limit, keyed.size()); ++i) {
    sorted.push_back(*keyed[i].second);
  }
  return sorted;
}

// --- Series from elsewhere ---------------------------------------------------------------------

Result call_period(MathMachine& machine, const MathNode& node) {
  const MathNode& id = node.parts[0];
  for (const NamedValue& it : machine.context().values) {
    const auto* series = std::get_if<TimeSeries>(&it.value);
    if (id.kind != MathNode::Kind::id || it.id != id.text || series == nullptr) continue;
    if (it.is_metric) return static_cast<double>(series->period.count());
  }
  return machine.refuse(id, "PERIOD wants the id of a metric", "write PERIOD(m1)");
}

Result call_time_series(MathMachine& machine, const MathNode& node) {
  const auto number = machine.number_at(node, 0);
  if (!number) return std::nullopt;
  TimeSeries result;
  result.period = machine.context().period;
  if (!is_finite(*number)) return result;
  for (const WallTime at : timestamps_of(machine.context().range, result.period)) {
    result.points.push_back({at, *number});
  }
  return result;
}

Result call_band(MathMachine& machine, const MathNode& node) {
  constexpr double deviations = 2;  // Unless the expression says.
  const auto series = machine.series_at(node, 0);
  if (!series) return std::nullopt;
  std::optional<double> k = deviations;
  if (node.parts.size() > 1) k = machine.number_at(node, 1);
  if (!k) return std::nullopt;
  if (!(*k > 0)) return machine.refuse(node.parts[1], "a band is more than 0 deviations wide");
  if (!machine.context().band) return machine.refuse(node, "there is nothing to learn from here");
  return machine.context().band(machine.expression(), node.parts[0], *series, *k);
}

Result call_search(MathMachine& machine, const MathNode& node) {
  for (std::size_t i = 0; i < 2; ++i) {
    if (node.parts[i].kind == MathNode::Kind::text) continue;
    return machine.refuse(node.parts[i], "SEARCH wants a text in quotes here",
                          "SEARCH('{AWS/EC2,InstanceId} CPUUtilization', 'Average', 300)");
  }
  std::optional<double> period = static_cast<double>(machine.context().period.count());
  if (node.parts.size() > 2) period = machine.number_at(node, 2);
  if (!period) return std::nullopt;
  constexpr double day = 86'400;
  if (!(*period >= 1) || *period > day || !is_period(static_cast<std::int64_t>(*period))) {
    return machine.refuse(node.parts[2], "a period is 1, 5, 10, 20, 30 or a multiple of 60 seconds",
                          "up to a day, 86400");
  }
  const TimeRange range = machine.context().range;
  constexpr double periods_max = 1'008'000;  // Ten times what one GetMetricData answers.
  if (sim::in_seconds(range.to - range.from) / *period > periods_max) {
    return machine.refuse(node, "that is more than 1008000 periods", "take a longer period");
  }
  if (!machine.context().search) return machine.refuse(node, "an alarm cannot use SEARCH");
  const int errors_before = machine.diagnostics().errors();
  const auto inside = [&](std::size_t part) {  // Behind the quote.
    sim::SourceMark mark = machine.mark_of(node.parts[part]);
    ++mark.column;
    return mark;
  };
  if (!Statistic::parse(node.parts[1].text, inside(1), machine.diagnostics())) return std::nullopt;
  auto found = machine.context().search(node.parts[0].text, node.parts[1].text,
                                        Period(static_cast<std::int64_t>(*period)), inside(0),
                                        machine.diagnostics());
  if (machine.diagnostics().errors() > errors_before) return std::nullopt;
  return found;
}

Result call_elsewhere(MathMachine& machine, const MathNode& node) {
  return machine.refuse(node, fmt::format("{} asks a service that is not simulated", node.text),
                        "a recording has metrics only");
}

}  // namespace

std::vector<MathFunctionRow> array_functions() {
  return {
      {"ANOMALY_DETECTION_BAND", 1, 2, "ANOMALY_DETECTION_BAND(m1, 2)", call_band},
      {"DB_PERF_INSIGHTS", 3, 3, "", call_elsewhere},
      {"FILL", 2, 2, "FILL(m1, REPEAT)", call_fill},
      {"FIRST", 1, 1, "FIRST(METRICS())", call_first},
      {"IF", 2, 3, "IF(m1 > 5, m1, 0)", call_if},
      {"INSIGHT_RULE_METRIC", 2, 2, "", call_elsewhere},
      {"LAMBDA", 1, 11, "", call_elsewhere},
      {"LAST", 1, 1, "LAST(METRICS())", call_last},
      {"METRICS", 0, 1, "METRICS()", call_metrics},
      {"METRIC_COUNT", 1, 1, "METRIC_COUNT(METRICS())", call_metric_count},
      {"PERIOD", 1, 1, "PERIOD(m1)", call_period},
      {"REMOVE_EMPTY", 1, 1, "REMOVE_EMPTY(METRICS())", call_remove_empty},
      {"SEARCH", 2, 3, "SEARCH('{AWS/ECS,ClusterName} CPUUtilization', 'Average', 60)",
       call_search},
      {"SERVICE_QUOTA", 1, 1, "", call_elsewhere},
      {"SLICE", 2, 3, "SLICE(METRICS(), 0, 10)", call_slice},
      {"SORT", 3, 4, "SORT(METRICS(), AVG, DESC, 10)", call_sort},
      {"TIME_SERIES", 1, 1, "TIME_SERIES(10)", call_time_series},
  };
}

const std::vector<MathFunctionRow>& math_functions() {
  static const std::vector<MathFunctionRow> all = [] {
    std::vector<MathFunctionRow> rows;
    for (const auto& part :
         {pointwise_functions(), summing_functions(), time_functions(), array_functions()}) {
      rows.insert(rows.end(), part.begin(), part.end());
    }
    std::ranges::sort(rows, {}, &MathFunctionRow::name);
    return rows;
  }();
  return all;
}

std::vector<std::string> math_function_names() {
  std::vector<std::string> names;
  for (const MathFunctionRow& row : math_functions()) names.emplace_back(row.name);
  return names;
}

}  // namespace hoplab::models::cloudwatch
