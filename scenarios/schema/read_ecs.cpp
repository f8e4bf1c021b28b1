// What a service says to ECS's scheduler, and how long ECS, Cloud Map and App Mesh take.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "scenarios/schema/distribution.hpp"
#include "scenarios/schema/draft.hpp"
#include "scenarios/schema/health_check_limits.hpp"
#include "scenarios/schema/scalars.hpp"

namespace hoplab::scenarios {
namespace {

using sim::Diagnostics;
using namespace std::chrono_literals;

/// ECS takes whole seconds within bounds.
auto seconds_in(HealthCheckLimits limits) {
  const Duration least = std::chrono::seconds(limits.least);
  const Duration most = std::chrono::seconds(limits.most);
  return [least, most](const Node& node, Diagnostics& diagnostics) -> std::optional<Duration> {
    const auto value = read_duration(node, diagnostics);
    if (!value) return value;
    if (*value >= least && *value <= most && *value % 1s == Duration::zero()) return value;
    diagnostics.error(
        node.mark, "E0212", fmt::format("'{}' is out of range", shown(node.text)),
        fmt::format("whole seconds from {} to {}", sim::format(least), sim::format(most)));
    return std::nullopt;
  };
}

void read_breaker(const Node& node, DeploymentCircuitBreaker& breaker, Diagnostics& diagnostics) {
  const Section section(node, "'deploymentCircuitBreaker'", {"enable", "rollback", "threshold"},
                        diagnostics);
  section.take("enable", read_boolean, breaker.is_enabled);
  section.take("rollback", read_boolean, breaker.rolls_back);
  section.take("threshold", integer_in<std::uint32_t>(1, 10'000), breaker.threshold);
}

void read_deployment(const Node& node, DeploymentConfiguration& deployment,
                     Diagnostics& diagnostics) {
  const Section section(node, "'deploymentConfiguration'",
                        {"minimumHealthyPercent", "maximumPercent", "deploymentCircuitBreaker"},
                        diagnostics);
  section.take("minimumHealthyPercent", integer_in<std::uint32_t>(0, 100),
               deployment.minimum_healthy_percent);
  section.take("maximumPercent", integer_in<std::uint32_t>(100, 1000), deployment.maximum_percent);
  if (const Node* breaker = section.find("deploymentCircuitBreaker")) {
    read_breaker(*breaker, deployment.circuit_breaker, diagnostics);
  }
}

void read_check(const Node& node, Service& service, Diagnostics& diagnostics) {
  const Section section(node, "'healthCheck'",
                        {"command", "interval", "timeout", "retries", "startPeriod"}, diagnostics);
  HealthCheck check;
  if (const Node* command = section.find("command")) {
    if (const auto text = read_text(*command, diagnostics)) check.command = {"CMD-SHELL", *text};
  }
  section.take("interval", seconds_in(health_check_interval), check.interval);
  section.take("timeout", seconds_in(health_check_timeout), check.timeout);
  constexpr HealthCheckLimits retries = health_check_retries;
  section.take("retries", integer_in<std::uint32_t>(retries.least, retries.most), check.retries);
  section.take("startPeriod", seconds_in(health_check_start_period), check.start_period);
  service.health_check = std::move(check);
}

void read_strategy(const Node& node, Service& service, Diagnostics& diagnostics) {
  using Kind = PlacementStrategy::Kind;
  const Section section(node, "a placement strategy", {"type", "field"}, diagnostics);
  PlacementStrategy step;
  if (section.require("type", "write {type: spread}, binpack or random") == nullptr) return;
  section.take(
      "type",
      choice_of<Kind>(
          {{"spread", Kind::spread}, {"binpack", Kind::binpack}, {"random", Kind::random}}),
      step.kind);
  const std::vector<std::string> fields =
      step.kind == Kind::spread
          ? std::vector<std::string>{"attribute:ecs.availability-zone", "instanceId"}
          : std::vector<std::string>{"memory", "cpu"};
  step.field = fields.front();
  if (const Node* field = section.find("field")) {
    if (const auto index = read_choice(*field, fields, diagnostics)) step.field = fields[*index];
  }
  service.placement_strategy.push_back(std::move(step));
}

}  // namespace

void read_service_of_ecs(const Section& section, Service& service, Draft& draft) {
  Diagnostics& diagnostics = draft.diagnostics;
  if (const Node* node = section.find("deploymentConfiguration")) {
    read_deployment(*node, service.deployment, diagnostics);
  }
  section.take("healthCheckGracePeriod", read_duration, service.health_check_grace);
  section.each("placementStrategy",
               [&](const Node& item) { read_strategy(item, service, diagnostics); });
  section.excludes("healthCheck", "taskDefinition");
  if (const Node* node = section.find("healthCheck")) read_check(*node, service, diagnostics);
}

void read_ecs(const Section& top, Draft& draft) {
  Scenario& scenario = draft.scenario;
  top.take("start", choice_of<bool>({{"warm", false}, {"cold", true}}), scenario.starts_cold);
  if (const Node* node = top.find("ecs")) {
    EcsTimings& times = scenario.ecs;
    const Section section(
        *node, "'ecs'",
        {"provisioning", "pullCached", "pull", "activating", "deactivating", "deprovisioning"},
        draft.diagnostics);
    section.take("provisioning", read_distribution, times.provisioning);
    section.take("pullCached", read_distribution, times.pull_cached);
    section.take("pull", read_distribution, times.pull);
    section.take("activating", read_distribution, times.activating);
    section.take("deactivating", read_distribution, times.deactivating);
    section.take("deprovisioning", read_distribution, times.deprovisioning);
  }
  if (const Node* node = top.find("controlPlane")) {
    ControlPlaneTimings& times = scenario.control_plane;
    const Section section(*node, "'controlPlane'",
                          {"cloudMap", "endpoints", "configuration", "customHealth", "dnsTtl",
                           "dnsNegativeTtl", "envoyDnsRefresh"},
                          draft.diagnostics);
    section.take("cloudMap", read_distribution, times.cloud_map);
    section.take("endpoints", read_distribution, times.endpoints);
    section.take("configuration", read_distribution, times.configuration);
    section.take("customHealth", read_duration, times.custom_health);
    section.take("dnsTtl", read_duration, times.dns_ttl);
    section.take("dnsNegativeTtl", read_duration, times.dns_negative_ttl);
    section.take("envoyDnsRefresh", read_positive_duration, times.envoy_dns_refresh);
  }
}

}  // namespace hoplab::scenarios
