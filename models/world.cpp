#include "models/world.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "models/appmesh/documents.hpp"
#include "models/appmesh/translate.hpp"
#include "models/ecs/task_definition_document.hpp"
#include "models/ecs/utilization.hpp"
#include "models/faults/fault.hpp"
#include "models/faults/resources.hpp"
#include "models/faults/selection.hpp"
#include "models/task_runtime.hpp"
#include "models/vpc/build_groups.hpp"
#include "models/vpc/documents.hpp"
#include "models/workload/load.hpp"
#include "scenarios/schema/names.hpp"
#include "scenarios/schema/targets.hpp"

namespace hoplab::models {
namespace {

using namespace std::chrono_literals;

constexpr sim::Duration drain_max = 20s;
constexpr sim::Duration drain_step = 100ms;
constexpr std::uint64_t events_between_looks = 65'536;

/// The user agents of the two kinds of callers, as real ones spell them.
constexpr std::string_view app_user_agent = "Go-http-client/1.1";
constexpr std::string_view load_user_agent = "k6/0.49.0 (https://k6.io/)";

}  // namespace

struct World::Impl final : faults::Controls {
  sim::Engine& engine;
  const scenarios::Scenario& scenario;
  telemetry::Sink& sink;
  http::Names names;
  vpc::SecurityGroups groups;
  vpc::GroupsOfServices groups_of_services;
  vpc::Network network;
  Timeouts timeouts;
  ecs::Identity identity;
  std::map<std::string, std::unique_ptr<ec2::Instance>> instances_by_name;
  std::map<std::string, const scenarios::Host*, std::less<>> hosts_by_name;
  std::map<std::string, const scenarios::Subnet*, std::less<>> subnets_by_name;
  std::map<sim::HostId, ec2::Instance*> instances_by_host;
  std::map<std::string, scenarios::TaskDefinition> definitions;    ///< By service.
  std::map<std::string, std::vector<vpc::Interface*>> interfaces;  ///< By service.
  std::map<std::string, std::vector<std::unique_ptr<TaskRuntime>>> tasks_by_service;
  std::map<std::string, telemetry::HopId> hops;
  std::map<std::string, telemetry::SeriesId> series;
  ecs::Utilization utilization;
  std::vector<std::unique_ptr<workload::Load>> loads;
  faults::Revocations all_revocations{groups};
  struct ScheduledFault {
    const scenarios::Fault* spec = nullptr;
    std::unique_ptr<faults::Fault> fault;
    bool is_acting = false;
  };
  std::vector<ScheduledFault> all_faults;  ///< Never resized once they are scheduled.

  Impl(sim::Engine& an_engine, const scenarios::Scenario& a_scenario, telemetry::Sink& a_sink);

  // Building, in this order.
  void build_places();
  void build_links();
  void build_tasks();
  void build_chains();
  void build_loads();
  void schedule_faults();
  /// Faults that act on all of its service act on a task that starts meanwhile.
  void meet_faults(TaskRuntime& task);
  void watch_utilization();
  ec2::Instance& instance_named(const std::string& name);
  const scenarios::Service& service_named(const std::string& name) const;
  const scenarios::VirtualService& virtual_service_named(const std::string& name) const;
  std::vector<app::OutgoingCall> calls_of(const scenarios::Service& service,
                                          vpc::Interface& interface);
  envoy::Snapshot configuration_of(const scenarios::Service& service);
  std::vector<std::string> hop_names(const std::string& caller, bool caller_is_load,
                                     const std::string& callee) const;
  telemetry::HopId hop(const std::string& name);
  telemetry::SeriesId series_named(const std::string& name);
  void publish_definitions();

  [[nodiscard]] std::uint64_t in_flight() const;
  StopReason run_until(sim::SimTime end, const RunLimits& limits, std::uint64_t& events_left);

  // faults::Controls
  std::vector<faults::TaskHandle*> tasks(const scenarios::Fault& fault) override;
  std::vector<ec2::Instance*> instances(const scenarios::Fault& fault) override;
  std::vector<std::pair<ec2::Instance*, ec2::Instance*>> links(
      const scenarios::Fault& fault) override;
  std::vector<TaskRuntime*> tasks_of(const std::string& target);
  vpc::SecurityGroups& security_groups() override { return groups; }
  faults::Revocations& revocations() override { return all_revocations; }
  vpc::Network& vpc_network() override { return network; }
  sim::Engine& sim_engine() override { return engine; }
  void publish_security_groups() override;
  sim::Platform& platform() override { return engine.platform(); }
  vpc::Paths& paths() override { return network.paths(); }
};

World::Impl::Impl(sim::Engine& an_engine, const scenarios::Scenario& a_scenario,
                  telemetry::Sink& a_sink)
    : engine(an_engine),
      scenario(a_scenario),
      sink(a_sink),
      network(engine, groups, sink, scenario.network.loopback),
      timeouts(engine),
      identity({.region = scenario.region,
                .account = scenario.account,
                .cluster = scenario.cluster,
                .seed = scenario.seed}),
      utilization(engine, sink, identity, scenario.start_time) {
  if (!scenario.telemetry) network.record_no_hops();
  groups_of_services = vpc::build_groups(scenario, groups);
  build_places();
  build_links();
  build_tasks();
  build_chains();
  build_loads();
  schedule_faults();
  if (!scenario.telemetry) return;
  publish_definitions();
  publish_security_groups();
  watch_utilization();
}

// --- Places -----------------------------------------------------------------------------------

ec2::Instance& World::Impl::instance_named(const std::string& name) {
  std::unique_ptr<ec2::Instance>& place = instances_by_name[name];
  if (place) return *place;
  const scenarios::Host& host = *hosts_by_name.at(name);
  const ec2::InstanceType* type = ec2::find_instance_type(host.instance_type);
  HOPLAB_ASSERT(type != nullptr, "an unknown instance type passed validation");
  sim::Rng rng = sim::Rng::stream(engine.seed(), "host/" + name);
  const double drawn = sim::in_seconds(scenario.network.clock_offset_sd) * rng.standard_normal();
  place = std::make_unique<ec2::Instance>();
  place->name = name;
  place->type = type;
  place->subnet = subnets_by_name.at(host.subnet);
  place->host = engine.platform().add_host({.name = name, .bandwidth = scenario.network.bandwidth});
  instances_by_host[place->host] = place.get();
  place->clock = {scenario.start_time, host.clock_offset.value_or(sim::seconds_to_duration(drawn))};
  place->equip(engine, host);
  return *place;
}

void World::Impl::build_places() {
  engine.platform().set_default_latency(scenario.network.latency);
  for (const scenarios::Host& host : scenario.hosts) hosts_by_name[host.name] = &host;
  for (const scenarios::Subnet& subnet : scenario.subnets) subnets_by_name[subnet.name] = &subnet;
  const auto addresses = ecs::addresses_of(scenario);
  // By name, so that nothing hangs on the order of the file.
  std::vector<const scenarios::Service*> services;
  for (const scenarios::Service& service : scenario.services) services.push_back(&service);
  std::ranges::sort(services, {}, [](const auto* service) { return service->name; });
  for (const scenarios::Service* service : services) {
    for (int index = 0; index < service->desired_count; ++index) {
      const auto& wish = service->placement;
      ec2::Instance& instance = instance_named(wish[static_cast<std::size_t>(index) % wish.size()]);
      vpc::Interface interface;
      interface.host = instance.host;
      interface.address = addresses.at(service->name)[static_cast<std::size_t>(index)];
      interface.groups = groups_of_services.at(service->name);
      interfaces[service->name].push_back(&network.add_interface(std::move(interface)));
    }
  }
}

void World::Impl::build_links() {
  for (const scenarios::Link& link : scenario.links) {
    const auto first = instances_by_name.find(link.first);
    const auto second = instances_by_name.find(link.second);
    if (first == instances_by_name.end() || second == instances_by_name.end()) continue;
    const auto set = [&](sim::HostId from, sim::HostId to) {
      if (link.latency) engine.platform().set_latency(from, to, *link.latency);
      if (link.jitter > 0s) network.paths().at(from, to).set_jitter(link.jitter);
      if (link.bandwidth) network.paths().at(from, to).set_bandwidth(*link.bandwidth);
    };
    set(first->second->host, second->second->host);
    set(second->second->host, first->second->host);
  }
}

const scenarios::Service& World::Impl::service_named(const std::string& name) const {
  const auto found = std::ranges::find(scenario.services, name, &scenarios::Service::name);
  HOPLAB_ASSERT(found != scenario.services.end(), "an unknown service passed validation");
  return *found;
}

const scenarios::VirtualService& World::Impl::virtual_service_named(const std::string& name) const {
  const auto found =
      std::ranges::find(scenario.virtual_services, name, &scenarios::VirtualService::name);
  HOPLAB_ASSERT(found != scenario.virtual_services.end(),
                "an unknown virtual service passed validation");
  return *found;
}

// --- Tasks ------------------------------------------------------------------------------------

void World::Impl::build_tasks() {
  for (const scenarios::Service& service : scenario.services) {
    const scenarios::TaskDefinition* definition = scenarios::task_definition_of(scenario, service);
    HOPLAB_ASSERT(definition != nullptr, "a service without a task definition passed validation");
    definitions[service.name] = *definition;
  }
  const Surroundings surroundings{engine, scenario, sink, identity, network, timeouts, names};
  for (const scenarios::Service& service : scenario.services) {
    const auto& places = interfaces[service.name];
    for (int index = 0; index < service.desired_count; ++index) {
      vpc::Interface* interface = places[static_cast<std::size_t>(index)];
      tasks_by_service[service.name].push_back(std::make_unique<TaskRuntime>(
          surroundings, TaskPlan{.service = &service,
                                 .definition = &definitions[service.name],
                                 .index = index,
                                 .instance = instances_by_host.at(interface->host),
                                 .interface = interface,
                                 .own_hop = hop(service.name + ".app")}));
    }
  }
  for (const scenarios::Service& service : scenario.services) {
    for (const auto& task : tasks_by_service[service.name]) {
      // Not as arguments: their order of evaluation would be the compiler's choice.
      std::vector<app::OutgoingCall> calls = calls_of(service, task->interface());
      const envoy::Snapshot configuration = configuration_of(service);
      task->start(std::move(calls), configuration);
    }
  }
}

envoy::Snapshot World::Impl::configuration_of(const scenarios::Service& service) {
  if (!scenario.has_mesh) return {};
  const scenarios::TaskDefinition& definition = definitions[service.name];
  return appmesh::translate(
      service,
      {.mesh_name = scenario.mesh_name,
       .names = &names,
       .endpoints =
           [this](const std::string& name) {
             std::vector<envoy::Endpoint> endpoints;
             for (const vpc::Interface* interface : interfaces.at(name)) {
               endpoints.push_back({interface->address, service_named(name).port});
             }
             return endpoints;
           },
       .service = [this](const std::string& name) -> const scenarios::Service& {
         return service_named(name);
       },
       .virtual_service = [this](const std::string& name) -> const scenarios::VirtualService& {
         return virtual_service_named(name);
       },
       .hop = [this](const std::string& name) { return hop(name); }},
      definition.proxy_ingress_port, definition.proxy_egress_port);
}

std::vector<app::OutgoingCall> World::Impl::calls_of(const scenarios::Service& service,
                                                     vpc::Interface& interface) {
  std::vector<app::OutgoingCall> calls;
  for (const scenarios::Call& call : service.calls) {
    const scenarios::VirtualService& callee = virtual_service_named(call.to);
    const std::vector<std::string> targets = scenarios::targets_of(callee);
    app::OutgoingCall outgoing;
    outgoing.spec = &call;
    outgoing.request.method = names.intern(call.method);
    outgoing.request.path = names.intern(call.path);
    outgoing.request.authority = names.intern(appmesh::authority_of(callee));
    outgoing.request.user_agent = names.intern(app_user_agent);
    outgoing.request.body = call.request_size;
    outgoing.target.from = &interface;
    outgoing.target.loopback = scenario.has_mesh;
    outgoing.target.port =
        scenario.has_mesh ? definitions[service.name].proxy_egress_port : callee.port;
    // Without a mesh there are no weights: every task behind the name is as good as another.
    for (const std::string& target : targets) {
      const auto& tasks = interfaces[target];
      outgoing.target.to.insert(outgoing.target.to.end(), tasks.begin(), tasks.end());
    }
    const auto path = hop_names(service.name, false, targets.front());
    outgoing.target.hops = {.request = hop(path.front()), .response = hop(path.back())};
    outgoing.series = series_named(service.name + "->" + callee.name);
    calls.push_back(std::move(outgoing));
  }
  return calls;
}

void World::Impl::publish_definitions() {
  std::set<std::string> told;  // Services may share a definition.
  for (const auto& [service, definition] : definitions) {
    if (!told.insert(identity.task_definition_arn(definition)).second) continue;
    sink.config(scenario.start_time, "task-definitions",
                ecs::describe_task_definition_json(definition, identity));
  }
  for (const auto& [kind, document] : appmesh::describe_mesh(scenario)) {
    sink.config(scenario.start_time, kind, document);
  }
  for (const auto& [kind, document] : vpc::describe_network(scenario)) {
    sink.config(scenario.start_time, kind, document);
  }
}

void World::Impl::watch_utilization() {
  for (const auto& [service, tasks] : tasks_by_service) {
    for (const auto& task : tasks) utilization.watch(*task);
  }
  for (const auto& [name, instance] : instances_by_name) utilization.watch(*instance);
  utilization.start();
}

// --- Hops -------------------------------------------------------------------------------------

telemetry::HopId World::Impl::hop(const std::string& name) {
  const auto known = hops.find(name);
  if (known != hops.end()) return known->second;
  return hops[name] = sink.declare_hop(name);
}

telemetry::SeriesId World::Impl::series_named(const std::string& name) {
  const auto known = series.find(name);
  if (known != series.end()) return known->second;
  return series[name] = sink.declare_series(name);
}

std::vector<std::string> World::Impl::hop_names(const std::string& caller, bool caller_is_load,
                                                const std::string& callee) const {
  return scenarios::hop_path({caller, caller_is_load, callee, scenario.has_mesh});
}

void World::Impl::build_chains() {
  const auto declare = [this](const std::string& name, const std::vector<std::string>& path) {
    telemetry::Chain chain{.name = name, .hops = {}};
    for (const std::string& part : path) chain.hops.push_back(hop(part));
    sink.declare_chain(chain);
  };
  for (const scenarios::Load& load : scenario.workload) {
    declare(load.name + " -> " + load.to, hop_names(load.name, true, load.to));
  }
  for (const scenarios::Service& service : scenario.services) {
    for (auto call = service.calls.begin(); call != service.calls.end(); ++call) {
      const auto same = [&](const scenarios::Call& other) { return other.to == call->to; };
      if (std::find_if(service.calls.begin(), call, same) != call) continue;
      for (const std::string& target : scenarios::targets_of(virtual_service_named(call->to))) {
        const std::string version = target == call->to ? "" : " (" + target + ")";
        declare(service.name + " -> " + call->to + version, hop_names(service.name, false, target));
      }
    }
  }
}

// --- Load and faults --------------------------------------------------------------------------

void World::Impl::build_loads() {
  for (const scenarios::Load& load : scenario.workload) {
    const std::string host_name = "clients/" + load.name;
    const sim::HostId host =
        engine.platform().add_host({.name = host_name, .bandwidth = scenario.network.bandwidth});
    for (const auto& [name, instance] : instances_by_name) {
      engine.platform().set_latency(host, instance->host, scenario.network.client_latency);
      engine.platform().set_latency(instance->host, host, scenario.network.client_latency);
    }
    vpc::Interface interface;
    interface.host = host;
    interface.address = {0xC6336400U + static_cast<std::uint32_t>(loads.size())};  // 198.51.100.0
    interface.outside = true;
    const scenarios::Service& service = service_named(load.to);
    workload::LoadSpec spec;
    spec.load = &load;
    spec.rng = sim::Rng::stream(engine.seed(), host_name);
    spec.start = sim::at(load.start);
    spec.wall_start = scenario.start_time + load.start;
    spec.end = sim::at(load.duration ? std::min(load.start + *load.duration, scenario.duration)
                                     : scenario.duration);
    spec.target.from = &network.add_interface(std::move(interface));
    spec.target.to = interfaces.at(load.to);
    spec.target.port = service.port;
    spec.target.reuses_connections = !load.no_connection_reuse;
    const auto path = hop_names(load.name, true, load.to);
    spec.target.hops = {.request = hop(path.front()), .response = hop(path.back())};
    spec.request.method = names.intern(load.method);
    spec.request.path = names.intern(load.path);
    spec.request.authority = names.intern(appmesh::authority_of(service));
    spec.request.user_agent = names.intern(load_user_agent);
    spec.series = series_named(load.to);
    loads.push_back(std::make_unique<workload::Load>(engine, network, timeouts, sink, spec));
    loads.back()->start();
  }
}

void World::Impl::schedule_faults() {
  for (const scenarios::Fault& spec : scenario.faults) {
    all_faults.push_back({&spec, faults::make_fault(spec)});
  }
  for (ScheduledFault& scheduled : all_faults) {
    const scenarios::Fault& spec = *scheduled.spec;
    const auto change = [this, &scheduled](bool begins) {
      const scenarios::Fault& it = *scheduled.spec;
      sink.fault(engine.now(), it.name, it.action, it.target, begins);
      scheduled.is_acting = begins;
      if (begins) {
        scheduled.fault->inject(*this);
      } else {
        scheduled.fault->heal(*this);
      }
      network.packets_meet_a_change();
    };
    engine.at(sim::at(spec.at), [change] { change(true); });
    if (spec.lasts) engine.at(sim::at(spec.at + *spec.lasts), [change] { change(false); });
  }
}

void World::Impl::meet_faults(TaskRuntime& task) {
  for (ScheduledFault& scheduled : all_faults) {
    const scenarios::Fault& spec = *scheduled.spec;
    if (!scheduled.is_acting || spec.count || spec.selection) continue;
    if (faults::target_kind(spec) != scenarios::FaultAction::Target::service) continue;
    if (spec.target != task.service() && spec.target != scenarios::every_resource) continue;
    scheduled.fault->meet(*this, task);
  }
}

std::vector<TaskRuntime*> World::Impl::tasks_of(const std::string& target) {
  std::vector<TaskRuntime*> found;
  for (const auto& [service, tasks] : tasks_by_service) {
    if (target != service && target != scenarios::every_resource) continue;
    for (const auto& task : tasks) found.push_back(task.get());
  }
  return found;
}

std::vector<faults::TaskHandle*> World::Impl::tasks(const scenarios::Fault& fault) {
  std::vector<TaskRuntime*> all = tasks_of(fault.target);
  if (fault.selection) {
    std::erase_if(all, [](const TaskRuntime* task) { return !task->is_running(); });
    std::vector<faults::Resource> resources;
    for (TaskRuntime* task : all) {
      resources.push_back(faults::task_resource({task->service(), task->id(), &task->definition()},
                                                task->instance(), identity));
    }
    std::vector<faults::TaskHandle*> picked;
    for (const std::size_t index : faults::pick(*fault.selection, engine.seed(), resources)) {
      picked.push_back(all[index]);
    }
    return picked;
  }
  std::stable_partition(all.begin(), all.end(),
                        [](const TaskRuntime* task) { return task->is_running(); });
  if (fault.count) all.resize(std::min(all.size(), static_cast<std::size_t>(*fault.count)));
  return {all.begin(), all.end()};
}

std::vector<ec2::Instance*> World::Impl::instances(const scenarios::Fault& fault) {
  using Target = scenarios::FaultAction::Target;
  const Target kind = faults::target_kind(fault);
  const bool is_by_task = fault.selection && fault.selection->resource_type == "aws:ecs:task";
  std::vector<ec2::Instance*> found;
  std::vector<faults::Resource> resources;
  for (const auto& [name, instance] : instances_by_name) {
    const bool is_meant =
        (kind == Target::subnet && instance->subnet->name == fault.target) ||
        (kind == Target::zone && instance->subnet->availability_zone == fault.target) ||
        kind == Target::cluster || name == fault.target ||
        fault.target == scenarios::every_resource;
    if (!is_meant || is_by_task) continue;
    found.push_back(instance.get());
    resources.push_back(faults::instance_resource(*instance, scenario));
  }
  if (fault.selection && fault.selection->resource_type == "aws:ec2:instance") {
    std::vector<ec2::Instance*> picked;
    for (const std::size_t index : faults::pick(*fault.selection, engine.seed(), resources)) {
      picked.push_back(found[index]);
    }
    return picked;
  }
  if (!found.empty()) return found;
  for (faults::TaskHandle* task : tasks(fault)) {
    if (std::ranges::find(found, &task->instance()) == found.end()) {
      found.push_back(&task->instance());
    }
  }
  return found;
}

std::vector<std::pair<ec2::Instance*, ec2::Instance*>> World::Impl::links(
    const scenarios::Fault& fault) {
  const auto arrow = fault.target.find("->");
  HOPLAB_ASSERT(arrow != std::string::npos, "a link without an arrow passed validation");
  scenarios::Fault from = fault;
  from.target = fault.target.substr(0, arrow);
  scenarios::Fault to = fault;
  to.target = fault.target.substr(arrow + 2);
  std::vector<std::pair<ec2::Instance*, ec2::Instance*>> pairs;
  for (ec2::Instance* left : instances(from)) {
    for (ec2::Instance* right : instances(to)) {
      // A link has two directions and one entry, whichever end comes first.
      const bool is_known = std::ranges::find(pairs, std::pair(right, left)) != pairs.end() ||
                            std::ranges::find(pairs, std::pair(left, right)) != pairs.end();
      if (left != right && !is_known) pairs.emplace_back(left, right);
    }
  }
  return pairs;
}

void World::Impl::publish_security_groups() {
  if (!scenario.telemetry) return;
  sink.config(scenario.start_time + engine.now().time_since_epoch(), "security-groups",
              vpc::describe_security_groups(groups, scenario.account));
}

// --- The run ----------------------------------------------------------------------------------

std::uint64_t World::Impl::in_flight() const {
  std::uint64_t open = 0;
  for (const auto& load : loads) open += load->in_flight();
  return open;
}

StopReason World::Impl::run_until(sim::SimTime end, const RunLimits& limits,
                                  std::uint64_t& events_left) {
  while (true) {
    const std::uint64_t batch = std::min(events_left, events_between_looks);
    const std::uint64_t before = engine.events_run();
    const StopReason reason = engine.run(end, batch);
    events_left -= std::min(events_left, engine.events_run() - before);
    if (reason != StopReason::event_limit) return StopReason::finished;
    if (events_left == 0) return StopReason::event_limit;
    if (!limits.go_on(engine.now())) return StopReason::interrupted;
  }
}

World::World(sim::Engine& engine, const scenarios::Scenario& scenario, telemetry::Sink& sink)
    : impl_(std::make_unique<Impl>(engine, scenario, sink)) {}

World::~World() = default;

StopReason World::run(const RunLimits& limits) {
  std::uint64_t events_left = limits.events_max;
  const sim::SimTime load_end = sim::at(impl_->scenario.duration);
  StopReason reason = impl_->run_until(load_end, limits, events_left);
  sim::SimTime step_end = load_end;
  while (reason == StopReason::finished && impl_->in_flight() > 0 &&
         step_end < load_end + drain_max) {
    step_end += drain_step;
    reason = impl_->run_until(step_end, limits, events_left);
  }
  if (reason != StopReason::finished) return reason;
  for (const auto& [service, tasks] : impl_->tasks_by_service) {
    for (const auto& task : tasks) task->flush_logs();
  }
  if (impl_->scenario.telemetry) impl_->utilization.finish();
  return reason;
}

RequestTotals World::totals() const {
  RequestTotals totals;
  for (const auto& load : impl_->loads) {
    totals.issued += load->issued();
    totals.answered += load->answered();
    totals.failed += load->failed();
    totals.in_flight += load->in_flight();
    totals.gave_up += load->gave_up();
  }
  return totals;
}

std::uint64_t World::events_run() const { return impl_->engine.events_run(); }

sim::SimTime World::now() const { return impl_->engine.now(); }

}  // namespace hoplab::models
