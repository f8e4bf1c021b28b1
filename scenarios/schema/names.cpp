#include "scenarios/schema/names.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "scenarios/schema/connect_words.hpp"
#include "scenarios/schema/targets.hpp"

namespace hoplab::scenarios {

const std::vector<std::string>& instance_types() {
  static const std::vector<std::string> types = {
      "t2.micro",  "t2.small",   "m3.medium",  "t3.micro", "t3.small",  "t3.medium",  "t3.large",
      "t3.xlarge", "t3.2xlarge", "t4g.medium", "m5.large", "m5.xlarge", "m5.2xlarge", "m5.4xlarge",
      "m6i.large", "m6i.xlarge", "m6g.large",  "c5.large", "c5.xlarge", "c5.2xlarge", "c5.4xlarge",
      "c6i.large", "r5.large",   "r5.xlarge",  "r6i.large"};
  return types;
}

bool is_burstable(std::string_view instance_type) { return instance_type.starts_with('t'); }

const std::vector<std::string>& envoy_profiles() {
  static const std::vector<std::string> profiles = {"v1.15", "v1.22", "v1.29"};
  return profiles;
}

const std::vector<std::string>& response_flags() {
  static const std::vector<std::string> flags = {
      "-",     "LH",   "UH",   "UT",   "LR",   "UR", "UF",  "UC", "UO", "NR",
      "DI",    "FI",   "RL",   "UAEX", "RLSE", "DC", "URX", "SI", "IH", "DPE",
      "UMSDR", "RFCF", "NFCF", "DT",   "UPE",  "NC", "OM",  "DF", "DO", "DR"};
  return flags;
}

const TaskDefinition* task_definition_of(const Scenario& scenario, const Service& service) {
  if (service.task_definition.empty()) return nullptr;
  for (const TaskDefinition& definition : scenario.artefacts.task_definitions) {
    if (!service.task_definition.starts_with(definition.family)) continue;
    if (fmt::format("{}:{}", definition.family, definition.revision) == service.task_definition) {
      return &definition;
    }
  }
  return nullptr;
}

bool is_sidecar(const TaskDefinition& definition, const ContainerDefinition& container) {
  constexpr std::array<std::string_view, 4> sidecars = {"envoy", "cloudwatch-agent", "log_router",
                                                        "xray-daemon"};
  return container.name == definition.proxy_container ||
         std::find(sidecars.begin(), sidecars.end(), container.name) != sidecars.end();
}

const ContainerDefinition* serving_container(const TaskDefinition& definition, std::uint16_t port) {
  const ContainerDefinition* first = nullptr;
  for (const ContainerDefinition& container : definition.containers) {
    if (is_sidecar(definition, container)) continue;
    if (first == nullptr || container.name == "app") first = &container;
    for (const PortMapping& mapping : container.port_mappings) {
      if (mapping.container_port == port) return &container;
    }
  }
  return first;
}

Names::Names(const Scenario& scenario) : scenario_(scenario) {
  for (const VirtualService& it : scenario.virtual_services)
    virtual_services_.emplace(it.name, &it);
  add_chains();
  for (const Service& service : scenario.services) {
    services_.emplace(service.name, &service);
    for (std::string& host : hosts(service)) busy_hosts_.insert(std::move(host));
  }
  for (const auto& [name, service] : services_) service_names_.push_back(name);
  places_ = service_names_;
  places_.insert(places_.end(), busy_hosts_.begin(), busy_hosts_.end());
}

void Names::add_chains() {
  std::set<std::pair<std::string, std::string>> seen;
  for (const Load& load : scenario_.workload) {
    if (!load.to.empty() && seen.insert({load.name, load.to}).second) {
      chains_.push_back({load.name, load.to, load.to, true});
    }
  }
  for (const Service& service : scenario_.services) {
    for (const Call& call : service.calls) {
      if (!seen.insert({service.name, call.to}).second) continue;
      const std::string subject = service.name + "->" + call.to;
      for (std::string& callee : services_behind(call.to)) {
        chains_.push_back({service.name, std::move(callee), subject, false});
      }
    }
  }
}

std::vector<std::string> Names::hosts(const Service& service) const {
  std::vector<std::string> hosts;
  const auto tasks = static_cast<std::size_t>(std::max(service.desired_count, 0));
  const auto& placement = service.placement;
  for (std::size_t i = 0; i < tasks; ++i) {
    hosts.push_back(placement.empty() ? fmt::format("host-{}-{}", service.name, i + 1)
                                      : placement[i % placement.size()]);
  }
  return hosts;
}

bool Names::is_virtual_service(std::string_view name) const {
  return virtual_services_.contains(name);
}

std::vector<std::string> Names::services_behind(std::string_view virtual_service) const {
  const auto found = virtual_services_.find(virtual_service);
  if (found == virtual_services_.end()) return {};
  return targets_of(*found->second);
}

const Service* Names::service(std::string_view name) const {
  const auto found = services_.find(name);
  return found == services_.end() ? nullptr : found->second;
}

bool Names::is_busy_host(std::string_view name) const { return busy_hosts_.contains(name); }

bool Names::calls(std::string_view caller, std::string_view callee) const {
  const Service* from = service(caller);
  if (from == nullptr) return false;
  return std::ranges::any_of(from->calls, [&](const Call& call) {
    if (call.to == callee) return true;
    const auto behind = services_behind(call.to);
    return std::ranges::find(behind, callee) != behind.end();
  });
}

std::vector<std::string> Names::containers(const Service& service) const {
  const TaskDefinition* definition = task_definition_of(scenario_, service);
  std::vector<std::string> names;
  if (definition == nullptr) {
    names = {"app", "envoy", "cloudwatch-agent", "log_router", "xray-daemon"};
    if (!scenario_.has_mesh) names.erase(names.begin() + 1);
    if (scenario_.is_service_connect()) {
      names = {"app", "cloudwatch-agent", "log_router", proxy(service)};
    }
    return names;
  }
  for (const ContainerDefinition& container : definition->containers) {
    // Without a mesh nothing starts the proxy.
    if (!scenario_.has_mesh && container.name == definition->proxy_container) continue;
    names.push_back(container.name);
  }
  return names;
}

std::string Names::proxy(const Service& service) const {
  if (!scenario_.has_mesh) return "";
  const TaskDefinition* definition = task_definition_of(scenario_, service);
  if (definition != nullptr) return definition->proxy_container;
  if (!scenario_.is_service_connect()) return "envoy";
  return connect_container(scenario_);
}

std::string Names::true_container(const Service& service, const std::string& name) const {
  return scenario_.is_service_connect() && name == "envoy" ? proxy(service) : name;
}

std::vector<std::string> Names::metrics() const {
  std::set<std::string> subjects;
  for (const Chain& chain : chains_) subjects.insert(chain.subject);
  std::vector<std::string> names;
  for (const std::string& subject : subjects) {
    for (const char* metric : {".http_req_failed", ".http_req_duration", ".http_reqs"}) {
      names.push_back(subject + metric);
    }
  }
  return names;
}

std::vector<std::string> hop_path(const HopEnds& ends) {
  std::vector<std::string> stations;
  stations.push_back(ends.caller_is_load ? ends.caller : ends.caller + ".app");
  if (ends.has_mesh && !ends.caller_is_load) stations.push_back(ends.caller + ".envoy");
  if (ends.has_mesh) stations.push_back(ends.callee + ".envoy");
  stations.push_back(ends.callee + ".app");
  std::vector<std::string> path;
  for (std::size_t i = 0; i + 1 < stations.size(); ++i) {
    path.push_back(stations[i] + "->" + stations[i + 1]);
  }
  path.push_back(stations.back());
  for (std::size_t i = stations.size() - 1; i > 0; --i) {
    path.push_back(stations[i - 1] + "<-" + stations[i]);
  }
  return path;
}

void Names::add_hops(const Chain& chain, std::vector<std::string>& hops) const {
  for (std::string& hop :
       hop_path({chain.caller, chain.is_load, chain.callee, scenario_.has_mesh})) {
    hops.push_back(std::move(hop));
  }
}

std::vector<std::string> Names::hops() const {
  std::vector<std::string> all;
  for (const Chain& chain : chains_) add_hops(chain, all);
  std::vector<std::string> once;
  std::set<std::string_view> seen;
  for (const std::string& hop : all) {
    if (seen.insert(hop).second) once.push_back(hop);
  }
  return once;
}

}  // namespace hoplab::scenarios
