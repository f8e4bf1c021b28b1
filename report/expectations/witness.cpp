#include "report/expectations/witness.hpp"

#include <algorithm>

namespace hoplab::report::expectations {
namespace {

using Kind = scenarios::Expectation::Kind;

template <typename Checks>
auto* find_check(const Checks& checks, const scenarios::Expectation& expectation) {
  const auto found = std::find_if(checks.begin(), checks.end(), [&](const auto& check) {
    return &check.expectation() == &expectation;
  });
  return found == checks.end() ? nullptr : &*found;
}

}  // namespace

Witness::Witness(const scenarios::Scenario& scenario)
    : scenario_(scenario),
      called_by_(names_called(scenario)),
      parties_(scenario, recording::shown_windows(scenario)) {
  for (const auto& service : scenario.services) {
    readers_.push_back(access_reader(scenario, service));
  }
  for (const auto& expectation : scenario.expectations) {
    if (expectation.kind == Kind::access_log || expectation.kind == Kind::app_log) {
      log_checks_.emplace_back(scenario, expectation);
    } else if (expectation.kind == Kind::ecs) {
      task_checks_.emplace_back(expectation);
    } else if (expectation.kind == Kind::utilization) {
      usage_checks_.emplace_back(scenario, expectation);
    }
  }
}

void Witness::stream_opened(models::telemetry::LogStreamId id, std::string_view group,
                            std::string_view /*stream*/) {
  if (streams_.size() <= id.index) streams_.resize(id.index + std::size_t{1});
  Stream& stream = streams_[id.index];
  stream.origin = origin_of(scenario_, group);
  stream.tells_usage = group.starts_with("/aws/ecs/containerinsights/");
  if (!stream.origin) return;
  const auto& service = scenario_.services[stream.origin->service];
  for (std::size_t i = 0; i < log_checks_.size(); ++i) {
    if (log_checks_[i].is_about(service, stream.origin->container)) stream.checks.push_back(i);
  }
}

void Witness::line(models::telemetry::LogStreamId id, const models::telemetry::LogEvent& event) {
  Stream& stream = streams_[id.index];
  if (stream.tells_usage) return usage_line(event.timestamp, event.message);
  if (!stream.origin) return;
  if (!stream.origin->is_envoy) {
    const AppLine line = parse_app_line(event);
    const Duration at = since_start(event.timestamp);
    parties_.app_line(*stream.origin, line, at, stream.known);
    for (const std::size_t check : stream.checks) log_checks_[check].app_line(line, at);
    return;
  }
  const auto line = readers_[stream.origin->service].read(event.message);
  if (!line) return;  // Envoy's own messages share the stream.
  const bool egress = is_egress(*line, called_by_[stream.origin->service]);
  const Duration ended =
      since_start(sim::WallTime(std::chrono::milliseconds(line->start_ms + line->duration_ms)));
  parties_.access_line(*stream.origin, *line, egress, ended, stream.known);
  for (const std::size_t check : stream.checks) {
    log_checks_[check].access_line(*line, egress, ended);
  }
}

void Witness::usage_line(sim::WallTime timestamp, std::string_view message) {
  if (usage_checks_.empty()) return;
  const auto event = parse_usage(message);
  if (!event) return;
  for (UsageCheck& check : usage_checks_) check.event(*event, since_start(timestamp));
}

void Witness::task(sim::WallTime at, std::string_view json) {
  const auto document = parse_task(json);
  if (!document) return;
  const Duration instant = since_start(at);
  parties_.task({document->service, document->note()}, instant);
  for (auto& check : task_checks_) check.task(*document, instant);
}

const LogCheck* Witness::log_check(const scenarios::Expectation& expectation) const {
  return find_check(log_checks_, expectation);
}

const TaskCheck* Witness::task_check(const scenarios::Expectation& expectation) const {
  return find_check(task_checks_, expectation);
}

const UsageCheck* Witness::usage_check(const scenarios::Expectation& expectation) const {
  return find_check(usage_checks_, expectation);
}

}  // namespace hoplab::report::expectations
