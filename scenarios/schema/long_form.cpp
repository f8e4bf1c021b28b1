#include "scenarios/schema/long_form.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "scenarios/schema/long_form_parts.hpp"
#include "scenarios/schema/names.hpp"
#include "scenarios/schema/yaml_text.hpp"

namespace hoplab::scenarios {
namespace {

using Json = nlohmann::ordered_json;

Json parsed(const std::string& json) { return Json::parse(json); }

// --- Infrastructure ---------------------------------------------------------------------------

Json permissions(const std::vector<IpPermission>& rules) {
  Json list = Json::array();
  for (const IpPermission& rule : rules) {
    Json json{{"ipProtocol", rule.protocol}};
    if (rule.protocol == "tcp" || rule.protocol == "udp") {
      json["fromPort"] = rule.port_first;
      json["toPort"] = rule.port_last;
    }
    for (const std::string& cidr : rule.cidrs) json["ipRanges"].push_back({{"cidrIp", cidr}});
    for (const std::string& id : rule.group_ids) {
      json["userIdGroupPairs"].push_back({{"groupId", id}});
    }
    list.push_back(std::move(json));
  }
  return list;
}

Json groups_of(const Scenario& scenario) {
  Json groups = Json::object();
  for (const SecurityGroup& group : scenario.artefacts.security_groups) {
    if (group.is_from_file) continue;
    Json& json = groups[group.group_id];
    json["groupName"] = group.group_name;
    if (!group.description.empty()) json["description"] = group.description;
    if (!group.vpc_id.empty()) json["vpcId"] = group.vpc_id;
    json["ipPermissions"] = permissions(group.ingress);
    json["ipPermissionsEgress"] = permissions(group.egress);
  }
  return groups;
}

Json hosts_of(const Scenario& scenario) {
  Json hosts = Json::object();
  for (const Host& host : scenario.hosts) {
    Json& json = hosts[host.name];
    json["instanceType"] = host.instance_type;
    if (!host.subnet.empty()) json["subnet"] = host.subnet;
    if (host.clock_offset) {
      const bool is_behind = *host.clock_offset < Duration::zero();
      json["simulate"]["clockOffset"] =
          (is_behind ? "-" : "") +
          sim::format(is_behind ? -*host.clock_offset : *host.clock_offset);
    }
    if (is_burstable(host.instance_type)) {
      json["creditSpecification"] = {
          {"cpuCredits", host.has_unlimited_credits ? "unlimited" : "standard"}};
    }
    if (host.cpu_credits) json["simulate"]["cpuCreditBalance"] = *host.cpu_credits;
    if (host.reserved_memory) {
      json["simulate"]["reservedMemory"] = sim::format(*host.reserved_memory);
    }
    if (host.conntrack_max) json["simulate"]["trackedConnections"] = *host.conntrack_max;
    if (host.network_credits) {
      json["simulate"]["networkCredits"] = share_text(Ratio(*host.network_credits));
    }
  }
  return hosts;
}

Json links_of(const Scenario& scenario) {
  Json links = Json::array();
  links.push_back({{"loopback", "*"}, {"latency", sim::format(scenario.network.loopback)}});
  for (const Link& link : scenario.links) {
    Json json{{"between", {link.first, link.second}}};
    if (link.latency) json["latency"] = sim::format(*link.latency);
    if (link.jitter != Duration::zero()) json["jitter"] = sim::format(link.jitter);
    if (link.bandwidth) json["bandwidth"] = fmt::format("{}B/s", link.bandwidth->count());
    links.push_back(std::move(json));
  }
  return links;
}

Json infrastructure_of(const Scenario& scenario) {
  Json json;
  json["vpc"] = {{"vpcId", scenario.vpc_id}, {"cidrBlock", scenario.vpc_cidr}};
  for (const Subnet& subnet : scenario.subnets) {
    if (subnet.is_from_file) continue;
    json["subnets"][subnet.name] = {{"cidrBlock", subnet.cidr_block},
                                    {"availabilityZone", subnet.availability_zone}};
  }
  json["securityGroups"] = groups_of(scenario);
  if (Json acls = parsed(network_acls_json(scenario)); !acls.empty()) {
    json["networkAcls"] = std::move(acls);
  }
  if (Json tables = parsed(route_tables_json(scenario)); !tables.empty()) {
    json["routeTables"] = std::move(tables);
  }
  json["containerInstances"] = hosts_of(scenario);
  json["links"] = links_of(scenario);
  return json;
}

Json network_of(const Network& network) {
  const bool is_linear = network.syn_schedule == Network::SynSchedule::linear;
  Json json{{"latency", sim::format(network.latency)},
            {"clientLatency", sim::format(network.client_latency)},
            {"bandwidth", fmt::format("{}B/s", network.bandwidth.count())},
            {"clockOffsetSd", sim::format(network.clock_offset_sd)},
            {"synSchedule", is_linear ? "linear" : "classic"}};
  if (network.zone_latency) json["interZoneLatency"] = sim::format(*network.zone_latency);
  json["connectionTracking"]["tcpEstablishedTimeout"] = sim::format(network.conntrack_established);
  return json;
}

Json artefacts_of(const Scenario& scenario) {
  Json json = Json::object();
  for (const ArtefactFile& file : scenario.artefacts.files) {
    // The mesh is written out, with what its files say in it.
    if (file.kind != "appmesh") json[file.kind].push_back({{"file", file.path}});
  }
  return json;
}

// --- Tasks ------------------------------------------------------------------------------------

Json simulated_app(const Service& service) {
  Json json;
  json["serviceTime"] = {{"cpu", parsed(distribution_json(service.service_cpu))},
                         {"wait", parsed(distribution_json(service.service_wait))}};
  json["appMemory"] = sim::format(service.app_memory);
  json["memoryPressure"] = {{"from", share_text(service.memory_pressure.from)},
                            {"slowdown", service.memory_pressure.slowdown}};
  json["workers"] = service.workers;
  json["acceptQueue"] = service.accept_queue;
  json["acceptQueueOverflow"] =
      service.accept_queue_overflow == Service::Overflow::drop ? "drop" : "reset";
  json["holdsWorkerDuringCalls"] = service.holds_worker_during_calls;
  json["callOrder"] = service.call_order == Service::CallOrder::sequence ? "sequence" : "parallel";
  json["responseSize"] = sim::format(service.response_size);
  json["startup"] = parsed(distribution_json(service.startup));
  json["onSigterm"] = service.on_sigterm == OnSigterm::ignores ? "ignore"
                      : service.on_sigterm == OnSigterm::dies  ? "die"
                                                               : "drain";
  for (const Call& call : service.calls) json["calls"].push_back(parsed(call_json(call)));
  return json;
}

Json simulated_envoy(const EnvoySettings& envoy) {
  return {{"kind", "envoy"},
          {"workers", envoy.workers},
          {"serviceTime", sim::format(envoy.service_time)}};
}

/// What is simulated of a service's containers, by their names.
Json simulated_of(const Scenario& scenario, const Service& service) {
  const TaskDefinition& definition = *task_definition_of(scenario, service);
  const ContainerDefinition* app = serving_container(definition, service.port);
  Json json = Json::object();
  if (app != nullptr) json[app->name] = simulated_app(service);
  if (!definition.proxy_container.empty() && !scenario.is_service_connect()) {
    json[definition.proxy_container] = simulated_envoy(service.envoy);
  }
  return json;
}

std::string key_of(const TaskDefinition& definition) {
  return fmt::format("{}:{}", definition.family, definition.revision);
}

/// Definitions that one service alone uses, and that are written out: there stands what is
/// simulated. By their keys.
std::map<std::string, const Service*> owned_definitions(const Scenario& scenario) {
  std::map<std::string, const Service*> owners;
  std::set<std::string> shared;
  for (const Service& service : scenario.services) {
    if (!owners.emplace(service.task_definition, &service).second) {
      shared.insert(service.task_definition);
    }
  }
  for (const TaskDefinition& definition : scenario.artefacts.task_definitions) {
    if (definition.is_from_file) shared.insert(key_of(definition));
  }
  for (const std::string& key : shared) owners.erase(key);
  return owners;
}

Json task_definitions_of(const Scenario& scenario,
                         const std::map<std::string, const Service*>& owned) {
  Json definitions = Json::object();
  for (const TaskDefinition& definition : scenario.artefacts.task_definitions) {
    if (definition.is_from_file) continue;
    const std::string key = key_of(definition);
    Json json = parsed(definition.json);
    if (const auto owner = owned.find(key); owner != owned.end()) {
      const Json simulated = simulated_of(scenario, *owner->second);
      for (Json& container : json["containerDefinitions"]) {
        const auto found = simulated.find(container["name"].get<std::string>());
        if (found != simulated.end()) container["simulate"] = *found;
      }
    }
    definitions[key] = std::move(json);
  }
  return definitions;
}

Json deployment_of(const DeploymentConfiguration& deployment) {
  const DeploymentCircuitBreaker& breaker = deployment.circuit_breaker;
  Json json{{"minimumHealthyPercent", deployment.minimum_healthy_percent},
            {"maximumPercent", deployment.maximum_percent},
            {"deploymentCircuitBreaker",
             {{"enable", breaker.is_enabled}, {"rollback", breaker.rolls_back}}}};
  if (breaker.threshold) json["deploymentCircuitBreaker"]["threshold"] = *breaker.threshold;
  return json;
}

Json strategy_of(const PlacementStrategy& step) {
  using Kind = PlacementStrategy::Kind;
  if (step.kind == Kind::random) return {{"type", "random"}};
  return {{"type", step.kind == Kind::spread ? "spread" : "binpack"}, {"field", step.field}};
}

Json services_of(const Scenario& scenario, const std::map<std::string, const Service*>& owned) {
  Json services = Json::object();
  for (const Service& service : scenario.services) {
    Json& json = services[service.name];
    json["taskDefinition"] = service.task_definition;
    json["port"] = service.port;
    json["desiredCount"] = service.desired_count;
    json["placement"] = service.placement;
    json["securityGroups"] = service.security_groups;
    if (scenario.is_service_connect()) {
      json["envoy"] = {{"workers", service.envoy.workers},
                       {"serviceTime", sim::format(service.envoy.service_time)}};
      json["serviceConnectConfiguration"] = parsed(connect_json(scenario, service));
    } else if (scenario.has_mesh) {
      json["virtualNode"] = service.virtual_node;
    }
    json["deploymentConfiguration"] = deployment_of(service.deployment);
    json["healthCheckGracePeriod"] = sim::format(service.health_check_grace);
    for (const PlacementStrategy& step : service.placement_strategy) {
      json["placementStrategy"].push_back(strategy_of(step));
    }
    if (!owned.contains(service.task_definition)) {
      json["simulate"] = simulated_of(scenario, service);
    }
  }
  return services;
}

// --- Telemetry --------------------------------------------------------------------------------

void add_envoy_stats(Json& json, const Scenario& scenario) {
  const EnvoyStats& stats = scenario.envoy_stats;
  Json& envoy = json["envoy"];
  envoy["metricsExtension"] = stats.metrics_extension;
  envoy["timings"] = stats.timings;
  for (const Duration instant : stats.snapshots) {
    envoy["snapshotStats"].push_back(sim::format(instant));
  }
  json["cloudwatch"]["agent"] = {{"statsd", scenario.agent.is_on},
                                 {"namespace", scenario.agent.name_space}};
}

Json telemetry_of(const Scenario& scenario) {
  if (!scenario.telemetry) return "none";
  Json json;
  if (scenario.telemetry_sources != TelemetrySources::defaults()) {
    json["sources"] = scenario.telemetry_sources.names();
  }
  if (scenario.propagators) {
    json["propagators"] = Json::array();
    if (scenario.propagators->xray) json["propagators"].push_back("xray");
    if (scenario.propagators->tracecontext) json["propagators"].push_back("tracecontext");
  }
  if (!scenario.alarms.empty()) {
    for (const Alarm& alarm : scenario.alarms) {
      json["cloudwatch"]["alarms"].push_back(parsed(alarm.json));
    }
  }
  if (!scenario.histories.empty()) {
    json["cloudwatch"]["history"] = parsed(metric_histories_json(scenario.histories));
  }
  if (scenario.tells(TelemetrySource::flow_logs)) {
    const bool is_of_a_minute = scenario.flow_log_interval == std::chrono::minutes(1);
    json["flowLogs"] = {{"maxAggregationInterval", is_of_a_minute ? "1m" : "10m"}};
  }
  add_envoy_stats(json, scenario);
  Json& xray = json["xray"];
  xray["version"] = 2;
  xray["default"] = {{"fixed_target", scenario.sampling.fixed_target},
                     {"rate", share_text(scenario.sampling.rate)}};
  for (const SamplingRule& rule : scenario.sampling.rules) {
    xray["rules"].push_back({{"description", rule.description},
                             {"host", rule.host},
                             {"http_method", rule.http_method},
                             {"url_path", rule.url_path},
                             {"fixed_target", rule.fixed_target},
                             {"rate", share_text(rule.rate)}});
  }
  return json;
}

// --- The whole --------------------------------------------------------------------------------

Json timings_of(const EcsTimings& ecs) {
  return {{"provisioning", parsed(distribution_json(ecs.provisioning))},
          {"pullCached", parsed(distribution_json(ecs.pull_cached))},
          {"pull", parsed(distribution_json(ecs.pull))},
          {"activating", parsed(distribution_json(ecs.activating))},
          {"deactivating", parsed(distribution_json(ecs.deactivating))},
          {"deprovisioning", parsed(distribution_json(ecs.deprovisioning))}};
}

Json timings_of(const ControlPlaneTimings& times) {
  return {{"cloudMap", parsed(distribution_json(times.cloud_map))},
          {"endpoints", parsed(distribution_json(times.endpoints))},
          {"configuration", parsed(distribution_json(times.configuration))},
          {"customHealth", sim::format(times.custom_health)},
          {"dnsTtl", sim::format(times.dns_ttl)},
          {"dnsNegativeTtl", sim::format(times.dns_negative_ttl)},
          {"envoyDnsRefresh", sim::format(times.envoy_dns_refresh)}};
}

Json basics_of(const Scenario& scenario) {
  Json json;
  json["hoplab"] = 1;
  json["name"] = scenario.name;
  if (!scenario.description.empty()) json["description"] = scenario.description;
  json["seed"] = scenario.seed;
  json["duration"] = sim::format(scenario.duration);
  json["startTime"] = start_time_text(scenario.start_time);
  json["envoyProfile"] = scenario.envoy_profile;
  json["region"] = scenario.region;
  json["account"] = scenario.account;
  json["cluster"] = scenario.cluster;
  json["start"] = scenario.starts_cold ? "cold" : "warm";
  json["ecs"] = timings_of(scenario.ecs);
  json["controlPlane"] = timings_of(scenario.control_plane);
  return json;
}

}  // namespace

std::string long_form(const Scenario& scenario) {
  const auto owned = owned_definitions(scenario);
  Json json = basics_of(scenario);
  json["network"] = network_of(scenario.network);
  if (Json artefacts = artefacts_of(scenario); !artefacts.empty()) {
    json["artefacts"] = std::move(artefacts);
  }
  json["infrastructure"] = infrastructure_of(scenario);
  json["taskDefinitions"] = task_definitions_of(scenario, owned);
  json["services"] = services_of(scenario, owned);
  json["mesh"] = !scenario.has_mesh              ? Json("none")
                 : scenario.is_service_connect() ? parsed(connect_mesh_json(scenario))
                                                 : parsed(mesh_json(scenario));
  if (!scenario.workload.empty()) json["workload"] = parsed(workload_json(scenario.workload));
  json["telemetry"] = telemetry_of(scenario);
  if (Json beside = parsed(faults_beside_experiment_json(scenario)); !beside.empty()) {
    json["faults"] = std::move(beside);
  }
  if (!scenario.faults.empty() || scenario.experiment) {
    json["experiment"] = parsed(experiment_json(scenario));
  }
  if (!scenario.expectations.empty()) {
    json["expectations"] = parsed(expectations_json(scenario.expectations));
  }
  return yaml::text_of_json(json.dump());
}

}  // namespace hoplab::scenarios
