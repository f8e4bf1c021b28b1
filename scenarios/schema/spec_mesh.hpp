// Specifications of a mesh: routes, virtual services, what a listener is told, Envoy's own ways;
// and what ECS Service Connect says in its own words.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "scenarios/schema/spec_values.hpp"

namespace hoplab::scenarios {

/// Who configures the Envoys, and in whose words they tell.
enum class MeshKind { app_mesh, service_connect };

/// One share of a route. Weights are relative; App Mesh takes 0 to 100.
struct WeightedTarget {
  SourceMark mark;
  std::string service;  ///< Whose virtual node it is.
  std::uint32_t weight = 1;
};

/// App Mesh's `retryPolicy`. Absent in a route: the default policy of meshes made after 2020-07-29.
struct RetryPolicy {
  std::uint32_t retries_max = 2;
  bool on_connect_failure = true;
  bool on_reset = true;
  std::vector<int> status_codes{503};
  // As the policy was written, for whoever describes it; the above is what they stand for.
  std::vector<std::string> http_events = {};
  std::vector<std::string> tcp_events = {};
  std::optional<Duration> per_retry_timeout = {};
};

/// A condition on one header, or on one query parameter (`exact` or `present` there).
struct HeaderMatch {
  std::string name;
  enum class Kind { present, exact, prefix, suffix, regex, range };
  Kind kind = Kind::present;
  std::string value;
  std::int64_t range_start = 0;  ///< range: start <= value < end.
  std::int64_t range_end = 0;
  bool is_inverted = false;
};

struct Route {
  SourceMark mark;
  std::string name;
  std::string prefix = "/";          ///< Of the path, where neither of the next two is given.
  std::string path_exact;            ///< The whole path.
  std::string path_regex;            ///< The whole path.
  std::string method;                ///< Empty: any.
  std::vector<HeaderMatch> headers;  ///< All must hold.
  std::vector<HeaderMatch> query_parameters;
  std::vector<WeightedTarget> targets;      ///< At least one.
  std::optional<Duration> request_timeout;  ///< perRequest; absent: 15 s. 0: none.
  std::optional<Duration> idle_timeout;     ///< Absent: 300 s. 0: none.
  std::optional<RetryPolicy> retry;
  std::optional<std::int64_t> priority;  ///< As written; of routes with one prefix the lowest wins.
};

/// App Mesh's `outlierDetection` of a listener; the callers' Envoys act on it.
struct OutlierDetection {
  std::uint32_t max_server_errors = 5;  ///< In a row.
  Duration interval = std::chrono::seconds(10);
  Duration base_ejection = std::chrono::seconds(30);
  std::uint32_t max_ejection_percent = 10;  ///< At least one host may be ejected whatever it says.
};

/// App Mesh's `connectionPool.http` of a listener; the server's own Envoy acts on it.
struct ConnectionPool {
  std::uint32_t max_connections = 1;
  std::optional<std::uint32_t> max_pending_requests;  ///< Absent: 2147483647.
};

/// App Mesh's `healthCheck` of a listener; every caller's Envoy probes.
struct ActiveHealthCheck {
  std::string path = "/";
  std::optional<std::uint16_t> port;  ///< Absent: the listener's.
  std::uint32_t healthy_threshold = 2;
  std::uint32_t unhealthy_threshold = 2;
  Duration interval = std::chrono::seconds(30);
  Duration timeout = std::chrono::seconds(5);
};

/// Text with Envoy's command operators in it, and where it stands.
struct FormatText {
  SourceMark mark;
  std::string text;
};

/// App Mesh's `logging.accessLog.file`. With neither text nor JSON: Envoy's default format.
struct AccessLogFile {
  SourceMark mark;  ///< Of the path, or of the whole where none is given.
  std::string path = "/dev/stdout";
  std::optional<FormatText> text;
  /// Members of a JSON object, in their order.
  std::vector<std::pair<std::string, FormatText>> json;
  bool omits_query = false;  ///< Of paths; Service Connect's way.

  /// What goes to the container's output reaches its log driver; a file in the container does not.
  [[nodiscard]] bool is_output() const { return path == "/dev/stdout" || is_error_output(); }
  [[nodiscard]] bool is_error_output() const { return path == "/dev/stderr"; }
};

/// What App Mesh says of a service's listener and of how others find it.
struct VirtualNodeSettings {
  bool is_given = false;                    ///< By the service's own `listener`.
  std::optional<Duration> request_timeout;  ///< perRequest; absent: 15 s. 0: none.
  std::optional<Duration> idle_timeout;     ///< Absent: 300 s. 0: none.
  std::optional<OutlierDetection> outlier_detection;
  std::optional<ConnectionPool> connection_pool;
  std::optional<ActiveHealthCheck> health_check;
  enum class Discovery { cloud_map, dns_load_balancer, dns_endpoints };
  Discovery discovery = Discovery::cloud_map;
  /// Where the listener's port is not the one the app listens at (a mistake that is made).
  std::optional<std::uint16_t> listener_port;
  /// Virtual services it may call; absent: all that its `calls` name.
  std::optional<std::vector<std::string>> backends;
  std::optional<AccessLogFile> access_log;  ///< Absent: /dev/stdout in the default format.
};

enum class EgressFilter { allow_all, drop_all };
enum class RetryProfile { none, of_2020, of_2021 };
enum class EndpointRemoval { immediate, sticky };  ///< of hosts that fail no health check.
enum class LoadBalancing { round_robin, least_request };

/// What App Mesh does not expose of its Envoys, and what differed between its years.
struct EnvoyBehaviour {
  /// Of routes without a policy; absent: of_2021, of_2020 where envoyProfile is v1.15.
  std::optional<RetryProfile> retry_profile;
  EndpointRemoval endpoint_removal = EndpointRemoval::immediate;
  LoadBalancing load_balancing = LoadBalancing::round_robin;
  std::uint32_t panic_threshold = 50;  ///< Percent of healthy hosts below which all are used.
  Duration egress_connect_timeout = std::chrono::seconds(1);
  Duration ingress_connect_timeout = std::chrono::milliseconds(250);
  Duration connection_idle_timeout = std::chrono::hours(1);
  std::uint32_t max_requests_per_connection = 0;  ///< To an upstream host; 0: no limit.
  /// Numbers and null in the access log's JSON instead of text throughout.
  bool types_json_values = false;
  // Of Service Connect alone, which lets nobody change them.
  std::uint32_t retry_attempts = 2;
  std::optional<OutlierDetection> outlier_detection;  ///< Of every cluster; App Mesh: a listener's.
};

/// Where the proxy's output goes, and what it writes there of requests.
/// Source: ECS API reference, ServiceConnectConfiguration.
struct ServiceConnectLog {
  std::string log_driver = "awslogs";
  std::map<std::string, std::string> options;  ///< Empty: made up.
  enum class Format { none, text, json };
  Format format = Format::text;
  bool includes_query_parameters = false;
};

/// An ECS service's `serviceConnectConfiguration`; its time-outs are its node's.
struct ServiceConnectSettings {
  SourceMark mark;
  bool is_endpoint = true;     ///< False: a client of others, by no name itself.
  std::string port_name;       ///< Of a port mapping; empty: the service's name.
  std::string discovery_name;  ///< In the namespace; empty: the port's name.
  std::string dns_name;        ///< Of its client alias; empty: discoveryName.namespace.
  std::optional<std::uint16_t> alias_port;  ///< Of its client alias; absent: the service's.
  std::optional<ServiceConnectLog> log;     ///< Absent: as the mesh has it.
};

/// What apps call. A service that nothing routes to by name has one of its own, made by the reader:
/// one route, one target.
struct VirtualService {
  SourceMark mark;
  std::string name;      ///< As calls, hops and series say: "b".
  std::string hostname;  ///< App Mesh's virtualServiceName: "b.local".
  std::uint16_t port = 8080;
  std::string router;  ///< Virtual router; "": its provider is the virtual node itself.
  std::vector<Route> routes;
};

}  // namespace hoplab::scenarios
