// App Mesh into Envoy: virtual nodes, services and routes become listeners, routes and clusters.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "models/envoy/config.hpp"
#include "scenarios/schema/spec.hpp"

namespace hoplab::models::appmesh {

/// What the control plane knows besides the service itself.
struct MeshView {
  std::string mesh_name;
  http::Names* names = nullptr;
  /// The endpoints that service discovery lists for a service.
  std::function<std::vector<envoy::Endpoint>(const std::string& service)> endpoints;
  std::function<const scenarios::Service&(const std::string& service)> service;
  /// Hop identities by name ("a.envoy->b.envoy").
  std::function<telemetry::HopId(const std::string& name)> hop;
};

/// The authority by which a service is called: "b.local:8080".
[[nodiscard]] std::string authority_of(const scenarios::Service& service);

/// The configuration of the Envoys of one service: an ingress listener that knows the local
/// application, an egress listener that knows the services it calls.
///
/// Source: App Mesh defaults: connect time-out 1 s for egress and 0.25 s for ingress clusters,
///         request time-out 15 s on routes and listeners, the default retry policy of 2020-07 with
///         the later `reset` on egress routes, none on ingress; names as real dumps show them.
[[nodiscard]] envoy::Snapshot translate(const scenarios::Service& service, const MeshView& mesh,
                                        std::uint16_t ingress_port, std::uint16_t egress_port);

}  // namespace hoplab::models::appmesh
