// `mesh`: App Mesh's objects, written here or brought along, tied to the services behind them.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "scenarios/import/app_mesh.hpp"
#include "scenarios/schema/draft.hpp"
#include "scenarios/schema/scalars.hpp"

namespace hoplab::scenarios {
namespace {

using sim::Diagnostics;

using ReadObject = void (*)(AwsReading&, const Node&, const std::string&, MeshObjects&);

void read_objects(const Section& section, const char* key, ReadObject read, Draft& draft) {
  const Node* node = section.find(key);
  if (node == nullptr) return;
  if (node->kind != Node::Kind::mapping) {
    draft.diagnostics.error(node->mark, "E0203",
                            fmt::format("'{}' wants a mapping from names to objects", key),
                            fmt::format("write {}: {{NAME: {{spec: {{...}}}}}}", key));
    return;
  }
  AwsReading reading{draft.scenario.file, draft.scenario.artefacts, draft.diagnostics,
                     Origin::scenario};
  for (const auto& [name, value] : node->entries) read(reading, value, name.name, draft.mesh);
}

/// Ties the mesh's objects to the services of a scenario.
class Weaver {
 public:
  explicit Weaver(Draft& draft) : draft_(draft), mesh_(draft.mesh) {}

  void weave() {
    bind_nodes();
    for (const VirtualServiceObject& object : mesh_.services) add_service(object);
  }

 private:
  void bind_nodes();
  void take_settings(const VirtualNodeObject& node, Service& service);
  void add_service(const VirtualServiceObject& object);
  bool add_routes(const VirtualServiceObject& object, VirtualService& service);
  [[nodiscard]] std::string name_for(const VirtualServiceObject& object) const;
  const Service* service_of(const std::string& node, const SourceMark& mark);

  Draft& draft_;
  const MeshObjects& mesh_;
  std::map<std::string, const Service*> by_node_;
};

/// What an Envoy's own environment says of its virtual node.
std::string node_in_environment(const Scenario& scenario, const Service& service) {
  const TaskDefinition* definition = task_definition_of(scenario, service);
  if (definition == nullptr) return "";
  const auto proxy = std::ranges::find(definition->containers, definition->proxy_container,
                                       &ContainerDefinition::name);
  if (proxy == definition->containers.end()) return "";
  for (const char* key : {"APPMESH_RESOURCE_ARN", "APPMESH_VIRTUAL_NODE_NAME"}) {
    const auto value = proxy->environment.find(key);
    if (value == proxy->environment.end()) continue;
    const auto at = value->second.rfind("virtualNode/");
    if (at != std::string::npos) return value->second.substr(at + 12);
  }
  return "";
}

void Weaver::take_settings(const VirtualNodeObject& node, Service& service) {
  if (service.node.is_given) {
    draft_.diagnostics.error(service.mark, "E0218",
                             fmt::format("'listener' of service '{}' does not go with its virtual "
                                         "node '{}', which has a listener",
                                         service.name, node.name),
                             "say it in one of the two");
  }
  std::optional<AccessLogFile> own_log = std::move(service.node.access_log);
  service.node = node.settings;
  if (own_log && service.node.access_log) {
    draft_.diagnostics.error(own_log->mark, "E0218",
                             fmt::format("'accessLog' of service '{}' does not go with its virtual "
                                         "node '{}', which has 'logging'",
                                         service.name, node.name),
                             "say it in one of the two");
  } else if (own_log) {
    service.node.access_log = std::move(own_log);
  }
  if (!node.port || *node.port == service.port) return;
  service.node.listener_port = *node.port;
  draft_.diagnostics.warning(
      node.port_mark, "W0420",
      fmt::format("virtual node '{}' listens on port {}, the app of service '{}' on {}: its Envoy "
                  "will dial a port where nobody listens",
                  node.name, *node.port, service.name, service.port),
      fmt::format("write port: {}, unless this is what you want to see", service.port));
}

void Weaver::bind_nodes() {
  std::vector<std::string> known;
  for (const VirtualNodeObject& node : mesh_.nodes) known.push_back(node.name);
  for (Service& service : draft_.scenario.services) {
    const bool is_named = !service.virtual_node.empty();
    if (!is_named) service.virtual_node = node_in_environment(draft_.scenario, service);
    // One definition may serve several services; only one of them can be the node it names.
    const bool is_taken = by_node_.contains(service.virtual_node);
    if (service.virtual_node.empty() || (!is_named && is_taken)) {
      service.virtual_node = service.name;
    }
    const auto node =
        std::ranges::find(mesh_.nodes, service.virtual_node, &VirtualNodeObject::name);
    if (node != mesh_.nodes.end()) {
      take_settings(*node, service);
      service.hostname = node->hostname;
    } else if (is_named && !known.empty()) {
      draft_.diagnostics.error(service.mark, "E0421",
                               fmt::format("there is no virtual node '{}' for service '{}'",
                                           shown(service.virtual_node), service.name),
                               hint_for(service.virtual_node, known, draft_.diagnostics));
    }
    const auto first = by_node_.emplace(service.virtual_node, &service);
    if (first.second) continue;
    draft_.diagnostics.error(
        service.mark, "E0411",
        fmt::format("services '{}' and '{}' are both virtual node '{}'", first.first->second->name,
                    service.name, shown(service.virtual_node)),
        "give each service a virtual node of its own");
  }
}

const Service* Weaver::service_of(const std::string& node, const SourceMark& mark) {
  const auto found = by_node_.find(node);
  if (found != by_node_.end()) return found->second;
  std::vector<std::string> known;
  for (const auto& [name, service] : by_node_) known.push_back(name);
  if (draft_.has_services) {
    draft_.diagnostics.error(mark, "E0421",
                             fmt::format("no service is virtual node '{}'", shown(node)),
                             hint_for(node, known, draft_.diagnostics));
  }
  return nullptr;
}

/// A node's own virtual service goes by the service's name, so that hops and metrics read as in
/// the short form; any other by its host name up to the first dot.
std::string Weaver::name_for(const VirtualServiceObject& object) const {
  const auto& taken = draft_.scenario.virtual_services;
  const auto is_free = [&](const std::string& name) {
    return std::ranges::find(taken, name, &VirtualService::name) == taken.end();
  };
  if (!object.node.empty()) {
    const auto service = by_node_.find(object.node);
    if (service != by_node_.end() && is_free(service->second->name)) return service->second->name;
  }
  const std::string label = object.name.substr(0, object.name.find('.'));
  if (is_free(label)) return label;
  std::string whole = object.name;
  std::ranges::replace(whole, '.', '-');
  return whole;
}

bool Weaver::add_routes(const VirtualServiceObject& object, VirtualService& service) {
  const auto router = std::ranges::find(mesh_.routers, object.router, &VirtualRouterObject::name);
  std::vector<const RouteObject*> routes;
  for (const RouteObject& route : mesh_.routes) {
    if (route.router == object.router) routes.push_back(&route);
  }
  if (routes.empty()) {
    std::vector<std::string> known;
    for (const RouteObject& route : mesh_.routes) known.push_back(route.router);
    const bool is_known = router != mesh_.routers.end();
    draft_.diagnostics.error(
        object.provider_mark, "E0421",
        is_known ? fmt::format("virtual router '{}' has no routes", shown(object.router))
                 : fmt::format("there is no virtual router '{}'", shown(object.router)),
        is_known ? "add a route" : hint_for(object.router, known, draft_.diagnostics));
    return false;
  }
  std::ranges::stable_sort(routes, {}, [](const RouteObject* it) {
    constexpr std::int64_t last = 1001;  // Behind every priority that can be written.
    return it->route.priority.value_or(last);
  });
  service.router = object.router;
  if (router != mesh_.routers.end() && router->port) service.port = *router->port;
  for (const RouteObject* object_route : routes) {
    Route route = object_route->route;
    for (WeightedTarget& target : route.targets) {
      const Service* behind = service_of(target.service, target.mark);
      if (behind == nullptr) return false;
      target.service = behind->name;
      if (service.port == 0) service.port = behind->port;
    }
    service.routes.push_back(std::move(route));
  }
  return true;
}

void Weaver::add_service(const VirtualServiceObject& object) {
  VirtualService service;
  service.mark = object.mark;
  service.name = name_for(object);
  service.hostname = object.name;
  service.port = 0;
  bool is_whole = false;
  if (!object.node.empty()) {
    const Service* behind = service_of(object.node, object.provider_mark);
    if (behind != nullptr) {
      service.port = behind->port;
      Route route;
      route.mark = object.provider_mark;
      route.targets.push_back({object.provider_mark, behind->name, 1});
      service.routes.push_back(std::move(route));
      is_whole = true;
    }
  } else if (!object.router.empty()) {
    is_whole = add_routes(object, service);
  } else {
    draft_.diagnostics.error(
        object.mark, "E0421",
        fmt::format("virtual service '{}' has no provider", shown(object.name)),
        "write spec: {provider: {virtualNode: {virtualNodeName: ...}}}");
  }
  if (!is_whole) draft_.has_all_calls = false;
  // Even a broken one: the calls that name it are not wrong.
  draft_.scenario.virtual_services.push_back(std::move(service));
}

}  // namespace

// What neither lets anybody say of its Envoys.
void read_behaviour(const Node& node, Draft& draft) {
  EnvoyBehaviour& envoy = draft.scenario.envoy;
  const Section section(
      node, "'simulate' of the mesh",
      {"retryProfile", "endpointRemoval", "loadBalancing", "panicThreshold", "egressConnectTimeout",
       "ingressConnectTimeout", "connectionIdleTimeout", "maxRequestsPerConnection",
       "jsonLogValues", "retryAttempts", "outlierDetection", "knownEndpoints", "accessLogFormat"},
      draft.diagnostics);
  check_behaviour(section, draft);
  section.take("retryProfile",
               choice_of<RetryProfile>({{"none", RetryProfile::none},
                                        {"2020-07", RetryProfile::of_2020},
                                        {"2021-reset", RetryProfile::of_2021}}),
               envoy.retry_profile);
  section.take("endpointRemoval",
               choice_of<EndpointRemoval>({{"immediate", EndpointRemoval::immediate},
                                           {"sticky", EndpointRemoval::sticky}}),
               envoy.endpoint_removal);
  section.take("loadBalancing",
               choice_of<LoadBalancing>({{"roundRobin", LoadBalancing::round_robin},
                                         {"leastRequest", LoadBalancing::least_request}}),
               envoy.load_balancing);
  section.take("panicThreshold", integer_in<std::uint32_t>(0, 100), envoy.panic_threshold);
  section.take("egressConnectTimeout", read_positive_duration, envoy.egress_connect_timeout);
  section.take("ingressConnectTimeout", read_positive_duration, envoy.ingress_connect_timeout);
  section.take("connectionIdleTimeout", read_duration, envoy.connection_idle_timeout);
  section.take("maxRequestsPerConnection", integer_in<std::uint32_t>(0, 1'000'000'000),
               envoy.max_requests_per_connection);
  section.take("jsonLogValues", choice_of<bool>({{"text", false}, {"typed", true}}),
               envoy.types_json_values);
  if (draft.scenario.is_service_connect()) read_connect_behaviour(section, draft);
}

void read_mesh(const Section& top, Draft& draft) {
  std::string& mesh_name = draft.scenario.mesh_name;
  if (!draft.scenario.is_service_connect()) {
    mesh_name = draft.mesh.mesh_name.empty() ? draft.scenario.name : draft.mesh.mesh_name;
    std::ranges::replace(mesh_name, '.', '-');  // AWS takes no points in it.
  }
  if (draft.mesh.egress_filter) draft.scenario.egress_filter = *draft.mesh.egress_filter;
  const Node* node = top.find("mesh");
  if (node == nullptr) return;
  if (node->kind == Node::Kind::scalar) {
    draft.scenario.has_mesh = !read_choice(*node, {"none"}, draft.diagnostics).has_value();
    return;
  }
  const Section section(*node, "'mesh'",
                        {"kind", "meshName", "egressFilter", "accessLog", "simulate",
                         "virtualNodes", "virtualServices", "virtualRouters", "namespace",
                         "logConfiguration", "accessLogConfiguration"},
                        draft.diagnostics);
  check_dialect(section, draft);
  if (draft.scenario.is_service_connect()) return read_connect_mesh(section, draft);
  section.take("meshName", read_aws_name, mesh_name);
  section.take("egressFilter",
               choice_of<EgressFilter>(
                   {{"ALLOW_ALL", EgressFilter::allow_all}, {"DROP_ALL", EgressFilter::drop_all}}),
               draft.scenario.egress_filter);
  read_access_log(section, draft.scenario.access_log, draft);
  if (const Node* ways = section.find("simulate")) read_behaviour(*ways, draft);
  read_objects(section, "virtualNodes", read_virtual_node, draft);
  read_objects(section, "virtualServices", scenarios::read_virtual_service, draft);
  read_objects(section, "virtualRouters", read_virtual_router, draft);
}

namespace {

void warn_of_backend(const Service& service, const Call& call, Draft& draft) {
  const auto& backends = *service.node.backends;
  if (std::ranges::find(backends, call.to) != backends.end()) return;
  const auto& all = draft.scenario.virtual_services;
  const auto callee = std::ranges::find(all, call.to, &VirtualService::name);
  const bool passes = draft.scenario.egress_filter == EgressFilter::allow_all;
  draft.diagnostics.warning(
      call.mark, "W0422",
      fmt::format("'{}' is no backend of virtual node '{}': its Envoy knows no route, and {}",
                  callee->hostname, service.virtual_node,
                  passes ? "lets the call pass (egressFilter ALLOW_ALL)"
                         : "refuses the call (egressFilter DROP_ALL)"),
      "add it to the backends, unless this is what you want to see");
}

}  // namespace

void connect_mesh(Draft& draft) {
  if (draft.scenario.is_service_connect()) return complete_service_connect(draft);
  if (draft.scenario.has_mesh && draft.has_services) Weaver(draft).weave();
}

void resolve_backends(Draft& draft) {
  const Scenario& scenario = draft.scenario;
  if (!scenario.has_mesh || scenario.is_service_connect()) return;
  std::map<std::string, std::string> names;  // By host name, too.
  for (const VirtualService& it : scenario.virtual_services) {
    names.emplace(it.hostname, it.name);
    names[it.name] = it.name;
  }
  for (Service& service : draft.scenario.services) {
    const auto node =
        std::ranges::find(draft.mesh.nodes, service.virtual_node, &VirtualNodeObject::name);
    if (node != draft.mesh.nodes.end()) {
      service.node.backends.emplace();
      for (const auto& backend : node->backends) {
        service.node.backends->push_back(backend.virtual_service);
      }
    }
    if (!service.node.backends) continue;
    for (std::string& backend : *service.node.backends) {
      // One that nobody provides leads nowhere, in App Mesh as here.
      const auto known = names.find(backend);
      if (known != names.end()) backend = known->second;
    }
    for (const Call& call : service.calls) warn_of_backend(service, call, draft);
  }
}

}  // namespace hoplab::scenarios
