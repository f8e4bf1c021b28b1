// The functions of metric math over points, sums and time.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "models/cloudwatch/math_machine.hpp"
#include "sim/random.hpp"

namespace hoplab::models::cloudwatch {
namespace {

using Result = MathMachine::Result;

/// For a series, and for each one of an array.
Result each_series(MathMachine& machine, const MathNode& node,
                   const std::function<TimeSeries(const TimeSeries&)>& function) {
  const Result of = machine.value(node.parts[0]);
  if (!of) return std::nullopt;
  if (const auto* series = std::get_if<TimeSeries>(&*of)) return function(*series);
  if (const auto* list = std::get_if<SeriesList>(&*of)) {
    SeriesList results;
    for (const TimeSeries& series : *list) results.push_back(function(series));
    return results;
  }
  return machine.refuse(node.parts[0],
                        fmt::format("{} wants time series, and this is a number", node.text));
}

double base_ten_logarithm(double value) {
  const double rough = sim::portable_log(value) / sim::portable_log(10);
  const double whole = std::floor(rough + 0.5);
  double power = 1;  // Powers of ten are exact.
  for (double i = 0; i < std::abs(whole); ++i) power *= 10;
  return (whole < 0 ? 1 / power : power) == value ? whole : rough;
}

template <typename Function>
Result pointwise(MathMachine& machine, const MathNode& node, Function function) {
  return each_series(machine, node,
                     [&](const TimeSeries& series) { return each_point(series, function); });
}

Result call_abs(MathMachine& machine, const MathNode& node) {
  return pointwise(machine, node, [](double x) { return std::abs(x); });
}
Result call_ceil(MathMachine& machine, const MathNode& node) {
  return pointwise(machine, node, [](double x) { return std::ceil(x); });
}
Result call_floor(MathMachine& machine, const MathNode& node) {
  return pointwise(machine, node, [](double x) { return std::floor(x); });
}
Result call_log(MathMachine& machine, const MathNode& node) {
  return pointwise(machine, node,
                   [](double x) { return x > 0 ? sim::portable_log(x) : std::nan(""); });
}
Result call_log10(MathMachine& machine, const MathNode& node) {
  return pointwise(machine, node,
                   [](double x) { return x > 0 ? base_ten_logarithm(x) : std::nan(""); });
}

// --- Sums over a series, or across an array ----------------------------------------------------

struct Reduction {
  std::vector<double> values;
  double places = 0;  ///< How many there could have been.
};

double sum_of(const Reduction& all) {
  double sum = 0;
  for (const double value : all.values) sum += value;
  return sum;
}
double mean_of(const Reduction& all) { return sum_of(all) / all.places; }
double least_of(const Reduction& all) {
  return all.values.empty() ? std::nan("") : *std::ranges::min_element(all.values);
}
double largest_of(const Reduction& all) {
  return all.values.empty() ? std::nan("") : *std::ranges::max_element(all.values);
}
double count_of(const Reduction& all) { return static_cast<double>(all.values.size()); }
double deviation_of(const Reduction& all) {
  const double count = count_of(all);
  const double mean = sum_of(all) / count;
  double squares = 0;
  for (const double value : all.values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / count);
}

Reduction points_of(const TimeSeries& series, TimeRange range) {
  Reduction all;
  for (const DataPoint& point : series.points) all.values.push_back(point.value);
  all.places = static_cast<double>(timestamps_of(range, series.period).size());
  return all;
}

/// One series of what `reduce` makes of the values of each timestamp.
TimeSeries across(const SeriesList& list, double (*reduce)(const Reduction&)) {
  TimeSeries result;
  if (list.empty()) return result;
  result.period = list.front().period;
  result.label = list.front().label;
  for (const WallTime at : timestamps_of(list)) {
    Reduction here;
    here.places = static_cast<double>(list.size());
    for (const TimeSeries& series : list) {
      if (const DataPoint* point = point_at(series, at)) here.values.push_back(point->value);
    }
    const double value = reduce(here);
    if (is_finite(value)) result.points.push_back({at, value});
  }
  return result;
}

template <double (*reduce)(const Reduction&)>
Result summing(MathMachine& machine, const MathNode& node) {
  const Result of = machine.value(node.parts[0]);
  if (!of) return std::nullopt;
  if (const auto* list = std::get_if<SeriesList>(&*of)) return across(*list, reduce);
  if (const auto* series = std::get_if<TimeSeries>(&*of)) {
    return reduce(points_of(*series, machine.context().range));
  }
  return machine.refuse(node.parts[0],
                        fmt::format("{} wants time series, and this is a number", node.text));
}

// --- From point to point -----------------------------------------------------------------------

/// What `step` makes of each point and the one before it.
Result steps(MathMachine& machine, const MathNode& node,
             double (*step)(const DataPoint& before, const DataPoint& point)) {
  return each_series(machine, node, [&](const TimeSeries& series) {
    TimeSeries result = series;
    result.points.clear();
    for (std::size_t i = 1; i < series.points.size(); ++i) {
      const double value = step(series.points[i - 1], series.points[i]);
      if (is_finite(value)) result.points.push_back({series.points[i].at, value});
    }
    return result;
  });
}

double seconds_between(const DataPoint& before, const DataPoint& point) {
  return sim::in_seconds(point.at - before.at);
}

Result call_diff(MathMachine& machine, const MathNode& node) {
  return steps(machine, node, [](const DataPoint& before, const DataPoint& point) {
    return point.value - before.value;
  });
}
Result call_diff_time(MathMachine& machine, const MathNode& node) {
  return steps(machine, node, seconds_between);
}
Result call_rate(MathMachine& machine, const MathNode& node) {
  return steps(machine, node, [](const DataPoint& before, const DataPoint& point) {
    return (point.value - before.value) / seconds_between(before, point);
  });
}
Result call_running_sum(MathMachine& machine, const MathNode& node) {
  return each_series(machine, node, [](const TimeSeries& series) {
    double sum = 0;
    return each_point(series, [&sum](double value) { return sum += value; });
  });
}

// --- Clock and calendar ------------------------------------------------------------------------

/// The grid of the series' period with what `read` tells of each timestamp.
Result clock(MathMachine& machine, const MathNode& node, double (*read)(WallTime)) {
  const auto series = machine.series_at(node, 0);
  if (!series) return std::nullopt;
  TimeSeries result = *series;
  result.unit.clear();
  result.points.clear();
  for (const WallTime at : timestamps_of(machine.context().range, series->period)) {
    result.points.push_back({at, read(at)});
  }
  return result;
}

std::chrono::sys_days day_of(WallTime at) { return std::chrono::floor<std::chrono::days>(at); }
std::chrono::year_month_day date_of(WallTime at) { return day_of(at); }
double minutes_of_day(WallTime at) {
  return static_cast<double>(std::chrono::floor<std::chrono::minutes>(at - day_of(at)).count());
}

Result call_minute(MathMachine& machine, const MathNode& node) {
  return clock(machine, node, [](WallTime at) {
    return minutes_of_day(at) - std::floor(minutes_of_day(at) / 60) * 60;
  });
}
Result call_hour(MathMachine& machine, const MathNode& node) {
  return clock(machine, node, [](WallTime at) { return std::floor(minutes_of_day(at) / 60); });
}
/// 1 is Monday.
Result call_day(MathMachine& machine, const MathNode& node) {
  return clock(machine, node, [](WallTime at) {
    return static_cast<double>(std::chrono::weekday(day_of(at)).iso_encoding());
  });
}
Result call_date(MathMachine& machine, const MathNode& node) {
  return clock(machine, node, [](WallTime at) {
    return static_cast<double>(static_cast<unsigned>(date_of(at).day()));
  });
}
Result call_month(MathMachine& machine, const MathNode& node) {
  return clock(machine, node, [](WallTime at) {
    return static_cast<double>(static_cast<unsigned>(date_of(at).month()));
  });
}
Result call_year(MathMachine& machine, const MathNode& node) {
  return clock(machine, node, [](WallTime at) {
    return static_cast<double>(static_cast<int>(date_of(at).year()));
  });
}
Result call_epoch(MathMachine& machine, const MathNode& node) {
  return clock(machine, node, [](WallTime at) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(at.time_since_epoch());
    return static_cast<double>(seconds.count());
  });
}

}  // namespace

std::vector<MathFunctionRow> pointwise_functions() {
  return {{"ABS", 1, 1, "ABS(m1)", call_abs},
          {"CEIL", 1, 1, "CEIL(m1)", call_ceil},
          {"FLOOR", 1, 1, "FLOOR(m1)", call_floor},
          {"LOG", 1, 1, "LOG(m1)", call_log},
          {"LOG10", 1, 1, "LOG10(m1)", call_log10},
          {"DIFF", 1, 1, "DIFF(m1)", call_diff},
          {"DIFF_TIME", 1, 1, "DIFF_TIME(m1)", call_diff_time},
          {"RATE", 1, 1, "RATE(m1)", call_rate},
          {"RUNNING_SUM", 1, 1, "RUNNING_SUM(m1)", call_running_sum}};
}

std::vector<MathFunctionRow> summing_functions() {
  return {{"AVG", 1, 1, "AVG(METRICS())", summing<mean_of>},
          {"MAX", 1, 1, "MAX(METRICS())", summing<largest_of>},
          {"MIN", 1, 1, "MIN(METRICS())", summing<least_of>},
          {"STDDEV", 1, 1, "STDDEV(METRICS())", summing<deviation_of>},
          {"SUM", 1, 1, "SUM(METRICS())", summing<sum_of>},
          {"DATAPOINT_COUNT", 1, 1, "DATAPOINT_COUNT(m1)", summing<count_of>}};
}

std::vector<MathFunctionRow> time_functions() {
  return {{"MINUTE", 1, 1, "MINUTE(m1)", call_minute}, {"HOUR", 1, 1, "HOUR(m1)", call_hour},
          {"DAY", 1, 1, "DAY(m1)", call_day},          {"DATE", 1, 1, "DATE(m1)", call_date},
          {"MONTH", 1, 1, "MONTH(m1)", call_month},    {"YEAR", 1, 1, "YEAR(m1)", call_year},
          {"EPOCH", 1, 1, "EPOCH(m1)", call_epoch}};
}

}  // namespace hoplab::models::cloudwatch
