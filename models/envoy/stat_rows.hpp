// The names of an Envoy's counters and gauges, group by group, and where each is counted.
#pragma once

#include <cstdint>
#include <string_view>

#include "models/envoy/stats.hpp"

namespace hoplab::models::envoy {

/// One statistic of a group. One without a place is there as in every Envoy, and stays 0: what it
/// counts (TLS, HTTP/2, flow control and the like) cannot happen here.
///
/// Source: Envoy v1.29: envoy/upstream/upstream.h, source/common/http/conn_manager_config.h,
///         envoy/server/listener_manager.h and the statistics pages of its documentation.
template <typename Group>
struct StatRow {
  std::string_view name;  ///< Behind "cluster.<name>." or "http.<prefix>.".
  std::uint64_t Group::*value = nullptr;
  bool is_gauge = false;
  /// A gauge has been touched, if only to set it to 0, when this has counted. Null: from the start,
  /// if it has a place.
  std::uint64_t Group::*touched_by = nullptr;
};

inline constexpr StatRow<ClusterStats> cluster_rows[] = {
    {"assignment_stale"},
    {"assignment_timeout_received"},
    {"bind_errors"},
    {"lb_healthy_panic", &ClusterStats::lb_healthy_panic},
    {"lb_local_cluster_not_ok"},
    {"lb_recalculate_zone_structures"},
    {"lb_subsets_created"},
    {"lb_subsets_fallback"},
    {"lb_subsets_fallback_panic"},
    {"lb_subsets_removed"},
    {"lb_subsets_selected"},
    {"lb_zone_cluster_too_small"},
    {"lb_zone_no_capacity_left"},
    {"lb_zone_routing_all_directly"},
    {"lb_zone_routing_cross_zone"},
    {"lb_zone_routing_sampled"},
    {"membership_change", &ClusterStats::membership_change},
    {"original_dst_host_invalid"},
    {"retry_or_shadow_abandoned"},
    {"update_attempt", &ClusterStats::update_attempt},
    {"update_empty"},
    {"update_failure", &ClusterStats::update_failure},
    {"update_no_rebuild"},
    {"update_success", &ClusterStats::update_success},
    {"upstream_cx_close_notify"},
    {"upstream_cx_connect_attempts_exceeded", &ClusterStats::cx_connect_attempts_exceeded},
    {"upstream_cx_connect_fail", &ClusterStats::cx_connect_fail},
    {"upstream_cx_connect_timeout", &ClusterStats::cx_connect_timeout},
    {"upstream_cx_connect_with_0_rtt"},
    {"upstream_cx_destroy", &ClusterStats::cx_destroy},
    {"upstream_cx_destroy_local", &ClusterStats::cx_destroy_local},
    {"upstream_cx_destroy_local_with_active_rq", &ClusterStats::cx_destroy_local_with_active_rq},
    {"upstream_cx_destroy_remote", &ClusterStats::cx_destroy_remote},
    {"upstream_cx_destroy_remote_with_active_rq", &ClusterStats::cx_destroy_remote_with_active_rq},
    {"upstream_cx_destroy_with_active_rq", &ClusterStats::cx_destroy_with_active_rq},
    {"upstream_cx_http1_total", &ClusterStats::cx_http1_total},
    {"upstream_cx_http2_total"},
    {"upstream_cx_http3_total"},
    {"upstream_cx_idle_timeout", &ClusterStats::cx_idle_timeout},
    {"upstream_cx_max_duration_reached"},
    {"upstream_cx_max_requests", &ClusterStats::cx_max_requests},
    {"upstream_cx_none_healthy", &ClusterStats::cx_none_healthy},
    {"upstream_cx_overflow", &ClusterStats::cx_overflow},
    {"upstream_cx_pool_overflow"},
    {"upstream_cx_protocol_error", &ClusterStats::cx_protocol_error},
    {"upstream_cx_rx_bytes_total", &ClusterStats::cx_rx_bytes},
    {"upstream_cx_total", &ClusterStats::cx_total},
    {"upstream_cx_tx_bytes_total", &ClusterStats::cx_tx_bytes},
    {"upstream_flow_control_backed_up_total"},
    {"upstream_flow_control_drained_total"},
    {"upstream_flow_control_paused_reading_total"},
    {"upstream_flow_control_resumed_reading_total"},
    {"upstream_internal_redirect_failed_total"},
    {"upstream_internal_redirect_succeeded_total"},
    {"upstream_rq_cancelled", &ClusterStats::rq_cancelled},
    {"upstream_rq_completed", &ClusterStats::rq_completed},
    {"upstream_rq_maintenance_mode"},
    {"upstream_rq_max_duration_reached"},
    {"upstream_rq_pending_failure_eject", &ClusterStats::rq_pending_failure_eject},
    {"upstream_rq_pending_overflow", &ClusterStats::rq_pending_overflow},
    {"upstream_rq_pending_total", &ClusterStats::rq_pending_total},
    {"upstream_rq_per_try_timeout", &ClusterStats::rq_per_try_timeout},
    {"upstream_rq_retry", &ClusterStats::rq_retry},
    {"upstream_rq_retry_backoff_exponential", &ClusterStats::rq_retry_backoff_exponential},
    {"upstream_rq_retry_backoff_ratelimited"},
    {"upstream_rq_retry_limit_exceeded", &ClusterStats::rq_retry_limit_exceeded},
    {"upstream_rq_retry_overflow"},
    {"upstream_rq_retry_success", &ClusterStats::rq_retry_success},
    {"upstream_rq_rx_reset", &ClusterStats::rq_rx_reset},
    {"upstream_rq_timeout", &ClusterStats::rq_timeout},
    {"upstream_rq_total", &ClusterStats::rq_total},
    {"upstream_rq_tx_reset", &ClusterStats::rq_tx_reset},
    {"circuit_breakers.default.cx_open", &ClusterStats::cx_open, true, &ClusterStats::cx_total},
    {"circuit_breakers.default.cx_pool_open", nullptr, true},
    {"circuit_breakers.default.rq_open", nullptr, true},
    {"circuit_breakers.default.rq_pending_open", &ClusterStats::rq_pending_open, true,
     &ClusterStats::rq_pending_total},
    {"circuit_breakers.default.rq_retry_open", nullptr, true},
    {"circuit_breakers.high.cx_open", nullptr, true},
    {"circuit_breakers.high.cx_pool_open", nullptr, true},
    {"circuit_breakers.high.rq_open", nullptr, true},
    {"circuit_breakers.high.rq_pending_open", nullptr, true},
    {"circuit_breakers.high.rq_retry_open", nullptr, true},
    {"lb_subsets_active", nullptr, true},
    {"max_host_weight", &ClusterStats::max_host_weight, true},
    {"membership_degraded", nullptr, true},
    {"membership_excluded", nullptr, true},
    {"membership_healthy", &ClusterStats::membership_healthy, true,
     &ClusterStats::membership_change},
    {"membership_total", &ClusterStats::membership_total, true, &ClusterStats::membership_change},
    {"upstream_cx_active", &ClusterStats::cx_active, true, &ClusterStats::cx_total},
    {"upstream_cx_rx_bytes_buffered", nullptr, true},
    {"upstream_cx_tx_bytes_buffered", nullptr, true},
    {"upstream_rq_active", &ClusterStats::rq_active, true, &ClusterStats::rq_total},
    {"upstream_rq_pending_active", &ClusterStats::rq_pending_active, true,
     &ClusterStats::rq_pending_total},
    {"version", nullptr, true},
    {"warming_state", nullptr, true},
};

/// Of clusters with an active health check.
inline constexpr StatRow<ClusterStats> health_check_rows[] = {
    {"health_check.attempt", &ClusterStats::health_check_attempt},
    {"health_check.failure", &ClusterStats::health_check_failure},
    {"health_check.network_failure", &ClusterStats::health_check_network_failure},
    {"health_check.passive_failure"},
    {"health_check.success", &ClusterStats::health_check_success},
    {"health_check.verify_cluster"},
    {"health_check.degraded", nullptr, true},
    {"health_check.healthy", &ClusterStats::health_check_healthy, true},
};

/// Of clusters with outlier detection. `ejections_consecutive_5xx` and `ejections_total` are
/// deprecated: what was detected, and what was done about it.
inline constexpr StatRow<ClusterStats> outlier_detection_rows[] = {
    {"outlier_detection.ejections_consecutive_5xx",
     &ClusterStats::ejections_detected_consecutive_5xx},
    {"outlier_detection.ejections_detected_consecutive_5xx",
     &ClusterStats::ejections_detected_consecutive_5xx},
    {"outlier_detection.ejections_detected_consecutive_gateway_failure"},
    {"outlier_detection.ejections_detected_consecutive_local_origin_failure"},
    {"outlier_detection.ejections_detected_failure_percentage"},
    {"outlier_detection.ejections_detected_failure_percentage_local_origin"},
    {"outlier_detection.ejections_detected_local_origin_success_rate"},
    {"outlier_detection.ejections_detected_success_rate"},
    {"outlier_detection.ejections_enforced_consecutive_5xx",
     &ClusterStats::ejections_enforced_consecutive_5xx},
    {"outlier_detection.ejections_enforced_consecutive_gateway_failure"},
    {"outlier_detection.ejections_enforced_consecutive_local_origin_failure"},
    {"outlier_detection.ejections_enforced_failure_percentage"},
    {"outlier_detection.ejections_enforced_failure_percentage_local_origin"},
    {"outlier_detection.ejections_enforced_local_origin_success_rate"},
    {"outlier_detection.ejections_enforced_success_rate"},
    {"outlier_detection.ejections_enforced_total", &ClusterStats::ejections_enforced_total},
    {"outlier_detection.ejections_overflow", &ClusterStats::ejections_overflow},
    {"outlier_detection.ejections_success_rate"},
    {"outlier_detection.ejections_total", &ClusterStats::ejections_enforced_total},
    {"outlier_detection.ejections_active", &ClusterStats::ejections_active, true,
     &ClusterStats::ejections_enforced_total},
};

inline constexpr StatRow<HttpStats> http_rows[] = {
    {"downstream_cx_delayed_close_timeout"},
    {"downstream_cx_destroy", &HttpStats::cx_destroy},
    {"downstream_cx_destroy_active_rq", &HttpStats::cx_destroy_remote_active_rq},
    {"downstream_cx_destroy_local", &HttpStats::cx_destroy_local},
    {"downstream_cx_destroy_local_active_rq"},
    {"downstream_cx_destroy_remote", &HttpStats::cx_destroy_remote},
    {"downstream_cx_destroy_remote_active_rq", &HttpStats::cx_destroy_remote_active_rq},
    {"downstream_cx_drain_close", &HttpStats::cx_drain_close},
    {"downstream_cx_http1_total", &HttpStats::cx_http1_total},
    {"downstream_cx_http2_total"},
    {"downstream_cx_http3_total"},
    {"downstream_cx_idle_timeout", &HttpStats::cx_idle_timeout},
    {"downstream_cx_max_duration_reached"},
    {"downstream_cx_max_requests_reached"},
    {"downstream_cx_overload_disable_keepalive"},
    {"downstream_cx_protocol_error"},
    {"downstream_cx_rx_bytes_total", &HttpStats::cx_rx_bytes},
    {"downstream_cx_ssl_total"},
    {"downstream_cx_total", &HttpStats::cx_total},
    {"downstream_cx_tx_bytes_total", &HttpStats::cx_tx_bytes},
    {"downstream_cx_upgrades_total"},
    {"downstream_flow_control_paused_reading_total"},
    {"downstream_flow_control_resumed_reading_total"},
    {"downstream_rq_completed", &HttpStats::rq_completed},
    {"downstream_rq_failed_path_normalization"},
    {"downstream_rq_http1_total", &HttpStats::rq_total},
    {"downstream_rq_http2_total"},
    {"downstream_rq_http3_total"},
    {"downstream_rq_idle_timeout", &HttpStats::rq_idle_timeout},
    {"downstream_rq_max_duration_reached"},
    {"downstream_rq_non_relative_path"},
    {"downstream_rq_overload_close"},
    {"downstream_rq_rejected_via_ip_detection"},
    {"downstream_rq_response_before_rq_complete"},
    {"downstream_rq_rx_reset", &HttpStats::rq_rx_reset},
    {"downstream_rq_timeout"},
    {"downstream_rq_too_large"},
    {"downstream_rq_total", &HttpStats::rq_total},
    {"downstream_rq_tx_reset", &HttpStats::rq_tx_reset},
    {"downstream_rq_ws_on_non_ws_route"},
    {"no_cluster", &HttpStats::no_cluster},
    {"no_route", &HttpStats::no_route},
    {"rq_direct_response"},
    {"rq_redirect"},
    {"rq_reset_after_downstream_response_started", &HttpStats::rq_tx_reset},
    {"rq_total", &HttpStats::rq_routed},
    {"rs_too_large"},
    {"tracing.client_enabled"},
    {"tracing.health_check"},
    {"tracing.not_traceable"},
    {"tracing.random_sampling", &HttpStats::tracing_random_sampling},
    {"tracing.service_forced"},
    {"downstream_cx_active", &HttpStats::cx_active, true, &HttpStats::cx_total},
    {"downstream_cx_http1_active", &HttpStats::cx_http1_active, true, &HttpStats::cx_http1_total},
    {"downstream_cx_http2_active", nullptr, true},
    {"downstream_cx_http3_active", nullptr, true},
    {"downstream_cx_rx_bytes_buffered", nullptr, true},
    {"downstream_cx_ssl_active", nullptr, true},
    {"downstream_cx_tx_bytes_buffered", nullptr, true},
    {"downstream_cx_upgrades_active", nullptr, true},
    {"downstream_rq_active", &HttpStats::rq_active, true, &HttpStats::rq_total},
};

inline constexpr StatRow<TcpStats> tcp_rows[] = {
    {"downstream_cx_no_route"},
    {"downstream_cx_rx_bytes_total", &TcpStats::cx_rx_bytes},
    {"downstream_cx_total", &TcpStats::cx_total},
    {"downstream_cx_tx_bytes_total", &TcpStats::cx_tx_bytes},
    {"downstream_flow_control_paused_reading_total"},
    {"downstream_flow_control_resumed_reading_total"},
    {"idle_timeout"},
    {"max_downstream_connection_duration"},
    {"upstream_flush_total"},
    {"downstream_cx_rx_bytes_buffered", nullptr, true},
    {"downstream_cx_tx_bytes_buffered", nullptr, true},
    {"upstream_flush_active", nullptr, true},
};

/// A listener's own, added up of what its filter chains count.
struct ListenerStats {
  std::uint64_t cx_total = 0;
  std::uint64_t cx_destroy = 0;
  std::uint64_t no_filter_chain_match = 0;
  std::uint64_t cx_active = 0;  // A gauge.
};

inline constexpr StatRow<ListenerStats> listener_rows[] = {
    {"downstream_cx_destroy", &ListenerStats::cx_destroy},
    {"downstream_cx_overflow"},
    {"downstream_cx_overload_reject"},
    {"downstream_cx_total", &ListenerStats::cx_total},
    {"downstream_global_cx_overflow"},
    {"downstream_pre_cx_timeout"},
    {"no_filter_chain_match", &ListenerStats::no_filter_chain_match},
    {"downstream_cx_active", &ListenerStats::cx_active, true, &ListenerStats::cx_total},
    {"downstream_pre_cx_active", nullptr, true},
};

/// Of each subscription to the control plane.
inline constexpr StatRow<ControlPlaneStats> subscription_rows[] = {
    {"init_fetch_timeout"},
    {"update_attempt", &ControlPlaneStats::update_attempt},
    {"update_failure", &ControlPlaneStats::update_failure},
    {"update_rejected"},
    {"update_success", &ControlPlaneStats::update_success},
};

inline constexpr StatRow<ControlPlaneStats> cluster_manager_rows[] = {
    {"cluster_added", &ControlPlaneStats::clusters_added},
    {"cluster_modified"},
    {"cluster_removed", &ControlPlaneStats::clusters_removed},
    {"cluster_updated_via_merge"},
    {"update_merge_cancelled"},
    {"update_out_of_merge_window"},
};

inline constexpr StatRow<ControlPlaneStats> control_plane_rows[] = {
    {"rate_limit_enforced"},
    {"connected_state", &ControlPlaneStats::connected_state, true},
    {"pending_requests", nullptr, true},
};

}  // namespace hoplab::models::envoy
