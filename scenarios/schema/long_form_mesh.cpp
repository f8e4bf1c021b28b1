// The mesh and the experiment of the long form.
#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "scenarios/schema/connect_words.hpp"
#include "scenarios/schema/experiment_targets.hpp"
#include "scenarios/schema/long_form_parts.hpp"
#include "scenarios/schema/mesh_words.hpp"

namespace hoplab::scenarios {
namespace {

using Json = nlohmann::ordered_json;

// --- Mesh -------------------------------------------------------------------------------------

Json listeners(std::uint16_t port) {
  return Json::array({{{"portMapping", {{"port", port}, {"protocol", "http"}}}}});
}

Json node_of(const Service& service, const std::map<std::string, std::string>& hostnames) {
  Json spec;
  const VirtualNodeSettings& node = service.node;
  spec["listeners"] = listeners(node.listener_port.value_or(service.port));
  spec["listeners"][0].update(Json::parse(listener_words(node)));
  Json backends = Json::array();
  const auto add = [&](const std::string& name) {
    const auto hostname = hostnames.find(name);
    Json backend{{"virtualService",
                  {{"virtualServiceName", hostname == hostnames.end() ? name : hostname->second}}}};
    if (std::ranges::find(backends, backend) == backends.end()) {
      backends.push_back(std::move(backend));
    }
  };
  if (node.backends) {
    for (const std::string& backend : *node.backends) add(backend);
  } else {
    for (const Call& call : service.calls) add(call.to);
  }
  spec["backends"] = std::move(backends);
  if (node.access_log) spec["logging"] = Json::parse(logging_words(*node.access_log));
  spec["serviceDiscovery"] = Json::parse(discovery_words(service));
  return {{"spec", std::move(spec)}};
}

Json route_of(const Route& route, const std::map<std::string, std::string>& nodes) {
  Json targets = Json::array();
  for (const WeightedTarget& target : route.targets) {
    targets.push_back({{"virtualNode", nodes.at(target.service)}, {"weight", target.weight}});
  }
  Json http{{"match", Json::parse(match_words(route))},
            {"action", {{"weightedTargets", std::move(targets)}}}};
  if (route.retry) http["retryPolicy"] = Json::parse(retry_words(*route.retry));
  const Json timeout = Json::parse(timeout_words(route.request_timeout, route.idle_timeout));
  if (!timeout.empty()) http["timeout"] = timeout;
  Json spec;
  if (route.priority) spec["priority"] = *route.priority;
  spec["httpRoute"] = std::move(http);
  return {{"spec", std::move(spec)}};
}

Json router_of(const VirtualService& service, const std::map<std::string, std::string>& nodes) {
  Json json{{"spec", {{"listeners", listeners(service.port)}}}};
  for (const Route& route : service.routes) json["routes"][route.name] = route_of(route, nodes);
  return json;
}

/// What differs from the defaults.
Json behaviour_of(const EnvoyBehaviour& envoy) {
  const EnvoyBehaviour usual;
  Json json = Json::object();
  if (envoy.retry_profile) {
    json["retryProfile"] = *envoy.retry_profile == RetryProfile::none      ? "none"
                           : *envoy.retry_profile == RetryProfile::of_2020 ? "2020-07"
                                                                           : "2021-reset";
  }
  if (envoy.endpoint_removal == EndpointRemoval::sticky) json["endpointRemoval"] = "sticky";
  if (envoy.load_balancing == LoadBalancing::least_request) {
    json["loadBalancing"] = "leastRequest";
  }
  if (envoy.panic_threshold != usual.panic_threshold) {
    json["panicThreshold"] = envoy.panic_threshold;
  }
  const auto add = [&](const char* key, Duration value, Duration otherwise) {
    if (value != otherwise) json[key] = sim::format(value);
  };
  add("egressConnectTimeout", envoy.egress_connect_timeout, usual.egress_connect_timeout);
  add("ingressConnectTimeout", envoy.ingress_connect_timeout, usual.ingress_connect_timeout);
  add("connectionIdleTimeout", envoy.connection_idle_timeout, usual.connection_idle_timeout);
  if (envoy.max_requests_per_connection > 0) {
    json["maxRequestsPerConnection"] = envoy.max_requests_per_connection;
  }
  if (envoy.types_json_values) json["jsonLogValues"] = "typed";
  return json;
}

// --- Experiment -------------------------------------------------------------------------------

/// The experiment's target of a fault; "" where the action's own `target` says it.
std::string target_name(const Scenario& scenario, const Fault& fault) {
  if (fault.selection) return fault.selection->name;
  const auto is_target = [&](const Service& service) { return service.name == fault.target; };
  const bool is_service = std::ranges::any_of(scenario.services, is_target);
  return is_service && !fault.count ? fault.target + "-tasks" : "";
}

Json selected(const TargetSelection& selection, const std::string& resource) {
  using Mode = TargetSelection::Mode;
  Json json{{"resourceType", selection.resource_type}};
  if (selection.resource_type == "aws:ecs:task" && resource != every_resource) {
    json["parameters"] = {{"service", resource}};
  }
  for (const std::string& arn : selection.arns) json["resourceArns"].push_back(arn);
  for (const auto& [tag, value] : selection.tags) json["resourceTags"][tag] = value;
  for (const ResourceFilter& filter : selection.filters) {
    json["filters"].push_back({{"path", filter.path}, {"values", filter.values}});
  }
  json["selectionMode"] = selection.mode == Mode::count ? fmt::format("COUNT({})", selection.number)
                          : selection.mode == Mode::percent
                              ? fmt::format("PERCENT({})", selection.number)
                              : "ALL";
  return json;
}

Json target_of(const Fault& fault) {
  if (fault.selection) return selected(*fault.selection, fault.target);
  return {{"resourceType", "aws:ecs:task"},
          {"parameters", {{"service", fault.target}}},
          {"selectionMode", "ALL"}};
}

Json action_of(const Fault& fault, const std::string& target) {
  Json json{{"actionId", fault.action}, {"at", sim::format(fault.at)}};
  if (fault.lasts) json["for"] = sim::format(*fault.lasts);
  for (const auto& [name, parameter] : fault.parameters) {
    json["parameters"][name] = parameter.value;
  }
  if (target.empty()) {
    json["target"] = fault.target;
    if (fault.count) json["count"] = *fault.count;
  } else {
    const std::string type = fault.selection ? fault.selection->resource_type : "aws:ecs:task";
    json["targets"] = {{fis_target_key(type), target}};
  }
  return json;
}

/// What of the experiment's time no action of its own fills is FIS's wait, which does nothing.
void add_wait(Json& json, const Scenario& scenario) {
  const Experiment& experiment = *scenario.experiment;
  bool has_start = false;
  bool has_end = !experiment.end;
  std::string name = "wait";
  for (const Fault& fault : scenario.faults) {
    if (fault.name == name) name += "-2";
    if (!fault.is_of_experiment) continue;
    has_start = has_start || fault.at == experiment.start;
    has_end = has_end || fault.at + fault.lasts.value_or(Duration::zero()) == *experiment.end;
  }
  if (has_start && has_end) return;
  Json& wait = json["actions"][name];
  wait = {{"actionId", "aws:fis:wait"}, {"at", sim::format(experiment.start)}};
  if (experiment.end > experiment.start) {
    wait["for"] = sim::format(*experiment.end - experiment.start);
  }
}

Json stop_conditions_of(const Scenario& scenario) {
  if (!scenario.experiment) return Json::array({{{"source", "none"}}});
  Json json = Json::array();
  for (const auto& condition : scenario.experiment->stop_conditions) {
    json.push_back({{"source", "aws:cloudwatch:alarm"},
                    {"value", fmt::format("arn:aws:cloudwatch:{}:{}:alarm:{}", scenario.region,
                                          scenario.account, condition.alarm)}});
  }
  return json;
}

}  // namespace

std::string mesh_json(const Scenario& scenario) {
  std::map<std::string, std::string> hostnames;
  std::map<std::string, std::string> nodes;
  for (const VirtualService& it : scenario.virtual_services) hostnames[it.name] = it.hostname;
  for (const Service& it : scenario.services) nodes[it.name] = it.virtual_node;
  Json json{{"meshName", scenario.mesh_name}};
  if (scenario.egress_filter == EgressFilter::allow_all) json["egressFilter"] = "ALLOW_ALL";
  Json ways = behaviour_of(scenario.envoy);
  if (!ways.empty()) json["simulate"] = std::move(ways);
  for (const Service& service : scenario.services) {
    json["virtualNodes"][service.virtual_node] = node_of(service, hostnames);
  }
  for (const VirtualService& service : scenario.virtual_services) {
    Json provider;
    if (service.router.empty()) {
      const std::string& target = service.routes.front().targets.front().service;
      provider["virtualNode"] = {{"virtualNodeName", nodes.at(target)}};
    } else {
      provider["virtualRouter"] = {{"virtualRouterName", service.router}};
      json["virtualRouters"][service.router] = router_of(service, nodes);
    }
    json["virtualServices"][service.hostname] = {{"spec", {{"provider", std::move(provider)}}}};
  }
  return json.dump();
}

std::string connect_mesh_json(const Scenario& scenario) {
  Json json{{"kind", "serviceConnect"}, {"namespace", scenario.mesh_name}};
  json.update(Json::parse(connect_log_words(scenario.connect_log)));
  if (!json.contains("accessLogConfiguration")) json["accessLogConfiguration"] = "none";
  Json ways = behaviour_of(scenario.envoy);
  ways["retryAttempts"] = scenario.envoy.retry_attempts;
  ways["outlierDetection"] = "none";
  if (const auto& detection = scenario.envoy.outlier_detection) {
    ways["outlierDetection"] = {{"maxServerErrors", detection->max_server_errors},
                                {"interval", sim::format(detection->interval)},
                                {"baseEjectionDuration", sim::format(detection->base_ejection)},
                                {"maxEjectionPercent", detection->max_ejection_percent}};
  }
  for (const Service& service : scenario.services) {
    if (service.node.backends) ways["knownEndpoints"][service.name] = *service.node.backends;
  }
  if (const auto& file = scenario.connect_log_format) {
    Json& format = ways["accessLogFormat"];
    if (file->text) format["text"] = file->text->text;
    for (const auto& [key, value] : file->json) {
      format["json"].push_back({{"key", key}, {"value", value.text}});
    }
  }
  json["simulate"] = std::move(ways);
  return json.dump();
}

std::string connect_json(const Scenario& scenario, const Service& service) {
  Json json = Json::parse(connect_words(scenario, service));
  if (!json.contains("accessLogConfiguration")) json["accessLogConfiguration"] = "none";
  return json.dump();
}

std::string experiment_json(const Scenario& scenario) {
  Json json;
  for (const Fault& fault : scenario.faults) {
    if (scenario.experiment && !fault.is_of_experiment) continue;
    const std::string target = target_name(scenario, fault);
    if (!target.empty()) json["targets"][target] = target_of(fault);
    json["actions"][fault.name] = action_of(fault, target);
  }
  if (scenario.experiment) add_wait(json, scenario);
  json["stopConditions"] = stop_conditions_of(scenario);
  return json.dump();
}

std::string faults_beside_experiment_json(const Scenario& scenario) {
  Json json = Json::array();
  for (const Fault& fault : scenario.faults) {
    if (!scenario.experiment || fault.is_of_experiment) continue;
    Json one{{"name", fault.name}};
    one.update(action_of(fault, ""));
    json.push_back(std::move(one));
  }
  return json.dump();
}

}  // namespace hoplab::scenarios
