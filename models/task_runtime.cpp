#include "models/task_runtime.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "models/app/draw.hpp"
#include "models/ecs/reservation.hpp"
#include "scenarios/schema/names.hpp"

namespace hoplab::models {
namespace {

/// The stream of a process that has lived before in the same task.
std::string stream_of_life(const TaskPlan& plan, std::size_t former_lives) {
  std::string stream = plan_stream(plan);
  if (former_lives > 0) stream += fmt::format("/life-{}", former_lives + 1);
  return stream;
}

constexpr std::string_view probe_agent = "curl/8.3.0";
constexpr std::uint16_t admin_port = 9901;

const scenarios::ContainerDefinition* find_container(const scenarios::TaskDefinition& definition,
                                                     std::string_view name) {
  const auto found =
      std::ranges::find(definition.containers, name, &scenarios::ContainerDefinition::name);
  return found == definition.containers.end() ? nullptr : &*found;
}

/// Docker's smallest weight is what a container without cpu units gets.
constexpr sim::CpuUnits weight_min{2};

}  // namespace

TaskRuntime::TaskRuntime(const Surroundings& surroundings, const TaskPlan& plan)
    : surroundings_(surroundings),
      plan_(plan),
      app_container_(scenarios::serving_container(*plan.definition, plan.service->port)->name),
      proxy_container_(surroundings.scenario.has_mesh ? plan.definition->proxy_container : ""),
      cpu_group_(plan.instance->cpu->add_group(
          {.weight = ecs::cpu_weight(*plan.definition), .quota = plan.definition->cpu})),
      task_(surroundings.engine, surroundings.sink, surroundings.identity, spec_of(surroundings),
            *this, plan.listener),
      born_(surroundings.engine.now()),
      answers_(sim::Rng::stream(surroundings.engine.seed(), "resolver/" + plan_stream(plan))) {}

ecs::TaskSpec TaskRuntime::spec_of(const Surroundings& surroundings) const {
  constexpr std::string_view without_supervisor = "v1.15";
  return {.service = plan_.service->name,
          .index = plan_.index,
          .definition = plan_.definition,
          .address = plan_.interface->address,
          .host_name = plan_.instance->name,
          .instance_type = std::string(plan_.instance->type->name),
          .subnet_id = plan_.instance->subnet->name,
          .availability_zone = plan_.instance->subnet->availability_zone,
          .clock = plan_.instance->clock,
          .started_by = plan_.deployment,
          .app_container = app_container_,
          .on_sigterm = plan_.service->on_sigterm,
          .timings = surroundings.scenario.ecs,
          .envoy_drains = surroundings.scenario.envoy_profile != without_supervisor,
          .is_telling = surroundings.scenario.tells(scenarios::TelemetrySource::ecs)};
}

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

// --- Processes --------------------------------------------------------------------------------

void TaskRuntime::begin_running(const envoy::Snapshot& configuration) {
  open_application_output();
  if (!proxy_container_.empty()) {
    start_envoy();
    proxy_->set_connected(true);
    configure_envoy(configuration);
  }
  start_application(true);
  for (const scenarios::ContainerDefinition& container : plan_.definition->containers) {
    if (container.name != app_container_) start_beside_app(container);
  }
  if (surroundings_.scenario.tells(scenarios::TelemetrySource::ecs)) task_.announce();
}

ecs::StartResult TaskRuntime::start(std::string_view container) {
  if (container != app_container_) start_beside_app(*find_container(*plan_.definition, container));
  if (container == proxy_container_) {
    start_envoy();
    plan_.company->on_envoy_started(*this);
  } else if (container == app_container_) {
    start_failure_.reset();
    start_application(false);
    if (start_failure_) {
      application_->kill();
      return {.has_started = false,
              .exit_code = *start_failure_,
              .reason = ecs::reason_of_start_failure(*start_failure_)};
    }
  }
  return {};
}

void TaskRuntime::open_application_output() {
  if (app_output_is_open_) return;
  app_output_is_open_ = true;
  if (surroundings_.scenario.tells(scenarios::TelemetrySource::app_log)) {
    app_log_ = open_log(app_container_);
  }
  start_sdk();
}

// What is there when the run begins has started long ago.
void TaskRuntime::start_application(bool is_warm) {
  open_application_output();
  const std::size_t lives = former_applications_.size() + (application_ ? 1 : 0);
  if (application_) {
    former_applications_.push_back(std::move(application_));
  } else {
    app_cpu_ = add_container(app_container_, plan_.service->workers);
  }
  if (otel_sdk_) otel_sdk_->begin();
  const std::string stream = stream_of_life(plan_, lives);
  application_ = std::make_unique<app::Application>(
      surroundings_.engine, surroundings_.network, surroundings_.timeouts,
      app::ApplicationSpec{
          .service = plan_.service,
          .cpu = plan_.instance->cpu.get(),
          .container = app_cpu_,
          .interface = plan_.interface,
          .rng = sim::Rng::stream(surroundings_.engine.seed(), "app/" + stream),
          .stream = stream,
          .own_hop = plan_.own_hop,
          .clock = plan_.instance->clock,
          .log = app_log_.get(),
          .sink = &surroundings_.sink,
          .names = &surroundings_.names,
          .tracer = sdk_tracer_.get(),
          .otel = otel_sdk_.get(),
          .makes_request_ids = proxy_container_.empty(),
          .memory = {.limit = memory_limit_of_app(),
                     .on_limit = sim::call<&TaskRuntime::kill_for_memory>(*this),
                     .pressure = {},
                     .host = plan_.instance->memory.get(),
                     .on_host_full =
                         sim::call<&TaskRuntime::on_host_full>(*this, index_of(app_container_))},
          .calls = plan_.company->calls_of(*this),
          .listens = is_warm,
          .probe_agent = surroundings_.names.intern(probe_agent),
      });
  plan_.company->on_application_started(*this);
  if (is_warm) return;
  sim::Rng rng = sim::Rng::stream(surroundings_.engine.seed(), "startup/" + stream);
  const sim::Duration startup = app::draw(plan_.service->startup, rng);
  if (start_failure_) return;
  if (startup == sim::Duration::zero()) return application_->open();
  surroundings_.engine.after(startup, [this, lives] {
    if (former_applications_.size() == lives) application_->open();
  });
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
  const bool is_restart = beside.process != nullptr;
  if (is_restart) former_sidecars_.push_back(std::move(beside.process));
  beside.memory = plan_.instance->memory->add(
      {.held = memory_beside_app(container),
       .on_kill = sim::call<&TaskRuntime::on_host_full>(*this, index_of(container.name))});
  const ecs::SidecarKind* kind = ecs::find_sidecar(container.image);
  const bool is_proxy = container.name == proxy_container_;
  if (kind == nullptr || is_proxy || !surroundings_.scenario.has_mesh ||
      !surroundings_.scenario.telemetry) {
    return;
  }
  if (container.name == agent_container()) start_agent();
  if (!is_restart) beside.cpu = add_container(container.name, 1);
  sim::Rng rng = sim::Rng::stream(surroundings_.engine.seed(),
                                  fmt::format("sidecar/{}/{}", plan_stream(plan_), container.name));
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

void TaskRuntime::start_envoy() {
  const std::size_t lives = former_proxies_.size() + (proxy_ ? 1 : 0);
  const std::string stream = stream_of_life(plan_, lives);
  if (proxy_) {
    former_proxies_.push_back(std::move(proxy_));
    former_access_logs_.push_back(std::move(access_log_));
    former_statsd_.push_back(std::move(statsd_));
  } else {
    proxy_cpu_ = add_container(proxy_container_, plan_.service->envoy.workers);
  }
  envoy_is_configured_ = false;
  sim::Rng rng = sim::Rng::stream(surroundings_.engine.seed(), "envoy/" + stream);
  if (!tracer_) start_envoy_tracing();
  if (surroundings_.scenario.tells(scenarios::TelemetrySource::access_log)) {
    if (!envoy_output_) envoy_output_ = open_log(proxy_container_);
    sim::Rng chance = sim::Rng::stream(surroundings_.engine.seed(), "envoy-log/" + stream);
    const sim::Duration phase(static_cast<std::int64_t>(chance.below(10'000'000'000)));
    access_log_ = make_access_log(phase);
  }
  const scenarios::EnvoySettings& settings = plan_.service->envoy;
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
          .resolver = static_cast<envoy::NameService*>(this),
          .names = &surroundings_.names,
          .has_metrics_extension = has_metrics_extension(),
      });
  plan_.interface->redirected_ports = plan_.definition->app_ports;
  if (plan_.interface->redirected_ports.empty()) {
    plan_.interface->redirected_ports = {plan_.service->port};
  }
  plan_.interface->redirect_port = plan_.definition->proxy_ingress_port;
}

std::unique_ptr<envoy::AccessLog> TaskRuntime::make_access_log(sim::Duration phase) {
  const auto file = plan_.service->node.access_log.value_or(scenarios::AccessLogFile{});
  if (!file.is_output()) return nullptr;
  envoy::LogOwner owner{
      .profile = envoy::find_profile(surroundings_.scenario.envoy_profile),
      .hostname = vpc::private_dns_name(plan_.interface->address),
      .propagators = surroundings_.scenario.trace_headers(),
      .environment = {},
      .types_json_values = surroundings_.scenario.envoy.types_json_values,
      .omits_query = file.omits_query,
  };
  if (const auto* container = find_container(*plan_.definition, proxy_container_)) {
    owner.environment = container->environment;
  }
  using Output = envoy::AccessLog::Output;
  return std::make_unique<envoy::AccessLog>(
      surroundings_.engine,
      envoy::LogFormat(file, std::move(owner), surroundings_.names, plan_.instance->clock),
      *envoy_output_, file.is_error_output() ? Output::standard_error : Output::standard_output,
      phase);
}

void TaskRuntime::configure_envoy(const envoy::Snapshot& configuration) {
  if (!proxy_ || !proxy_->is_running()) return;
  proxy_->apply(configuration);
  if (std::exchange(envoy_is_configured_, true)) return;
  envoy_pages_are_due_ = surroundings_.scenario.tells(scenarios::TelemetrySource::envoy_stats);
  // Without a flush nobody sees a histogram.
  const bool is_read = surroundings_.scenario.tells(scenarios::TelemetrySource::statsd) ||
                       surroundings_.dialect.always_extends_metrics();
  if (envoy_pages_are_due_ || is_read) start_statsd();
}

void TaskRuntime::set_endpoints(const std::string& cluster,
                                const std::vector<envoy::Endpoint>& endpoints) {
  if (proxy_ && proxy_->is_running()) proxy_->set_endpoints(cluster, endpoints);
}

// Envoy's own log, beside the access log.
void TaskRuntime::on_configuration_stream(bool is_connected, int grpc_status,
                                          const std::string& message) {
  if (proxy_ && proxy_->is_running()) proxy_->set_connected(is_connected);
  if (is_connected || !envoy_output_ || !proxy_ || !proxy_->is_running()) return;
  std::string time = sim::format_iso8601(plan_.instance->clock.at(surroundings_.engine.now()));
  time[10] = ' ';
  time.pop_back();
  envoy_output_->write(
      telemetry::LogDriver::Source::standard_error,
      fmt::format("[{}][1][warning][config] StreamAggregatedResources gRPC config stream closed: "
                  "{}, {}",
                  time, grpc_status, message));
}

envoy::NodeFacts TaskRuntime::envoy_facts() const {
  return {.node_id = surroundings_.dialect.node_id(*plan_.service),
          .tags = surroundings_.dialect.stat_tags(*plan_.service, has_metrics_extension()),
          .clock = plan_.instance->clock,
          .now = surroundings_.engine.now(),
          .memory = memory_beside_app(*find_container(*plan_.definition, proxy_container_))};
}

// --- Its end ----------------------------------------------------------------------------------

void TaskRuntime::flush_logs() {
  if (app_otlp_ && application_ && application_->is_running()) app_otlp_->flush();
  flush_envoy();
  if (agent_) agent_->finish();
}

void TaskRuntime::flush_envoy() {
  if (!proxy_ || !proxy_->is_running()) return;
  if (envoy_otlp_) envoy_otlp_->flush();
  if (access_log_) access_log_->finish();
  if (statsd_) statsd_->stop(true);
  write_envoy_pages();
}

void TaskRuntime::exit_container(std::string_view container, int exit_code) {
  end_container(container, exit_code, "");
}

void TaskRuntime::signal_process(std::string_view container, int signal) {
  constexpr int sigterm = 15;
  constexpr int sigcont = 18;
  constexpr int sigstop = 19;
  constexpr int killed_by = 128;
  const auto* definition = find_container(*plan_.definition, container);
  if (definition == nullptr) return;
  if (signal == sigcont || signal == sigstop) return suspend(container, signal == sigstop);
  const bool is_app = container == app_container_;
  if (signal == sigterm && stands_still(container)) return keep_sigterm(container);
  if (signal == sigterm) {
    using scenarios::OnSigterm;
    const bool ignores = is_app && plan_.service->on_sigterm == OnSigterm::ignores;
    if (ignores && !definition->has_init_process) return;
    const bool has_handler = !is_app || plan_.service->on_sigterm == OnSigterm::drains;
    return end_container(container, has_handler ? 0 : killed_by + signal, "");
  }
  end_container(container, killed_by + signal, "");
}

void TaskRuntime::suspend(std::string_view container, bool stops) {
  if (!task_.container_is_running(container)) return;
  if (container == app_container_) stops ? application_->pause() : application_->resume();
  if (container == proxy_container_) stops ? proxy_->pause() : proxy_->resume();
  constexpr int sigterm = 15;
  if (!stops && pending_sigterm_.erase(std::string(container)) > 0) {
    signal_process(container, sigterm);
  }
}

void TaskRuntime::keep_sigterm(std::string_view container) { pending_sigterm_.emplace(container); }

bool TaskRuntime::stands_still(std::string_view container) {
  if (container == app_container_) return application_ && application_->is_paused();
  return container == proxy_container_ && proxy_ && proxy_->is_paused();
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
    if (container.name != app_container_) limit = limit - memory_beside_app(container);
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
  if (!has_power_) return;  // It has gone already.
  pending_sigterm_.erase(std::string(container));
  stop_beside_app(container);
  if (agent_ && container == agent_container()) agent_->stop(false);
  if (application_ && container == app_container_) {
    application_->kill();
    if (app_otlp_) app_otlp_->lose();
  }
  if (proxy_ && container == proxy_container_) {
    write_envoy_pages();
    proxy_->kill();
    if (envoy_otlp_) envoy_otlp_->lose();
    if (statsd_) statsd_->stop(false);
    plan_.company->on_envoy_gone(*this);
  }
}

void TaskRuntime::exit_cleanly(std::string_view container) {
  if (!has_power_) return;
  if (app_otlp_ && container == app_container_) app_otlp_->flush();
  if (proxy_ && container == proxy_container_) {
    proxy_->exit_cleanly();
    if (envoy_otlp_) envoy_otlp_->flush();
    if (statsd_) statsd_->stop(true);
    write_envoy_pages();
  }
  if (agent_ && container == agent_container()) agent_->stop(true);
  kill(container);
}

void TaskRuntime::begin_drain(std::string_view container) {
  if (application_ && container == app_container_) application_->stop_accepting();
  if (proxy_ && container == proxy_container_) proxy_->drain();
}

bool TaskRuntime::is_idle(std::string_view container) {
  return container != app_container_ || !application_ || application_->open_requests() == 0;
}

// --- Its health -------------------------------------------------------------------------------

bool TaskRuntime::envoy_is_live() const {
  return proxy_ && proxy_->state() == envoy::Proxy::State::live;
}

// A command that names no port asks what its own container serves.
void TaskRuntime::probe(std::string_view container, ecs::HealthCheck& check, std::uint64_t number) {
  if (!has_power_) return;  // Nobody asks, nobody answers.
  const auto* definition = find_container(*plan_.definition, container);
  const bool is_of_proxy = container == proxy_container_;
  std::uint16_t port = ecs::port_asked_by(definition->health_check->command);
  if (port == 0) {
    port = is_of_proxy ? admin_port : container == app_container_ ? plan_.service->port : 0;
  }
  if (port == 0) return check.answer(number, true);  // It runs: that is all that is known of it.
  if (port == admin_port && !proxy_container_.empty()) {
    if (proxy_ && proxy_->is_paused()) return;  // It accepts, and says nothing.
    return check.answer(number, envoy_is_live());
  }
  auto& probe = probes_[std::string(container)];
  if (!probe) {
    http::Request request;
    request.method = surroundings_.names.intern("GET");
    request.path = surroundings_.names.intern("/");
    request.authority = surroundings_.names.intern(fmt::format("localhost:{}", port));
    request.user_agent = surroundings_.names.intern(probe_agent);
    probe = std::make_unique<ecs::HttpProbe>(surroundings_.network, *plan_.interface, request);
  }
  probe->begin(port, check, number);
}

void TaskRuntime::abandon_probe(std::string_view container) {
  const auto found = probes_.find(container);
  if (found != probes_.end()) found->second->abandon();
}

// --- Its interface ----------------------------------------------------------------------------

void TaskRuntime::attach_interface() {
  plan_.interface->attached = true;
  plan_.company->on_interface_attached(*this);
}

// Route 53 answers with the records of a name, eight at most, in an order of chance.
// Source: Route 53 Developer Guide, "Multivalue answer routing".
envoy::NameService::Answer TaskRuntime::look_up(const std::string& host_name) {
  const vpc::LookUp found = plan_.interface->look_up(surroundings_.engine.now(), host_name);
  Answer answer{.outcome = found.outcome, .after = found.after, .addresses = {}};
  if (found.outcome != vpc::LookUp::Outcome::found) return answer;
  answer.addresses = plan_.company->addresses_of(host_name);
  if (answer.addresses.empty()) answer.outcome = vpc::LookUp::Outcome::no_such_name;
  for (std::size_t left = answer.addresses.size(); left > 1; --left) {
    std::swap(answer.addresses[left - 1], answer.addresses[answers_.below(left)]);
  }
  return answer;
}

void TaskRuntime::lose_power() {
  if (!has_power_) return;
  for (const scenarios::ContainerDefinition& container : plan_.definition->containers) {
    if (task_.container_is_running(container.name)) kill(container.name);
  }
  has_power_ = false;
}

void TaskRuntime::detach_interface() { surroundings_.network.detach(*plan_.interface); }

}  // namespace hoplab::models
