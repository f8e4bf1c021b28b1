#include "models/world/fleet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "models/mesh/translate.hpp"
#include "scenarios/schema/names.hpp"
#include "scenarios/schema/targets.hpp"

namespace hoplab::models {
namespace {

/// How often the ECS agent reads Service Connect's proxies. Source: ECS agent, stats/engine.go.
constexpr sim::Duration connect_interval = std::chrono::minutes(1);

std::string key_of(const scenarios::TaskDefinition& definition) {
  return fmt::format("{}:{}", definition.family, definition.revision);
}

}  // namespace

/// One Envoy's end of its configuration stream.
class Fleet::EnvoyLink final : public mesh::ConfigurationUser {
 public:
  EnvoyLink(Fleet& fleet, TaskRuntime& task) : fleet_(fleet), task_(task) {}

  void on_configuration() override { task_.configure_envoy(fleet_.configuration_of(task_)); }
  void on_endpoints(const std::string& service, const std::vector<vpc::Ipv4>& addresses) override {
    const scenarios::Service& callee = fleet_.parts_.wiring.service(service);
    task_.set_endpoints(fleet_.parts_.surroundings.dialect.egress_cluster(callee),
                        fleet_.endpoints_of(callee, addresses));
  }
  void on_stream(bool is_connected, int grpc_status, const std::string& message) override {
    task_.on_configuration_stream(is_connected, grpc_status, message);
  }

  mesh::ControlPlane::Id stream = 0;

 private:
  Fleet& fleet_;
  TaskRuntime& task_;
};

Fleet::Fleet(Parts parts)
    : parts_(std::move(parts)),
      engine_(parts_.surroundings.engine),
      scenario_(parts_.surroundings.scenario),
      registry_(engine_, scenario_.control_plane),
      control_plane_(engine_, registry_, scenario_),
      client_timings_(scenario_.control_plane) {
  client_timings_.dns_negative_ttl = client_timings_.dns_ttl;
}

Fleet::~Fleet() = default;

// --- Building ---------------------------------------------------------------------------------

void Fleet::build() {
  build_revisions();
  build_interfaces();
  register_instances();
  build_tasks();
  if (scenario_.has_mesh) follow_names();
  connect_envoys();
  if (resolves_names()) follow_callees();
}

void Fleet::build_revisions() {
  std::map<std::string_view, std::string> subnets;  // By host.
  for (const scenarios::Host& host : scenario_.hosts) subnets[host.name] = host.subnet;
  for (const scenarios::Service& service : scenario_.services) {
    auto& own = revisions_[{service.name, service.name}];
    own = std::make_unique<ecs::Revision>();
    own->version = service.name;
    own->definition = &parts_.wiring.definition(service.name);
    own->behaviour = service;
    ecs::ServiceScheduler::Parts parts{
        .engine = engine_,
        .sink = parts_.surroundings.sink,
        .identity = parts_.surroundings.identity,
        .cluster = cluster_,
        .launcher = *this,
        .zero = scenario_.start_time,
        .is_telling = scenario_.tells(scenarios::TelemetrySource::ecs)};
    const mesh::ServiceWords words = parts_.surroundings.dialect.describe(service);
    parts.connect_configuration = words.configuration;
    parts.connect_resources = words.resources;
    for (const std::string& host : service.placement) {
      const std::string& subnet = subnets.at(host);
      if (std::ranges::find(parts.subnets, subnet) == parts.subnets.end()) {
        parts.subnets.push_back(subnet);
      }
    }
    for (const vpc::GroupRef group : parts_.groups.at(service.name)) {
      parts.security_groups.push_back(parts_.security_groups.group(group).id);
    }
    schedulers_[service.name] = std::make_unique<ecs::ServiceScheduler>(parts, service, *own);
  }
}

// By name, so that nothing hangs on the order of the file.
void Fleet::build_interfaces() {
  if (scenario_.starts_cold) return;
  const auto addresses = ecs::addresses_of(scenario_, parts_.places.addresses());
  for (const auto& [name, scheduler] : schedulers_) {
    const scenarios::Service& service = parts_.wiring.service(name);
    for (int index = 0; index < service.desired_count; ++index) {
      const auto place = static_cast<std::size_t>(index);
      const auto& wish = service.placement;
      ec2::Instance& instance = parts_.places.instance_named(wish[place % wish.size()]);
      vpc::Interface interface;
      interface.host = instance.host;
      interface.address = addresses.at(name)[place];
      interface.subnet = parts_.surroundings.network.subnets().find(instance.subnet->name);
      interface.groups = parts_.groups.at(name);
      first_interfaces_[name].push_back(
          &parts_.surroundings.network.add_interface(std::move(interface)));
    }
  }
}

void Fleet::register_instances() {
  parts_.places.add_spare_instances();
  for (const auto& [name, instance] : parts_.places.instances()) {
    const ecs::Resources machine{instance->type->cpu, instance->type->usable_memory(),
                                 ecs::interfaces_max(instance->type->name) - 1};
    cluster_.add(name, std::string(instance->type->name), instance->subnet->availability_zone,
                 machine);
  }
}

TaskRuntime& Fleet::add_task(TaskPlan plan) {
  const std::string& service = plan.service->name;
  plan.own_hop = parts_.wiring.hop(service + ".app");
  plan.company = this;
  plan.listener = this;
  auto& task =
      tasks_[service].emplace_back(std::make_unique<TaskRuntime>(parts_.surroundings, plan));
  by_task_id_[task->task().id()] = task.get();
  parts_.surroundings.network.flow_logs().watch(task->interface(), task->task().interface_id(),
                                                task->instance().type->is_nitro());
  return *task;
}

void Fleet::build_tasks() {
  if (scenario_.starts_cold) return;
  for (const scenarios::Service& service : scenario_.services) {
    const ecs::Revision& revision = *revisions_.at({service.name, service.name});
    const auto& interfaces = first_interfaces_[service.name];
    for (int index = 0; index < service.desired_count; ++index) {
      const auto place = static_cast<std::size_t>(index);
      const auto& wish = service.placement;
      const std::string& host = wish[place % wish.size()];
      TaskRuntime& task = add_task({.service = &revision.behaviour,
                                    .version = service.name,
                                    .definition = revision.definition,
                                    .index = index,
                                    .instance = &parts_.places.instance_named(host),
                                    .interface = interfaces[place]});
      ecs::ContainerInstance& instance = *cluster_.find(host);
      instance.images.insert(key_of(*revision.definition));
      schedulers_.at(service.name)->adopt(task.task(), instance);
      registered_.insert(task.task().id());
      registry_.put(service.name, {task.task().id(), interfaces[place]->address});
    }
  }
  for (const auto& [name, instance] : cluster_.instances()) {
    ecs::Resources& all = instance->registered;  // What the file puts there fits.
    all.cpu = std::max(all.cpu, instance->used.cpu);
    all.memory = std::max(all.memory, instance->used.memory);
    all.interfaces = std::max(all.interfaces, instance->used.interfaces);
  }
}

void Fleet::connect_envoys() {
  for (const scenarios::Service& service : scenario_.services) {
    const std::vector<std::string> callees = parts_.wiring.callees_of(service.name);
    for (const auto& task : tasks_[service.name]) {
      task->begin_running(configuration_of(*task));
      if (task->proxy() == nullptr) continue;
      auto link = std::make_unique<EnvoyLink>(*this, *task);
      link->stream = control_plane_.adopt(*link, task->task().id(), callees);
      links_[task->task().id()] = std::move(link);
    }
  }
}

void Fleet::start() {
  for (const auto& [service, tasks] : tasks_) {
    for (const auto& task : tasks) parts_.utilization.watch(*task);
  }
  parts_.utilization.watch(cluster_);
  for (const auto& [name, scheduler] : schedulers_) parts_.utilization.watch(*scheduler);
  for (const auto& [name, instance] : cluster_.instances()) tell_instance(*instance, false);
  for (const auto& [name, scheduler] : schedulers_) scheduler->start(scenario_.starts_cold);
  const bool has_metrics = scenario_.tells(scenarios::TelemetrySource::cloudwatch);
  if (!scenario_.is_service_connect() || !has_metrics) return;
  connect_metrics_.emplace(parts_.surroundings.sink, scenario_.cluster);
  engine_.after(connect_interval, sim::call<&Fleet::on_connect_minute>(*this));
}

void Fleet::on_connect_minute() {
  publish_connect_metrics();
  engine_.after(connect_interval, sim::call<&Fleet::on_connect_minute>(*this));
}

void Fleet::publish_connect_metrics() {
  for (const auto& [service, tasks] : tasks_) {
    for (const auto& task : tasks) {
      const envoy::Proxy* proxy = task->proxy();
      if (proxy == nullptr || !proxy->is_running()) continue;
      const auto born = proxy->stats().started.time_since_epoch().count();
      connect_metrics_->read(fmt::format("{}/{}", task->id(), born), *task->plan().service,
                             proxy->stats());
    }
  }
  const sim::WallTime start =
      scenario_.start_time + std::exchange(connect_metrics_told_, engine_.now()).time_since_epoch();
  connect_metrics_->publish(std::chrono::floor<std::chrono::minutes>(start));
}

// --- Lookups ----------------------------------------------------------------------------------

const std::vector<std::unique_ptr<TaskRuntime>>& Fleet::tasks(const std::string& service) const {
  static const std::vector<std::unique_ptr<TaskRuntime>> none;
  const auto found = tasks_.find(service);
  return found == tasks_.end() ? none : found->second;
}

ecs::ServiceScheduler& Fleet::scheduler(const std::string& service) {
  return *schedulers_.at(service);
}

const ecs::Revision* Fleet::revision(const std::string& service, const std::string& version) {
  if (const auto known = revisions_.find({service, version}); known != revisions_.end()) {
    return known->second.get();
  }
  const auto& services = scenario_.services;
  const auto program = std::ranges::find(services, version, &scenarios::Service::name);
  const scenarios::TaskDefinition* definition = nullptr;
  if (program != services.end()) {
    definition = &parts_.wiring.definition(version);
  } else {
    for (const auto& it : scenario_.artefacts.task_definitions) {
      const bool is_meant = version == it.family || version == key_of(it);
      const bool is_newer = definition == nullptr || it.revision > definition->revision;
      if (is_meant && is_newer) definition = &it;
    }
  }
  if (definition == nullptr) return nullptr;
  const scenarios::Service& own = parts_.wiring.service(service);
  auto& revision = revisions_[{service, version}];
  revision = std::make_unique<ecs::Revision>();
  revision->version = program == services.end() ? service : version;
  revision->definition = definition;
  revision->behaviour = program == services.end() ? own : *program;
  // It is that service's all the same, to everybody else.
  revision->behaviour.name = own.name;
  revision->behaviour.port = own.port;
  revision->behaviour.virtual_node = own.virtual_node;
  revision->behaviour.hostname = own.hostname;
  revision->behaviour.calls = own.calls;
  if (!scenario_.is_service_connect()) return revision.get();
  // Its serviceConnectConfiguration is the service's, too.
  revision->behaviour.connect = own.connect;
  revision->behaviour.node = own.node;
  return revision.get();
}

std::vector<vpc::Interface*> Fleet::interfaces_at(const std::vector<vpc::Ipv4>& addresses) const {
  std::vector<vpc::Interface*> interfaces;
  for (const vpc::Ipv4 address : addresses) {
    if (vpc::Interface* it = parts_.surroundings.network.find(address)) interfaces.push_back(it);
  }
  return interfaces;
}

envoy::Snapshot Fleet::configuration_of(TaskRuntime& task) {
  return parts_.wiring.configuration_of(service_as_known_by(task), [this](const std::string& name) {
    return endpoints_of(parts_.wiring.service(name), control_plane_.addresses(name));
  });
}

scenarios::Service Fleet::service_as_known_by(const TaskRuntime& task) const {
  scenarios::Service service = parts_.wiring.service(task.plan().service->name);
  const std::string& deployment = task.plan().deployment;
  const bool is_of_first =
      deployment.empty() || deployment == ecs::Identity::deployment_id(service.name, 1);
  if (scenario_.is_service_connect() && !is_of_first) service.node.backends.reset();
  return service;
}

// What the VPC's resolver knows of the names that Envoys look up.
void Fleet::follow_names() {
  for (const scenarios::Service& service : scenario_.services) {
    using Discovery = scenarios::VirtualNodeSettings::Discovery;
    if (service.node.discovery == Discovery::cloud_map) continue;
    const std::string& host_name = service.hostname;
    auto& resolver = resolvers_.emplace_back(std::make_unique<cloudmap::Resolver>(
        engine_, registry_, service.name, client_timings_, "resolver/vpc/" + service.name,
        [this, host_name](const std::vector<vpc::Ipv4>& addresses) {
          known_names_[host_name] = addresses;
        }));
    resolver->prime();
    known_names_[host_name] = resolver->known();
    registry_.watch([it = resolver.get(), name = service.name](const std::string& changed) {
      if (changed == name) it->on_change();
    });
  }
}

std::vector<vpc::Ipv4> Fleet::addresses_of(const std::string& host_name) {
  const auto known = known_names_.find(host_name);
  return known == known_names_.end() ? std::vector<vpc::Ipv4>() : known->second;
}

std::vector<envoy::Endpoint> Fleet::endpoints_of(const scenarios::Service& service,
                                                 const std::vector<vpc::Ipv4>& addresses) {
  std::vector<envoy::Endpoint> endpoints;
  for (const vpc::Ipv4 address : addresses) {
    endpoints.push_back({address, mesh::listener_port_of(service)});
  }
  return endpoints;
}

// --- Without a mesh ---------------------------------------------------------------------------

std::vector<vpc::Interface*> Fleet::follow(
    const std::string& service, const std::string& client,
    std::function<void(std::vector<vpc::Interface*>)> on_change) {
  auto& resolver = resolvers_.emplace_back(std::make_unique<cloudmap::Resolver>(
      engine_, registry_, service, client_timings_, "resolver/" + client,
      [this, on_change = std::move(on_change)](const std::vector<vpc::Ipv4>& addresses) {
        on_change(interfaces_at(addresses));
      }));
  resolver->prime();
  registry_.watch([it = resolver.get(), service](const std::string& changed) {
    if (changed == service) it->on_change();
  });
  return interfaces_at(resolver->known());
}

// Where an Envoy takes every call, nobody minds what a name stands for.
bool Fleet::resolves_names() const {
  if (!scenario_.has_mesh) return true;
  if (scenario_.egress_filter == scenarios::EgressFilter::drop_all) return false;
  return std::ranges::any_of(scenario_.services, [](const scenarios::Service& service) {
    return std::ranges::any_of(service.calls, [&](const scenarios::Call& call) {
      return !mesh::is_backend(service, call.to);
    });
  });
}

void Fleet::follow_callees() {
  for (const scenarios::Service& service : scenario_.services) {
    for (const std::string& callee : parts_.wiring.callees_of(service.name)) {
      const std::string caller = service.name;
      auto& resolver = resolvers_.emplace_back(std::make_unique<cloudmap::Resolver>(
          engine_, registry_, callee, scenario_.control_plane,
          fmt::format("resolver/{}/{}", caller, callee),
          [this, caller, callee](const std::vector<vpc::Ipv4>& addresses) {
            resolved_[{caller, callee}] = addresses;
            refresh_targets(caller);
          }));
      resolver->prime();
      resolved_[{caller, callee}] = resolver->known();
      registry_.watch([it = resolver.get(), callee](const std::string& changed) {
        if (changed == callee) it->on_change();
      });
    }
  }
}

// Without a mesh there are no weights: every task behind the name is as good as another.
void Fleet::refresh_targets(const std::string& caller) {
  const auto& calls = parts_.wiring.service(caller).calls;
  for (const auto& task : tasks_[caller]) {
    if (!task->has_application() || !task->application().is_running()) continue;
    for (std::size_t index = 0; index < calls.size(); ++index) {
      task->application().set_targets(index, targets_of(caller, calls[index].to));
    }
  }
}

std::vector<vpc::Interface*> Fleet::targets_of(const std::string& caller,
                                               const std::string& virtual_service) const {
  std::vector<vpc::Interface*> targets;
  for (const std::string& callee :
       scenarios::targets_of(parts_.wiring.virtual_service(virtual_service))) {
    const auto known = resolved_.find({caller, callee});
    const auto some =
        interfaces_at(known == resolved_.end() ? registry_.addresses(callee) : known->second);
    targets.insert(targets.end(), some.begin(), some.end());
  }
  return targets;
}

// --- Tasks' company ---------------------------------------------------------------------------

std::vector<app::OutgoingCall> Fleet::calls_of(TaskRuntime& task) {
  const std::string& service = task.plan().service->name;
  auto calls = parts_.wiring.calls_of(service, task.interface());
  if (scenario_.is_service_connect()) {
    const scenarios::Service known = service_as_known_by(task);
    for (app::OutgoingCall& call : calls) {
      call.target.lacks_name = !mesh::is_backend(known, call.spec->to);
    }
  }
  if (!resolves_names()) return calls;
  for (app::OutgoingCall& call : calls) call.target.to = targets_of(service, call.spec->to);
  return calls;
}

// Docker's words for an image that the registry does not have.
std::string Fleet::pull(TaskRuntime& task) {
  if (!missing_images_.contains(task.version())) return {};
  const auto& definition = *task.plan().definition;
  const std::string& image =
      scenarios::serving_container(definition, task.plan().service->port)->image;
  return fmt::format(
      "CannotPullContainerError: Error response from daemon: manifest for {} not found: manifest "
      "unknown: Requested image not found",
      image);
}

void Fleet::on_interface_attached(TaskRuntime& task) { parts_.on_interface_attached(task); }

void Fleet::on_application_started(TaskRuntime& task) { parts_.on_application_started(task); }

void Fleet::on_envoy_started(TaskRuntime& task) {
  auto& link = links_[task.task().id()];
  if (link) former_links_.push_back(std::move(link));
  link = std::make_unique<EnvoyLink>(*this, task);
  const std::string& service = task.plan().service->name;
  link->stream = control_plane_.connect(*link, task.task().id(), parts_.wiring.callees_of(service));
}

void Fleet::on_envoy_gone(TaskRuntime& task) {
  const auto found = links_.find(task.task().id());
  if (found == links_.end()) return;
  control_plane_.disconnect(found->second->stream);
  former_links_.push_back(std::move(found->second));
  links_.erase(found);
}

void Fleet::take_stats_snapshots(sim::Duration instant) {
  for (const auto& [service, tasks] : tasks_) {
    for (const auto& task : tasks) task->take_stats_snapshot(instant);
  }
}

void Fleet::flush_logs() {
  for (const auto& [service, tasks] : tasks_) {
    for (const auto& task : tasks) task->flush_logs();
  }
  if (connect_metrics_ && engine_.now() > connect_metrics_told_) publish_connect_metrics();
}

// --- ECS --------------------------------------------------------------------------------------

ecs::Task& Fleet::launch(const std::string& service, const ecs::Deployment& deployment,
                         ecs::ContainerInstance& place) {
  const int index = static_cast<int>(tasks_[service].size());
  ec2::Instance& instance = parts_.places.instance_named(place.host_name);
  vpc::Interface interface;
  interface.host = instance.host;
  interface.address = parts_.places.take_address(fmt::format("{}/{}", service, index), instance);
  interface.subnet = parts_.surroundings.network.subnets().find(instance.subnet->name);
  interface.groups = parts_.groups.at(service);
  interface.attached = false;
  const ecs::Revision& revision = *deployment.revision;
  TaskRuntime& task =
      add_task({.service = &revision.behaviour,
                .version = revision.version,
                .definition = revision.definition,
                .index = index,
                .instance = &instance,
                .interface = &parts_.surroundings.network.add_interface(std::move(interface)),
                .deployment = deployment.id});
  parts_.utilization.watch(task);
  // When the scheduler has counted it.
  engine_.after(sim::Duration::zero(), [this, &place] { tell_task_change(place, true); });
  const bool is_cached = !place.images.insert(key_of(*revision.definition)).second;
  task.launch(is_cached);
  return task.task();
}

void Fleet::on_task_status(ecs::Task& task) {
  TaskRuntime& runtime = *by_task_id_.at(task.id());
  const std::string& service = runtime.plan().service->name;
  if (task.status() == ecs::TaskStatus::activating) {
    registered_.insert(task.id());
    registry_.register_instance(service, {task.id(), runtime.interface().address});
  }
  if (!task.is_wanted() && registered_.erase(task.id()) > 0) {
    registry_.deregister_instance(service, task.id());
  }
  if (task.status() == ecs::TaskStatus::stopped) {
    parts_.places.addresses().give_back(runtime.interface().address);
  }
  schedulers_.at(service)->on_task_status(task);
  const bool has_ended = task.status() == ecs::TaskStatus::stopped;
  if (!has_ended && task.status() != ecs::TaskStatus::running) return;
  if (ecs::ContainerInstance* machine = cluster_.find(runtime.instance().name)) {
    tell_task_change(*machine, has_ended);
  }
}

void Fleet::on_task_health(ecs::Task& task) {
  const std::string& service = by_task_id_.at(task.id())->plan().service->name;
  const ecs::Health health = task.health();
  if (health != ecs::Health::unknown && registered_.contains(task.id())) {
    registry_.set_health(service, task.id(), health == ecs::Health::healthy);
  }
  schedulers_.at(service)->on_task_health(task);
}

// --- Operators --------------------------------------------------------------------------------

void Fleet::update_service(const std::string& service, std::optional<int> desired_count,
                           const std::string& version, bool force_new_deployment) {
  schedulers_.at(service)->update(
      {.desired_count = desired_count,
       .revision = version.empty() ? nullptr : revision(service, version),
       .force_new_deployment = force_new_deployment});
}

void Fleet::roll_back(const std::string& service) {
  static_cast<void>(schedulers_.at(service)->roll_back());
}

void Fleet::set_images_missing(const std::string& version, bool are_missing) {
  if (are_missing) {
    missing_images_.insert(version);
  } else {
    missing_images_.erase(version);
  }
}

std::map<std::string, std::uint32_t> Fleet::set_weights(
    const std::string& virtual_service, const std::map<std::string, std::uint32_t>& weights) {
  auto before = parts_.wiring.set_weights(virtual_service, weights);
  control_plane_.reconfigure();
  if (!scenario_.tells(scenarios::TelemetrySource::config)) return before;
  scenarios::Scenario now = scenario_;
  now.virtual_services = parts_.wiring.all_virtual_services();
  for (const auto& [kind, document] : parts_.surroundings.dialect.describe(now)) {
    if (kind != "routes") continue;
    parts_.surroundings.sink.config(scenario_.start_time + engine_.now().time_since_epoch(), kind,
                                    document);
  }
  return before;
}

void Fleet::set_control_plane_up(bool is_up) {
  if (is_up) return control_plane_.end_outage();
  control_plane_.begin_outage();
}

void Fleet::set_records_frozen(const std::string& service, bool are_frozen) {
  if (are_frozen) return registry_.freeze(service);
  registry_.thaw(service);
}

}  // namespace hoplab::models
