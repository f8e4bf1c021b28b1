// A mesh into Envoy: virtual nodes, services and routes become listeners, routes and clusters.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "models/envoy/config.hpp"
#include "models/mesh/dialect.hpp"
#include "scenarios/schema/spec.hpp"

namespace hoplab::models::mesh {

/// Of a route or listener that names none.
inline constexpr sim::Duration default_request_timeout = std::chrono::seconds(15);
inline constexpr sim::Duration default_idle_timeout = std::chrono::seconds(300);

/// What the control plane knows besides the service itself.
struct MeshView {
  const Dialect& dialect;
  /// Its Envoys' ways and its egress filter.
  scenarios::EnvoyBehaviour envoy;
  scenarios::EgressFilter egress_filter = scenarios::EgressFilter::drop_all;
  sim::Duration dns_refresh = std::chrono::seconds(5);
  http::Names* names = nullptr;
  /// The endpoints that Cloud Map lists for a service.
  std::function<std::vector<envoy::Endpoint>(const std::string& service)> endpoints;
  std::function<const scenarios::Service&(const std::string& service)> service;
  std::function<const scenarios::VirtualService&(const std::string& name)> virtual_service;
  /// Hop identities by name ("a.envoy->b.envoy").
  std::function<telemetry::HopId(const std::string& name)> hop;
};

/// The authority by which apps call a virtual service, or clients a service: "b.local:8080".
[[nodiscard]] std::string authority_of(const scenarios::VirtualService& service);
[[nodiscard]] std::string authority_of(const scenarios::Service& service);
/// The port of a service's listener in the mesh, which its callers dial and its Envoy forwards to:
/// the application's, unless somebody wrote another.
[[nodiscard]] std::uint16_t listener_port_of(const scenarios::Service& service);
/// Whether a service's Envoy knows the routes of a virtual service.
[[nodiscard]] bool is_backend(const scenarios::Service& caller, const std::string& callee);

/// The configuration of the Envoys of one service: an ingress listener that knows the local
/// application, an egress listener that knows the virtual services among its backends: their
/// routes, each to the clusters of its targets. Routes come in the order of their priority, 0
/// first; those without one behind, whole paths before expressions before prefixes, longer ones
/// first. A target of weight 0 gets nothing; a route whose weights are all 0 is not pushed, since
/// an Envoy would reject it.
///
/// A call of what is no backend finds no route. Where a backend has its port, it is HTTP to a host
/// that nobody knows: 404, or on to whomever the application dialled (ALLOW_ALL). On a port of its
/// own no filter chain takes it: the connection is closed, or passed through as TCP.
///
/// A listener's connection pool limits its own Envoy's local cluster; its outlier detection and
/// health check go to the callers. A node that is discovered by DNS is a cluster whose name each
/// caller's Envoy looks up itself: of type LOGICAL_DNS, or STRICT_DNS where its response type is
/// ENDPOINTS.
///
/// Source: App Mesh defaults: connect time-out 1 s for egress and 0.25 s for ingress clusters,
///         request time-out 15 s and idle time-out 300 s on routes and listeners (a route's own may
///         be longer, but the callee's listener still has its own), the default retry policy of
///         2020-07 with the later `reset` on egress routes, none on ingress; names as real dumps
///         show them. Assumed: the order of routes without a priority that match by more than a
///         prefix.
[[nodiscard]] envoy::Snapshot translate(const scenarios::Service& service, const MeshView& mesh,
                                        std::uint16_t ingress_port, std::uint16_t egress_port);

}  // namespace hoplab::models::mesh
