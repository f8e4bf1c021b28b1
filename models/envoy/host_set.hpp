// The hosts of one cluster: who is listed, who of them is well, and who has left.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/envoy/config.hpp"

namespace hoplab::models::envoy {

/// Names a host of a cluster. Never used again for another, so that pools, streams that remember
/// whom they tried, and log lines may keep one after its host has left.
using HostIndex = std::uint32_t;

/// What an Envoy counts for each host; shown by `/clusters` alone.
/// Source: Envoy docs, "Administration interface", GET /clusters.
struct HostStats {
  std::uint64_t cx_active = 0;  ///< A gauge.
  std::uint64_t cx_connect_fail = 0;
  std::uint64_t cx_total = 0;
  std::uint64_t rq_error = 0;    ///< Attempts without an answer, or with a 5xx.
  std::uint64_t rq_success = 0;  ///< Attempts with another answer.
  std::uint64_t rq_timeout = 0;
  std::uint64_t rq_total = 0;  ///< Streams that got a connection.
};

struct Host {
  Endpoint endpoint;
  bool is_member = true;  ///< Listed by the control plane, or kept until its health check fails.
  bool is_listed = true;
  bool fails_health_check = false;    ///< Active checks; a new host fails until its first success.
  bool is_ejected = false;            ///< By outlier detection.
  std::uint32_t requests_active = 0;  ///< Of all workers; what least-request looks at.
  HostStats stats = {};
  [[nodiscard]] bool is_healthy() const { return !fails_health_check && !is_ejected; }
};

/// A host is `listed` while the control plane names it. One that is no longer named leaves at once
/// (`immediate`), or, where active health checks are on and removal is `sticky`, once a check
/// fails:
///
///     update names it -> member --- update names it no more, immediate -------------> left
///                          |                                                            ^
///                          +------ ..., sticky and healthy -> member, unlisted -- fails +
///
/// A host that comes back after it has left is a new one, as in Envoy.
///
/// Source: Envoy, upstream_impl.cc (updateDynamicHostList); App Mesh roadmap issue 213.
class HostSet {
 public:
  struct Change {
    std::vector<HostIndex> joined;
    std::vector<HostIndex> left;
    [[nodiscard]] bool is_empty() const { return joined.empty() && left.empty(); }
  };

  /// The control plane's list takes the place of the last one. `starts_failing`: newcomers wait for
  /// their first health check. `is_sticky`: see above.
  Change update(const std::vector<Endpoint>& endpoints, bool starts_failing, bool is_sticky);

  /// The member with this endpoint, who joins if there is none.
  HostIndex member_at(const Endpoint& endpoint);
  /// The same host is reached elsewhere from now on. Connections that stand stay where they are.
  void readdress(HostIndex host, const Endpoint& endpoint) { hosts_[host].endpoint = endpoint; }
  void set_ejected(HostIndex host, bool is_ejected);
  /// True when the host has left because of it.
  bool set_failing(HostIndex host, bool fails);

  [[nodiscard]] Host& at(HostIndex host) { return hosts_[host]; }
  [[nodiscard]] const Host& at(HostIndex host) const { return hosts_[host]; }
  /// Every host that there has ever been.
  [[nodiscard]] std::size_t size() const { return hosts_.size(); }
  /// In the order of the last update.
  [[nodiscard]] std::span<const HostIndex> members() const { return members_; }
  [[nodiscard]] std::span<const HostIndex> healthy() const { return healthy_; }

 private:
  [[nodiscard]] HostIndex find_member(const Endpoint& endpoint) const;
  void sort_out();

  std::vector<Host> hosts_;
  std::vector<HostIndex> members_;
  std::vector<HostIndex> healthy_;
};

}  // namespace hoplab::models::envoy
