#include "models/mesh/translate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <tuple>
#include <utility>

namespace hoplab::models::mesh {
namespace {

/// What Envoy's health checker calls itself.
constexpr std::string_view health_check_user_agent = "Envoy/HC";

/// Behind every priority that can be written.
constexpr std::int64_t priority_last = 1001;

envoy::LoadBalancing load_balancing_of(const scenarios::EnvoyBehaviour& behaviour) {
  return behaviour.load_balancing == scenarios::LoadBalancing::least_request
             ? envoy::LoadBalancing::least_request
             : envoy::LoadBalancing::round_robin;
}

void add_ingress(envoy::Snapshot& snapshot, const scenarios::Service& service,
                 const MeshView& mesh) {
  const std::string& name = service.name;
  envoy::Cluster cluster;
  cluster.name = mesh.dialect.ingress_cluster(service);
  cluster.connect_timeout = mesh.envoy.ingress_connect_timeout;
  cluster.endpoints = {{vpc::loopback_address, listener_port_of(service)}};
  cluster.is_local = true;
  cluster.hops = {.request = mesh.hop(name + ".envoy->" + name + ".app"),
                  .response = mesh.hop(name + ".envoy<-" + name + ".app")};
  cluster.connection_idle_timeout = mesh.envoy.connection_idle_timeout;
  cluster.max_requests_per_connection = mesh.envoy.max_requests_per_connection;
  if (const auto& pool = service.node.connection_pool) {
    cluster.circuit_breakers.connections_max = pool->max_connections;
    if (pool->max_pending_requests) {
      cluster.circuit_breakers.pending_requests_max = *pool->max_pending_requests;
    }
  }
  snapshot.clusters.push_back(std::move(cluster));
  envoy::Route route;
  route.matches_any = true;
  route.clusters = {{.cluster = 0, .weight = 1}};
  route.timeout = service.node.request_timeout.value_or(default_request_timeout);
  route.idle_timeout = service.node.idle_timeout.value_or(default_idle_timeout);
  snapshot.ingress.routes.push_back(std::move(route));
}

envoy::HealthCheck health_check_of(const scenarios::ActiveHealthCheck& check,
                                   const std::string& cluster, const std::string& path_of_hops,
                                   const MeshView& mesh) {
  return {.method = mesh.names->intern("GET"),
          .path = mesh.names->intern(check.path),
          .authority = mesh.names->intern(cluster),
          .user_agent = mesh.names->intern(health_check_user_agent),
          .port = check.port,
          .healthy_threshold = check.healthy_threshold,
          .unhealthy_threshold = check.unhealthy_threshold,
          .interval = check.interval,
          .timeout = check.timeout,
          // Series of their own: what requests meet is not what probes meet.
          .hops = {.request = mesh.hop(fmt::format(fmt::runtime(path_of_hops), "->")),
                   .response = mesh.hop(fmt::format(fmt::runtime(path_of_hops), "<-"))}};
}

envoy::Discovery discovery_of(scenarios::VirtualNodeSettings::Discovery discovery) {
  using From = scenarios::VirtualNodeSettings::Discovery;
  if (discovery == From::cloud_map) return envoy::Discovery::listed;
  return discovery == From::dns_endpoints ? envoy::Discovery::strict_dns
                                          : envoy::Discovery::logical_dns;
}

/// The cluster of a virtual node, the same for every route that leads to it.
std::uint32_t egress_cluster(envoy::Snapshot& snapshot, const std::string& caller,
                             const scenarios::Service& callee, const MeshView& mesh) {
  const std::string name = mesh.dialect.egress_cluster(callee);
  const auto known = std::ranges::find(snapshot.clusters, name, &envoy::Cluster::name);
  if (known != snapshot.clusters.end()) {
    return static_cast<std::uint32_t>(known - snapshot.clusters.begin());
  }
  envoy::Cluster cluster;
  cluster.name = name;
  cluster.virtual_node = mesh.dialect.target_node(callee);
  cluster.connect_timeout = mesh.envoy.egress_connect_timeout;
  cluster.discovery = discovery_of(callee.node.discovery);
  if (cluster.discovery == envoy::Discovery::listed) {
    cluster.endpoints = mesh.endpoints(callee.name);
  } else {
    cluster.host_name = callee.hostname;
    cluster.port = listener_port_of(callee);
    cluster.dns_refresh = mesh.dns_refresh;
  }
  cluster.hops = {.request = mesh.hop(caller + ".envoy->" + callee.name + ".envoy"),
                  .response = mesh.hop(caller + ".envoy<-" + callee.name + ".envoy")};
  cluster.load_balancing = load_balancing_of(mesh.envoy);
  cluster.panic_threshold = mesh.envoy.panic_threshold;
  cluster.keeps_healthy_hosts = mesh.envoy.endpoint_removal == scenarios::EndpointRemoval::sticky;
  cluster.connection_idle_timeout = mesh.envoy.connection_idle_timeout;
  cluster.max_requests_per_connection = mesh.envoy.max_requests_per_connection;
  if (const auto& detection = callee.node.outlier_detection) {
    cluster.outlier_detection = {.consecutive_5xx = detection->max_server_errors,
                                 .interval = detection->interval,
                                 .base_ejection = detection->base_ejection,
                                 .max_ejection_percent = detection->max_ejection_percent};
  }
  if (const auto& check = callee.node.health_check) {
    cluster.health_check =
        health_check_of(*check, name, caller + ".envoy{}" + callee.name + ".envoy (probe)", mesh);
  }
  snapshot.clusters.push_back(std::move(cluster));
  return static_cast<std::uint32_t>(snapshot.clusters.size() - 1);
}

void set_retries(envoy::Route& result, const scenarios::Route& route, const MeshView& mesh) {
  if (route.retry) {
    result.has_retry_policy = true;
    result.retry = {
        .retries_max = route.retry->retries_max,
        .on_connect_failure = route.retry->on_connect_failure,
        .on_reset = route.retry->on_reset,
        .status_codes = route.retry->status_codes,
        .per_try_timeout = route.retry->per_retry_timeout.value_or(sim::Duration::zero())};
    return;
  }
  const auto otherwise = mesh.dialect.default_retries();
  result.has_retry_policy = otherwise.has_value();
  if (otherwise) result.retry = *otherwise;
}

envoy::ValueMatch value_match(const scenarios::HeaderMatch& match) {
  using From = scenarios::HeaderMatch::Kind;
  using To = envoy::ValueMatch::Kind;
  constexpr std::array<std::pair<From, To>, 6> kinds = {{{From::present, To::present},
                                                         {From::exact, To::exact},
                                                         {From::prefix, To::prefix},
                                                         {From::suffix, To::suffix},
                                                         {From::regex, To::regex},
                                                         {From::range, To::range}}};
  const auto* kind = std::ranges::find(kinds, match.kind, &std::pair<From, To>::first);
  return {.name = match.name,
          .kind = kind->second,
          .value = match.value,
          .range_start = match.range_start,
          .range_end = match.range_end,
          .is_inverted = match.is_inverted};
}

envoy::RouteMatch match_of(const scenarios::Route& route, http::Names& names) {
  envoy::RouteMatch match;
  match.path = route.prefix;
  if (!route.path_exact.empty()) {
    match.kind = envoy::RouteMatch::Path::exact;
    match.path = route.path_exact;
  } else if (!route.path_regex.empty()) {
    match.kind = envoy::RouteMatch::Path::regex;
    match.path = route.path_regex;
  }
  match.method = names.intern(route.method);
  for (const auto& header : route.headers) match.headers.push_back(value_match(header));
  for (const auto& parameter : route.query_parameters) {
    match.query_parameters.push_back(value_match(parameter));
  }
  return match;
}

/// Before others: by priority, then exact paths, expressions, long prefixes, short ones.
std::vector<const scenarios::Route*> in_order(const std::vector<scenarios::Route>& routes) {
  const auto rank = [](const scenarios::Route* route) {
    const int kind = !route->path_exact.empty() ? 0 : !route->path_regex.empty() ? 1 : 2;
    const auto length = static_cast<std::int64_t>(kind == 2 ? route->prefix.size() : 0);
    return std::tuple(route->priority.value_or(priority_last), kind, -length);
  };
  std::vector<const scenarios::Route*> ordered;
  for (const scenarios::Route& route : routes) ordered.push_back(&route);
  std::ranges::stable_sort(ordered, {}, rank);
  return ordered;
}

void add_egress(envoy::Snapshot& snapshot, const std::string& caller,
                const scenarios::VirtualService& callee, const MeshView& mesh) {
  const http::Name authority = mesh.names->intern(authority_of(callee));
  const auto is_known = [&](const envoy::Route& route) { return route.authority == authority; };
  if (std::ranges::any_of(snapshot.egress.routes, is_known)) return;
  for (const scenarios::Route* wanted : in_order(callee.routes)) {
    envoy::Route route;
    route.authority = authority;
    route.virtual_service = mesh.dialect.target_service(callee);
    route.match = match_of(*wanted, *mesh.names);
    for (const scenarios::WeightedTarget& target : wanted->targets) {
      if (target.weight == 0) continue;
      route.clusters.push_back(
          {.cluster = egress_cluster(snapshot, caller, mesh.service(target.service), mesh),
           .weight = target.weight});
    }
    if (route.clusters.empty()) continue;
    route.timeout = wanted->request_timeout.value_or(default_request_timeout);
    route.idle_timeout = wanted->idle_timeout.value_or(default_idle_timeout);
    set_retries(route, *wanted, mesh);
    snapshot.egress.routes.push_back(std::move(route));
  }
}

}  // namespace

std::string authority_of(const scenarios::VirtualService& service) {
  return fmt::format("{}:{}", service.hostname, service.port);
}

std::string authority_of(const scenarios::Service& service) {
  return fmt::format("{}:{}", service.hostname, service.port);
}

std::uint16_t listener_port_of(const scenarios::Service& service) {
  return service.node.listener_port.value_or(service.port);
}

bool is_backend(const scenarios::Service& caller, const std::string& callee) {
  const auto& backends = caller.node.backends;
  return !backends || std::ranges::find(*backends, callee) != backends->end();
}

namespace {

/// What becomes of calls past the backends.
void add_egress_filter(envoy::Snapshot& snapshot, const scenarios::Service& service,
                       const MeshView& mesh) {
  const auto is_stray = [&](const scenarios::Call& call) { return !is_backend(service, call.to); };
  const auto stray = std::ranges::find_if(service.calls, is_stray);
  // Without strays every connection is to a backend's port: nothing to look at.
  if (stray == service.calls.end()) return;
  using Others = envoy::ListenerConfig::Others;
  const bool passes = mesh.egress_filter == scenarios::EgressFilter::allow_all;
  snapshot.egress.others = passes ? Others::pass : Others::refuse;
  for (const scenarios::Call& call : service.calls) {
    if (!is_stray(call)) snapshot.egress.http_ports.push_back(mesh.virtual_service(call.to).port);
  }
  if (!passes) return;
  const std::string& dialled =
      mesh.virtual_service(stray->to).routes.front().targets.front().service;
  envoy::Cluster cluster;
  cluster.name = mesh.dialect.pass_through_cluster();
  cluster.connect_timeout = mesh.envoy.egress_connect_timeout;
  cluster.is_original_destination = true;
  cluster.hops = {.request = mesh.hop(service.name + ".envoy->" + dialled + ".envoy"),
                  .response = mesh.hop(service.name + ".envoy<-" + dialled + ".envoy")};
  cluster.connection_idle_timeout = mesh.envoy.connection_idle_timeout;
  cluster.max_requests_per_connection = mesh.envoy.max_requests_per_connection;
  snapshot.clusters.push_back(std::move(cluster));
  snapshot.egress.pass_through = static_cast<std::uint32_t>(snapshot.clusters.size() - 1);
  envoy::Route route;
  route.matches_any = true;
  route.clusters = {{.cluster = snapshot.egress.pass_through, .weight = 1}};
  route.timeout = default_request_timeout;
  snapshot.egress.routes.push_back(std::move(route));
}

/// What is in every Envoy's configuration and carries nothing that is simulated: the way to AWS,
/// the one past the mesh where nobody strays. And the names of the route configurations: one for
/// each port that is listened to or dialled.
void add_what_is_idle(envoy::Snapshot& snapshot, const scenarios::Service& service,
                      const MeshView& mesh) {
  snapshot.idle_clusters = mesh.dialect.idle_clusters();
  const bool passes = mesh.egress_filter == scenarios::EgressFilter::allow_all;
  if (passes && snapshot.egress.pass_through == envoy::WeightedCluster::missing) {
    snapshot.idle_clusters.push_back(mesh.dialect.pass_through_cluster());
  }
  snapshot.ingress.route_configs = {fmt::format("rds_ingress_http_{}", listener_port_of(service))};
  std::set<std::uint16_t> ports;
  for (const scenarios::Call& call : service.calls) {
    if (is_backend(service, call.to)) ports.insert(mesh.virtual_service(call.to).port);
  }
  for (const std::uint16_t port : ports) {
    snapshot.egress.route_configs.push_back(fmt::format("rds_egress_http_{}", port));
  }
}

}  // namespace

envoy::Snapshot translate(const scenarios::Service& service, const MeshView& mesh,
                          std::uint16_t ingress_port, std::uint16_t egress_port) {
  envoy::Snapshot snapshot;
  snapshot.ingress.port = ingress_port;
  snapshot.egress.port = egress_port;
  snapshot.ingress.connection_idle_timeout = mesh.envoy.connection_idle_timeout;
  snapshot.egress.connection_idle_timeout = mesh.envoy.connection_idle_timeout;
  add_ingress(snapshot, service, mesh);
  for (const scenarios::Call& call : service.calls) {
    if (!is_backend(service, call.to)) continue;
    add_egress(snapshot, service.name, mesh.virtual_service(call.to), mesh);
  }
  add_egress_filter(snapshot, service, mesh);
  add_what_is_idle(snapshot, service, mesh);
  return snapshot;
}

}  // namespace hoplab::models::mesh
