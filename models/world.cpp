#include "models/world.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "models/ecs/task_definition_document.hpp"
#include "models/ecs/utilization.hpp"
#include "models/faults/fault.hpp"
#include "models/faults/resources.hpp"
#include "models/faults/selection.hpp"
#include "models/mesh/translate.hpp"
#include "models/vpc/build_groups.hpp"
#include "models/vpc/documents.hpp"
#include "models/workload/load.hpp"
#include "models/world/alarm_watch.hpp"
#include "models/world/dialects.hpp"
#include "models/world/experiment_run.hpp"
#include "models/world/fleet.hpp"
#include "models/world/network_setup.hpp"
#include "models/world/places.hpp"
#include "models/world/wiring.hpp"
#include "scenarios/schema/fis_actions.hpp"

namespace hoplab::models {
namespace {

using namespace std::chrono_literals;

constexpr sim::Duration drain_max = 20s;
constexpr sim::Duration drain_step = 100ms;
constexpr std::uint64_t events_between_looks = 65'536;

bool watches_alarms(const scenarios::Scenario& scenario) {
  return !scenario.alarms.empty() && scenario.tells(scenarios::TelemetrySource::cloudwatch);
}

}  // namespace

struct World::Impl final : faults::Controls {
  sim::Engine& engine;
  const scenarios::Scenario& scenario;
  std::unique_ptr<AlarmWatch> alarms;  ///< None when there are no alarms.
  telemetry::Sink& sink;
  http::Names names;
  vpc::SecurityGroups groups;
  vpc::GroupsOfServices groups_of_services;
  vpc::Network network;
  Timeouts timeouts;
  ecs::Identity identity;
  std::unique_ptr<mesh::Dialect> dialect;
  Wiring wiring;
  Places places;
  ecs::Utilization utilization;
  NetworkLimits network_limits;
  Fleet fleet;
  std::vector<std::unique_ptr<workload::Load>> loads;
  faults::Revocations all_revocations{groups};
  std::unique_ptr<ExperimentRun> experiment;  ///< None when no alarm can stop one.
  struct ScheduledFault {
    const scenarios::Fault* spec = nullptr;
    std::unique_ptr<faults::Fault> fault;
    bool is_acting = false;
  };
  std::vector<ScheduledFault> all_faults;  ///< Never resized once they are scheduled.

  Impl(sim::Engine& an_engine, const scenarios::Scenario& a_scenario, telemetry::Sink& a_sink);

  // Building, in this order.
  void build_loads();
  void schedule_faults();
  void begin(ScheduledFault& scheduled);
  void end(ScheduledFault& scheduled);
  /// Ends what the experiment does.
  void halt_experiment();
  void publish_definitions();

  [[nodiscard]] std::uint64_t in_flight() const;
  StopReason run_until(sim::SimTime end, const RunLimits& limits, std::uint64_t& events_left);
  /// Faults that act on all of its service act on a task that starts meanwhile.
  void meet_faults(TaskRuntime& task);
  void meet_faults_at_interface(TaskRuntime& task);
  [[nodiscard]] static bool means(const ScheduledFault& scheduled, const TaskRuntime& task);

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
  void publish_subnet_rules() override;
  sim::Platform& platform() override { return engine.platform(); }
  vpc::Paths& paths() override { return network.paths(); }
  faults::ControlPlanes& control_planes() override { return fleet; }
};

World::Impl::Impl(sim::Engine& an_engine, const scenarios::Scenario& a_scenario,
                  telemetry::Sink& a_sink)
    : engine(an_engine),
      scenario(a_scenario),
      alarms(watches_alarms(scenario) ? std::make_unique<AlarmWatch>(engine, scenario, a_sink)
                                      : nullptr),
      sink(alarms ? alarms->tap() : a_sink),
      groups_of_services(vpc::build_groups(scenario, groups)),
      network(engine, groups, sink, scenario.network.loopback),
      timeouts(engine),
      identity({.region = scenario.region,
                .account = scenario.account,
                .cluster = scenario.cluster,
                .seed = scenario.seed}),
      dialect(make_dialect(scenario)),
      wiring(scenario, *dialect, sink, names),
      places(engine, scenario, network),
      utilization(engine, sink, identity, scenario),
      network_limits(engine, network, sink, scenario.start_time),
      fleet({.surroundings = {engine, scenario, sink, identity, network, timeouts, names, *dialect},
             .places = places,
             .wiring = wiring,
             .groups = groups_of_services,
             .security_groups = groups,
             .utilization = utilization,
             .on_interface_attached = [this](TaskRuntime& task) { meet_faults_at_interface(task); },
             .on_application_started = [this](TaskRuntime& task) { meet_faults(task); }}) {
  if (!scenario.telemetry) network.record_no_hops();
  configure_network(scenario, engine, network);
  fleet.build();
  places.build_links();
  network_limits.watch(scenario, places.instances());
  wiring.declare_chains();
  build_loads();
  schedule_faults();
  if (scenario.tells(scenarios::TelemetrySource::config)) {
    publish_definitions();
    publish_security_groups();
  }
  fleet.start();
  for (const auto& [name, instance] : places.instances()) utilization.watch(*instance);
  utilization.start();
  network.flow_logs().start();
  if (alarms) alarms->start();
  for (const sim::Duration instant : scenario.envoy_stats.snapshots) {
    engine.at(sim::at(instant), [this, instant] { fleet.take_stats_snapshots(instant); });
  }
}

void World::Impl::publish_definitions() {
  std::set<std::string> told;  // Services may share a definition.
  for (const auto& [service, definition] : wiring.definitions()) {
    if (!told.insert(identity.task_definition_arn(*definition)).second) continue;
    sink.config(scenario.start_time, "task-definitions",
                ecs::describe_task_definition_json(*definition, identity));
  }
  for (const auto& [kind, document] : dialect->describe(scenario)) {
    sink.config(scenario.start_time, kind, document);
  }
  for (const auto& [kind, document] : vpc::describe_network(scenario, network.subnets())) {
    sink.config(scenario.start_time, kind, document);
  }
}

// --- Load and faults --------------------------------------------------------------------------

void World::Impl::build_loads() {
  for (const scenarios::Load& load : scenario.workload) {
    const std::string host_name = "clients/" + load.name;
    const sim::HostId host =
        engine.platform().add_host({.name = host_name, .bandwidth = scenario.network.bandwidth});
    for (const auto& [name, instance] : places.instances()) {
      engine.platform().set_latency(host, instance->host, scenario.network.client_latency);
      engine.platform().set_latency(instance->host, host, scenario.network.client_latency);
    }
    vpc::Interface interface;
    interface.host = host;
    interface.address = {0xC6336400U + static_cast<std::uint32_t>(loads.size())};  // 198.51.100.0
    interface.outside = true;
    const scenarios::Service& service = wiring.service(load.to);
    workload::LoadSpec spec;
    spec.load = &load;
    spec.rng = sim::Rng::stream(engine.seed(), host_name);
    spec.start = sim::at(load.start);
    spec.wall_start = scenario.start_time + load.start;
    spec.end = sim::at(load.duration ? std::min(load.start + *load.duration, scenario.duration)
                                     : scenario.duration);
    spec.target.from = &network.add_interface(std::move(interface));
    const std::size_t index = loads.size();
    spec.target.to =
        fleet.follow(load.to, host_name, [this, index](std::vector<vpc::Interface*> targets) {
          loads[index]->set_targets(std::move(targets));
        });
    spec.target.port = service.port;
    spec.target.reuses_connections = !load.no_connection_reuse;
    const auto path = wiring.hop_names(load.name, true, load.to);
    spec.target.hops = {.request = wiring.hop(path.front()), .response = wiring.hop(path.back())};
    spec.request.method = names.intern(load.method);
    spec.request.headers = names.intern(head_lines(load.headers));
    spec.request.path = names.intern(load.path);
    spec.request.authority = names.intern(mesh::authority_of(service));
    spec.request.user_agent = names.intern(load_user_agent);
    spec.series = wiring.series(load.to);
    loads.push_back(std::make_unique<workload::Load>(engine, network, timeouts, sink, spec));
    loads.back()->start();
  }
}

void World::Impl::schedule_faults() {
  for (const scenarios::Fault& spec : scenario.faults) {
    all_faults.push_back({&spec, faults::make_fault(spec)});
  }
  if (scenario.experiment && alarms) {
    experiment = std::make_unique<ExperimentRun>(
        ExperimentRun::Surroundings{engine, scenario, identity, sink, *alarms},
        [this] { halt_experiment(); });
    experiment->schedule_start();
  }
  for (ScheduledFault& scheduled : all_faults) {
    const scenarios::Fault& spec = *scheduled.spec;
    engine.at(sim::at(spec.at), [this, &scheduled] { begin(scheduled); });
    if (spec.lasts) {
      engine.at(sim::at(spec.at + *spec.lasts), [this, &scheduled] { end(scheduled); });
    }
  }
  if (experiment) experiment->schedule_end();
}

void World::Impl::begin(ScheduledFault& scheduled) {
  const scenarios::Fault& it = *scheduled.spec;
  if (it.is_of_experiment && experiment && !experiment->may_act()) return;
  sink.fault(engine.now(), it.name, it.action, it.target, true);
  scheduled.is_acting = true;
  scheduled.fault->inject(*this);
  network.packets_meet_a_change();
}

void World::Impl::end(ScheduledFault& scheduled) {
  if (!scheduled.is_acting) return;  // Its experiment was stopped before.
  const scenarios::Fault& it = *scheduled.spec;
  sink.fault(engine.now(), it.name, it.action, it.target, false);
  scheduled.is_acting = false;
  scheduled.fault->heal(*this);
  network.packets_meet_a_change();
}

void World::Impl::halt_experiment() {
  for (ScheduledFault& scheduled : all_faults) {
    const scenarios::Fault& it = *scheduled.spec;
    const bool is_done = !it.lasts && scenarios::happens_at_once(it.action);
    if (it.is_of_experiment && !is_done) end(scheduled);
  }
}

void World::Impl::meet_faults(TaskRuntime& task) {
  for (ScheduledFault& scheduled : all_faults) {
    if (means(scheduled, task)) scheduled.fault->meet(*this, task);
  }
}

void World::Impl::meet_faults_at_interface(TaskRuntime& task) {
  for (ScheduledFault& scheduled : all_faults) {
    if (means(scheduled, task)) scheduled.fault->meet_interface(*this, task.interface());
  }
}

bool World::Impl::means(const ScheduledFault& scheduled, const TaskRuntime& task) {
  const scenarios::Fault& spec = *scheduled.spec;
  if (!scheduled.is_acting || spec.count || spec.selection) return false;
  if (faults::target_kind(spec) != scenarios::FaultAction::Target::service) return false;
  return spec.target == task.service() || spec.target == task.version() ||
         spec.target == scenarios::every_resource;
}

std::vector<TaskRuntime*> World::Impl::tasks_of(const std::string& target) {
  std::vector<TaskRuntime*> found;
  for (const auto& [service, tasks] : fleet.all_tasks()) {
    for (const auto& task : tasks) {
      const bool is_meant =
          target == service || target == task->version() || target == scenarios::every_resource;
      if (is_meant && task->has_application()) found.push_back(task.get());
    }
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
  for (const auto& [name, instance] : places.instances()) {
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

void World::Impl::publish_subnet_rules() {
  if (!scenario.tells(scenarios::TelemetrySource::config)) return;
  for (const auto& [kind, document] : vpc::describe_subnet_rules(scenario, network.subnets())) {
    sink.config(scenario.start_time + engine.now().time_since_epoch(), kind, document);
  }
}

void World::Impl::publish_security_groups() {
  if (!scenario.tells(scenarios::TelemetrySource::config)) return;
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
  const bool looks_at_times = limits.look_every > sim::Duration::zero();
  sim::SimTime looked = engine.now();
  while (true) {
    const sim::SimTime stop = looks_at_times ? std::min(end, looked + limits.look_every) : end;
    const std::uint64_t batch = std::min(events_left, events_between_looks);
    const std::uint64_t before = engine.events_run();
    const StopReason reason = engine.run(stop, batch);
    events_left -= std::min(events_left, engine.events_run() - before);
    const bool has_reached = reason != StopReason::event_limit;
    if (has_reached && !looks_at_times) return StopReason::finished;
    if (!has_reached && events_left == 0) return StopReason::event_limit;
    if (has_reached) looked = stop;
    if (!limits.go_on(has_reached ? stop : engine.now())) return StopReason::interrupted;
    if (has_reached && stop == end) return StopReason::finished;
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
  impl_->fleet.flush_logs();
  impl_->utilization.finish();
  impl_->network.flow_logs().finish();
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

std::optional<ExperimentState> World::experiment() const {
  if (!impl_->experiment) return std::nullopt;
  return impl_->experiment->state();
}

std::vector<EnvoyView> World::envoys() const {
  std::vector<EnvoyView> views;
  for (const auto& [service, tasks] : impl_->fleet.all_tasks()) {
    for (const auto& task : tasks) {
      const envoy::Proxy* const proxy = task->proxy();
      if (proxy == nullptr || !proxy->is_running()) continue;
      views.push_back({task->id(), service, proxy, task->envoy_facts()});
    }
  }
  return views;
}

std::uint64_t World::events_run() const { return impl_->engine.events_run(); }

sim::SimTime World::now() const { return impl_->engine.now(); }

}  // namespace hoplab::models
