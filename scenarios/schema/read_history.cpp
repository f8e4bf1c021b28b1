#include "scenarios/schema/read_history.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "scenarios/schema/day_factors.hpp"
#include "scenarios/schema/draft.hpp"
#include "scenarios/schema/language.hpp"
#include "scenarios/schema/scalars.hpp"

namespace hoplab::scenarios {
namespace {

using sim::Diagnostics;

constexpr double level_max = 1e12;
constexpr std::size_t hours_a_day = 24;
constexpr std::size_t dimensions_max = 30;

/// 0 as well, which no other number of the language may be; what is below it has its own words.
std::optional<double> read_level(const Node& node, Diagnostics& diagnostics) {
  const bool is_plain = node.kind == Node::Kind::scalar && !node.is_quoted;
  if (is_plain && node.text == "0") return 0;
  if (is_plain && node.text.starts_with('-') && is_plain_number(node.text.substr(1))) {
    diagnostics.error(node.mark, "E0212", fmt::format("{} is below 0", shown(node.text)),
                      "metrics of a mesh are 0 or more");
    return std::nullopt;
  }
  return read_number(node, {0, level_max}, diagnostics);
}

std::optional<Duration> read_length(const Node& node, Diagnostics& diagnostics) {
  const auto length = read_positive_duration(node, diagnostics);
  if (!length) return std::nullopt;
  if (*length > history_length_max) {
    diagnostics.error(node.mark, "E0212",
                      fmt::format("{} is longer than CloudWatch keeps minutes", shown(node.text)),
                      "at most 15d; bands learn from 14d");
    return std::nullopt;
  }
  if (*length % std::chrono::minutes(1) == Duration::zero()) return length;
  diagnostics.error(node.mark, "E0212",
                    fmt::format("{} is no whole number of minutes", shown(node.text)),
                    "write it like 14d, 36h or 90m");
  return std::nullopt;
}

void read_dimensions(const Section& section, MetricHistory& history, Diagnostics& diagnostics) {
  section.each("Dimensions", [&](const Node& item) {
    const Section dimension(item, "a dimension", {"Name", "Value"}, diagnostics);
    std::pair<std::string, std::string> read;
    dimension.require("Name", "as in {Name: ClusterName, Value: hoplab}");
    dimension.require("Value", "as in {Name: ClusterName, Value: hoplab}");
    dimension.take("Name", read_text, read.first);
    dimension.take("Value", read_text, read.second);
    const bool is_known = std::ranges::any_of(
        history.dimensions, [&](const auto& it) { return it.first == read.first; });
    if (is_known) {
      diagnostics.error(item.mark, "E0411",
                        fmt::format("a second dimension '{}'", shown(read.first)));
    }
    history.dimensions.push_back(std::move(read));
  });
  std::ranges::sort(history.dimensions);
  if (history.dimensions.size() <= dimensions_max) return;
  diagnostics.error(section.find("Dimensions")->mark, "E0212", "more than 30 dimensions",
                    "a metric has at most 30");
}

void read_unit(const Section& section, MetricHistory& history, Diagnostics& diagnostics) {
  const Node* node = section.find("Unit");
  if (node == nullptr) return;
  const auto units = words_of(metric_units);
  if (const auto unit = read_choice(*node, units, diagnostics)) history.unit = units[*unit];
}

bool is_same(const MetricHistory& a, const MetricHistory& b) {
  return a.name_space == b.name_space && a.metric == b.metric && a.dimensions == b.dimensions &&
         a.statistic == b.statistic;
}

void read_history(const Node& node, Draft& draft) {
  Diagnostics& diagnostics = draft.diagnostics;
  const int errors_before = diagnostics.errors();
  const Section section(
      node, "a history",
      {"Namespace", "MetricName", "Dimensions", "Stat", "Unit", "length", "level", "amplitude",
       "peakHour", "weekdayFactors", "hourFactors", "noise", "missing"},
      diagnostics);
  MetricHistory history;
  history.mark = node.mark;
  history.statistic = "Average";
  history.statistic_mark = node.mark;
  section.require("Namespace", "as the metric's alarm has it: AWS/ECS");
  section.require("MetricName", "as the metric's alarm has it: CPUUtilization");
  section.require("level", "what the metric was, in its unit: level: 25");
  section.take("Namespace", read_text, history.name_space);
  section.take("MetricName", read_text, history.metric);
  read_dimensions(section, history, diagnostics);
  section.take("Stat", read_text, history.statistic);
  if (const Node* statistic = section.find("Stat")) history.statistic_mark = statistic->mark;
  read_unit(section, history, diagnostics);
  section.take("length", read_length, history.length);
  section.take("level", read_level, history.level);
  read_wave(section, history.wave, diagnostics);
  const auto hours =
      read_factors(section, "hourFactors", hours_a_day,
                   "from midnight UTC: [0.4, 0.3, ... 0.6], 24 of them", diagnostics);
  if (hours) history.hour_factors = *hours;
  section.take("noise", read_ratio, history.noise);
  section.take("missing", read_ratio, history.missing);
  if (diagnostics.errors() > errors_before || !section.is_readable()) return;
  const auto& known = draft.scenario.histories;
  if (std::ranges::any_of(known, [&](const auto& it) { return is_same(it, history); })) {
    diagnostics.error(node.mark, "E0411",
                      fmt::format("a second history of {} {}, {}", shown(history.name_space),
                                  shown(history.metric), shown(history.statistic)),
                      "one for each metric and statistic");
    return;
  }
  draft.scenario.histories.push_back(std::move(history));
}

}  // namespace

void read_histories(const Section& cloudwatch, Draft& draft) {
  cloudwatch.each("history", [&](const Node& item) { read_history(item, draft); });
}

}  // namespace hoplab::scenarios
