// App Mesh into Envoy: virtual nodes, services and routes become listeners, routes and clusters.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "models/envoy/config.hpp"
#include "scenarios/schema/spec.hpp"

namespace hoplab::models::appmesh {

/// Of a route or listener that names none.
inline constexpr sim::Duration default_request_timeout = std::chrono::seconds(15);

/// What the control plane knows besides the service itself.
struct MeshView {
  std::string mesh_name;
  http::Names* names = nullptr;
  scenarios::EnvoyBehaviour envoy;
  /// The endpoints that service discovery lists for a service.
  std::function<std::vector<envoy::Endpoint>(const std::string& service)> endpoints;
  std::function<const scenarios::Service&(const std::string& service)> service;
  std::function<const scenarios::VirtualService&(const std::string& name)> virtual_service;
  /// Hop identities by name ("a.envoy->b.envoy").
  std::function<telemetry::HopId(const std::string& name)> hop;
};

/// The authority by which apps call a virtual service, or clients a service: "b.local:8080".
[[nodiscard]] std::string authority_of(const scenarios::VirtualService& service);
[[nodiscard]] std::string authority_of(const scenarios::Service& service);

/// "cds_egress_demo_b_http_8080": what callers' Envoys call the cluster of a service's tasks.
[[nodiscard]] std::string egress_cluster_name(const std::string& mesh,
                                              const scenarios::Service& service);

/// The configuration of the Envoys of one service: an ingress listener that knows the local
/// application, an egress listener that knows the virtual services it calls: their routes, longest
/// prefix first, each to the clusters of its targets. A target of weight 0 gets nothing; a route
/// whose weights are all 0 is not pushed, since an Envoy would reject it.
///
/// Source: App Mesh defaults: connect time-out 1 s for egress and 0.25 s for ingress clusters,
///         request time-out 15 s on routes and listeners (where a route's own is longer, the
///         callee's listener still has its 15 s unless it says otherwise), the default retry
///         policy of 2020-07 with the later `reset` on egress routes, none on ingress; names as
///         real dumps show them.
[[nodiscard]] envoy::Snapshot translate(const scenarios::Service& service, const MeshView& mesh,
                                        std::uint16_t ingress_port, std::uint16_t egress_port);

}  // namespace hoplab::models::appmesh
