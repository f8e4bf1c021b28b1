// Envoy's tcp_proxy: what no HTTP filter chain takes and the mesh lets pass.
#pragma once

#include <cstdint>
#include <deque>

#include "models/envoy/cluster_manager.hpp"
#include "models/envoy/stats.hpp"
#include "models/slab.hpp"
#include "models/suspension.hpp"
#include "models/timeouts.hpp"
#include "models/vpc/network.hpp"

namespace hoplab::models::envoy {

/// Joins each connection to one of its own to whomever the application dialled. Nothing is read of
/// what passes: no request id, no access-log line, no segment, no retry; a connect that fails
/// closes the application's connection.
///
///     dialling --connected--> joined --either end closes--> gone
///         +------refused, time-out---------------------------^
///
/// Source: Envoy, tcp_proxy.cc; App Mesh's catch-all filter chain of the egress listener.
/// Limits: one attempt to connect; no idle time-out.
class TcpProxy final : public vpc::ConnectionUser {
 public:
  struct Parts {
    sim::Engine& engine;
    vpc::Network& network;
    vpc::Interface& interface;
    Timeouts& timeouts;
    Suspension& suspension;
    ClusterManager& clusters;
    TcpStats& stats;
    Histogram& cx_length_ms;  ///< Of its listener.
  };
  explicit TcpProxy(const Parts& parts) : parts_(parts) {}
  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;

  /// The cluster of sessions that begin from now on.
  void set_cluster(ClusterIndex cluster) { cluster_ = cluster; }
  /// Takes a connection that the kernel has accepted. Returns its tag.
  std::uint32_t accept(Handle connection);
  /// No filter chain takes it: "closing connection: no matching filter chain found".
  std::uint32_t refuse(Handle connection);
  void close_all();

  void on_connected(Handle connection, std::uint32_t tag) override;
  void on_refused(Handle connection, std::uint32_t tag) override;
  void on_request(Handle connection, std::uint32_t tag) override;
  void on_response(Handle connection, std::uint32_t tag) override;
  void on_peer_closed(Handle connection, std::uint32_t tag) override;

 private:
  /// The tag of connections that were refused: nothing is done with what still comes.
  static constexpr std::uint32_t refused = ~std::uint32_t{0};
  struct Session {
    Handle downstream;
    Handle upstream;
    ClusterIndex cluster = 0;
    bool is_dialling = true;
    bool is_counted = false;  ///< The process knows of its downstream connection.
    SimTime opened{};
    vpc::ConnectionHops hops;  ///< Of the downstream.
    std::deque<http::Request> waiting;
    sim::TimeoutQueue::Id connect_timeout;
  };
  /// What happens while the process stands still happens later, if the session is still there.
  template <typename Event>
  void tell(std::uint32_t slot, const Event& event);
  void dial(Handle handle, Session& session, vpc::Dialled destination);
  void forward(const Session& session, const http::Request& request);
  void on_connect_timeout(std::uint64_t word);
  void end(Handle handle, Session& session);
  void close(Handle connection, vpc::Side side);
  void cancel_connect_timeout(Session& session);
  [[nodiscard]] ClusterAtWork& cluster(const Session& session) {
    return parts_.clusters.at(session.cluster);
  }

  Parts parts_;
  ClusterIndex cluster_ = 0;
  Slab<Session> sessions_;
};

}  // namespace hoplab::models::envoy
