#include "scenarios/schema/telemetry_sources.hpp"

#include <algorithm>
#include <array>

namespace hoplab::scenarios {
namespace {

using enum TelemetrySource;

constexpr auto table = std::to_array<TelemetrySourceRow>({
    {access_log, "accessLog", true, "what Envoys write of each request, and their own log"},
    {app_log, "appLog", true, "what applications write to stdout and stderr"},
    {cloudwatch, "cloudwatch", true, "metrics of ECS and EC2"},
    {config, "config", true, "Describe answers about network, mesh and task definitions"},
    {container_insights, "containerInsights", true, "performance events of tasks and containers"},
    {ecs, "ecs", true, "events and descriptions of tasks, services and container instances"},
    {envoy_stats, "envoyStats", true, "each Envoy's pages /stats and /stats/prometheus"},
    {flow_logs, "flowLogs", true, "VPC Flow Logs of the interfaces of all tasks"},
    {otlp, "otlp", false, "traces, metrics and logs as OpenTelemetry exports them"},
    {statsd, "statsd", true, "the counters that Envoys send every 5 s"},
    {xray, "xray", true, "X-Ray segments of applications and Envoys"},
});

}  // namespace

std::span<const TelemetrySourceRow> telemetry_source_table() { return table; }

TelemetrySources TelemetrySources::defaults() {
  TelemetrySources sources;
  for (const TelemetrySourceRow& row : table) {
    if (row.is_default) sources.add(row.source);
  }
  return sources;
}

TelemetrySources TelemetrySources::all() {
  TelemetrySources sources;
  for (const TelemetrySourceRow& row : table) sources.add(row.source);
  return sources;
}

std::vector<std::string> TelemetrySources::names() const {
  std::vector<std::string> names;
  for (const TelemetrySourceRow& row : table) {
    if (has(row.source)) names.emplace_back(row.name);
  }
  return names;
}

bool apply_source_word(std::string_view word, TelemetrySources& sources) {
  const bool is_taken_out = word.starts_with('-');
  if (is_taken_out) word.remove_prefix(1);
  const auto row = std::ranges::find(table, word, &TelemetrySourceRow::name);
  if (row != table.end()) {
    is_taken_out ? sources.remove(row->source) : sources.add(row->source);
    return true;
  }
  if (is_taken_out) return false;
  const bool is_all = word == "all";
  if (is_all || word == "default") {
    for (const TelemetrySourceRow& one : table) {
      if (is_all || one.is_default) sources.add(one.source);
    }
    return true;
  }
  if (word != "none") return false;
  sources = {};
  return true;
}

std::vector<std::string> source_words() {
  std::vector<std::string> words = TelemetrySources::all().names();
  words.insert(words.end(), {"all", "default", "none"});
  return words;
}

}  // namespace hoplab::scenarios
