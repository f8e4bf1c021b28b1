// The statistics of a task's Envoy on their way out: flush timer, pages, CloudWatch agent.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "models/cloudwatch/agent_config.hpp"
#include "models/task_runtime.hpp"

namespace hoplab::models {
namespace {

constexpr std::string_view agent_image = "cloudwatch-agent";
constexpr std::string_view extension_variable = "APPMESH_METRIC_EXTENSION_VERSION";
constexpr std::uint64_t flush_interval_ns = 5'000'000'000;

const scenarios::ContainerDefinition* find(const scenarios::TaskDefinition& definition,
                                           std::string_view name) {
  const auto found =
      std::ranges::find(definition.containers, name, &scenarios::ContainerDefinition::name);
  return found == definition.containers.end() ? nullptr : &*found;
}

}  // namespace

bool TaskRuntime::has_metrics_extension() const {
  if (surroundings_.scenario.envoy_stats.metrics_extension) return true;
  if (surroundings_.dialect.always_extends_metrics()) return true;
  const scenarios::ContainerDefinition* container = find(*plan_.definition, proxy_container_);
  if (container == nullptr) return false;
  const auto set = container->environment.find(std::string(extension_variable));
  return set != container->environment.end() && set->second == "1";
}

envoy::PageFacts TaskRuntime::page_facts() const {
  const scenarios::ContainerDefinition* container = find(*plan_.definition, proxy_container_);
  return {.tags = surroundings_.dialect.stat_tags(*plan_.service, has_metrics_extension()),
          .clock = plan_.instance->clock,
          .now = surroundings_.engine.now(),
          .is_draining = proxy_->state() == envoy::Proxy::State::draining,
          .memory = container == nullptr ? sim::Bytes(0) : memory_beside_app(*container)};
}

void TaskRuntime::start_statsd() {
  const std::size_t former_lives = former_proxies_.size();
  std::string stream = plan_stream(plan_);
  if (former_lives > 0) stream += fmt::format("/life-{}", former_lives + 1);
  sim::Rng rng = sim::Rng::stream(surroundings_.engine.seed(), "statsd/" + stream);
  const sim::Duration phase(static_cast<std::int64_t>(rng.below(flush_interval_ns)));
  const bool sends = surroundings_.dialect.has_statsd() &&
                     surroundings_.scenario.tells(scenarios::TelemetrySource::statsd);
  if (sends && !statsd_sender_) statsd_sender_ = surroundings_.sink.open_statsd(task_.id());
  const envoy::PageFacts facts = page_facts();
  envoy::StatsdFlush::Spec spec{.sends = sends,
                                .task = statsd_sender_.value_or(telemetry::StatsdId{}),
                                .clock = facts.clock,
                                .tags = facts.tags,
                                .stats = &proxy_->stats(),
                                .phase = phase,
                                .tells_values = sends && surroundings_.scenario.envoy_stats.timings,
                                .facts = [this] { return page_facts(); },
                                .receiver = agent_.get()};
  statsd_ = std::make_unique<envoy::StatsdFlush>(surroundings_.engine, surroundings_.sink,
                                                 std::move(spec));
}

// --- Pages ------------------------------------------------------------------------------------

void TaskRuntime::take_stats_snapshot(sim::Duration instant) {
  if (proxy_ && proxy_->is_running() && envoy_pages_are_due_) {
    write_envoy_pages(sim::format(instant));
  }
}

void TaskRuntime::write_envoy_pages(const std::string& instant) {
  if (!envoy_pages_are_due_) return;
  if (instant.empty()) envoy_pages_are_due_ = false;
  std::string name = "stats";
  if (!former_proxies_.empty()) name += fmt::format("~{}", former_proxies_.size() + 1);
  if (!instant.empty()) name += "@" + instant;
  const envoy::PageFacts facts = page_facts();
  const envoy::Stats& stats = proxy_->stats();
  surroundings_.sink.envoy_page(task_.id(), name + ".txt", envoy::stats_text(stats, facts));
  surroundings_.sink.envoy_page(task_.id(), name + ".prom", envoy::stats_prometheus(stats, facts));
}

// --- The CloudWatch agent ---------------------------------------------------------------------

std::string_view TaskRuntime::agent_container() const {
  const scenarios::Scenario& scenario = surroundings_.scenario;
  if (!scenario.agent.is_on || !scenario.tells(scenarios::TelemetrySource::cloudwatch)) return {};
  for (const scenarios::ContainerDefinition& container : plan_.definition->containers) {
    if (container.image.find(agent_image) != std::string::npos) return container.name;
  }
  return {};
}

void TaskRuntime::start_agent() {
  if (agent_) {
    agent_->stop(false);
    former_agents_.push_back(std::move(agent_));
  }
  const auto config =
      cloudwatch::read_agent_config(find(*plan_.definition, agent_container())->environment,
                                    surroundings_.scenario.agent.name_space);
  if (!config.has_statsd) return;
  agent_ = std::make_unique<cloudwatch::StatsdAgent>(
      surroundings_.engine, surroundings_.sink,
      cloudwatch::StatsdAgent::Spec{.name_space = config.name_space,
                                    .clock = plan_.instance->clock});
  if (statsd_) statsd_->change_receiver(agent_.get());
}

}  // namespace hoplab::models
