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

/// Source: Envoy's outlier_detection; App Mesh sets the first four.
struct OutlierDetection {
  std::uint32_t consecutive_5xx = 5;
  Duration interval = std::chrono::seconds(10);
  Duration base_ejection = std::chrono::seconds(30);
  std::uint32_t max_ejection_percent = 10;
  Duration max_ejection = std::chrono::seconds(300);
};

/// Source: Envoy's health_checks, of kind http.
struct HealthCheck {
  http::Name method;
  http::Name path;
  http::Name authority;  ///< Envoy takes the cluster's name.
  http::Name user_agent;
  std::optional<std::uint16_t> port;  ///< Absent: the endpoint's.
  std::uint32_t healthy_threshold = 2;
  std::uint32_t unhealthy_threshold = 2;
  Duration interval = std::chrono::seconds(30);
  Duration timeout = std::chrono::seconds(5);
  Duration no_traffic_interval = std::chrono::seconds(60);
  vpc::ConnectionHops hops;
};

/// How a cluster finds its hosts: the control plane lists them, or the Envoy looks a name up: each
/// address is a host, or the name is one host, wherever its first address leads.
enum class Discovery : std::uint8_t { listed, strict_dns, logical_dns };

/// Source: Envoy's circuit_breakers, default priority; App Mesh's default is no limit.
struct CircuitBreakers {
  static constexpr std::uint64_t unlimited = 2'147'483'647;
  std::uint64_t connections_max = unlimited;
  std::uint64_t pending_requests_max = unlimited;
};

struct Cluster {
  std::string name;  ///< "cds_egress_demo_b_http_8080".
  Duration connect_timeout{};
  std::string virtual_node = {};  ///< For the agent's metrics extension.
  Discovery discovery = Discovery::listed;
  std::vector<Endpoint> endpoints;  ///< Where they are listed.
  std::string host_name = {};       ///< Where they are looked up; and the port that is dialled.
  std::uint16_t port = 0;
  Duration dns_refresh = std::chrono::seconds(5);  ///< Whatever the records' TTL says.
  bool is_local = false;                           ///< The task's own application, over loopback.
  /// ORIGINAL_DST: its host is whatever the application dialled.
  bool is_original_destination = false;
  vpc::ConnectionHops hops;  ///< For the simulator's hop statistics.
  LoadBalancing load_balancing = LoadBalancing::round_robin;
  std::uint32_t panic_threshold = 50;  ///< Percent of healthy hosts below which all are used.
  std::uint32_t max_requests_per_connection = 0;  ///< 0: no limit.
  /// A host that the control plane drops stays while active health checks find it well.
  bool keeps_healthy_hosts = false;
  Duration connection_idle_timeout = std::chrono::hours(1);  ///< Of pooled connections; 0: none.
  CircuitBreakers circuit_breakers = {};
  std::optional<OutlierDetection> outlier_detection = {};
  std::optional<HealthCheck> health_check = {};
};

/// When to try again. Source: App Mesh's default policy (roadmap issue 229) and its later `reset`.
struct RetryPolicy {
  std::uint32_t retries_max = 2;
  bool on_connect_failure = true;
  bool on_reset = true;
  std::vector<int> status_codes{503};
  Duration per_try_timeout{};  ///< Zero: none.
};

/// A share of a route's requests.
struct WeightedCluster {
  static constexpr std::uint32_t missing = ~std::uint32_t{0};  ///< A cluster that nobody sent.
  std::uint32_t cluster = 0;                                   ///< Index in Snapshot::clusters.
  std::uint32_t weight = 1;
  std::uint32_t target = missing;  ///< Index in StatCounts::targets; the Envoy's own affair.
};

/// A condition on the value of a header or of a query parameter.
struct ValueMatch {
  enum class Kind : std::uint8_t { present, exact, prefix, suffix, regex, range };
  std::string name;  ///< In small letters.
  Kind kind = Kind::present;
  std::string value;
  std::int64_t range_start = 0;  ///< range: start <= value < end.
  std::int64_t range_end = 0;
  bool is_inverted = false;
};

/// All of it must hold.
/// Source: Envoy docs, RouteMatch. A prefix is compared with the path and its query, the other two
/// with the path alone, and as a whole.
struct RouteMatch {
  enum class Path : std::uint8_t { prefix, exact, regex };
  Path kind = Path::prefix;
  std::string path = "/";
  http::Name method;  ///< The empty name: any.
  std::vector<ValueMatch> headers;
  std::vector<ValueMatch> query_parameters;
};

/// The first that matches is taken: the control plane puts them in order.
struct Route {
  bool matches_any = false;               ///< Whatever the request says.
  http::Name authority;                   ///< Otherwise: this one,
  RouteMatch match;                       ///< and so on.
  std::vector<WeightedCluster> clusters;  ///< At least one; weights above 0.
  Duration timeout{};                     ///< Zero: none.
  Duration idle_timeout{};                ///< Of a stream on which nothing moves. Zero: none.
  bool has_retry_policy = false;
  RetryPolicy retry;
  std::string virtual_service = {};  ///< For the agent's metrics extension; empty: not told.
};

enum class Direction : std::uint8_t { ingress, egress };

struct ListenerConfig {
  std::uint16_t port = 0;
  Duration connection_idle_timeout = std::chrono::hours(1);  ///< Without a request; 0: none.
  std::vector<Route> routes;
  /// Of an egress listener: what it does with connections to ports that are in none of its filter
  /// chains. Absent: every port is one of them.
  enum class Others : std::uint8_t { pass, refuse };
  std::optional<Others> others;
  std::vector<std::uint16_t> http_ports;  ///< Of its filter chains, where `others` is there.
  std::uint32_t pass_through = WeightedCluster::missing;  ///< Index of the cluster for `pass`.
  std::vector<std::string> route_configs = {};            ///< Their names: "rds_ingress_http_8080".
};

/// A whole configuration.
struct Snapshot {
  ListenerConfig ingress;
  ListenerConfig egress;
  std::vector<Cluster> clusters;
  /// Clusters that are there, too, and to which nothing that is simulated ever goes.
  std::vector<std::string> idle_clusters = {};
};

}  // namespace hoplab::models::envoy
