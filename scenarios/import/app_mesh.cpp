#include "scenarios/import/app_mesh.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "scenarios/schema/scalars.hpp"
#include "scenarios/schema/source_text.hpp"

// Source: botocore appmesh 2019-01-25 for every member; App Mesh API reference for what an event of
// a retry policy stands for.
namespace hoplab::scenarios {
namespace {

constexpr std::int64_t port_max = 65'535;

/// Calls `read` with the object under `key`, if there is one, and finishes it.
template <typename Read>
void with_child(AwsReading& reading, AwsObject& object, const char* key, const Read& read) {
  const Node* node = object.child(key);
  if (node == nullptr) return;
  AwsObject child(reading, *node, object.path_of(key));
  read(child);
  child.finish();
}

/// {"unit": "ms", "value": 500}.
std::optional<Duration> read_span(AwsReading& reading, AwsObject& object, const char* key) {
  std::optional<Duration> span;
  with_child(reading, object, key, [&](AwsObject& child) {
    const auto unit = child.word("unit", {"ms", "s"});
    const auto value = child.integer("value", 0, 86'400'000);
    if (!unit || !value) return;
    span = *unit == "s" ? Duration(std::chrono::seconds(*value))
                        : Duration(std::chrono::milliseconds(*value));
  });
  return span;
}

// --- Virtual nodes ----------------------------------------------------------------------------

/// Of `timeout`: {"http": {"perRequest": ...}}.
void read_listener_timeout(AwsReading& reading, AwsObject& listener,
                           std::optional<Duration>& request_timeout) {
  with_child(reading, listener, "timeout", [&](AwsObject& timeout) {
    timeout.accept({"http2", "grpc", "tcp"});
    with_child(reading, timeout, "http", [&](AwsObject& http) {
      http.accept({"idle"});
      const auto span = read_span(reading, http, "perRequest");
      if (!request_timeout) request_timeout = span;
    });
  });
}

void read_listener(AwsReading& reading, const Node& node, std::string path,
                   std::optional<std::uint16_t>& port, SourceMark* port_mark,
                   std::optional<Duration>& request_timeout) {
  AwsObject listener(reading, node, std::move(path));
  listener.accept({"healthCheck", "outlierDetection", "connectionPool", "tls"});
  read_listener_timeout(reading, listener, request_timeout);
  with_child(reading, listener, "portMapping", [&](AwsObject& mapping) {
    const auto number = mapping.required_integer("port", "a listener", 1, port_max);
    const auto protocol = mapping.word("protocol", {"http", "http2", "grpc", "tcp"});
    if (protocol && *protocol != "http") {
      reading.note_not_simulated(mapping.path_of("protocol") + " " + *protocol);
    }
    if (!number || port) return;
    port = static_cast<std::uint16_t>(*number);
    if (port_mark != nullptr) *port_mark = mapping.child("port")->mark;
  });
  listener.finish();
}

void read_backend(AwsReading& reading, const Node& node, std::string path,
                  VirtualNodeObject& result) {
  AwsObject backend(reading, node, std::move(path));
  with_child(reading, backend, "virtualService", [&](AwsObject& service) {
    service.accept({"clientPolicy"});
    const auto name = service.required_text("virtualServiceName", "a backend");
    if (name) result.backends.push_back({service.mark(), *name});
  });
  backend.finish();
}

void read_discovery(AwsReading& reading, AwsObject& spec, VirtualNodeObject& result) {
  with_child(reading, spec, "serviceDiscovery", [&](AwsObject& discovery) {
    with_child(reading, discovery, "dns", [&](AwsObject& dns) {
      dns.accept({"responseType", "ipPreference"});
      result.hostname = dns.required_text("hostname", "discovery by DNS").value_or("");
    });
    with_child(reading, discovery, "awsCloudMap", [&](AwsObject& cloud_map) {
      cloud_map.accept({"attributes", "ipPreference"});
      const auto service = cloud_map.required_text("serviceName", "discovery by Cloud Map");
      const auto space = cloud_map.required_text("namespaceName", "discovery by Cloud Map");
      if (service && space) result.hostname = *service + "." + *space;
    });
  });
}

void read_node_spec(AwsReading& reading, AwsObject& spec, VirtualNodeObject& result) {
  spec.accept({"backendDefaults"});
  spec.ignore("logging");  // To /dev/stdout, as always.
  spec.each("listeners", [&](const Node& item, std::string path) {
    read_listener(reading, item, std::move(path), result.port, &result.port_mark,
                  result.request_timeout);
  });
  spec.each("backends", [&](const Node& item, std::string path) {
    read_backend(reading, item, std::move(path), result);
  });
  read_discovery(reading, spec, result);
}

// --- Routes -----------------------------------------------------------------------------------

struct RetryEvent {
  std::string_view name;
  std::vector<int> codes;
};

const std::vector<RetryEvent>& retry_events() {
  static const std::vector<RetryEvent> events = {
      {"server-error", {500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511}},
      {"gateway-error", {502, 503, 504}},
      {"client-error", {409}},
      {"stream-error", {}}};
  return events;
}

void add_event(const std::string& name, RetryPolicy& policy) {
  const auto event = std::ranges::find(retry_events(), name, &RetryEvent::name);
  if (event == retry_events().end()) return;
  for (const int code : event->codes) {
    if (std::ranges::find(policy.status_codes, code) == policy.status_codes.end()) {
      policy.status_codes.push_back(code);
    }
  }
  // A connection that breaks without an answer counts as an error of the server.
  if (name == "server-error" || name == "gateway-error") policy.on_reset = true;
}

/// Each item of a list of words; what is no such word is an error.
std::vector<std::string> words_of(AwsObject& object, const char* key,
                                  const std::vector<std::string>& known,
                                  const sim::Diagnostics& diagnostics) {
  std::vector<std::string> words;
  object.each(key, [&](const Node& item, const std::string& path) {
    if (std::ranges::find(known, item.text) != known.end()) {
      words.push_back(item.text);
    } else {
      object.complain(item, "E0302", fmt::format("{} is {}", path, yaml::quoted(item.text)),
                      hint_for(item.text, known, diagnostics));
    }
  });
  return words;
}

RetryPolicy read_retry(AwsReading& reading, AwsObject& object) {
  RetryPolicy policy;
  policy.status_codes.clear();
  policy.on_connect_failure = false;
  policy.on_reset = false;
  std::vector<std::string> http;
  for (const RetryEvent& event : retry_events()) http.emplace_back(event.name);
  policy.http_events = words_of(object, "httpRetryEvents", http, reading.diagnostics);
  for (const std::string& word : policy.http_events) add_event(word, policy);
  std::ranges::sort(policy.status_codes);
  policy.tcp_events = words_of(object, "tcpRetryEvents", {"connection-error"}, reading.diagnostics);
  policy.on_connect_failure = !policy.tcp_events.empty();
  object.accept({"grpcRetryEvents"});
  const auto retries = object.required_integer("maxRetries", "a retry policy", 0, 1'000'000);
  policy.retries_max = static_cast<std::uint32_t>(retries.value_or(0));
  if (object.child("perRetryTimeout") == nullptr) {
    object.complain_in_aws("perRetryTimeout", "a retry policy");
  } else {
    reading.note_not_simulated(object.path_of("perRetryTimeout"));
    policy.per_retry_timeout = read_span(reading, object, "perRetryTimeout");
  }
  return policy;
}

void read_target(AwsReading& reading, const Node& node, std::string path, Route& route) {
  AwsObject object(reading, node, std::move(path));
  WeightedTarget target;
  target.mark = node.mark;
  target.service = object.required_text("virtualNode", "a weighted target").value_or("");
  const auto weight = object.required_integer("weight", "a weighted target", 0, 100);
  target.weight = static_cast<std::uint32_t>(weight.value_or(0));
  object.accept({"port"});
  object.finish();
  route.targets.push_back(std::move(target));
}

void read_http_route(AwsReading& reading, AwsObject& http, Route& route) {
  with_child(reading, http, "match", [&](AwsObject& match) {
    match.accept({"path", "method", "headers", "queryParameters", "scheme", "port"});
    if (const auto prefix = match.text("prefix")) route.prefix = *prefix;
  });
  with_child(reading, http, "action", [&](AwsObject& action) {
    action.each("weightedTargets", [&](const Node& item, std::string path) {
      read_target(reading, item, std::move(path), route);
    });
  });
  with_child(reading, http, "retryPolicy",
             [&](AwsObject& policy) { route.retry = read_retry(reading, policy); });
  with_child(reading, http, "timeout", [&](AwsObject& timeout) {
    timeout.accept({"idle"});
    route.request_timeout = read_span(reading, timeout, "perRequest");
  });
}

void check_targets(AwsReading& reading, const RouteObject& object) {
  const auto& targets = object.route.targets;
  const auto has_weight = [](const WeightedTarget& target) { return target.weight > 0; };
  if (std::ranges::any_of(targets, has_weight)) return;
  reading.diagnostics.error(
      object.mark, "E0302", fmt::format("route {} leads nowhere", yaml::quoted(object.name)),
      "it wants an httpRoute with action.weightedTargets, and a weight above 0");
}

void read_route(AwsReading& reading, const Node& node, RouteObject result, MeshObjects& mesh) {
  result.mark = node.mark;
  result.route.mark = node.mark;
  result.route.name = result.name;
  const std::string what = "route " + result.name;
  AwsObject object(reading, node, what);
  for (const char* key : {"routeName", "virtualRouterName", "meshName", "meshOwner", "metadata",
                          "status", "tags", "clientToken"}) {
    object.ignore(key);
  }
  if (object.child("spec") == nullptr) object.complain_of_absence("spec", "a route");
  with_child(reading, object, "spec", [&](AwsObject& spec) {
    if (const auto priority = spec.integer("priority", 0, 1000)) {
      // The longest prefix wins; this tells routes of one prefix apart, and no others.
      result.route.priority = *priority;
      reading.note_not_simulated(spec.path_of("priority"));
    }
    spec.accept({"http2Route", "grpcRoute", "tcpRoute"});
    with_child(reading, spec, "httpRoute",
               [&](AwsObject& http) { read_http_route(reading, http, result.route); });
  });
  object.finish();
  check_targets(reading, result);
  mesh.routes.push_back(std::move(result));
}

// --- Whole objects ----------------------------------------------------------------------------

/// What surrounds every `spec`.
void ignore_frame(AwsObject& object, const char* name_key) {
  for (const char* key :
       {"meshName", "meshOwner", "metadata", "status", "tags", "clientToken", name_key}) {
    object.ignore(key);
  }
}

bool is_new(AwsReading& reading, const SourceMark& mark, const char* kind, const std::string& name,
            bool is_known) {
  if (!is_known) return true;
  reading.diagnostics.error(mark, "E0305",
                            fmt::format("{} {} is given twice", kind, yaml::quoted(name)),
                            "keep one of the two");
  return false;
}

}  // namespace

void read_virtual_node(AwsReading& reading, const Node& node, const std::string& name,
                       MeshObjects& mesh) {
  VirtualNodeObject result;
  result.mark = node.mark;
  result.name = name;
  AwsObject object(reading, node, "virtual node " + name);
  ignore_frame(object, "virtualNodeName");
  if (object.child("spec") == nullptr) object.complain_of_absence("spec", "a virtual node");
  with_child(reading, object, "spec",
             [&](AwsObject& spec) { read_node_spec(reading, spec, result); });
  object.finish();
  if (result.port && result.hostname.empty()) {
    object.complain_in_aws("serviceDiscovery", "a virtual node with a listener");
  }
  const bool is_known =
      std::ranges::find(mesh.nodes, name, &VirtualNodeObject::name) != mesh.nodes.end();
  if (is_new(reading, node.mark, "virtual node", name, is_known)) {
    mesh.nodes.push_back(std::move(result));
  }
}

void read_virtual_service(AwsReading& reading, const Node& node, const std::string& name,
                          MeshObjects& mesh) {
  VirtualServiceObject result;
  result.mark = node.mark;
  result.provider_mark = node.mark;
  result.name = name;
  AwsObject object(reading, node, "virtual service " + name);
  ignore_frame(object, "virtualServiceName");
  if (object.child("spec") == nullptr) object.complain_of_absence("spec", "a virtual service");
  with_child(reading, object, "spec", [&](AwsObject& spec) {
    with_child(reading, spec, "provider", [&](AwsObject& provider) {
      result.provider_mark = provider.mark();
      with_child(reading, provider, "virtualNode", [&](AwsObject& child) {
        result.node = child.required_text("virtualNodeName", "a provider").value_or("");
      });
      with_child(reading, provider, "virtualRouter", [&](AwsObject& child) {
        result.router = child.required_text("virtualRouterName", "a provider").value_or("");
      });
    });
  });
  object.finish();
  const bool is_known =
      std::ranges::find(mesh.services, name, &VirtualServiceObject::name) != mesh.services.end();
  if (is_new(reading, node.mark, "virtual service", name, is_known)) {
    mesh.services.push_back(std::move(result));
  }
}

void read_virtual_router(AwsReading& reading, const Node& node, const std::string& name,
                         MeshObjects& mesh) {
  VirtualRouterObject result;
  result.mark = node.mark;
  result.name = name;
  AwsObject object(reading, node, "virtual router " + name);
  ignore_frame(object, "virtualRouterName");
  with_child(reading, object, "spec", [&](AwsObject& spec) {
    spec.each("listeners", [&](const Node& item, std::string path) {
      std::optional<Duration> of_no_router;
      read_listener(reading, item, std::move(path), result.port, nullptr, of_no_router);
    });
  });
  if (reading.origin == Origin::scenario) {
    if (const Node* routes = object.child("routes")) {
      const AwsObject list(reading, *routes, object.path_of("routes"));
      for (const auto& [key, value] : routes->entries) {
        RouteObject route;
        route.name = key.name;
        route.router = name;
        read_route(reading, value, std::move(route), mesh);
      }
    }
  }
  object.finish();
  const bool is_known =
      std::ranges::find(mesh.routers, name, &VirtualRouterObject::name) != mesh.routers.end();
  if (is_new(reading, node.mark, "virtual router", name, is_known)) {
    mesh.routers.push_back(std::move(result));
  }
}

// --- Files ------------------------------------------------------------------------------------

namespace {

/// The object of the file, by the word that describe-* puts around it or the name it has.
void read_object(AwsReading& reading, const Node& node, std::string_view kind, MeshObjects& mesh) {
  // A reading of its own: what is told here would be told again below.
  sim::Diagnostics again;
  AwsReading names{reading.file, reading.artefacts, again};
  AwsObject object(names, node, "");
  const auto name = [&](const char* key) { return object.text(key).value_or(""); };
  if (const std::string mesh_name = name("meshName"); !mesh_name.empty()) {
    mesh.mesh_name = mesh_name;
  }
  if (kind == "virtualNode") {
    read_virtual_node(reading, node, name("virtualNodeName"), mesh);
  } else if (kind == "virtualService") {
    read_virtual_service(reading, node, name("virtualServiceName"), mesh);
  } else if (kind == "virtualRouter") {
    read_virtual_router(reading, node, name("virtualRouterName"), mesh);
  } else if (kind == "route") {
    RouteObject route;
    route.name = name("routeName");
    route.router = name("virtualRouterName");
    read_route(reading, node, std::move(route), mesh);
  }
}

}  // namespace

void import_app_mesh(std::string_view text, const std::string& file, MeshObjects& mesh,
                     Artefacts& artefacts, sim::Diagnostics& diagnostics) {
  const auto root = parse_json(text, file, diagnostics);
  if (!root) return;
  AwsReading reading{file, artefacts, diagnostics};
  // A route names its router too: it comes first.
  constexpr std::array<std::string_view, 5> kinds = {"route", "virtualNode", "virtualService",
                                                     "virtualRouter", "mesh"};
  for (const std::string_view kind : kinds) {
    if (const Node* described = root->find(kind); described != nullptr) {
      return read_object(reading, *described, kind, mesh);
    }
  }
  for (const std::string_view kind : kinds) {
    if (root->find(std::string(kind) + "Name") == nullptr) continue;
    return read_object(reading, *root, kind, mesh);
  }
  diagnostics.error(root->mark, "E0306", "this is no object of App Mesh",
                    "it must hold virtualNode, virtualService, virtualRouter, route or mesh, or "
                    "what create-* takes");
}

}  // namespace hoplab::scenarios
