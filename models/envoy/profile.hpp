// What differs between Envoy versions, in one table: flags, details, local replies, rules.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sim/text.hpp"
#include "sim/units.hpp"

namespace hoplab::models::envoy {

/// %RESPONSE_FLAGS%, one bit each, in the order in which Envoy prints them.
/// Source: Envoy, source/common/stream_info/utility.h.
enum class Flag : std::uint32_t {
  none = 0,
  failed_local_health_check = 1U << 0,           // LH
  no_healthy_upstream = 1U << 1,                 // UH
  upstream_request_timeout = 1U << 2,            // UT
  local_reset = 1U << 3,                         // LR
  upstream_remote_reset = 1U << 4,               // UR
  upstream_connection_failure = 1U << 5,         // UF
  upstream_connection_termination = 1U << 6,     // UC
  upstream_overflow = 1U << 7,                   // UO
  no_route_found = 1U << 8,                      // NR
  downstream_connection_termination = 1U << 14,  // DC
  upstream_retry_limit_exceeded = 1U << 15,      // URX
  stream_idle_timeout = 1U << 16,                // SI
  upstream_protocol_error = 1U << 23,            // UPE
  no_cluster_found = 1U << 24,                   // NC
};

[[nodiscard]] constexpr Flag operator|(Flag left, Flag right) {
  return static_cast<Flag>(static_cast<std::uint32_t>(left) | static_cast<std::uint32_t>(right));
}
[[nodiscard]] constexpr bool has(Flag set, Flag flag) {
  return (static_cast<std::uint32_t>(set) & static_cast<std::uint32_t>(flag)) != 0;
}

/// "UF,URX"; "-" for none.
void append_flags(sim::Text& out, Flag flags);

/// How a request fails inside an Envoy.
enum class Failure : std::uint8_t {
  connect_timeout,        ///< No answer to the SYN within the cluster's connect time-out.
  connect_refused,        ///< RST.
  connection_terminated,  ///< The upstream closed before it answered.
  response_timeout,       ///< The route's time-out ran out.
  per_try_timeout,        ///< An attempt's own ran out.
  stream_idle_timeout,    ///< Nothing moved for so long.
  overflow,               ///< A circuit breaker is open.
  no_healthy_upstream,    ///< The cluster has no host that may be used.
  no_route,
  cluster_not_found,  ///< The route names a cluster that is not there.
  protocol_error,     ///< The upstream sent what is no HTTP.
};
inline constexpr int failure_count = 11;

/// What an Envoy answers itself, and how its access log tells it.
struct LocalReply {
  int status = 0;
  Flag flag = Flag::none;
  std::string_view details = {};    ///< %RESPONSE_CODE_DETAILS%.
  std::string_view text = {};       ///< %LOCAL_REPLY_BODY%, when no retry was made.
  std::string_view transport = {};  ///< %UPSTREAM_TRANSPORT_FAILURE_REASON%; empty: "-".
  sim::Bytes body{0};               ///< BYTES_SENT.
  sim::Bytes body_after_retry{0};   ///< When at least one retry was made.
  bool is_connect_failure = false;  ///< `connect-failure` of retry_on covers it.
  bool is_reset = false;            ///< `reset` of retry_on covers it.
};

struct Profile {
  std::string_view name;  ///< "v1.29".
  int minor = 0;          ///< 29.
  /// The details of an answer whose upstream went away when its head had gone on.
  std::string_view cut_short_details =
      "upstream_reset_after_response_started{connection_termination}";
  /// An ejection lasts base x the number of ejections. Since v1.17 at most 300 s, and each sweep
  /// that finds a host in service takes one off the number. Source: Envoy,
  /// outlier_detection_impl.cc.
  bool forgets_ejections = true;
  /// That there is no such name is an answer: no host. Before v1.23 it was a failed look-up.
  /// Source: Envoy, issue 20890 and `cares_accept_nodata`.
  bool takes_no_such_name = true;
  /// The accept queue of a listener's sockets is so long, and one more fits in. Before v1.18 it was
  /// libevent's default; since then net.core.somaxconn, 4096 since Linux 5.4.
  /// Source: Envoy, ENVOY_TCP_BACKLOG_SIZE in envoy/common/platform.h; libevent,
  ///         evconnlistener_new(); Linux, sk_acceptq_is_full().
  std::uint32_t backlog = 4096;
  /// Each worker has a socket of its own to listen on (SO_REUSEPORT), by default since v1.20.
  bool listens_per_worker = true;
  LocalReply replies[failure_count];
  [[nodiscard]] const LocalReply& reply(Failure failure) const {
    return replies[static_cast<int>(failure)];
  }
};

/// Of answers that came from upstream, and of requests whose caller had gone.
inline constexpr std::string_view via_upstream = "via_upstream";
inline constexpr std::string_view downstream_gone = "downstream_remote_disconnect";

/// Writes the body of a local reply. When a retry was made, those that name a reason say so.
void append_local_body(sim::Text& out, const LocalReply& reply, bool is_after_retry);

/// The row of the table for "v1.15", "v1.22" or "v1.29"; null when there is none.
/// Source: Envoy's router.cc, conn_pool_base.cc and upstream_request.cc of these versions; lines
///         printed by running Envoys (1.30) for flags, details and byte counts. Lengths of bodies
///         that were not observed are those of the message texts.
[[nodiscard]] const Profile* find_profile(std::string_view name);

}  // namespace hoplab::models::envoy
