#include "models/world/wiring.hpp"

#include <algorithm>
#include <utility>

#include "models/mesh/translate.hpp"
#include "scenarios/schema/names.hpp"
#include "scenarios/schema/targets.hpp"

namespace hoplab::models {

Wiring::Wiring(const scenarios::Scenario& scenario, const mesh::Dialect& dialect,
               telemetry::Sink& sink, http::Names& names)
    : scenario_(scenario), dialect_(dialect), sink_(sink), names_(names) {
  std::map<std::string, const scenarios::TaskDefinition*> by_key;
  for (const auto& definition : scenario.artefacts.task_definitions) {
    by_key.emplace(definition.family + ":" + std::to_string(definition.revision), &definition);
  }
  for (const scenarios::Service& service : scenario.services) {
    services_[service.name] = &service;
    const auto definition = by_key.find(service.task_definition);
    HOPLAB_ASSERT(definition != by_key.end(),
                  "a service without a task definition passed validation");
    definitions_[service.name] = definition->second;
  }
  for (const scenarios::VirtualService& service : scenario.virtual_services) {
    virtual_services_.emplace(service.name, &service);
  }
}

const scenarios::Service& Wiring::service(const std::string& name) const {
  const auto found = services_.find(name);
  HOPLAB_ASSERT(found != services_.end(), "an unknown service passed validation");
  return *found->second;
}

const scenarios::VirtualService& Wiring::virtual_service(const std::string& name) const {
  const auto found = virtual_services_.find(name);
  HOPLAB_ASSERT(found != virtual_services_.end(), "an unknown virtual service passed validation");
  return *found->second;
}

std::map<std::string, std::uint32_t> Wiring::set_weights(
    const std::string& name, const std::map<std::string, std::uint32_t>& weights) {
  scenarios::VirtualService changed = virtual_service(name);
  std::map<std::string, std::uint32_t> before;
  for (scenarios::Route& route : changed.routes) {
    for (scenarios::WeightedTarget& target : route.targets) {
      before[target.service] = target.weight;
      const auto wanted = weights.find(target.service);
      if (wanted != weights.end()) target.weight = wanted->second;
    }
  }
  scenarios::VirtualService& kept = changed_[name];
  kept = std::move(changed);
  virtual_services_[name] = &kept;
  return before;
}

std::vector<scenarios::VirtualService> Wiring::all_virtual_services() const {
  std::vector<scenarios::VirtualService> all;
  for (const scenarios::VirtualService& it : scenario_.virtual_services) {
    all.push_back(virtual_service(it.name));
  }
  return all;
}

// --- Hops -------------------------------------------------------------------------------------

telemetry::HopId Wiring::hop(const std::string& name) {
  const auto known = hops_.find(name);
  if (known != hops_.end()) return known->second;
  return hops_[name] = sink_.declare_hop(name);
}

telemetry::SeriesId Wiring::series(const std::string& name) {
  const auto known = series_.find(name);
  if (known != series_.end()) return known->second;
  return series_[name] = sink_.declare_series(name);
}

std::vector<std::string> Wiring::hop_names(const std::string& caller, bool caller_is_load,
                                           const std::string& callee) const {
  return scenarios::hop_path({caller, caller_is_load, callee, scenario_.has_mesh});
}

void Wiring::declare_chains() {
  const auto declare = [this](const std::string& name, const std::vector<std::string>& path) {
    telemetry::Chain chain{.name = name, .hops = {}};
    for (const std::string& part : path) chain.hops.push_back(hop(part));
    sink_.declare_chain(chain);
  };
  for (const scenarios::Load& load : scenario_.workload) {
    declare(load.name + " -> " + load.to, hop_names(load.name, true, load.to));
  }
  for (const scenarios::Service& service : scenario_.services) {
    for (auto call = service.calls.begin(); call != service.calls.end(); ++call) {
      const auto same = [&](const scenarios::Call& other) { return other.to == call->to; };
      if (std::find_if(service.calls.begin(), call, same) != call) continue;
      for (const std::string& target : scenarios::targets_of(virtual_service(call->to))) {
        const std::string version = target == call->to ? "" : " (" + target + ")";
        declare(service.name + " -> " + call->to + version, hop_names(service.name, false, target));
      }
    }
  }
}

std::string head_lines(const std::vector<scenarios::Header>& headers) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const scenarios::Header& header : headers) pairs.emplace_back(header.name, header.value);
  return http::head_lines(std::move(pairs));
}

// --- Calls ------------------------------------------------------------------------------------

std::vector<app::OutgoingCall> Wiring::calls_of(const std::string& name,
                                                vpc::Interface& interface) {
  std::vector<app::OutgoingCall> calls;
  for (const scenarios::Call& call : service(name).calls) {
    const scenarios::VirtualService& callee = virtual_service(call.to);
    app::OutgoingCall outgoing;
    outgoing.spec = &call;
    outgoing.request.method = names_.intern(call.method);
    outgoing.request.headers = names_.intern(head_lines(call.headers));
    outgoing.request.path = names_.intern(call.path);
    outgoing.request.authority = names_.intern(mesh::authority_of(callee));
    outgoing.request.user_agent = names_.intern(app_user_agent);
    outgoing.request.body = call.request_size;
    outgoing.target.from = &interface;
    outgoing.target.reuses_connections = !call.no_connection_reuse;
    // Service Connect writes its names into the containers' /etc/hosts.
    outgoing.target.looks_names_up = !scenario_.is_service_connect();
    outgoing.target.host_name = callee.hostname;
    outgoing.target.loopback = scenario_.has_mesh;
    outgoing.target.port = scenario_.has_mesh ? definition(name).proxy_egress_port : callee.port;
    outgoing.target.dialled_port = callee.port;
    const auto path = hop_names(name, false, scenarios::targets_of(callee).front());
    outgoing.target.hops = {.request = hop(path.front()), .response = hop(path.back())};
    outgoing.series = series(name + "->" + callee.name);
    calls.push_back(std::move(outgoing));
  }
  return calls;
}

std::vector<std::string> Wiring::callees_of(const std::string& name) const {
  std::vector<std::string> callees;
  for (const scenarios::Call& call : service(name).calls) {
    for (const std::string& target : scenarios::targets_of(virtual_service(call.to))) {
      if (std::ranges::find(callees, target) == callees.end()) callees.push_back(target);
    }
  }
  return callees;
}

envoy::Snapshot Wiring::configuration_of(const scenarios::Service& service,
                                         const EndpointsOf& endpoints) {
  if (!scenario_.has_mesh) return {};
  const scenarios::TaskDefinition& own = definition(service.name);
  return mesh::translate(
      service,
      {.dialect = dialect_,
       .envoy = scenario_.envoy,
       .egress_filter = scenario_.egress_filter,
       .dns_refresh = scenario_.control_plane.envoy_dns_refresh,
       .names = &names_,
       .endpoints = endpoints,
       .service = [this](const std::string& it) -> const scenarios::Service& {
         return this->service(it);
       },
       .virtual_service = [this](const std::string& it) -> const scenarios::VirtualService& {
         return virtual_service(it);
       },
       .hop = [this](const std::string& it) { return hop(it); }},
      own.proxy_ingress_port, own.proxy_egress_port);
}

}  // namespace hoplab::models
