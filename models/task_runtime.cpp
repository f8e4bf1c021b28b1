#include "models/task_runtime.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "models/ecs/reservation.hpp"
#include "scenarios/schema/names.hpp"

namespace hoplab::models {
namespace {

std::string stream_of(const TaskPlan& plan) {
  return fmt::format("task/{}/{}", plan.service->name, plan.index);
}

const scenarios::ContainerDefinition* find_container(const scenarios::TaskDefinition& definition,
                                                     std::string_view name) {
  const auto found =
      std::ranges::find(definition.containers, name, &scenarios::ContainerDefinition::name);
  return found == definition.containers.end() ? nullptr : &*found;
}

/// Docker's smallest weight is what a container without cpu units gets.
constexpr sim::CpuUnits weight_min{2};

/// Source: Istio's published figures for a sidecar, 1.24.
constexpr sim::Bytes envoy_memory{std::int64_t{60} * 1024 * 1024};

}  // namespace

TaskRuntime::TaskRuntime(const Surroundings& surroundings, const TaskPlan& plan)
    : surroundings_(surroundings),
      plan_(plan),
      app_container_(scenarios::serving_container(*plan.definition, plan.service->port)->name),
      proxy_container_(surroundings.scenario.has_mesh ? plan.definition->proxy_container : ""),
      cpu_group_(plan.instance->cpu->add_group(
          {.weight = ecs::cpu_weight(*plan.definition), .quota = plan.definition->cpu})),
      task_(surroundings.engine, surroundings.sink, surroundings.identity,
            {.service = plan.service->name,
             .index = plan.index,
             .definition = plan.definition,
             .address = plan.interface->address,
             .host_name = plan.instance->name,
             .instance_type = std::string(plan.instance->type->name),
             .subnet_id = plan.instance->subnet->name,
             .availability_zone = plan.instance->subnet->availability_zone,
             .clock = plan.instance->clock},
            *this) {}

std::unique_ptr<telemetry::LogDriver> TaskRuntime::open_log(std::string_view container) {
  const auto stream =
      surroundings_.sink.open_log_stream(fmt::format("/ecs/{}/{}", plan_.service->name, container),
                                         fmt::format("{}/{}", container, task_.id()));
  const auto* definition = find_container(*plan_.definition, container);
  if (definition == nullptr || definition->log_driver != "awsfirelens") {
    return std::make_unique<telemetry::LogDriver>(surroundings_.engine, surroundings_.sink, stream,
                                                  plan_.instance->clock);
  }
  return std::make_unique<telemetry::LogDriver>(surroundings_.engine, surroundings_.sink, stream,
                                                plan_.instance->clock,
                                                task_.firelens_metadata(container));
}

sim::CpuShare::ContainerId TaskRuntime::add_container(std::string_view container,
                                                      std::uint32_t threads_max) {
  const auto* definition = find_container(*plan_.definition, container);
  const sim::CpuUnits weight = definition == nullptr ? weight_min : definition->cpu;
  return plan_.instance->cpu->add_container(
      {.group = cpu_group_, .weight = std::max(weight, weight_min), .threads_max = threads_max});
}

void TaskRuntime::start(std::vector<app::OutgoingCall> calls,
                        const envoy::Snapshot& configuration) {
  const bool is_telling = surroundings_.scenario.telemetry;
  if (is_telling) {
    app_log_ = open_log(app_container_);
    sdk_tracer_ = make_sdk_tracer();
  }
  if (!proxy_container_.empty()) start_envoy(configuration);
  app_cpu_ = add_container(app_container_, plan_.service->workers);
  application_ = std::make_unique<app::Application>(
      surroundings_.engine, surroundings_.network, surroundings_.timeouts,
      app::ApplicationSpec{
          .service = plan_.service,
          .cpu = plan_.instance->cpu.get(),
          .container = app_cpu_,
          .interface = plan_.interface,
          .rng = sim::Rng::stream(surroundings_.engine.seed(), "app/" + stream_of(plan_)),
          .stream = stream_of(plan_),
          .own_hop = plan_.own_hop,
          .clock = plan_.instance->clock,
          .log = app_log_.get(),
          .sink = &surroundings_.sink,
          .names = &surroundings_.names,
          .tracer = sdk_tracer_.get(),
          .makes_request_ids = proxy_container_.empty(),
          .memory = {.limit = memory_limit_of_app(),
                     .on_limit = sim::call<&TaskRuntime::kill_for_memory>(*this),
                     .pressure = {},
                     .host = plan_.instance->memory.get(),
                     .on_host_full =
                         sim::call<&TaskRuntime::on_host_full>(*this, index_of(app_container_))},
          .calls = std::move(calls),
      });
  for (const scenarios::ContainerDefinition& container : plan_.definition->containers) {
    if (container.name != app_container_) start_beside_app(container);
  }
  if (is_telling) task_.announce();
}

std::uint64_t TaskRuntime::index_of(std::string_view container) const {
  const auto& all = plan_.definition->containers;
  const auto found = std::ranges::find(all, container, &scenarios::ContainerDefinition::name);
  return static_cast<std::uint64_t>(found - all.begin());
}

// The Envoy's CPU is its own affair. Without a mesh a task is the plain queue that theory is about:
// its sidecars' CPU is counted and taken from nobody.
void TaskRuntime::start_beside_app(const scenarios::ContainerDefinition& container) {
  Beside& beside = beside_app_[container.name];
  beside.memory = plan_.instance->memory->add(
      {.held = memory_beside_app(container),
       .on_kill = sim::call<&TaskRuntime::on_host_full>(*this, index_of(container.name))});
  const ecs::SidecarKind* kind = ecs::find_sidecar(container.image);
  const bool is_proxy = container.name == proxy_container_;
  if (kind == nullptr || is_proxy || !surroundings_.scenario.has_mesh ||
      !surroundings_.scenario.telemetry) {
    return;
  }
  beside.cpu = add_container(container.name, 1);
  sim::Rng rng = sim::Rng::stream(surroundings_.engine.seed(),
                                  fmt::format("sidecar/{}/{}", stream_of(plan_), container.name));
  beside.process = std::make_unique<ecs::SidecarProcess>(
      surroundings_.engine,
      ecs::SidecarProcess::Spec{
          .kind = *kind,
          .cpu = plan_.instance->cpu.get(),
          .container = beside.cpu,
          .items = [this, item = kind->item] { return items_of(item); },
          .phase = sim::Duration(static_cast<std::int64_t>(rng.below(1'000'000'000)))});
}

void TaskRuntime::stop_beside_app(std::string_view container) {
  const auto found = beside_app_.find(container);
  if (found == beside_app_.end()) return;
  plan_.instance->memory->remove(found->second.memory);
  if (found->second.process) found->second.process->stop();
}

void TaskRuntime::start_envoy(const envoy::Snapshot& configuration) {
  const std::string stream = stream_of(plan_);
  sim::Rng rng = sim::Rng::stream(surroundings_.engine.seed(), "envoy/" + stream);
  if (surroundings_.scenario.telemetry) {
    envoy_output_ = open_log(proxy_container_);
    sim::Rng chance = sim::Rng::stream(surroundings_.engine.seed(), "envoy-log/" + stream);
    const sim::Duration phase(static_cast<std::int64_t>(chance.below(10'000'000'000)));
    access_log_ = std::make_unique<envoy::AccessLog>(surroundings_.engine, surroundings_.names,
                                                     plan_.instance->clock, *envoy_output_, phase);
    tracer_ = make_tracer();
  }
  const scenarios::EnvoySettings& settings = plan_.service->envoy;
  proxy_cpu_ = add_container(proxy_container_, settings.workers);
  proxy_ = std::make_unique<envoy::Proxy>(
      surroundings_.engine, surroundings_.network, surroundings_.timeouts,
      envoy::ProxySpec{
          .profile = envoy::find_profile(surroundings_.scenario.envoy_profile),
          .workers = settings.workers,
          .service_time = settings.service_time,
          .cpu = plan_.instance->cpu.get(),
          .container = proxy_cpu_,
          .interface = plan_.interface,
          .rng = rng,
          .access_log = access_log_.get(),
          .tracer = tracer_.get(),
          .names = &surroundings_.names,
      });
  plan_.interface->redirected_ports = plan_.definition->app_ports;
  if (plan_.interface->redirected_ports.empty()) {
    plan_.interface->redirected_ports = {plan_.service->port};
  }
  plan_.interface->redirect_port = plan_.definition->proxy_ingress_port;
  proxy_->apply(configuration);
  if (surroundings_.scenario.telemetry) start_statsd();
}

void TaskRuntime::start_statsd() {
  sim::Rng rng = sim::Rng::stream(surroundings_.engine.seed(), "statsd/" + stream_of(plan_));
  const sim::Duration phase(static_cast<std::int64_t>(rng.below(5'000'000'000)));
  const telemetry::StatsdId sender = surroundings_.sink.open_statsd(task_.id());
  statsd_ = std::make_unique<envoy::StatsdFlush>(
      surroundings_.engine, surroundings_.sink, sender, plan_.instance->clock,
      envoy::StatsdFlush::Names{surroundings_.scenario.mesh_name, plan_.service->virtual_node},
      proxy_->stats(), phase);
}

std::unique_ptr<envoy::Tracer> TaskRuntime::make_tracer() const {
  const scenarios::Scenario& scenario = surroundings_.scenario;
  const std::string stream = stream_of(plan_);
  const std::uint64_t seed = surroundings_.engine.seed();
  const std::string& node = plan_.service->virtual_node;
  return std::make_unique<envoy::Tracer>(
      surroundings_.engine, surroundings_.sink, surroundings_.names, plan_.instance->clock,
      envoy::TracerNames{
          .segment = scenario.mesh_name + "/" + node,
          .mesh = scenario.mesh_name,
          .virtual_node = node,
          .node_id = fmt::format("arn:aws:appmesh:{}:{}:mesh/{}/virtualNode/{}", scenario.region,
                                 scenario.account, scenario.mesh_name, node),
      },
      sim::Rng::stream(seed, "envoy-segments/" + stream),
      telemetry::Sampler(scenario.sampling, sim::Rng::stream(seed, "envoy-sampling/" + stream)));
}

std::unique_ptr<app::SdkTracer> TaskRuntime::make_sdk_tracer() const {
  const scenarios::Scenario& scenario = surroundings_.scenario;
  const std::string stream = stream_of(plan_);
  const std::uint64_t seed = surroundings_.engine.seed();
  return std::make_unique<app::SdkTracer>(
      surroundings_.engine, surroundings_.sink, surroundings_.names, plan_.instance->clock,
      app::SdkIdentity{
          .name = plan_.service->name,
          .version = fmt::format("{}:{}", plan_.definition->family, plan_.definition->revision),
          .account = scenario.account,
          .host_name = vpc::private_dns_name(plan_.interface->address),
          .container_id = task_.firelens_metadata(app_container_).container_id,
          .container_arn = task_.container_arn(app_container_),
      },
      sim::Rng::stream(seed, "sdk-segments/" + stream),
      telemetry::Sampler(scenario.sampling, sim::Rng::stream(seed, "sdk-sampling/" + stream)));
}

// --- What it uses -----------------------------------------------------------------------------

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
  ecs::TaskUsage usage{.is_running = task_.is_running(), .containers = {}};
  for (const scenarios::ContainerDefinition& container : plan_.definition->containers) {
    usage.containers.push_back(usage_of(container));
  }
  const sim::CpuShare& cpu = *plan_.instance->cpu;
  usage.cpu_beside = cpu.used(cpu_group_) - cpu.used(app_cpu_);
  if (!proxy_container_.empty()) usage.cpu_beside -= cpu.used(proxy_cpu_);
  for (const auto& [name, beside] : beside_app_) {
    if (beside.process) usage.cpu_beside -= cpu.used(beside.cpu);
  }
  return usage;
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
    usage.cpu_used = plan_.instance->cpu->used(app_cpu_);
    if (usage.is_running) usage.memory_used = application_->memory().held();
  } else if (container.name == proxy_container_) {
    usage.cpu_used = plan_.instance->cpu->used(proxy_cpu_);
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
      if (statsd_) items = statsd_->datagrams_sent();
      break;
    case ecs::SidecarKind::Item::segment:
      if (tracer_) items += tracer_->segments_written();
      if (sdk_tracer_) items += sdk_tracer_->segments_written();
      break;
  }
  return items;
}

sim::Duration TaskRuntime::cpu_used_by(const ecs::SidecarKind& sidecar) const {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(
      surroundings_.engine.now().time_since_epoch());
  return sidecar.cpu_per_item * static_cast<std::int64_t>(items_of(sidecar.item)) +
         sidecar.cpu_per_second * seconds.count();
}

// --- Its end ----------------------------------------------------------------------------------

void TaskRuntime::flush_logs() {
  if (!proxy_ || !proxy_->is_running()) return;
  if (access_log_) access_log_->flush();
  if (statsd_) statsd_->stop(true);
}

void TaskRuntime::exit_container(std::string_view container, int exit_code) {
  end_container(container, exit_code, "");
}

void TaskRuntime::end_container(std::string_view container, int exit_code,
                                std::string_view reason) {
  if (!task_.container_is_running(container)) return;
  kill(container);
  task_.container_exited(container, exit_code, reason);
}

// Its container's limit, or what the other containers leave it of the task's, or of the machine's.
sim::Bytes TaskRuntime::memory_limit_of_app() {
  sim::Bytes limit = plan_.instance->type->memory;
  if (plan_.definition->memory > sim::Bytes(0)) limit = plan_.definition->memory;
  for (const scenarios::ContainerDefinition& container : plan_.definition->containers) {
    if (container.name != app_container_) limit = limit - usage_of(container).memory_used;
  }
  const sim::Bytes own = find_container(*plan_.definition, app_container_)->memory;
  return own > sim::Bytes(0) ? std::min(own, limit) : limit;
}

// The kernel's out-of-memory killer takes the largest process of the control group.
void TaskRuntime::kill_for_memory() {
  if (application_->has_child()) return application_->lose_child();
  end_container(app_container_, ecs::exit_code_sigkill, ecs::out_of_memory_reason);
}

// Docker does not call this OutOfMemoryError: with control groups v1, as on ECS's images, it only
// hears of limits of its own. So there is a third kind of 137.
void TaskRuntime::on_host_full(std::uint64_t container) {
  end_container(plan_.definition->containers[container].name, ecs::exit_code_sigkill, "");
}

void TaskRuntime::kill(std::string_view container) {
  stop_beside_app(container);
  if (container == app_container_) application_->kill();
  if (proxy_ && container == proxy_container_) {
    proxy_->kill();
    if (statsd_) statsd_->stop(false);
  }
}

void TaskRuntime::exit_cleanly(std::string_view container) {
  if (proxy_ && container == proxy_container_) {
    proxy_->exit_cleanly();
    if (statsd_) statsd_->stop(true);
  }
  kill(container);
}

void TaskRuntime::detach_interface() { surroundings_.network.detach(*plan_.interface); }

}  // namespace hoplab::models
