// One Envoy: its listeners and the requests they take, its configuration, its life and end.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "models/envoy/access_log.hpp"
#include "models/envoy/cluster_manager.hpp"
#include "models/envoy/config.hpp"
#include "models/envoy/profile.hpp"
#include "models/envoy/route_table.hpp"
#include "models/envoy/router.hpp"
#include "models/envoy/stats.hpp"
#include "models/envoy/stream.hpp"
#include "models/envoy/tcp_proxy.hpp"
#include "models/envoy/tracer.hpp"
#include "models/envoy/upstream.hpp"
#include "models/slab.hpp"
#include "models/suspension.hpp"
#include "models/timeouts.hpp"
#include "models/vpc/network.hpp"
#include "sim/cpu_share.hpp"
#include "sim/random.hpp"

namespace hoplab::models::envoy {

struct ProxySpec {
  const Profile* profile = nullptr;
  std::uint32_t workers = 2;
  Duration service_time{};  ///< CPU per request, all three parts together.
  sim::CpuShare* cpu = nullptr;
  sim::CpuShare::ContainerId container;
  vpc::Interface* interface = nullptr;
  sim::Rng rng;
  AccessLog* access_log = nullptr;  ///< Null: nothing is written.
  Tracer* tracer = nullptr;         ///< Null: nothing is traced.
  NameService* resolver = nullptr;  ///< Null: no cluster of its own looks names up.
  const http::Names* names = nullptr;
  bool has_metrics_extension = false;  ///< App Mesh's: it counts by target, too.
};

/// An Envoy process of one task: an ingress listener in front of the task's own application and an
/// egress listener for the application's calls.
///
///     initialising --first apply()--> live --drain()--> draining --exit_cleanly()--> gone
///          |                            |                   |                          ^
///          +----------------------------+-------------------+--------- kill() ---------+
///
/// While it initialises nobody listens (RST). Configurations and endpoints may change at any time
/// after that; what is under way ends on the route it began with. Draining it still accepts, as a
/// graceful drain does, and closes each connection after the next answer. pause() and resume() are
/// SIGSTOP and SIGCONT: see Suspension.
///
/// A request costs CPU in the task's own control group: 40 % before it is routed, 20 % before its
/// response goes on, 40 % after (logging, statistics). So a starved task has a slow proxy, which
/// looks like a slow network.
///
/// Source: Envoy, conn_manager_impl.cc, drain_manager_impl.cc; admin `/drain_listeners?graceful`.
/// Limits: HTTP/1.1; `Connection: close` on every answer of a drain (Envoy: with a growing chance).
class Proxy final : private AnswerUser, private vpc::ConnectionUser {
 public:
  enum class State : std::uint8_t { initialising, live, draining, gone };

  Proxy(sim::Engine& engine, vpc::Network& network, Timeouts& timeouts, ProxySpec spec);
  ~Proxy() override;
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  /// Takes a whole configuration. The first one opens the listeners.
  void apply(const Snapshot& snapshot);
  /// What service discovery lists for a cluster now ("cds_egress_demo_b_http_8080"). A cluster that
  /// is not known (any more) is passed over.
  void set_endpoints(std::string_view cluster, const std::vector<Endpoint>& endpoints);
  /// SIGSTOP: its kernel accepts connections and bytes, nothing is done with them, timers wait.
  /// Once the accept queue is full, the kernel drops SYNs.
  void pause();
  /// SIGCONT.
  void resume();
  /// SIGTERM where an agent stands before it: the end is near, connections are let go.
  void drain();
  /// SIGKILL: open requests and the unflushed log are lost.
  void kill();
  /// The end of a drain: the log is flushed, then as above.
  void exit_cleanly();

  [[nodiscard]] State state() const { return state_; }
  /// The process is there, whatever it does.
  [[nodiscard]] bool is_running() const { return state_ != State::gone; }
  [[nodiscard]] bool is_paused() const { return suspension_.is_on(); }
  /// Its stream to the control plane stands, or is closed.
  void set_connected(bool is_connected) {
    stats_.control_plane.connected_state = is_connected ? 1 : 0;
    if (is_connected) return;
    ++stats_.control_plane.update_attempt;
    ++stats_.control_plane.update_failure;
  }
  [[nodiscard]] const Stats& stats() const { return stats_; }
  /// For the flush timer, which merges histograms.
  [[nodiscard]] Stats& stats() { return stats_; }
  /// Every cluster it has had, by index; for whoever describes or tests it.
  [[nodiscard]] const ClusterManager& clusters() const { return clusters_; }
  /// Its configuration, likewise. Null and nothing before the first one.
  [[nodiscard]] const RouteTable* routes(Direction direction) const {
    return routes_[static_cast<std::size_t>(direction)];
  }
  [[nodiscard]] std::optional<std::uint16_t> listener_port(Direction direction) const;
  [[nodiscard]] std::optional<ListenerConfig::Others> others() const { return others_; }
  [[nodiscard]] const std::vector<std::uint16_t>& http_ports() const { return http_ports_; }
  [[nodiscard]] const http::Names& names() const { return *spec_.names; }
  [[nodiscard]] const Profile& profile() const { return *spec_.profile; }
  [[nodiscard]] std::uint32_t workers() const { return spec_.workers; }
  [[nodiscard]] SimTime started() const { return started_; }
  /// When it took its last configuration.
  [[nodiscard]] SimTime configured() const { return stats_.control_plane.updated; }

 private:
  class Listener;
  struct Downstream {
    Handle connection;
    Handle stream;
    Direction direction = Direction::ingress;
    std::uint32_t worker = 0;
    vpc::ConnectionHops hops;
    vpc::Ipv4 peer;
    std::uint16_t peer_port = 0;
    std::uint64_t number = 0;  ///< Of this process's connections.
    vpc::Dialled dialled;      ///< By the peer, before any redirect.
    SimTime idle_since{};
    SimTime opened{};
    bool has_codec = false;  ///< It has sent a request.
  };

  void on_connected(Handle connection, std::uint32_t tag) override;
  void on_refused(Handle connection, std::uint32_t tag) override;
  void on_request(Handle connection, std::uint32_t tag) override;
  void on_response(Handle connection, std::uint32_t tag) override;
  void on_peer_closed(Handle connection, std::uint32_t tag) override;
  void on_answer(Handle handle, Stream& stream) override;
  void on_local_reply(Handle handle, Stream& stream) override;

  /// What an egress listener does with a connection to this port.
  enum class Chain { http, tcp, none };
  [[nodiscard]] Chain chain_for(std::uint16_t port) const;
  void open_listener(Direction direction, std::uint16_t port);
  /// How many connections its kernel holds for it at one port. Limits: the workers' queues count as
  /// one.
  [[nodiscard]] std::uint32_t accept_queue() const;
  std::uint32_t accept(Handle connection, Direction direction);
  void count_accepted(std::uint32_t downstream);
  void take_request(std::uint32_t tag, const http::Request& request);
  void take_close(std::uint32_t tag);

  void close_idle(Handle handle, const Downstream& downstream);
  void watch_idle(Direction direction, Duration limit);
  void on_idle_timer(std::uint64_t direction);

  void after_work(Duration work, sim::Callback next);
  void on_decoded(std::uint64_t word);
  void on_encoded(std::uint64_t word);
  void finish(Handle handle, Stream& stream);
  void hang_up(std::uint32_t slot);
  void count_closed(const Downstream& downstream, bool by_remote);
  void count_configuration(const Snapshot& snapshot);
  [[nodiscard]] std::vector<Route> with_targets(std::vector<Route> routes,
                                                const Snapshot& snapshot);
  void tell(const Stream& stream, int status);
  void count(const Stream& stream, int status);
  void write_log(const Stream& stream, int status);
  [[nodiscard]] std::string_view details_of(const Stream& stream) const;
  void write_segment(const Stream& stream, int status);
  void fail_hop(const Stream& stream);

  [[nodiscard]] HttpStats& http_stats(Direction direction) {
    return stats_.http[static_cast<std::size_t>(direction)];
  }
  [[nodiscard]] HttpTimes& http_times(Direction direction) {
    return stats_.http_times[static_cast<std::size_t>(direction)];
  }
  [[nodiscard]] const Route* find_route(const Stream& stream) const {
    return routes_[static_cast<std::size_t>(stream.direction)]->find(stream.request);
  }
  [[nodiscard]] const Cluster& cluster_of(const Stream& stream) const {
    return clusters_.at(stream.cluster).settings;
  }

  sim::Engine& engine_;
  vpc::Network& network_;
  ProxySpec spec_;
  struct Work {
    Duration request;
    Duration response;
    Duration after;
  };
  Work work_;  ///< The parts of spec_.service_time.
  SimTime started_;
  State state_ = State::initialising;
  Suspension suspension_;
  Stats stats_;
  Slab<Downstream> downstreams_;
  Slab<Stream> streams_;
  Router router_;
  Upstream upstream_;
  ClusterManager clusters_;
  TcpProxy tcp_proxy_;
  std::array<std::unique_ptr<Listener>, 2> listeners_;  ///< By Direction.
  /// Every table there has been: streams hold on to the routes they began with.
  std::deque<RouteTable> tables_;
  std::uint64_t connections_ = 0;                 ///< From downstream, so far.
  std::optional<ListenerConfig::Others> others_;  ///< As of ListenerConfig, of the egress listener.
  std::vector<std::uint16_t> http_ports_;
  std::array<const RouteTable*, 2> routes_{};  ///< In force, by Direction.
  std::array<Duration, 2> idle_limits_{};      ///< Of downstream connections; 0: none.
  std::array<sim::EventId, 2> idle_timers_{};
};

}  // namespace hoplab::models::envoy
