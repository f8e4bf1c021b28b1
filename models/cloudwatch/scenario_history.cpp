#include "models/cloudwatch/scenario_history.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "models/cloudwatch/scenario_alarms.hpp"

namespace hoplab::models::cloudwatch {
namespace {

using scenarios::Scenario;
using Names = std::vector<std::string>;

/// What the simulator writes of AWS's own metrics; report/recording/README.md has their dimensions.
struct KnownMetric {
  std::string_view name_space;
  std::string_view name;
  std::string_view unit;
  bool is_of_service_connect = false;
};
constexpr auto known_metrics = std::to_array<KnownMetric>({
    {"AWS/ECS", "CPUUtilization", "Percent"},
    {"AWS/ECS", "MemoryUtilization", "Percent"},
    {"AWS/ECS", "CPUReservation", "Percent"},
    {"AWS/ECS", "MemoryReservation", "Percent"},
    {"AWS/ECS", "ActiveConnectionCount", "Count", true},
    {"AWS/ECS", "NewConnectionCount", "Count", true},
    {"AWS/ECS", "HTTPCode_Target_2XX_Count", "Count", true},
    {"AWS/ECS", "HTTPCode_Target_3XX_Count", "Count", true},
    {"AWS/ECS", "HTTPCode_Target_4XX_Count", "Count", true},
    {"AWS/ECS", "HTTPCode_Target_5XX_Count", "Count", true},
    {"AWS/ECS", "ProcessedBytes", "Bytes", true},
    {"AWS/ECS", "RequestCount", "Count", true},
    {"AWS/ECS", "RequestCountPerTarget", "Count", true},
    {"AWS/ECS", "TargetProcessedBytes", "Bytes", true},
    {"AWS/ECS", "TargetResponseTime", "Milliseconds", true},
    {"AWS/EC2", "CPUUtilization", "Percent"},
    {"AWS/EC2", "NetworkIn", "Bytes"},
    {"AWS/EC2", "NetworkOut", "Bytes"},
    {"AWS/EC2", "NetworkPacketsIn", "Count"},
    {"AWS/EC2", "NetworkPacketsOut", "Count"},
    {"AWS/EC2", "StatusCheckFailed", "Count"},
    {"AWS/EC2", "StatusCheckFailed_Instance", "Count"},
    {"AWS/EC2", "StatusCheckFailed_System", "Count"},
    {"AWS/EC2", "CPUCreditUsage", "Count"},
    {"AWS/EC2", "CPUCreditBalance", "Count"},
    {"AWS/EC2", "CPUSurplusCreditBalance", "Count"},
    {"AWS/EC2", "CPUSurplusCreditsCharged", "Count"},
});

std::string nearest(std::string_view word, const Names& names) {
  const std::string found = sim::nearest_name(word, names);
  return found.empty() ? "" : fmt::format("did you mean '{}'?", found);
}

/// What is wrong with a history, and what to write instead.
struct Doubt {
  std::string what;
  std::string hint;
};

const KnownMetric* known_metric(const MetricHistory& history) {
  const MetricId& metric = history.metric();
  const auto* found = std::ranges::find_if(known_metrics, [&](const KnownMetric& it) {
    return it.name_space == metric.name_space && it.name == metric.name;
  });
  return found == known_metrics.end() ? nullptr : found;
}

/// A task's agent may name its metrics as it pleases, but not as AWS does; what is nearly one of
/// the names that are there is a slip.
std::optional<Doubt> doubt_about_name_space(const std::string& name_space,
                                            const Scenario& scenario) {
  if (name_space == scenario.agent.name_space) return std::nullopt;
  std::string hint = nearest(name_space, {"AWS/ECS", "AWS/EC2", scenario.agent.name_space});
  if (hint.empty() && !name_space.starts_with("AWS/")) return std::nullopt;
  return Doubt{fmt::format("nothing writes metrics of '{}'", name_space), std::move(hint)};
}

std::optional<Doubt> doubt_about_sources(const Scenario& scenario) {
  if (scenario.tells(scenarios::TelemetrySource::cloudwatch)) return std::nullopt;
  return Doubt{"the run writes no metrics, and nobody will see their past",
               "add cloudwatch to telemetry.sources"};
}

std::optional<Doubt> doubt_about_name(const MetricHistory& history, const Scenario& scenario) {
  const MetricId& metric = history.metric();
  Names names;
  for (const KnownMetric& it : known_metrics) {
    const bool is_written = !it.is_of_service_connect || scenario.is_service_connect();
    if (it.name_space != metric.name_space || !is_written) continue;
    if (it.name == metric.name) return std::nullopt;
    names.emplace_back(it.name);
  }
  if (names.empty()) return doubt_about_name_space(metric.name_space, scenario);
  std::string hint = nearest(metric.name, names);
  if (hint.empty()) hint = fmt::format("there is {}", fmt::join(names, ", "));
  return Doubt{fmt::format("nothing writes the metric '{} {}'", metric.name_space, metric.name),
               std::move(hint)};
}

std::optional<Doubt> doubt_about_dimensions(const MetricHistory& history,
                                            const Scenario& scenario) {
  if (history.metric().name_space != "AWS/ECS") return std::nullopt;
  Names services;
  for (const auto& it : scenario.services) services.push_back(it.name);
  for (const Dimension& it : history.metric().dimensions) {
    const Names* right = nullptr;
    const Names clusters{scenario.cluster};
    if (it.name == "ClusterName") right = &clusters;
    if (it.name == "ServiceName") right = &services;
    if (right == nullptr || std::ranges::find(*right, it.value) != right->end()) continue;
    std::string hint = nearest(it.value, *right);
    if (hint.empty()) hint = fmt::format("there is '{}'", fmt::join(*right, "', '"));
    return Doubt{fmt::format("nothing writes metrics with {}={}", it.name, it.value),
                 std::move(hint)};
  }
  return std::nullopt;
}

/// "AWS/ECS CPUUtilization ServiceName=b, Average" of every metric that an alarm reads.
Names read_by_alarms(const std::vector<Alarm>& alarms) {
  Names all;
  for (const Alarm& alarm : alarms) {
    if (!alarm.metric) continue;
    for (const MetricQuery& query : alarm.metric->request->queries()) {
      if (!query.stat) continue;
      all.push_back(to_string(query.stat->metric) + ", " + query.stat->statistic.name());
    }
  }
  return all;
}

/// A scenario without alarms has its histories for those who ask the recording.
std::optional<Doubt> doubt_about_alarms(const MetricHistory& history, const Names& read) {
  const std::string name = to_string(history.metric()) + ", " + history.statistic().name();
  if (read.empty() || std::ranges::find(read, name) != read.end()) return std::nullopt;
  std::string hint = nearest(name, read);
  if (hint.empty()) hint = fmt::format("they read '{}'", fmt::join(read, "', '"));
  return Doubt{fmt::format("no alarm reads '{}'", name), std::move(hint)};
}

}  // namespace

std::vector<MetricHistory> histories_of(const Scenario& scenario, sim::Diagnostics& diagnostics) {
  std::vector<MetricHistory> histories;
  if (scenario.histories.empty()) return histories;
  sim::Diagnostics told_elsewhere;
  const Names read = read_by_alarms(alarms_of(scenario, told_elsewhere));
  for (const scenarios::MetricHistory& given : scenario.histories) {
    sim::Diagnostics found;
    auto statistic = Statistic::parse(given.statistic, {"", 1, 1}, found);
    for (const sim::Diagnostic& it : found.sorted()) {
      diagnostics.error(given.statistic_mark, it.code, it.message, it.hint);
    }
    if (!statistic) continue;
    MetricHistory history(given, std::move(*statistic), scenario.start_time, scenario.seed);
    auto doubt = doubt_about_sources(scenario);
    if (!doubt) doubt = doubt_about_name(history, scenario);
    if (!doubt) doubt = doubt_about_dimensions(history, scenario);
    if (!doubt) doubt = doubt_about_alarms(history, read);
    if (doubt) diagnostics.warning(given.mark, "W0703", doubt->what, doubt->hint);
    const KnownMetric* known = known_metric(history);
    if (known != nullptr && given.unit.empty()) history.set_unit(std::string(known->unit));
    histories.push_back(std::move(history));
  }
  return histories;
}

}  // namespace hoplab::models::cloudwatch
