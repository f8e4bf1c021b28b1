// One Envoy: listeners, routing, retries, time-outs, local replies, access log.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "models/envoy/access_log.hpp"
#include "models/envoy/config.hpp"
#include "models/envoy/profile.hpp"
#include "models/envoy/stats.hpp"
#include "models/envoy/tracer.hpp"
#include "models/envoy/upstream.hpp"
#include "models/slab.hpp"
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
  const http::Names* names = nullptr;
};

/// An Envoy process of one task: an ingress listener in front of the task's own application and an
/// egress listener for the application's calls.
///
/// A request costs CPU in the task's own control group: 40 % before it is routed, 20 % before its
/// response goes on, 40 % after (logging, statistics). So a starved task has a slow proxy, which
/// looks like a slow network.
///
/// The first route that fits authority and path takes the request; of its weighted clusters one is
/// drawn, which a retry keeps. No route: 404 NR.
///
/// The route's time-out starts when the whole request has been decoded and bounds all attempts.
/// Retries avoid hosts that were tried (previous_hosts, five draws) and back off by
/// U{0..24} ms, then U{0..49} ms.
///
/// Source: Envoy, source/common/router/router.cc, retry_state_impl.cc, backoff_strategy.cc.
/// Limits: HTTP/1.1, round robin, no outlier detection, health checks or circuit breakers.
class Proxy final : public UpstreamUser, private vpc::ConnectionUser {
 public:
  Proxy(sim::Engine& engine, vpc::Network& network, Timeouts& timeouts, ProxySpec spec);
  ~Proxy() override;
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  /// Takes a configuration and opens its listeners. Called once, before the first request.
  void apply(Snapshot snapshot);
  /// SIGKILL: open requests and the unflushed log are lost.
  void kill();
  /// The end of a drain: the log is flushed, then as above.
  void exit_cleanly();
  [[nodiscard]] bool is_running() const { return running_; }
  [[nodiscard]] const Stats& stats() const { return stats_; }
  /// The configuration in force.
  [[nodiscard]] const Snapshot& snapshot() const { return snapshot_; }

  void on_upstream_response(Handle stream, const http::Response& response) override;
  void on_upstream_failure(Handle stream, Failure failure) override;

 private:
  class Listener;
  struct Downstream {
    Handle connection;
    Handle stream;
    Direction direction = Direction::ingress;
    std::uint32_t worker = 0;
    vpc::ConnectionHops hops;
    vpc::Ipv4 peer;
  };
  static constexpr std::size_t tried_max = 8;
  struct Stream {
    std::uint32_t downstream = 0;
    http::Request request;
    Direction direction = Direction::ingress;
    std::uint32_t worker = 0;
    SimTime arrived{};  ///< First byte from downstream.
    SimTime routed{};   ///< Decoded: the route's time-out runs from here.
    const Route* route = nullptr;
    std::uint32_t cluster = 0;  ///< Of the route's, drawn once: retries stay with it.
    Upstream::Place place;
    bool has_host = false;
    bool is_upstream = false;  ///< An attempt is with the pool.
    bool is_encoding = false;  ///< The answer is here and on its way to the caller.
    std::uint32_t attempts = 0;
    std::array<std::uint32_t, tried_max> tried{};
    Flag flags = Flag::none;
    std::uint64_t segment = 0;  ///< Of its trace; 0: not traced.
    sim::TimeoutQueue::Id timeout;
    sim::EventId back_off;
    http::Response response;
  };

  void on_connected(Handle connection, std::uint32_t tag) override;
  void on_refused(Handle connection, std::uint32_t tag) override;
  void on_request(Handle connection, std::uint32_t tag) override;
  void on_response(Handle connection, std::uint32_t tag) override;
  void on_peer_closed(Handle connection, std::uint32_t tag) override;
  std::uint32_t accept(Handle connection, Direction direction);

  void after_work(double share, Handle stream, sim::Callback next);
  void on_decoded(std::uint64_t word);
  void on_encoded(std::uint64_t word);
  void on_route_timeout(std::uint64_t word);
  void on_back_off_over(std::uint64_t word);

  [[nodiscard]] HttpStats& http_stats(Direction direction) {
    return stats_.http[static_cast<std::size_t>(direction)];
  }
  [[nodiscard]] const Route* find_route(const Stream& stream) const;
  [[nodiscard]] std::uint32_t choose_cluster(const Route& route);
  [[nodiscard]] std::uint32_t choose_endpoint(const Stream& stream);
  void attempt(Handle handle, Stream& stream);
  [[nodiscard]] bool may_retry(Stream& stream, bool is_retriable);
  void retry(Handle handle, Stream& stream);
  void answer_locally(Handle handle, Stream& stream, Failure failure);
  void finish(Handle handle, Stream& stream);
  void tell(const Stream& stream, int status);
  void write_log(const Stream& stream, int status);
  void write_segment(const Stream& stream, int status);
  void count(const Stream& stream, int status);
  void charge(const Stream& stream, int status);
  void fail_hop(const Stream& stream);
  void cancel_timeout(const Stream& stream);
  void forget(Handle handle, Stream& stream);

  sim::Engine& engine_;
  vpc::Network& network_;
  Timeouts& timeouts_;
  ProxySpec spec_;
  bool running_ = true;
  Snapshot snapshot_;
  Stats stats_;
  std::unique_ptr<Upstream> upstream_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<std::uint32_t> next_endpoint_;  ///< Round robin, by cluster and worker.
  Slab<Downstream> downstreams_;
  Slab<Stream> streams_;
};

}  // namespace hoplab::models::envoy
