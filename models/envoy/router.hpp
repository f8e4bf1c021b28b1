// Envoy's router: attempts, retries, time-outs and what it answers itself.
#pragma once

#include <cstdint>
#include <optional>

#include "models/envoy/cluster_manager.hpp"
#include "models/envoy/profile.hpp"
#include "models/envoy/stream.hpp"
#include "models/envoy/upstream.hpp"
#include "models/slab.hpp"
#include "models/suspension.hpp"
#include "models/timeouts.hpp"
#include "sim/random.hpp"

namespace hoplab::models::envoy {

/// Who gets the answers of a router: the connection manager.
class AnswerUser {
 public:
  virtual ~AnswerUser() = default;
  /// `stream.response` is the upstream's.
  virtual void on_answer(Handle handle, Stream& stream) = 0;
  /// `stream.response` is the Envoy's own.
  virtual void on_local_reply(Handle handle, Stream& stream) = 0;
};

/// Takes a decoded stream to a host and back.
///
/// Of the route's weighted clusters one is drawn, which retries keep; of the cluster's hosts its
/// load balancer chooses one. The route's time-out starts when the whole request has been decoded
/// and bounds all attempts; an attempt may have one of its own, and a stream on which nothing moves
/// ends too. Retries avoid hosts that were tried (previous_hosts) and back off by U{0..24} ms, then
/// U{0..49} ms, up to U{0..249} ms.
///
/// May it be tried again? Overflow: never. A connect that failed: where the policy has
/// `connect-failure`. An attempt without any answer (connect failures too): where it has `reset`.
/// An answer: where the policy lists its status. And only while retries are left, else URX.
///
/// Source: Envoy, source/common/router/router.cc, retry_state_impl.cc, backoff_strategy.cc.
class Router final : public UpstreamUser {
 public:
  struct Parts {
    sim::Engine& engine;
    vpc::Network& network;
    Timeouts& timeouts;
    const Profile& profile;
    Suspension& suspension;
    ClusterManager& clusters;
    Slab<Stream>& streams;
    sim::Rng& rng;
    Stats& stats;
  };
  Router(const Parts& parts, AnswerUser& user) : parts_(parts), user_(user) {}
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  void attach(Upstream& upstream) { upstream_ = &upstream; }
  /// The request has been decoded and `route` takes it; null: none does.
  void begin(Handle handle, Stream& stream, const Route* route);
  /// The caller has gone: the attempt under way is reset.
  void abandon(Handle handle, Stream& stream);
  /// Time-outs and back-offs of the stream will not run.
  void cancel_timers(Stream& stream);

  void on_upstream_sent(Handle handle, const Endpoint& endpoint, std::uint16_t own_port) override;
  void on_upstream_response(Handle handle, const http::Response& response) override;
  void on_upstream_failure(Handle handle, Failure failure) override;

 private:
  [[nodiscard]] const WeightedCluster& choose_cluster(const Route& route);
  [[nodiscard]] std::optional<HostIndex> choose_host(ClusterAtWork& cluster, const Stream& stream);
  void start_timers(Handle handle, Stream& stream);
  void attempt(Handle handle, Stream& stream);
  [[nodiscard]] bool may_retry(Stream& stream, bool is_retriable);
  void retry(Handle handle, Stream& stream);
  void answer_locally(Handle handle, Stream& stream, Failure failure);
  void fail_attempt(Handle handle, Stream& stream, Failure failure);
  void charge(const Stream& stream, int status);
  void charge_target(const Stream& stream, const http::Response& response);
  void report(const Stream& stream, bool is_error);
  void on_route_timeout(std::uint64_t word);
  void on_per_try_timeout(std::uint64_t word);
  void on_idle_timeout(std::uint64_t word);
  void cancel(sim::Duration length, sim::TimeoutQueue::Id& timeout);
  void on_back_off_over(std::uint64_t word);
  [[nodiscard]] ClusterStats& stats(const Stream& stream) {
    return *parts_.clusters.at(stream.cluster).stats;
  }
  [[nodiscard]] HostStats& host_stats(const Stream& stream) {
    return parts_.clusters.at(stream.cluster).hosts.at(stream.place.host).stats;
  }
  [[nodiscard]] ClusterTimes& times(const Stream& stream) {
    return *parts_.clusters.at(stream.cluster).times;
  }

  Parts parts_;
  AnswerUser& user_;
  Upstream* upstream_ = nullptr;
};

}  // namespace hoplab::models::envoy
