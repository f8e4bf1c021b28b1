// ECS Service Connect: `mesh: {kind: serviceConnect}`, `serviceConnectConfiguration` of services.
#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "scenarios/schema/connect_words.hpp"
#include "scenarios/schema/draft.hpp"
#include "scenarios/schema/scalars.hpp"
#include "scenarios/schema/timings.hpp"

namespace hoplab::scenarios {
namespace {

using sim::Diagnostics;

constexpr std::int64_t seconds_max = 366LL * 24 * 3600;

std::optional<Duration> read_seconds(const Node& node, Diagnostics& diagnostics) {
  const auto count = read_integer(node, {.minimum = 0, .maximum = seconds_max}, diagnostics);
  return count ? std::optional<Duration>(std::chrono::seconds(*count)) : std::nullopt;
}

/// 1 to 64 small letters, digits and hyphens; ends in none.
std::optional<std::string> read_discovery_name(const Node& node, Diagnostics& diagnostics) {
  auto name = read_text(node, diagnostics);
  if (!name) return std::nullopt;
  const auto is_right = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  if (!name->empty() && name->size() <= 64 && name->front() != '-' && name->back() != '-' &&
      std::ranges::all_of(*name, is_right)) {
    return name;
  }
  diagnostics.error(node.mark, "E0214", fmt::format("'{}' is no discovery name", shown(*name)),
                    "1 to 64 small letters, digits and hyphens, no hyphen at either end");
  return std::nullopt;
}

/// `logConfiguration` and `accessLogConfiguration`, upon what `log` says already.
void read_log(const Section& section, ServiceConnectLog& log, Diagnostics& diagnostics) {
  if (const Node* node = section.find("logConfiguration")) {
    const Section words(*node, "'logConfiguration'", {"logDriver", "options"}, diagnostics);
    words.require("logDriver", "write logDriver: awslogs");
    words.take("logDriver",
               choice_of<std::string>({{"awslogs", "awslogs"}, {"awsfirelens", "awsfirelens"}}),
               log.log_driver);
    if (const Node* options = words.find("options")) {
      log.options.clear();
      for (const auto& [key, value] : options->entries) {
        if (auto text = read_text(value, diagnostics)) log.options[key.name] = *std::move(text);
      }
    }
  }
  const Node* node = section.find("accessLogConfiguration");
  if (node == nullptr) return;
  using Format = ServiceConnectLog::Format;
  if (node->kind == Node::Kind::scalar) {
    if (read_choice(*node, {"none"}, diagnostics)) log.format = Format::none;
    return;
  }
  const Section words(*node, "'accessLogConfiguration'", {"format", "includeQueryParameters"},
                      diagnostics);
  words.require("format", "write format: TEXT");
  words.take("format", choice_of<Format>({{"TEXT", Format::text}, {"JSON", Format::json}}),
             log.format);
  words.take("includeQueryParameters", choice_of<bool>({{"ENABLED", true}, {"DISABLED", false}}),
             log.includes_query_parameters);
}

void read_alias(const Node& node, ServiceConnectSettings& connect, Diagnostics& diagnostics) {
  const Section alias(node, "a client alias", {"port", "dnsName"}, diagnostics);
  alias.require("port", "write {port: 8080, dnsName: b}");
  alias.take("port", integer_in<std::uint16_t>(1, 65535), connect.alias_port);
  alias.take("dnsName", read_text, connect.dns_name);
}

void read_endpoint(const Node& node, Service& service, Draft& draft) {
  Diagnostics& diagnostics = draft.diagnostics;
  ServiceConnectSettings& connect = service.connect;
  const Section endpoint(
      node, "an endpoint",
      {"portName", "discoveryName", "clientAliases", "ingressPortOverride", "timeout", "tls"},
      diagnostics);
  endpoint.take("portName", read_aws_name, connect.port_name);
  endpoint.take("discoveryName", read_discovery_name, connect.discovery_name);
  bool is_first = true;
  endpoint.each("clientAliases", [&](const Node& item) {
    if (std::exchange(is_first, false)) return read_alias(item, connect, diagnostics);
    note_not_simulated(draft, item.mark, "a second client alias");
  });
  for (const char* key : {"ingressPortOverride", "tls"}) {
    if (endpoint.has(key)) {
      note_not_simulated(draft, endpoint.key_mark(key), fmt::format("'{}' of an endpoint", key));
    }
  }
  const Node* timeout = endpoint.find("timeout");
  if (timeout == nullptr) return;
  const Section times(*timeout, "'timeout'", {"idleTimeoutSeconds", "perRequestTimeoutSeconds"},
                      diagnostics);
  times.take("idleTimeoutSeconds", read_seconds, service.node.idle_timeout);
  times.take("perRequestTimeoutSeconds", read_seconds, service.node.request_timeout);
}

void read_endpoints(const Section& section, Service& service, Draft& draft) {
  const Node* services = section.find("services");
  if (services == nullptr) return;
  service.connect.is_endpoint = services->kind != Node::Kind::sequence || !services->items.empty();
  bool is_first = true;
  section.each("services", [&](const Node& item) {
    if (std::exchange(is_first, false)) return read_endpoint(item, service, draft);
    note_not_simulated(draft, item.mark, "a second endpoint of a service");
  });
}

/// What a real configuration says besides must be what is simulated.
void check_membership(const Section& section, Draft& draft) {
  Diagnostics& diagnostics = draft.diagnostics;
  if (const Node* node = section.find("enabled")) {
    const auto is_enabled = read_boolean(*node, diagnostics);
    if (is_enabled && !*is_enabled) {
      diagnostics.error(node->mark, "E0218",
                        "'enabled: false' does not go with mesh: {kind: serviceConnect}",
                        "every service of a scenario has a proxy, or none has (mesh: none)");
    }
  }
  const Node* node = section.find("namespace");
  if (node == nullptr) return;
  const auto name = read_text(*node, diagnostics);
  if (!name || *name == draft.scenario.mesh_name) return;
  diagnostics.error(
      node->mark, "E0421",
      fmt::format("namespace '{}' is not the mesh's, '{}'", shown(*name), draft.scenario.mesh_name),
      "a scenario has one namespace: write it in mesh");
}

void check_foreign(const Section& section, const std::vector<const char*>& keys, const char* words,
                   const char* hint, Diagnostics& diagnostics) {
  for (const char* key : keys) {
    if (!section.has(key)) continue;
    diagnostics.error(section.key_mark(key), "E0218",
                      fmt::format("'{}' does not go with {}", key, words), hint);
  }
}

/// The port that a service answers on must have a name in its task definition, and that one.
void check_port_name(const TaskDefinition& definition, const SourceMark& mark, Service& service,
                     Diagnostics& diagnostics) {
  if (!service.connect.is_endpoint) return;
  std::vector<std::string> known;
  for (const ContainerDefinition& container : definition.containers) {
    for (const PortMapping& mapping : container.port_mappings) {
      if (mapping.name.empty()) continue;
      known.push_back(mapping.name);
      const bool is_its_own = mapping.container_port == service.port;
      if (service.connect.port_name.empty() && is_its_own) service.connect.port_name = mapping.name;
      if (service.connect.port_name == mapping.name && is_its_own) return;
    }
  }
  diagnostics.error(
      mark, "E0415",
      service.connect.port_name.empty()
          ? fmt::format("port {} of task definition '{}' has no name", service.port,
                        service.task_definition)
          : fmt::format("port {} of task definition '{}' is not named '{}'", service.port,
                        service.task_definition, shown(service.connect.port_name)),
      known.empty() ? "Service Connect wants one: portMappings: [{name: ...}]"
                    : hint_for(service.connect.port_name, known, diagnostics));
}

/// `knownEndpoints: {a: [b]}`.
void take_known(const Node::Entry& entry, const std::vector<std::string>& names, Draft& draft) {
  const auto told = [&](const std::string& name, const SourceMark& mark) {
    if (std::ranges::find(names, name) != names.end()) return true;
    draft.diagnostics.error(mark, "E0401", fmt::format("there is no service '{}'", shown(name)),
                            hint_for(name, names, draft.diagnostics));
    return false;
  };
  if (!told(entry.key.name, entry.key.mark)) return;
  if (entry.value.kind != Node::Kind::sequence) {
    draft.diagnostics.error(entry.value.mark, "E0203",
                            fmt::format("what '{}' knows is a list of services", entry.key.name),
                            "write knownEndpoints: {a: [b]}");
    return;
  }
  auto& services = draft.scenario.services;
  auto& known = std::ranges::find(services, entry.key.name, &Service::name)->node.backends;
  known.emplace();
  for (const Node& item : entry.value.items) {
    const auto name = read_text(item, draft.diagnostics);
    if (name && told(*name, item.mark)) known->push_back(*name);
  }
}

void take_known_endpoints(Draft& draft) {
  if (draft.known_endpoints == nullptr || !draft.has_services) return;
  const Node& node = *draft.known_endpoints;
  if (node.kind != Node::Kind::mapping) {
    draft.diagnostics.error(node.mark, "E0203", "'knownEndpoints' wants a mapping from services",
                            "write knownEndpoints: {a: [b]}");
    return;
  }
  std::vector<std::string> names;
  for (const Service& service : draft.scenario.services) names.push_back(service.name);
  std::ranges::sort(names);
  for (const Node::Entry& entry : node.entries) take_known(entry, names, draft);
}

constexpr const char* of_service_connect = "mesh: {kind: serviceConnect}";

}  // namespace

void read_mesh_kind(const Section& top, Draft& draft) {
  const Node* mesh = top.find("mesh");
  const Node* kind =
      mesh == nullptr || mesh->kind != Node::Kind::mapping ? nullptr : mesh->find("kind");
  if (kind == nullptr) return;
  const auto choose = choice_of<MeshKind>(
      {{"appMesh", MeshKind::app_mesh}, {"serviceConnect", MeshKind::service_connect}});
  draft.scenario.mesh_kind = choose(*kind, draft.diagnostics).value_or(MeshKind::app_mesh);
  if (!draft.scenario.is_service_connect()) return;
  draft.scenario.mesh_name = "local";
  draft.scenario.control_plane = service_connect_timings();
}

void check_dialect(const Section& mesh, Draft& draft) {
  if (!draft.scenario.is_service_connect()) {
    return check_foreign(mesh, {"namespace", "logConfiguration", "accessLogConfiguration"},
                         "App Mesh", "write kind: serviceConnect, or leave it out",
                         draft.diagnostics);
  }
  check_foreign(mesh,
                {"meshName", "egressFilter", "accessLog", "virtualNodes", "virtualServices",
                 "virtualRouters"},
                "kind: serviceConnect",
                "these are App Mesh's; what Service Connect takes stands in "
                "serviceConnectConfiguration of services",
                draft.diagnostics);
}

void check_behaviour(const Section& ways, Draft& draft) {
  if (!draft.scenario.is_service_connect()) {
    return check_foreign(
        ways, {"retryAttempts", "outlierDetection", "knownEndpoints", "accessLogFormat"},
        "App Mesh", "this is Service Connect's (kind: serviceConnect)", draft.diagnostics);
  }
  check_foreign(ways, {"retryProfile", "endpointRemoval", "loadBalancing"}, "kind: serviceConnect",
                "this is App Mesh's", draft.diagnostics);
}

void read_connect_behaviour(const Section& ways, Draft& draft) {
  EnvoyBehaviour& envoy = draft.scenario.envoy;
  ways.take("retryAttempts", integer_in<std::uint32_t>(0, 100), envoy.retry_attempts);
  const Node* detection = ways.find("outlierDetection");
  if (detection != nullptr && detection->kind == Node::Kind::scalar) {
    if (read_choice(*detection, {"none"}, draft.diagnostics)) envoy.outlier_detection.reset();
  } else if (detection != nullptr) {
    read_outlier_detection(*detection, *envoy.outlier_detection, draft.diagnostics);
  }
  draft.known_endpoints = ways.find("knownEndpoints");
  if (const Node* format = ways.find("accessLogFormat")) {
    AccessLogFile file;
    file.mark = format->mark;
    read_access_log_format(*format, file, draft.diagnostics);
    draft.scenario.connect_log_format = std::move(file);
  }
}

void read_connect_mesh(const Section& mesh, Draft& draft) {
  mesh.take("namespace", read_aws_name, draft.scenario.mesh_name);
  read_log(mesh, draft.scenario.connect_log, draft.diagnostics);
  // Source: ECS Developer Guide: 5 failures within 30 s, left out for 30 to 300 s.
  EnvoyBehaviour& envoy = draft.scenario.envoy;
  envoy.outlier_detection.emplace().interval = std::chrono::seconds(30);
  if (const Node* ways = mesh.find("simulate")) read_behaviour(*ways, draft);
}

void read_service_connect(const Section& section, Service& service, Draft& draft) {
  Diagnostics& diagnostics = draft.diagnostics;
  const char* key = "serviceConnectConfiguration";
  const Node* node = section.find(key);
  if (!draft.scenario.is_service_connect()) {
    if (node == nullptr) return;
    diagnostics.error(section.key_mark(key), "E0218",
                      fmt::format("'{}' does not go with {}", key,
                                  draft.scenario.has_mesh ? "App Mesh" : "mesh: none"),
                      "write mesh: {kind: serviceConnect}");
    return;
  }
  check_foreign(section, {"virtualNode", "listener", "backends", "accessLog"}, of_service_connect,
                "this is App Mesh's; write serviceConnectConfiguration", diagnostics);
  if (node == nullptr) return;
  const Section words(
      *node, "'serviceConnectConfiguration'",
      {"enabled", "namespace", "services", "logConfiguration", "accessLogConfiguration"},
      diagnostics);
  service.connect.mark = node->mark;
  check_membership(words, draft);
  read_endpoints(words, service, draft);
  if (!words.has("logConfiguration") && !words.has("accessLogConfiguration")) return;
  service.connect.log = draft.scenario.connect_log;
  read_log(words, *service.connect.log, diagnostics);
}

void add_connect_proxy(Service& service, const SourceMark& mark, Draft& draft) {
  auto& definitions = draft.scenario.artefacts.task_definitions;
  const TaskDefinition* known = task_definition_of(draft.scenario, service);
  const auto definition =
      std::ranges::find_if(definitions, [&](const TaskDefinition& it) { return &it == known; });
  if (definition == definitions.end()) return;
  const auto has_managed =
      std::ranges::any_of(definition->containers, &ContainerDefinition::is_managed);
  if (has_managed) return check_port_name(*definition, mark, service, draft.diagnostics);
  if (!definition->proxy_container.empty()) {
    draft.diagnostics.error(
        mark, "E0419",
        fmt::format("task definition '{}' has a proxyConfiguration of type APPMESH",
                    service.task_definition),
        "with Service Connect ECS brings the proxy: leave it out");
    return;
  }
  check_port_name(*definition, mark, service, draft.diagnostics);
  ContainerDefinition proxy = connect_proxy(draft.scenario, service.name);
  definition->proxy_container = proxy.name;
  definition->app_ports = {service.port};
  definition->containers.push_back(std::move(proxy));
}

void complete_service_connect(Draft& draft) {
  Scenario& scenario = draft.scenario;
  take_known_endpoints(draft);
  std::map<std::string, const Service*> by_name;
  std::map<std::string, const Service*> by_alias;
  const auto claim = [&](auto& all, const std::string& name, const Service& service,
                         const char* what) {
    const auto first = all.emplace(name, &service);
    if (first.second) return;
    draft.diagnostics.error(service.connect.mark.line > 0 ? service.connect.mark : service.mark,
                            "E0411",
                            fmt::format("services '{}' and '{}' have one {}, '{}'",
                                        first.first->second->name, service.name, what, name),
                            "give each service its own");
  };
  for (Service& service : scenario.services) {
    ServiceConnectSettings& connect = service.connect;
    if (connect.port_name.empty()) connect.port_name = service.name;
    if (connect.discovery_name.empty()) connect.discovery_name = connect.port_name;
    service.hostname = connect.dns_name.empty() ? connect.discovery_name + "." + scenario.mesh_name
                                                : connect.dns_name;
    service.node.outlier_detection = scenario.envoy.outlier_detection;
    if (!connect.is_endpoint) continue;
    claim(by_name, connect.discovery_name, service, "discoveryName");
    const std::uint16_t port = connect.alias_port.value_or(service.port);
    claim(by_alias, fmt::format("{}:{}", service.hostname, port), service, "client alias");
  }
}

void complete_connect_logs(Draft& draft) {
  Scenario& scenario = draft.scenario;
  for (Service& service : scenario.services) {
    service.node.access_log =
        connect_access_log(scenario, service.connect.log.value_or(scenario.connect_log));
  }
}

}  // namespace hoplab::scenarios
