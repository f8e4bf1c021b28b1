// What one Envoy counts. One store; whoever shows it (statsd, /stats) reads it from here, by the
// names of stat_rows.hpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/envoy/log_linear.hpp"
#include "sim/units.hpp"

namespace hoplab::models::envoy {

/// As histograms take it: rounded down.
[[nodiscard]] constexpr std::uint64_t whole_milliseconds(sim::Duration span) {
  constexpr std::int64_t ns_per_ms = 1'000'000;
  return static_cast<std::uint64_t>(span.count() / ns_per_ms);
}

/// Final statuses by code, few of them, in the order in which they first came up.
class StatusCounts {
 public:
  void add(int status) {
    for (auto& [known, count] : counts_) {
      if (known == status) {
        ++count;
        return;
      }
    }
    counts_.emplace_back(status, 1);
  }
  [[nodiscard]] std::span<const std::pair<int, std::uint64_t>> all() const { return counts_; }

 private:
  std::vector<std::pair<int, std::uint64_t>> counts_;
};

/// `cluster.<name>.upstream_...`, and what health checks, outlier detection and circuit breakers of
/// the cluster count.
/// Source: Envoy docs, "Cluster manager statistics"; conn_pool_base.cc and router.cc for when.
struct ClusterStats {
  std::string name = {};  ///< Of the cluster.
  std::uint64_t cx_total = 0;
  std::uint64_t cx_http1_total = 0;
  std::uint64_t cx_connect_fail = 0;
  std::uint64_t cx_connect_timeout = 0;
  std::uint64_t cx_connect_attempts_exceeded = 0;  ///< Of what passes through as TCP.
  std::uint64_t cx_destroy = 0;
  std::uint64_t cx_destroy_local = 0;
  std::uint64_t cx_destroy_remote = 0;
  std::uint64_t cx_destroy_with_active_rq = 0;
  std::uint64_t cx_destroy_local_with_active_rq = 0;
  std::uint64_t cx_destroy_remote_with_active_rq = 0;
  std::uint64_t cx_protocol_error = 0;
  std::uint64_t cx_max_requests = 0;
  std::uint64_t cx_rx_bytes = 0;  ///< Heads and bodies, where the process reads and writes them.
  std::uint64_t cx_tx_bytes = 0;
  std::uint64_t rq_total = 0;  ///< Streams that got a connection; a failed connect is none.
  std::uint64_t rq_pending_total = 0;
  std::uint64_t rq_pending_failure_eject = 0;
  std::uint64_t rq_cancelled = 0;
  std::uint64_t rq_timeout = 0;
  std::uint64_t rq_rx_reset = 0;  ///< Its connection ended before the answer.
  std::uint64_t rq_tx_reset = 0;
  std::uint64_t rq_retry = 0;
  std::uint64_t rq_retry_success = 0;
  std::uint64_t rq_retry_limit_exceeded = 0;
  std::uint64_t rq_completed = 0;
  std::uint64_t cx_overflow = 0;
  std::uint64_t cx_idle_timeout = 0;
  std::uint64_t cx_none_healthy = 0;
  std::uint64_t rq_pending_overflow = 0;
  std::uint64_t rq_per_try_timeout = 0;
  std::uint64_t rq_retry_backoff_exponential = 0;
  std::uint64_t health_check_attempt = 0;
  std::uint64_t health_check_success = 0;
  std::uint64_t health_check_failure = 0;
  std::uint64_t health_check_network_failure = 0;
  std::uint64_t ejections_enforced_total = 0;
  std::uint64_t ejections_enforced_consecutive_5xx = 0;
  std::uint64_t ejections_detected_consecutive_5xx = 0;
  std::uint64_t ejections_overflow = 0;
  std::uint64_t lb_healthy_panic = 0;
  std::uint64_t membership_change = 0;
  std::uint64_t update_attempt = 0;  ///< Look-ups of its name, or lists of its hosts.
  std::uint64_t update_success = 0;
  std::uint64_t update_failure = 0;
  std::uint64_t cx_active = 0;  // Gauges from here on.
  std::uint64_t rq_active = 0;
  std::uint64_t rq_pending_active = 0;
  std::uint64_t membership_total = 0;
  std::uint64_t membership_healthy = 0;
  std::uint64_t max_host_weight = 0;
  std::uint64_t ejections_active = 0;
  std::uint64_t health_check_healthy = 0;
  std::uint64_t cx_open = 0;          ///< 1: no further connection may be opened.
  std::uint64_t rq_pending_open = 0;  ///< 1: no further stream may wait.
  StatusCounts codes;                 ///< Final answers; those that were retried do not count.
  StatusCounts retried_codes;         ///< `retry.upstream_rq_...`: the answers that were retried.
  bool has_health_check = false;      ///< Those of its statistics are there, or are not.
  bool has_outlier_detection = false;
  bool is_removed = false;  ///< Its configuration has it no more, and so do its statistics.
};

struct ClusterTimes {
  Histogram cx_connect_ms;
  Histogram cx_length_ms;
  Histogram rq_per_cx;
  Histogram rq_time;  ///< Of final answers, from the whole request to the whole answer.
};

/// `http.<ingress|egress>.downstream_...`
/// Source: Envoy docs, "HTTP connection manager statistics".
struct HttpStats {
  std::uint64_t cx_total = 0;
  std::uint64_t cx_http1_total = 0;  ///< Those that have sent a request.
  std::uint64_t cx_destroy = 0;
  std::uint64_t cx_destroy_local = 0;
  std::uint64_t cx_destroy_remote = 0;
  std::uint64_t cx_destroy_remote_active_rq = 0;
  std::uint64_t cx_drain_close = 0;
  std::uint64_t cx_rx_bytes = 0;
  std::uint64_t cx_tx_bytes = 0;
  std::uint64_t rq_total = 0;
  std::uint64_t rq_completed = 0;
  std::uint64_t rq_rx_reset = 0;
  std::uint64_t rq_tx_reset = 0;  ///< Answers that were cut short.
  std::uint64_t rq_idle_timeout = 0;
  std::uint64_t cx_idle_timeout = 0;
  std::uint64_t rq_routed = 0;  ///< Those that were decoded.
  std::uint64_t no_route = 0;
  std::uint64_t no_cluster = 0;
  std::uint64_t tracing_random_sampling = 0;
  std::uint64_t cx_active = 0;  // Gauges from here on.
  std::uint64_t cx_http1_active = 0;
  std::uint64_t rq_active = 0;
  StatusCounts codes;
};

struct HttpTimes {
  Histogram cx_length_ms;
  Histogram rq_time;
};

/// `tcp.<egress>.downstream_...` of what passes through, and what no filter chain takes.
struct TcpStats {
  std::uint64_t cx_total = 0;
  std::uint64_t cx_destroy = 0;
  std::uint64_t cx_rx_bytes = 0;
  std::uint64_t cx_tx_bytes = 0;
  std::uint64_t no_filter_chain_match = 0;
  std::uint64_t cx_active = 0;  // A gauge.
};

/// `control_plane.`, and the subscriptions `cluster_manager.cds.`, `listener_manager.lds.` and
/// `http.<prefix>.rds.<name>.`, which one stream serves and which come and fail together.
/// Source: App Mesh User Guide, "Envoy metrics"; Envoy docs, "xDS subscription statistics".
struct ControlPlaneStats {
  std::uint64_t update_attempt = 0;
  std::uint64_t update_success = 0;
  std::uint64_t update_failure = 0;
  std::uint64_t clusters_added = 0;
  std::uint64_t clusters_removed = 0;
  std::uint64_t connected_state = 0;  // A gauge.
  sim::SimTime updated{};             ///< When the last configuration came.
};

/// `appmesh.`: what the agent's metrics extension counts for one target: a virtual node by the name
/// of a virtual service; with Service Connect a discovery name.
struct TargetStats {
  std::string service;
  std::string node;
  std::uint64_t requests = 0;
  std::uint64_t bytes = 0;
  std::array<std::uint64_t, 6> classes{};  ///< Answers by their first digit.
};

/// All that can be told apart from an earlier copy of itself.
struct StatCounts {
  ControlPlaneStats control_plane;
  std::deque<ClusterStats> clusters;  ///< By ClusterIndex; addresses stay.
  std::array<HttpStats, 2> http;      ///< By Direction.
  TcpStats tcp;
  std::deque<TargetStats> targets;  ///< Addresses stay.
};

/// Of a listener, as its configuration has it.
struct ListenerFacts {
  std::uint16_t port = 0;
  std::vector<std::string> route_configs;  ///< "rds_ingress_http_8080".
};

class StatListener : public ValueListener {
 public:
  virtual void on_cluster_added(std::size_t index) = 0;
};

struct Stats : StatCounts {
  std::deque<ClusterTimes> cluster_times;          ///< By ClusterIndex; addresses stay.
  std::array<HttpTimes, 2> http_times;             ///< By Direction.
  std::array<Histogram, 2> listener_cx_length_ms;  ///< By Direction; of HTTP and of what passes.
  Histogram update_duration;  ///< Of each subscription: applying takes no simulated time.
  Histogram initialization_time_ms;
  std::deque<Histogram> target_times;  ///< By place in `targets`.
  /// Clusters of its configuration to which nothing that is simulated ever goes.
  std::vector<std::string> idle_clusters;
  std::array<ListenerFacts, 2> listeners;  ///< By Direction.
  bool passes_tcp = false;                 ///< It has a filter chain for what is no HTTP.
  std::uint32_t workers = 1;
  sim::SimTime started{};
  bool is_paused = false;  ///< The process stands still: nobody tells them.
  /// Who hears that a cluster has joined, by its index; null: nobody.
  StatListener* listener = nullptr;
};

}  // namespace hoplab::models::envoy
