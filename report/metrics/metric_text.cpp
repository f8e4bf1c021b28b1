#include "report/metrics/metric_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace hoplab::report::metrics {

using models::cloudwatch::DataPoint;
using models::cloudwatch::MetricId;
using models::cloudwatch::QueryResult;
using models::cloudwatch::TimeRange;
using models::cloudwatch::TimeSeries;
using Json = nlohmann::json;

namespace {

/// As short as it reads back.
std::string figure(double value) {
  std::array<char, 32> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() ? std::string(text.data(), end) : "?";
}

std::string clock(sim::WallTime at) { return sim::format_iso8601(at).substr(0, 19) + "Z"; }

std::string dumped(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string series_text(const TimeSeries& series, TimeRange range, bool has_sparkline) {
  std::string text = series.label;
  if (!series.unit.empty()) text += " (" + series.unit + ")";
  if (series.points.empty()) return text + ": no data\n";
  constexpr std::size_t width = 60;
  const auto [low, high] = std::ranges::minmax(series.points, {}, &DataPoint::value);
  text += fmt::format(": {} points of {} s, {} to {}\n", series.points.size(),
                      series.period.count(), figure(low.value), figure(high.value));
  if (has_sparkline) text += "  " + sparkline(series, range, width) + "\n";
  for (const DataPoint& point : series.points) {
    text += fmt::format("  {}  {}\n", clock(point.at), figure(point.value));
  }
  return text;
}

}  // namespace

std::string metric_list_text(const models::cloudwatch::MetricStore& store,
                             const std::vector<MetricId>& metrics) {
  std::string text;
  for (const MetricId& metric : metrics) {
    const std::string unit = store.unit(metric);
    text += fmt::format("{:>6}  {:<10}  {}\n", store.datum_count(metric), unit.empty() ? "-" : unit,
                        to_string(metric));
  }
  return text + fmt::format("{} metric{}\n", metrics.size(), metrics.size() == 1 ? "" : "s");
}

std::string metric_list_json(const std::vector<MetricId>& metrics) {
  Json list = Json::array();
  for (const MetricId& metric : metrics) {
    Json dimensions = Json::array();
    for (const auto& it : metric.dimensions) {
      dimensions.push_back({{"Name", it.name}, {"Value", it.value}});
    }
    list.push_back({{"Namespace", metric.name_space},
                    {"MetricName", metric.name},
                    {"Dimensions", std::move(dimensions)}});
  }
  return dumped({{"Metrics", std::move(list)}});
}

std::string results_text(const std::vector<QueryResult>& results, TimeRange range,
                         bool has_sparklines) {
  std::string text;
  for (const QueryResult& result : results) {
    if (!result.returns_data) continue;
    if (result.series.empty()) text += result.id + ": no series\n";
    for (const TimeSeries& series : result.series) {
      text += series_text(series, range, has_sparklines);
    }
  }
  return text;
}

std::string results_json(const std::vector<QueryResult>& results) {
  Json list = Json::array();
  for (const QueryResult& result : results) {
    if (!result.returns_data) continue;
    for (const TimeSeries& series : result.series) {
      Json times = Json::array();
      Json values = Json::array();
      for (auto point = series.points.rbegin(); point != series.points.rend(); ++point) {
        times.push_back(clock(point->at));
        values.push_back(point->value);
      }
      list.push_back({{"Id", result.id},
                      {"Label", series.label},
                      {"Timestamps", std::move(times)},
                      {"Values", std::move(values)},
                      {"StatusCode", "Complete"}});
    }
  }
  return dumped({{"MetricDataResults", std::move(list)}, {"Messages", Json::array()}});
}

std::string sparkline(const TimeSeries& series, TimeRange range, std::size_t width) {
  static constexpr std::array<const char*, 8> blocks = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  if (series.points.empty() || range.to <= range.from) return "";
  const auto periods = static_cast<std::size_t>(
      (range.to - range.from + series.period - sim::Duration(1)) / series.period);
  const std::size_t columns = std::clamp<std::size_t>(periods, 1, width);
  const auto [low, high] = std::ranges::minmax(series.points, {}, &DataPoint::value);
  const double height = high.value - low.value;
  std::vector<std::optional<double>> largest(columns);
  for (const DataPoint& point : series.points) {
    const double place = sim::in_seconds(point.at - range.from) /
                         sim::in_seconds(range.to - range.from) * static_cast<double>(columns);
    const std::size_t column =
        std::min(columns - 1, static_cast<std::size_t>(std::max(0.0, place)));
    largest[column] = std::max(largest[column].value_or(point.value), point.value);
  }
  std::string line;
  for (const auto& value : largest) {
    if (!value) {
      line += " ";
      continue;
    }
    const double share = height > 0 ? (*value - low.value) / height : 0;
    const auto block = static_cast<std::size_t>(share * static_cast<double>(blocks.size()));
    line += blocks[std::min(block, blocks.size() - 1)];
  }
  return line;
}

std::string mistakes_text(const sim::Diagnostics& diagnostics,
                          const std::vector<std::pair<std::string, std::string>>& texts) {
  std::string all;
  for (sim::Diagnostic diagnostic : diagnostics.sorted()) {
    const std::string hint = std::exchange(diagnostic.hint, "");
    all += to_string(diagnostic) + "\n";
    const auto text =
        std::ranges::find(texts, diagnostic.mark.file, &std::pair<std::string, std::string>::first);
    if (text != texts.end() && diagnostic.mark.column > 0) {
      const auto before = static_cast<std::size_t>(diagnostic.mark.column - 1);
      all += "  " + text->second + "\n  " + std::string(before, ' ') + "^\n";
    }
    if (!hint.empty()) all += "  hint: " + hint + "\n";
  }
  return all;
}

}  // namespace hoplab::report::metrics
