#include "models/appmesh/translate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

namespace hoplab::models::appmesh {
namespace {

std::string cluster_name(std::string_view direction, const std::string& mesh,
                         const scenarios::Service& service) {
  return fmt::format("cds_{}_{}_{}_http_{}", direction, mesh, service.virtual_node, service.port);
}

void add_ingress(envoy::Snapshot& snapshot, const scenarios::Service& service,
                 const MeshView& mesh) {
  const std::string& name = service.name;
  snapshot.clusters.push_back({
      .name = cluster_name("ingress", mesh.mesh_name, service),
      .connect_timeout = mesh.envoy.ingress_connect_timeout,
      .endpoints = {{vpc::loopback_address, service.port}},
      .is_local = true,
      .hops = {.request = mesh.hop(name + ".envoy->" + name + ".app"),
               .response = mesh.hop(name + ".envoy<-" + name + ".app")},
      .max_requests_per_connection = mesh.envoy.max_requests_per_connection,
  });
  envoy::Route route;
  route.matches_any = true;
  route.clusters = {{.cluster = 0, .weight = 1}};
  route.timeout = service.node.request_timeout.value_or(default_request_timeout);
  snapshot.ingress.routes.push_back(std::move(route));
}

/// The cluster of a virtual node, the same for every route that leads to it.
std::uint32_t egress_cluster(envoy::Snapshot& snapshot, const std::string& caller,
                             const scenarios::Service& callee, const MeshView& mesh) {
  const std::string name = egress_cluster_name(mesh.mesh_name, callee);
  const auto known = std::ranges::find(snapshot.clusters, name, &envoy::Cluster::name);
  if (known != snapshot.clusters.end()) {
    return static_cast<std::uint32_t>(known - snapshot.clusters.begin());
  }
  snapshot.clusters.push_back({
      .name = name,
      .connect_timeout = mesh.envoy.egress_connect_timeout,
      .endpoints = mesh.endpoints(callee.name),
      .is_local = false,
      .hops = {.request = mesh.hop(caller + ".envoy->" + callee.name + ".envoy"),
               .response = mesh.hop(caller + ".envoy<-" + callee.name + ".envoy")},
      .load_balancing = mesh.envoy.load_balancing == scenarios::LoadBalancing::round_robin
                            ? envoy::LoadBalancing::round_robin
                            : envoy::LoadBalancing::least_request,
      .max_requests_per_connection = mesh.envoy.max_requests_per_connection,
  });
  return static_cast<std::uint32_t>(snapshot.clusters.size() - 1);
}

envoy::RetryPolicy retry_policy_of(const scenarios::Route& route) {
  if (!route.retry) return {};
  return {.retries_max = route.retry->retries_max,
          .on_connect_failure = route.retry->on_connect_failure,
          .on_reset = route.retry->on_reset,
          .status_codes = route.retry->status_codes};
}

void add_egress(envoy::Snapshot& snapshot, const std::string& caller,
                const scenarios::VirtualService& callee, const MeshView& mesh) {
  const http::Name authority = mesh.names->intern(authority_of(callee));
  const auto is_known = [&](const envoy::Route& route) { return route.authority == authority; };
  if (std::ranges::any_of(snapshot.egress.routes, is_known)) return;
  std::vector<const scenarios::Route*> longest_first;
  for (const scenarios::Route& route : callee.routes) longest_first.push_back(&route);
  std::ranges::stable_sort(longest_first, std::ranges::greater(),
                           [](const auto* route) { return route->prefix.size(); });
  for (const scenarios::Route* wanted : longest_first) {
    envoy::Route route;
    route.authority = authority;
    route.prefix = wanted->prefix;
    for (const scenarios::WeightedTarget& target : wanted->targets) {
      if (target.weight == 0) continue;
      route.clusters.push_back(
          {.cluster = egress_cluster(snapshot, caller, mesh.service(target.service), mesh),
           .weight = target.weight});
    }
    if (route.clusters.empty()) continue;
    route.timeout = wanted->request_timeout.value_or(default_request_timeout);
    route.has_retry_policy = true;
    route.retry = retry_policy_of(*wanted);
    snapshot.egress.routes.push_back(std::move(route));
  }
}

}  // namespace

std::string egress_cluster_name(const std::string& mesh, const scenarios::Service& service) {
  return cluster_name("egress", mesh, service);
}

std::string authority_of(const scenarios::VirtualService& service) {
  return fmt::format("{}:{}", service.hostname, service.port);
}

std::string authority_of(const scenarios::Service& service) {
  return fmt::format("{}:{}", service.hostname, service.port);
}

envoy::Snapshot translate(const scenarios::Service& service, const MeshView& mesh,
                          std::uint16_t ingress_port, std::uint16_t egress_port) {
  envoy::Snapshot snapshot;
  snapshot.ingress.port = ingress_port;
  snapshot.egress.port = egress_port;
  add_ingress(snapshot, service, mesh);
  for (const scenarios::Call& call : service.calls) {
    add_egress(snapshot, service.name, mesh.virtual_service(call.to), mesh);
  }
  return snapshot;
}

}  // namespace hoplab::models::appmesh
