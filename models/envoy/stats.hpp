// What one Envoy counts. One store; whoever shows it (statsd, /stats) reads it from here.
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

namespace hoplab::models::envoy {

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
  std::uint64_t cx_connect_fail = 0;
  std::uint64_t cx_connect_timeout = 0;
  std::uint64_t cx_destroy = 0;
  std::uint64_t cx_destroy_local = 0;
  std::uint64_t cx_destroy_remote = 0;
  std::uint64_t cx_destroy_local_with_active_rq = 0;
  std::uint64_t cx_destroy_remote_with_active_rq = 0;
  std::uint64_t rq_total = 0;  ///< Streams that got a connection; a failed connect is none.
  std::uint64_t rq_pending_total = 0;
  std::uint64_t rq_pending_failure_eject = 0;
  std::uint64_t rq_cancelled = 0;
  std::uint64_t rq_timeout = 0;
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
  std::uint64_t update_attempt = 0;  ///< Look-ups of its name; of clusters that have one.
  std::uint64_t update_success = 0;
  std::uint64_t update_failure = 0;
  std::uint64_t cx_active = 0;  // Gauges from here on.
  std::uint64_t rq_active = 0;
  std::uint64_t rq_pending_active = 0;
  std::uint64_t membership_total = 0;
  std::uint64_t membership_healthy = 0;
  std::uint64_t ejections_active = 0;
  std::uint64_t health_check_healthy = 0;
  std::uint64_t cx_open = 0;          ///< 1: no further connection may be opened.
  std::uint64_t rq_pending_open = 0;  ///< 1: no further stream may wait.
  StatusCounts codes;                 ///< Final answers; those that were retried do not count.
  StatusCounts retried_codes;         ///< `retry.upstream_rq_...`: the answers that were retried.
};

/// `http.<ingress|egress>.downstream_...`
/// Source: Envoy docs, "HTTP connection manager statistics".
struct HttpStats {
  std::uint64_t cx_total = 0;
  std::uint64_t cx_destroy = 0;
  std::uint64_t rq_total = 0;
  std::uint64_t rq_completed = 0;
  std::uint64_t rq_rx_reset = 0;
  std::uint64_t rq_idle_timeout = 0;
  std::uint64_t cx_idle_timeout = 0;
  std::uint64_t no_route = 0;
  std::uint64_t no_cluster = 0;
  std::uint64_t cx_active = 0;  // Gauges from here on.
  std::uint64_t rq_active = 0;
  StatusCounts codes;
};

/// `tcp.<egress>.downstream_...` of what passes through, and what no filter chain takes.
struct TcpStats {
  std::uint64_t cx_total = 0;
  std::uint64_t no_filter_chain_match = 0;
};

/// `control_plane.` and `cluster_manager.cds.`
/// Source: App Mesh User Guide, "Envoy metrics"; Envoy docs, "xDS subscription statistics".
struct ControlPlaneStats {
  std::uint64_t update_attempt = 0;
  std::uint64_t update_success = 0;
  std::uint64_t update_failure = 0;
  std::uint64_t connected_state = 0;  // A gauge.
};

struct Stats {
  ControlPlaneStats control_plane;
  std::deque<ClusterStats> clusters;  ///< By ClusterIndex; addresses stay.
  std::array<HttpStats, 2> http;      ///< By Direction.
  TcpStats tcp;
  bool is_paused = false;  ///< The process stands still: nobody tells them.
};

template <typename Group>
struct StatRow {
  std::string_view name;  ///< Behind "cluster.<name>." or "http.<prefix>.".
  std::uint64_t Group::*value;
  bool is_gauge = false;
};

inline constexpr StatRow<ClusterStats> cluster_rows[] = {
    {"upstream_cx_total", &ClusterStats::cx_total},
    {"upstream_cx_connect_fail", &ClusterStats::cx_connect_fail},
    {"upstream_cx_connect_timeout", &ClusterStats::cx_connect_timeout},
    {"upstream_cx_destroy", &ClusterStats::cx_destroy},
    {"upstream_cx_destroy_local", &ClusterStats::cx_destroy_local},
    {"upstream_cx_destroy_remote", &ClusterStats::cx_destroy_remote},
    {"upstream_cx_destroy_local_with_active_rq", &ClusterStats::cx_destroy_local_with_active_rq},
    {"upstream_cx_destroy_remote_with_active_rq", &ClusterStats::cx_destroy_remote_with_active_rq},
    {"upstream_rq_total", &ClusterStats::rq_total},
    {"upstream_rq_pending_total", &ClusterStats::rq_pending_total},
    {"upstream_rq_pending_failure_eject", &ClusterStats::rq_pending_failure_eject},
    {"upstream_rq_cancelled", &ClusterStats::rq_cancelled},
    {"upstream_rq_timeout", &ClusterStats::rq_timeout},
    {"upstream_rq_tx_reset", &ClusterStats::rq_tx_reset},
    {"upstream_rq_retry", &ClusterStats::rq_retry},
    {"upstream_rq_retry_success", &ClusterStats::rq_retry_success},
    {"upstream_rq_retry_limit_exceeded", &ClusterStats::rq_retry_limit_exceeded},
    {"upstream_rq_completed", &ClusterStats::rq_completed},
    {"upstream_cx_overflow", &ClusterStats::cx_overflow},
    {"upstream_cx_idle_timeout", &ClusterStats::cx_idle_timeout},
    {"upstream_cx_none_healthy", &ClusterStats::cx_none_healthy},
    {"upstream_rq_pending_overflow", &ClusterStats::rq_pending_overflow},
    {"upstream_rq_per_try_timeout", &ClusterStats::rq_per_try_timeout},
    {"upstream_rq_retry_backoff_exponential", &ClusterStats::rq_retry_backoff_exponential},
    {"health_check.attempt", &ClusterStats::health_check_attempt},
    {"health_check.success", &ClusterStats::health_check_success},
    {"health_check.failure", &ClusterStats::health_check_failure},
    {"health_check.network_failure", &ClusterStats::health_check_network_failure},
    {"outlier_detection.ejections_enforced_total", &ClusterStats::ejections_enforced_total},
    {"outlier_detection.ejections_enforced_consecutive_5xx",
     &ClusterStats::ejections_enforced_consecutive_5xx},
    {"outlier_detection.ejections_detected_consecutive_5xx",
     &ClusterStats::ejections_detected_consecutive_5xx},
    {"outlier_detection.ejections_overflow", &ClusterStats::ejections_overflow},
    {"lb_healthy_panic", &ClusterStats::lb_healthy_panic},
    {"membership_change", &ClusterStats::membership_change},
    {"update_attempt", &ClusterStats::update_attempt},
    {"update_success", &ClusterStats::update_success},
    {"update_failure", &ClusterStats::update_failure},
    {"upstream_cx_active", &ClusterStats::cx_active, true},
    {"upstream_rq_active", &ClusterStats::rq_active, true},
    {"upstream_rq_pending_active", &ClusterStats::rq_pending_active, true},
    {"membership_total", &ClusterStats::membership_total, true},
    {"membership_healthy", &ClusterStats::membership_healthy, true},
    {"health_check.healthy", &ClusterStats::health_check_healthy, true},
    {"outlier_detection.ejections_active", &ClusterStats::ejections_active, true},
    {"circuit_breakers.default.cx_open", &ClusterStats::cx_open, true},
    {"circuit_breakers.default.rq_pending_open", &ClusterStats::rq_pending_open, true},
};

inline constexpr StatRow<ControlPlaneStats> cds_rows[] = {
    {"update_attempt", &ControlPlaneStats::update_attempt},
    {"update_success", &ControlPlaneStats::update_success},
    {"update_failure", &ControlPlaneStats::update_failure},
};

inline constexpr StatRow<HttpStats> http_rows[] = {
    {"downstream_cx_total", &HttpStats::cx_total},
    {"downstream_cx_destroy", &HttpStats::cx_destroy},
    {"downstream_rq_total", &HttpStats::rq_total},
    {"downstream_rq_completed", &HttpStats::rq_completed},
    {"downstream_rq_rx_reset", &HttpStats::rq_rx_reset},
    {"downstream_rq_idle_timeout", &HttpStats::rq_idle_timeout},
    {"downstream_cx_idle_timeout", &HttpStats::cx_idle_timeout},
    {"no_route", &HttpStats::no_route},
    {"no_cluster", &HttpStats::no_cluster},
    {"downstream_cx_active", &HttpStats::cx_active, true},
    {"downstream_rq_active", &HttpStats::rq_active, true},
};

inline constexpr StatRow<TcpStats> tcp_rows[] = {
    {"downstream_cx_total", &TcpStats::cx_total},
};
inline constexpr StatRow<TcpStats> listener_rows[] = {
    {"no_filter_chain_match", &TcpStats::no_filter_chain_match},
};

}  // namespace hoplab::models::envoy
