#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "scenarios/schema/distribution.hpp"
#include "scenarios/schema/draft.hpp"
#include "scenarios/schema/scalars.hpp"

namespace hoplab::scenarios {
namespace {

using sim::Diagnostics;

constexpr std::size_t services_max = 10'000;
constexpr std::int64_t tasks_max = 100'000;

/// Names that a service may mention.
struct Known {
  std::vector<std::string> services;
  std::vector<std::string> sources;  ///< Of rules: the services and "anywhere".
  std::vector<std::string> hosts;
  std::vector<std::string> group_ids;
};

bool is_among(const std::vector<std::string>& sorted, const std::string& name) {
  return std::binary_search(sorted.begin(), sorted.end(), name);
}

/// A word that must be one of `names`, which are sorted.
std::optional<std::string> read_known(const Node& node, const std::vector<std::string>& names,
                                      std::pair<const char*, const char*> code_and_noun,
                                      Diagnostics& diagnostics) {
  auto name = read_text(node, diagnostics);
  if (!name || is_among(names, *name)) return name;
  const auto [code, noun] = code_and_noun;
  std::string hint = hint_for(*name, names, diagnostics);
  if (hint.empty()) hint = fmt::format("the scenario has no {} at all", noun);
  diagnostics.error(node.mark, code, fmt::format("there is no {} '{}'", noun, shown(*name)), hint);
  return std::nullopt;
}

// --- Calls ------------------------------------------------------------------------------------

void read_on_error(const Node& node, Call& call, Diagnostics& diagnostics) {
  if (node.kind == Node::Kind::scalar) {
    const auto read = choice_of<Call::OnError>(
        {{"passThrough", Call::OnError::pass_through}, {"ignore", Call::OnError::ignore}});
    if (const auto value = read(node, diagnostics)) call.on_error = *value;
    return;
  }
  const Section section(node, "'onError'", {"status"}, diagnostics);
  if (section.require("status", "write {status: 500}, passThrough or ignore") == nullptr) return;
  section.take("status", integer_in<int>(200, 599), call.error_status);
  call.on_error = Call::OnError::status;
}

/// Whether its callee exists is for resolve_calls: virtual services come later.
void read_call(const Node& node, Service& service, Draft& draft) {
  Diagnostics& diagnostics = draft.diagnostics;
  const Section section(
      node, fmt::format("a call of service '{}'", service.name),
      {"to", "path", "method", "headers", "timeout", "requestSize", "onError", "noConnectionReuse"},
      diagnostics);
  Call call;
  call.mark = node.mark;
  if (const Node* to = section.require("to", "write {to: SERVICE}")) call.mark = to->mark;
  section.take("to", read_text, call.to);
  section.take("path", read_path, call.path);
  section.take("method", read_method, call.method);
  section.take("headers", read_headers, call.headers);
  section.take("timeout", read_positive_duration, call.timeout);
  section.take("requestSize", read_bytes, call.request_size);
  section.take("noConnectionReuse", read_boolean, call.no_connection_reuse);
  if (const Node* on_error = section.find("onError")) read_on_error(*on_error, call, diagnostics);
  if (call.to.empty()) {
    draft.has_all_calls = false;
    return;
  }
  service.calls.push_back(std::move(call));
}

// --- Security groups --------------------------------------------------------------------------

void read_ports(const Node& node, AllowRule& rule, Diagnostics& diagnostics) {
  const auto dash = node.text.find('-');
  const auto port = integer_in<std::uint16_t>(0, 65535);
  if (node.kind != Node::Kind::scalar || dash == std::string::npos || dash == 0) {
    const auto value = port(node, diagnostics);
    if (value) rule.port_first = rule.port_last = *value;
    return;
  }
  Node first = node;
  Node last = node;
  first.is_quoted = last.is_quoted = false;
  first.text.resize(dash);
  last.text.erase(0, dash + 1);
  const auto low = port(first, diagnostics);
  const auto high = low ? port(last, diagnostics) : std::nullopt;
  if (!low || !high) return;
  if (*low > *high) {
    diagnostics.error(node.mark, "E0212", fmt::format("the range '{}' is empty", shown(node.text)),
                      fmt::format("write {}-{}", *high, *low));
    return;
  }
  rule.port_first = *low;
  rule.port_last = *high;
}

void read_allow(const Node& node, const Known& known, std::vector<AllowRule>& rules,
                Diagnostics& diagnostics) {
  const Section section(node, "a rule", {"from", "port"}, diagnostics);
  AllowRule rule;
  rule.mark = node.mark;
  if (const Node* port = section.find("port")) read_ports(*port, rule, diagnostics);
  const Node* from = section.require("from", "write {from: anywhere}, a service, or a CIDR block");
  const auto source = from == nullptr ? std::nullopt : read_text(*from, diagnostics);
  if (!source) return;
  if (*source != "anywhere" && !is_among(known.services, *source) && !is_ipv4_block(*source)) {
    const bool is_address = source->find_first_not_of("0123456789./") == std::string::npos;
    diagnostics.error(
        from->mark, is_address ? "E0220" : "E0401",
        is_address ? fmt::format("'{}' is not an IPv4 block", shown(*source))
                   : fmt::format("there is no service '{}' to allow", shown(*source)),
        is_address ? "write it like 10.0.0.0/16" : hint_for(*source, known.sources, diagnostics));
    return;
  }
  rule.from = *source;
  rules.push_back(std::move(rule));
}

void read_groups(const Section& section, const Known& known, Service& service, Draft& draft) {
  if (section.excludes("securityGroup", "securityGroups")) return;
  section.each("securityGroups", [&](const Node& item) {
    if (!draft.has_all_artefacts) return;
    const auto id =
        read_known(item, known.group_ids, {"E0404", "security group"}, draft.diagnostics);
    if (id) service.security_groups.push_back(*id);
  });
  const Node* node = section.find("securityGroup");
  if (node == nullptr) return;
  const Section group(*node, "'securityGroup'", {"allow"}, draft.diagnostics);
  std::vector<AllowRule> rules;
  group.require("allow", "write {allow: [{from: anywhere, port: 8080}]}; [] lets nobody in");
  group.each("allow", [&](const Node& item) { read_allow(item, known, rules, draft.diagnostics); });
  service.security_group = std::move(rules);
}

// --- Tasks ------------------------------------------------------------------------------------

std::uint16_t first_port(const TaskDefinition& definition) {
  for (const ContainerDefinition& container : definition.containers) {
    if (is_sidecar(definition, container) || container.port_mappings.empty()) continue;
    return container.port_mappings.front().container_port;
  }
  return 0;
}

bool maps_port(const TaskDefinition& definition, std::uint16_t port) {
  return std::any_of(definition.containers.begin(), definition.containers.end(),
                     [&](const ContainerDefinition& container) {
                       if (is_sidecar(definition, container)) return false;
                       const auto& ports = container.port_mappings;
                       return std::any_of(ports.begin(), ports.end(), [&](const PortMapping& it) {
                         return it.container_port == port;
                       });
                     });
}

/// "family" means its newest revision. Inline definitions also go by their key.
void read_task_definition(const Node& node, Service& service, Draft& draft) {
  const auto name = read_text(node, draft.diagnostics);
  if (!name) return;
  if (const auto key = draft.definition_keys.find(*name); key != draft.definition_keys.end()) {
    service.task_definition = key->second;
    return;
  }
  const TaskDefinition* newest = nullptr;
  std::vector<std::string> known;
  for (const TaskDefinition& it : draft.scenario.artefacts.task_definitions) {
    known.push_back(it.family);
    const bool is_meant =
        *name == it.family || *name == fmt::format("{}:{}", it.family, it.revision);
    if (is_meant && (newest == nullptr || it.revision > newest->revision)) newest = &it;
  }
  if (newest != nullptr) {
    service.task_definition = fmt::format("{}:{}", newest->family, newest->revision);
    return;
  }
  std::string hint = hint_for(*name, known, draft.diagnostics);
  if (hint.empty()) hint = "the scenario has no task definition at all";
  draft.diagnostics.error(node.mark, "E0403",
                          fmt::format("there is no task definition '{}'", shown(*name)),
                          std::move(hint));
}

/// What the artefact says holds; what the scenario says against it is an error.
void apply_artefact(const Section& section, Service& service, Draft& draft) {
  const TaskDefinition* definition = task_definition_of(draft.scenario, service);
  if (definition == nullptr) return;
  Diagnostics& diagnostics = draft.diagnostics;
  for (const char* key : {"cpu", "memory", "family", "revision"}) {
    section.excludes(key, "taskDefinition");
  }
  service.cpu = definition->cpu;
  service.memory = definition->memory;
  const sim::SourceMark& mark = section.find("taskDefinition")->mark;
  if (serving_container(*definition, service.port) == nullptr) {
    diagnostics.error(mark, "E0415",
                      fmt::format("task definition '{}' has sidecars only, nothing that answers",
                                  service.task_definition));
  } else if (!section.has("port")) {
    const std::uint16_t port = first_port(*definition);
    if (port != 0) service.port = port;
  } else if (first_port(*definition) != 0 && !maps_port(*definition, service.port)) {
    diagnostics.error(section.find("port")->mark, "E0415",
                      fmt::format("no container of task definition '{}' maps port {}",
                                  service.task_definition, service.port),
                      fmt::format("write {}, or leave the port out", first_port(*definition)));
  }
  if (draft.scenario.is_service_connect()) return add_connect_proxy(service, mark, draft);
  if (draft.scenario.has_mesh && definition->proxy_container.empty()) {
    diagnostics.error(mark, "E0419",
                      fmt::format("task definition '{}' has no proxyConfiguration of type APPMESH",
                                  service.task_definition),
                      "add it to the file, or write mesh: none");
  }
}

void check_port(const Section& section, const Service& service, Draft& draft) {
  if (!draft.scenario.has_mesh) return;
  const TaskDefinition* definition = task_definition_of(draft.scenario, service);
  const int ingress = definition == nullptr ? 15000 : definition->proxy_ingress_port;
  const int egress = definition == nullptr ? 15001 : definition->proxy_egress_port;
  constexpr int admin = 9901;
  if (service.port != ingress && service.port != egress && service.port != admin) return;
  const char* key = section.has("port") ? "port" : "taskDefinition";
  draft.diagnostics.error(
      section.find(key)->mark, "E0410",
      fmt::format("port {} of service '{}' belongs to its Envoy", service.port, service.name),
      fmt::format("Envoy listens on {}, {} and {}; take another one", ingress, egress, admin));
}

void read_placement(const Section& section, const Known& known, Service& service,
                    Diagnostics& diagnostics) {
  const Node* node = section.find("placement");
  if (node == nullptr) return;
  const auto read_host = [&](const Node& item) {
    const auto host = read_known(item, known.hosts, {"E0402", "host"}, diagnostics);
    if (host) service.placement.push_back(*host);
  };
  if (node->kind == Node::Kind::sequence) {
    for (const Node& item : node->items) read_host(item);
  } else {
    read_host(*node);
  }
}

/// The app's keys, of a service or of its container's `simulate:`.
const std::vector<std::string>& app_keys() {
  static const std::vector<std::string> keys = {"serviceTime",
                                                "appMemory",
                                                "memoryPressure",
                                                "workers",
                                                "acceptQueue",
                                                "acceptQueueOverflow",
                                                "holdsWorkerDuringCalls",
                                                "callOrder",
                                                "calls",
                                                "responseSize",
                                                "startup",
                                                "onSigterm"};
  return keys;
}

void read_app(const Section& section, Service& service, Draft& draft) {
  ServiceTime time{service.service_cpu, service.service_wait};
  section.take("serviceTime", read_service_time, time);
  service.service_cpu = std::move(time.cpu);
  service.service_wait = std::move(time.wait);
  section.take("workers", integer_in<std::uint32_t>(1, 10'000'000), service.workers);
  section.take("acceptQueue", integer_in<std::uint32_t>(0, 100'000'000), service.accept_queue);
  section.take("acceptQueueOverflow",
               choice_of<Service::Overflow>(
                   {{"drop", Service::Overflow::drop}, {"reset", Service::Overflow::reset}}),
               service.accept_queue_overflow);
  section.take("holdsWorkerDuringCalls", read_boolean, service.holds_worker_during_calls);
  section.take("callOrder",
               choice_of<Service::CallOrder>({{"sequence", Service::CallOrder::sequence},
                                              {"parallel", Service::CallOrder::parallel}}),
               service.call_order);
  section.take("responseSize", read_bytes, service.response_size);
  section.take("appMemory", read_bytes, service.app_memory);
  if (const Node* pressure = section.find("memoryPressure")) {
    const Section inner(*pressure, "'memoryPressure'", {"from", "slowdown"}, draft.diagnostics);
    inner.take("from", read_ratio, service.memory_pressure.from);
    inner.take(
        "slowdown",
        [](const Node& node, Diagnostics& diagnostics) {
          return read_number(node, {.above = 0.999, .maximum = 1000}, diagnostics);
        },
        service.memory_pressure.slowdown);
  }
  section.take("startup", read_distribution, service.startup);
  section.take(
      "onSigterm",
      choice_of<OnSigterm>(
          {{"ignore", OnSigterm::ignores}, {"die", OnSigterm::dies}, {"drain", OnSigterm::drains}}),
      service.on_sigterm);
  section.each("calls", [&](const Node& item) { read_call(item, service, draft); });
}

void read_envoy(const Section& section, Service& service) {
  section.take("workers", integer_in<std::uint32_t>(1, 1024), service.envoy.workers);
  section.take("serviceTime", read_duration, service.envoy.service_time);
}

// --- simulate: --------------------------------------------------------------------------------

/// `simulate:` of one container: that which answers, or the Envoy.
void read_simulate(const Node& node, const std::string& container, Service& service, Draft& draft) {
  const TaskDefinition* definition = task_definition_of(draft.scenario, service);
  std::string proxy = definition == nullptr ? "envoy" : definition->proxy_container;
  if (draft.scenario.is_service_connect()) proxy = "envoy";
  const ContainerDefinition* app =
      definition == nullptr ? nullptr : serving_container(*definition, service.port);
  const std::string app_name = app == nullptr ? "app" : app->name;
  const std::string what = fmt::format("'simulate' of container '{}'", shown(container));
  const bool is_envoy = container == proxy;
  if (!is_envoy && container != app_name) {
    draft.diagnostics.error(node.mark, "E0413",
                            fmt::format("nothing of container '{}' of service '{}' is simulated",
                                        shown(container), service.name),
                            fmt::format("'{}' answers its requests{}", app_name,
                                        proxy.empty() ? "" : ", '" + proxy + "' is its Envoy"));
    return;
  }
  std::vector<std::string> keys =
      is_envoy ? std::vector<std::string>{"workers", "serviceTime"} : app_keys();
  const std::string kind_key = "kind";
  keys.push_back(kind_key);
  const Section section(node, what, keys, draft.diagnostics);
  if (const Node* kind = section.find(kind_key)) {
    (void)read_choice(*kind, {is_envoy ? "envoy" : "app"}, draft.diagnostics);
  }
  if (is_envoy) {
    read_envoy(section, service);
  } else {
    read_app(section, service, draft);
  }
}

/// First what stands in the task definition, then the service's own overlay. One fact, one place.
void read_simulated(const Section& section, Service& service, Draft& draft) {
  std::vector<std::pair<std::string, const Node*>> all;
  if (const auto own = draft.simulated.find(service.task_definition);
      own != draft.simulated.end()) {
    for (const auto& [container, node] : own->second) all.emplace_back(container, &node);
  }
  const Node* overlay = section.find("simulate");
  if (overlay != nullptr && overlay->kind != Node::Kind::mapping) {
    draft.diagnostics.error(overlay->mark, "E0203", "'simulate' wants a mapping from containers",
                            "write simulate: {app: {serviceTime: 7ms}}");
  } else if (overlay != nullptr) {
    for (const auto& [key, value] : overlay->entries) all.emplace_back(key.name, &value);
  }
  std::map<std::string, std::set<std::string>> told;
  for (const auto& [container, node] : all) {
    for (const auto& [key, value] : node->entries) {
      if (told[container].insert(key.name).second || key.name == "kind") continue;
      draft.diagnostics.error(key.mark, "E0218",
                              fmt::format("the task definition says '{}' of container '{}' too",
                                          shown(key.name), container),
                              "leave one of them out");
    }
    read_simulate(*node, container, service, draft);
    for (const std::string& key : app_keys()) {
      if (!section.has(key) || node->find(key) == nullptr || container == "envoy") continue;
      draft.diagnostics.error(section.key_mark(key), "E0218",
                              fmt::format("'simulate' of '{}' says '{}' too", container, key),
                              "leave one of them out");
    }
  }
}

std::optional<sim::Bytes> read_memory(const Node& node, Diagnostics& diagnostics) {
  const auto memory = read_bytes(node, diagnostics);
  if (!memory || memory->count() >= 6 * 1024 * 1024) return memory;
  diagnostics.error(node.mark, "E0212", fmt::format("'{}' is out of range", shown(node.text)),
                    "at least 6MiB, as Docker wants");
  return std::nullopt;
}

/// A service's own keys, and its app's.
std::vector<std::string> service_keys() {
  std::vector<std::string> keys = {"port",
                                   "desiredCount",
                                   "taskDefinition",
                                   "family",
                                   "revision",
                                   "securityGroups",
                                   "securityGroup",
                                   "placement",
                                   "cpu",
                                   "memory",
                                   "envoy",
                                   "virtualNode",
                                   "listener",
                                   "accessLog",
                                   "backends",
                                   "serviceConnectConfiguration",
                                   "simulate",
                                   "healthCheck",
                                   "placementStrategy",
                                   "deploymentConfiguration",
                                   "healthCheckGracePeriod"};
  keys.insert(keys.end(), app_keys().begin(), app_keys().end());
  return keys;
}

void read_service(const Node& node, const Known& known, Service& service, Draft& draft) {
  Diagnostics& diagnostics = draft.diagnostics;
  const Section section(node, fmt::format("service '{}'", shown(service.name)), service_keys(),
                        diagnostics);
  section.take("port", integer_in<std::uint16_t>(1, 65535), service.port);
  section.take("desiredCount", integer_in<int>(0, 10'000), service.desired_count);
  section.take("cpu", read_cpu, service.cpu);
  section.take("memory", read_memory, service.memory);
  section.take("family", read_aws_name, service.family);
  section.take("revision", integer_in<int>(1, 1'000'000), service.revision);
  section.take("virtualNode", read_aws_name, service.virtual_node);
  read_listener(section, service, draft);
  read_service_connect(section, service, draft);
  const Node* family = section.find("taskDefinition");
  if (family != nullptr && draft.has_all_artefacts) {
    read_task_definition(*family, service, draft);
  }
  apply_artefact(section, service, draft);
  check_port(section, service, draft);
  read_groups(section, known, service, draft);
  read_placement(section, known, service, diagnostics);
  read_service_of_ecs(section, service, draft);
  read_simulated(section, service, draft);
  read_app(section, service, draft);
  if (const Node* envoy = section.find("envoy")) {
    const Section settings(*envoy, "'envoy'", {"workers", "serviceTime"}, diagnostics);
    read_envoy(settings, service);
  }
}

Known known_names(const Node& services, const Draft& draft) {
  Known known;
  for (const auto& [key, value] : services.entries) known.services.push_back(key.name);
  for (const Host& host : draft.scenario.hosts) known.hosts.push_back(host.name);
  const Artefacts& artefacts = draft.scenario.artefacts;
  for (const auto& group : artefacts.security_groups) known.group_ids.push_back(group.group_id);
  for (auto* names : {&known.services, &known.hosts, &known.group_ids}) {
    std::sort(names->begin(), names->end());
  }
  known.sources = known.services;
  known.sources.emplace_back("anywhere");
  return known;
}

}  // namespace

void read_services(const Section& top, Draft& draft) {
  const Node* node = top.require("services", "write services: {a: {serviceTime: 7ms}}");
  if (node == nullptr) {
    draft.has_services = false;
    return;
  }
  if (node->kind != Node::Kind::mapping || node->entries.empty() ||
      node->entries.size() > services_max) {
    draft.diagnostics.error(node->mark, "E0203",
                            "'services' wants a mapping from 1 to 10000 names to services",
                            "write services: {a: {serviceTime: 7ms}}");
    draft.has_services = false;
    return;
  }
  const Known known = known_names(*node, draft);
  std::int64_t tasks = 0;
  for (const auto& [key, value] : node->entries) {
    check_name(key.name, key.mark, "a service", draft.diagnostics);
    Service service;
    service.mark = key.mark;
    service.name = key.name;
    read_service(value, known, service, draft);
    const std::int64_t tasks_before = tasks;
    tasks += service.desired_count;
    if (tasks_before <= tasks_max && tasks > tasks_max) {
      draft.diagnostics.error(key.mark, "E0212", "the scenario has more than 100000 tasks",
                              "lower some desiredCount");
    }
    draft.scenario.services.push_back(std::move(service));
  }
}

}  // namespace hoplab::scenarios
