// Active health checks: one Envoy probes the hosts of one cluster.
#pragma once

#include <cstdint>
#include <deque>

#include "models/envoy/config.hpp"
#include "models/envoy/host_set.hpp"
#include "models/envoy/stats.hpp"
#include "models/suspension.hpp"
#include "models/vpc/network.hpp"
#include "sim/engine.hpp"

namespace hoplab::models::envoy {

/// Probes each host over a connection of its own, which it keeps.
///
///     resting --interval--> probing --200--------------------> success: resting
///                              +-----another status----------> failing at once: resting
///                              +-----time-out, RST, close----> failing after so many: resting
///
/// The first success makes a new host healthy, later ones only in number. The interval runs from
/// the end of a probe, and is 60 s until the cluster has opened its first connection for a request.
/// A probe is a plain request to whoever it meets: the server's Envoy logs it, its application
/// answers.
///
/// Source: Envoy, health_checker_base_impl.cc (setHealthy, setUnhealthy, interval), http_impl.cc.
/// Limits: the time-out covers the connect; no jitter.
class HealthChecker final : public vpc::ConnectionUser {
 public:
  /// Told when the set of healthy hosts has changed.
  class Listener {
   public:
    virtual ~Listener() = default;
    /// `left`: its check failed after the control plane had dropped it.
    virtual void on_health_changed(HostIndex host, bool left) = 0;
  };
  struct Parts {
    sim::Engine& engine;
    vpc::Network& network;
    vpc::Interface& interface;
    Suspension& suspension;
    HostSet& hosts;
    ClusterStats& stats;
  };
  HealthChecker(const Parts& parts, const HealthCheck& settings, Listener& listener);
  ~HealthChecker() override { stop(); }
  HealthChecker(const HealthChecker&) = delete;
  HealthChecker& operator=(const HealthChecker&) = delete;

  /// From the next probe on.
  void set(const HealthCheck& settings) { settings_ = settings; }
  /// For good: no probe goes out any more, and no answer counts.
  void stop();
  /// Begins with the hosts that are new.
  void on_hosts_joined();
  void on_host_left(HostIndex host);

  void on_connected(Handle connection, std::uint32_t tag) override;
  void on_refused(Handle connection, std::uint32_t tag) override;
  void on_request(Handle connection, std::uint32_t tag) override;
  void on_response(Handle connection, std::uint32_t tag) override;
  void on_peer_closed(Handle connection, std::uint32_t tag) override;

 private:
  enum class Outcome { success, answered_badly, unreachable };
  struct Session {
    Handle connection;
    bool has_connection = false;
    bool is_probing = false;
    bool has_result = false;
    bool is_over = false;  ///< Its host has left, or nobody wants to know any more.
    std::uint32_t successes = 0;
    std::uint32_t failures = 0;
    sim::EventId next;
    sim::EventId timeout;
  };
  void on_interval(std::uint64_t host);
  void on_timeout(std::uint64_t host);
  void send(std::uint32_t host);
  void take_response(std::uint32_t host, const http::Response& response);
  void take_close(std::uint32_t host);
  void conclude(std::uint32_t host, Outcome outcome);
  void succeed(HostIndex host);
  void fail(HostIndex host, Outcome outcome);
  void change(HostIndex host, bool fails);
  void end(Session& session);
  void close(Session& session);

  Parts parts_;
  HealthCheck settings_;
  Listener& listener_;
  std::deque<Session> sessions_;  ///< By HostIndex.
};

}  // namespace hoplab::models::envoy
