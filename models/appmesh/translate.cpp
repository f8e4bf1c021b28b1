#include "models/appmesh/translate.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace hoplab::models::appmesh {
namespace {

using namespace std::chrono_literals;

constexpr sim::Duration egress_connect_timeout = 1s;
constexpr sim::Duration ingress_connect_timeout = 250ms;
constexpr sim::Duration request_timeout = 15s;

std::string cluster_name(std::string_view direction, const MeshView& mesh,
                         const scenarios::Service& service) {
  return fmt::format("cds_{}_{}_{}_http_{}", direction, mesh.mesh_name, service.name, service.port);
}

void add_ingress(envoy::Snapshot& snapshot, const scenarios::Service& service,
                 const MeshView& mesh) {
  const std::string& name = service.name;
  snapshot.clusters.push_back({
      .name = cluster_name("ingress", mesh, service),
      .connect_timeout = ingress_connect_timeout,
      .endpoints = {{vpc::loopback_address, service.port}},
      .is_local = true,
      .hops = {.request = mesh.hop(name + ".envoy->" + name + ".app"),
               .response = mesh.hop(name + ".envoy<-" + name + ".app")},
  });
  envoy::Route route;
  route.matches_any = true;
  route.timeout = request_timeout;
  snapshot.ingress.routes.push_back(route);
}

void add_egress(envoy::Snapshot& snapshot, const std::string& caller,
                const scenarios::Service& callee, const MeshView& mesh) {
  const http::Name authority = mesh.names->intern(authority_of(callee));
  const auto is_known = [&](const envoy::Route& route) { return route.authority == authority; };
  if (std::ranges::any_of(snapshot.egress.routes, is_known)) return;
  snapshot.clusters.push_back({
      .name = cluster_name("egress", mesh, callee),
      .connect_timeout = egress_connect_timeout,
      .endpoints = mesh.endpoints(callee.name),
      .is_local = false,
      .hops = {.request = mesh.hop(caller + ".envoy->" + callee.name + ".envoy"),
               .response = mesh.hop(caller + ".envoy<-" + callee.name + ".envoy")},
  });
  envoy::Route route;
  route.authority = authority;
  route.cluster = static_cast<std::uint32_t>(snapshot.clusters.size() - 1);
  route.timeout = request_timeout;
  route.has_retry_policy = true;
  snapshot.egress.routes.push_back(route);
}

}  // namespace

std::string authority_of(const scenarios::Service& service) {
  return fmt::format("{}.local:{}", service.name, service.port);
}

envoy::Snapshot translate(const scenarios::Service& service, const MeshView& mesh,
                          std::uint16_t ingress_port, std::uint16_t egress_port) {
  envoy::Snapshot snapshot;
  snapshot.ingress.port = ingress_port;
  snapshot.egress.port = egress_port;
  add_ingress(snapshot, service, mesh);
  for (const scenarios::Call& call : service.calls) {
    add_egress(snapshot, service.name, mesh.service(call.to), mesh);
  }
  return snapshot;
}

}  // namespace hoplab::models::appmesh
