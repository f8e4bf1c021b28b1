// Envoy's own nouns, as a control plane pushes them: listeners, routes, clusters, endpoints.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/http/message.hpp"
#include "models/vpc/network.hpp"

namespace hoplab::models::envoy {

using sim::Duration;
using sim::SimTime;

struct Endpoint {
  vpc::Ipv4 address;
  std::uint16_t port = 0;
  bool operator==(const Endpoint&) const = default;
};

enum class LoadBalancing : std::uint8_t { round_robin, least_request };

struct Cluster {
  std::string name;  ///< "cds_egress_demo_b_http_8080".
  Duration connect_timeout{};
  std::vector<Endpoint> endpoints;
  bool is_local = false;     ///< The task's own application, over loopback.
  vpc::ConnectionHops hops;  ///< For the simulator's hop statistics.
  LoadBalancing load_balancing = LoadBalancing::round_robin;
  std::uint32_t panic_threshold = 50;  ///< Percent of healthy hosts below which all are used.
  std::uint32_t max_requests_per_connection = 0;  ///< 0: no limit.
  /// A host that the control plane drops stays while active health checks find it well.
  bool keeps_healthy_hosts = false;
};

/// When to try again. Source: App Mesh's default policy (roadmap issue 229) and its later `reset`.
struct RetryPolicy {
  std::uint32_t retries_max = 2;
  bool on_connect_failure = true;
  bool on_reset = true;
  std::vector<int> status_codes{503};
};

/// A share of a route's requests.
struct WeightedCluster {
  std::uint32_t cluster = 0;  ///< Index in Snapshot::clusters.
  std::uint32_t weight = 1;
};

/// The first that matches is taken, so the control plane puts longer prefixes first.
struct Route {
  bool matches_any = false;               ///< Whatever the authority says.
  http::Name authority;                   ///< Otherwise: this one.
  std::string prefix = "/";               ///< Of the path.
  std::vector<WeightedCluster> clusters;  ///< At least one; weights above 0.
  Duration timeout{};                     ///< Zero: none.
  bool has_retry_policy = false;
  RetryPolicy retry;
};

enum class Direction : std::uint8_t { ingress, egress };

struct ListenerConfig {
  std::uint16_t port = 0;
  std::vector<Route> routes;
};

/// A whole configuration.
struct Snapshot {
  ListenerConfig ingress;
  ListenerConfig egress;
  std::vector<Cluster> clusters;
};

}  // namespace hoplab::models::envoy
