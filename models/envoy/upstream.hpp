// Envoy's upstream side: HTTP/1.1 connection pools per worker and host.
#pragma once

#include <cstdint>
#include <vector>

#include <boost/container/small_vector.hpp>

#include "models/envoy/cluster_manager.hpp"
#include "models/envoy/profile.hpp"
#include "models/fifo.hpp"
#include "models/slab.hpp"
#include "models/suspension.hpp"
#include "models/timeouts.hpp"
#include "models/vpc/network.hpp"

namespace hoplab::models::envoy {

/// Who waits for upstream answers: the router. A stream is named by its handle.
class UpstreamUser {
 public:
  virtual ~UpstreamUser() = default;
  /// The attempt has a connection, whose end here is at this port. It was made to `endpoint`, which
  /// may be an address that its host no longer has.
  virtual void on_upstream_sent(Handle stream, const Endpoint& endpoint,
                                std::uint16_t own_port) = 0;
  virtual void on_upstream_response(Handle stream, const http::Response& response) = 0;
  /// Once per attempt: connect_timeout, connect_refused, connection_terminated or overflow.
  virtual void on_upstream_failure(Handle stream, Failure failure) = 0;
};

/// Where an attempt goes: a host of a cluster, by a worker's own connections.
struct Place {
  ClusterIndex cluster = 0;
  HostIndex host = 0;
  std::uint32_t worker = 0;
};

/// The pools of one Envoy: for each cluster, host and worker, a stack of idle connections and a
/// queue of streams that wait for one.
///
/// A new stream takes an idle connection, else it waits and a connection is opened for it. Any
/// connection that becomes ready, new or freed, takes the oldest waiting stream. When one connect
/// fails, every stream that waits in that pool fails with it: Envoy purges without condition.
///
/// Circuit breakers belong to the cluster, not to the pool: no connection beyond the limit, with
/// two exceptions. A pool without any may always open one, or what waits there would wait for ever.
/// And workers are threads: one counts a connection when it has made its socket, and until then
/// another does not see it. So with two workers 11 connections may stand where 10 are allowed, as
/// App Mesh's own walkthrough shows. A stream that may not even wait overflows.
///
///     connecting --answered--> ready <--> busy        a host leaves: ready ones close at once,
///         |                      |         |          busy ones after their answer
///         +--refused, time-out---+--closed-+--> gone
///
/// Source: Envoy, source/common/conn_pool/conn_pool_base.cc.
///         Which connections have idled too long is looked at when the oldest of them may have.
/// Limits: HTTP/1.1; no limits of requests or retries (App Mesh cannot set them for it).
class Upstream final : public vpc::ConnectionUser, public ClusterAtWork::Connections {
 public:
  Upstream(sim::Engine& engine, vpc::Network& network, vpc::Interface& interface,
           Timeouts& timeouts, Suspension& suspension, UpstreamUser& user, ClusterManager& clusters,
           std::uint32_t workers);

  /// Sends the request as soon as a connection is there.
  void start(Place place, Handle stream, const http::Request& request);
  /// The stream wants no answer any more: it leaves the queue, or its connection is closed (an
  /// HTTP/1.1 connection cannot be reused with an answer outstanding).
  void reset(Place place, Handle stream);
  /// The process is gone: every connection is closed.
  void close_all();

  void on_hosts_joined(ClusterIndex cluster) override;
  void on_host_left(ClusterIndex cluster, HostIndex host) override;

  void on_connected(Handle connection, std::uint32_t tag) override;
  void on_refused(Handle connection, std::uint32_t tag) override;
  void on_request(Handle connection, std::uint32_t tag) override;
  void on_response(Handle connection, std::uint32_t tag) override;
  void on_peer_closed(Handle connection, std::uint32_t tag) override;

 private:
  struct Waiting {
    Handle stream;
    http::Request request;
  };
  struct Pool {
    /// Client slots; the last one used is the next one used.
    boost::container::small_vector<std::uint32_t, 2> ready;
    Fifo<Waiting> waiting;
    std::uint32_t connecting = 0;
    std::uint32_t clients = 0;  ///< Connecting, ready or busy.
    bool is_draining = false;   ///< Its host has left.

    /// Nothing happens where it is not among the ready ones.
    void take_away(std::uint32_t slot);
  };
  struct Client {
    Place place;
    Endpoint endpoint;
    Handle connection;
    Handle stream;  ///< Set while an exchange is open.
    bool is_connecting = true;
    sim::TimeoutQueue::Id connect_timeout;
    SimTime idle_since{};
    std::uint32_t requests = 0;  ///< It has taken so far.
    std::uint16_t own_port = 0;
    SimTime opened{};
  };

  [[nodiscard]] Pool& pool(const Place& place);
  [[nodiscard]] ClusterAtWork& cluster(const Place& place) { return clusters_.at(place.cluster); }
  [[nodiscard]] ClusterStats& stats(const Place& place) { return *cluster(place).stats; }
  [[nodiscard]] ClusterTimes& times(const Place& place) { return *cluster(place).times; }
  void count_closed(const Client& client, bool by_remote);
  void count_pending(ClusterAtWork& cluster, std::int64_t change);
  void open_for_waiting(const Place& place);
  [[nodiscard]] bool may_open(const Place& place);
  [[nodiscard]] std::uint64_t unseen_connections(const Place& place) const;
  void open(const Place& place);
  void attach(std::uint32_t slot, const Waiting& waiting);
  void make_ready(std::uint32_t slot);
  void close(std::uint32_t slot);
  void cancel_connect_timeout(Client& client);
  void take_connected(std::uint32_t slot);
  void take_response(std::uint32_t slot, const http::Response& response);
  void take_close(std::uint32_t slot);
  void fail_connect(std::uint32_t slot, Failure failure);
  void on_connect_timeout(std::uint64_t word);
  void rest(std::uint32_t slot);
  void on_idle_timer();

  sim::Engine& engine_;
  vpc::Network& network_;
  vpc::Interface& interface_;
  Timeouts& timeouts_;
  Suspension& suspension_;
  UpstreamUser& user_;
  ClusterManager& clusters_;
  std::uint32_t workers_;
  std::vector<std::vector<Pool>> pools_;      ///< By cluster; then host * workers + worker.
  std::vector<std::vector<SimTime>> opened_;  ///< By cluster and worker: the last time.
  Slab<Client> clients_;
  std::vector<std::uint32_t> client_of_stream_;  ///< By stream slot; good while they exchange.
  sim::EventId idle_timer_;                      ///< Set while a connection rests.
  bool has_idle_timer_ = false;
};

}  // namespace hoplab::models::envoy
