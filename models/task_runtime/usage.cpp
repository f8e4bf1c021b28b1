// What a task uses: CPU and memory of its containers, as CloudWatch and Container Insights tell.

#include "models/ecs/reservation.hpp"
#include "models/task_runtime.hpp"

namespace hoplab::models {
namespace {

/// Source: Istio's published figures for a sidecar, 1.24.
constexpr sim::Bytes envoy_memory{std::int64_t{60} * 1024 * 1024};

}  // namespace

ecs::TaskFacts TaskRuntime::facts() const {
  return {.service = plan_.service->name,
          .task_id = task_.id(),
          .family = plan_.definition->family,
          .revision = plan_.definition->revision,
          .host_name = plan_.instance->name,
          .cpu = ecs::cpu_reserved(*plan_.definition),
          .memory = ecs::memory_reserved(*plan_.definition),
          .instance = plan_.instance};
}

ecs::TaskUsage TaskRuntime::usage() {
  ecs::TaskUsage usage;
  usage.is_running = task_.is_running() && has_power_;
  usage.traffic = plan_.interface->traffic;
  for (const scenarios::ContainerDefinition& container : plan_.definition->containers) {
    usage.containers.push_back(usage_of(container));
  }
  const sim::CpuShare& cpu = *plan_.instance->cpu;
  usage.cpu_beside = cpu.used(cpu_group_);
  if (application_) usage.cpu_beside -= cpu.used(app_cpu_);
  if (proxy_) usage.cpu_beside -= cpu.used(proxy_cpu_);
  for (const auto& [name, beside] : beside_app_) {
    if (beside.process) usage.cpu_beside -= cpu.used(beside.cpu);
  }
  return usage;
}

ecs::TaskRuntimeStats TaskRuntime::runtime_stats() {
  constexpr sim::Duration quota_period = std::chrono::milliseconds(100);
  const ecs::Task::Instants instants = task_.instants();
  ecs::TaskRuntimeStats stats{.docker_ids = {},
                              .created = instants.created,
                              .pull_started = instants.pull_started,
                              .pull_stopped = instants.pull_stopped,
                              .started = instants.started,
                              .throttling = {}};
  for (const scenarios::ContainerDefinition& container : plan_.definition->containers) {
    stats.docker_ids.push_back(task_.runtime_id(container.name));
  }
  stats.throttling.periods =
      static_cast<std::uint64_t>((surroundings_.engine.now() - born_) / quota_period);
  stats.throttling.throttled_periods = plan_.instance->cpu->throttled_periods(cpu_group_);
  stats.throttling.throttled = plan_.instance->cpu->throttled(cpu_group_);
  return stats;
}

ecs::ContainerUsage TaskRuntime::usage_of(const scenarios::ContainerDefinition& container) {
  ecs::ContainerUsage usage{.name = container.name,
                            .image = container.image,
                            .is_running = task_.container_is_running(container.name),
                            .cpu_used = {},
                            .cpu_reserved = container.cpu,
                            .memory_used = sim::Bytes(0),
                            .memory_reserved = container.memory};
  const ecs::SidecarKind* sidecar = ecs::find_sidecar(container.image);
  if (container.name == app_container_) {
    if (application_) usage.cpu_used = plan_.instance->cpu->used(app_cpu_);
    if (usage.is_running && application_) usage.memory_used = application_->memory().held();
  } else if (container.name == proxy_container_) {
    if (proxy_) usage.cpu_used = plan_.instance->cpu->used(proxy_cpu_);
    if (usage.is_running) usage.memory_used = envoy_memory;
  } else if (sidecar != nullptr) {
    const auto beside = beside_app_.find(container.name);
    const bool is_felt = beside != beside_app_.end() && beside->second.process;
    usage.cpu_used =
        is_felt ? plan_.instance->cpu->used(beside->second.cpu) : cpu_used_by(*sidecar);
    if (usage.is_running) usage.memory_used = sidecar->memory;
  }
  return usage;
}

/// What it holds while it runs.
sim::Bytes TaskRuntime::memory_beside_app(const scenarios::ContainerDefinition& container) const {
  if (container.name == proxy_container_) return envoy_memory;
  const ecs::SidecarKind* sidecar = ecs::find_sidecar(container.image);
  return sidecar == nullptr ? sim::Bytes(0) : sidecar->memory;
}

std::uint64_t TaskRuntime::items_of(ecs::SidecarKind::Item item) const {
  std::uint64_t items = 0;
  switch (item) {
    case ecs::SidecarKind::Item::log_line:
      if (app_log_) items = app_log_->lines_written();
      break;
    case ecs::SidecarKind::Item::datagram:
      for (const auto& former : former_statsd_) {
        if (former) items += former->datagrams_sent();
      }
      if (statsd_) items += statsd_->datagrams_sent();
      break;
    case ecs::SidecarKind::Item::segment:
      if (tracer_) items += tracer_->segments_written();
      if (sdk_tracer_) items += sdk_tracer_->segments_written();
      break;
  }
  return items;
}

sim::Duration TaskRuntime::cpu_used_by(const ecs::SidecarKind& sidecar) const {
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(surroundings_.engine.now() - born_);
  return sidecar.cpu_per_item * static_cast<std::int64_t>(items_of(sidecar.item)) +
         sidecar.cpu_per_second * seconds.count();
}

}  // namespace hoplab::models
