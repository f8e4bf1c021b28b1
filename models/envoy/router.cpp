#include "models/envoy/router.hpp"

#include <algorithm>
#include <utility>

namespace hoplab::models::envoy {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t back_off_base_ms = 25;
constexpr std::uint64_t back_off_max_ms = 250;

}  // namespace

// --- To a host --------------------------------------------------------------------------------

// Source: Envoy, router/config_impl.cc: a random number below the sum of the weights.
const WeightedCluster& Router::choose_cluster(const Route& route) {
  if (route.clusters.size() == 1) return route.clusters.front();
  std::uint64_t sum = 0;
  for (const WeightedCluster& choice : route.clusters) sum += choice.weight;
  std::uint64_t left = parts_.rng.below(sum);
  for (const WeightedCluster& choice : route.clusters) {
    if (left < choice.weight) return choice;
    left -= choice.weight;
  }
  HOPLAB_ASSERT(false, "a draw below the sum of the weights lies within one of them");
}

void Router::begin(Handle handle, Stream& stream, const Route* route) {
  stream.route = route;
  if (route == nullptr) return answer_locally(handle, stream, Failure::no_route);
  const WeightedCluster& choice = choose_cluster(*route);
  stream.cluster = choice.cluster;
  stream.target = choice.target;
  if (stream.cluster == WeightedCluster::missing) {
    stream.route = nullptr;
    return answer_locally(handle, stream, Failure::cluster_not_found);
  }
  start_timers(handle, stream);
  attempt(handle, stream);
}

void Router::start_timers(Handle handle, Stream& stream) {
  const Route& route = *stream.route;
  if (route.timeout > 0ns) {
    stream.timeout = parts_.timeouts.of(route.timeout)
                         .start(sim::call<&Router::on_route_timeout>(*this, handle.packed()));
  }
  // It cannot run out before a shorter time-out of the whole.
  if (route.idle_timeout > 0ns && (route.timeout == 0ns || route.idle_timeout <= route.timeout)) {
    stream.idle_timeout = parts_.timeouts.of(route.idle_timeout)
                              .start(sim::call<&Router::on_idle_timeout>(*this, handle.packed()));
  }
}

std::optional<HostIndex> Router::choose_host(ClusterAtWork& cluster, const Stream& stream) {
  if (cluster.settings.is_original_destination) {
    return cluster.host_at({stream.dialled.address, stream.dialled.port});
  }
  return cluster.balancer.choose(cluster.hosts, stream.worker, stream.tried(), parts_.rng,
                                 *cluster.stats);
}

void Router::attempt(Handle handle, Stream& stream) {
  ClusterAtWork& cluster = parts_.clusters.at(stream.cluster);
  const auto host = choose_host(cluster, stream);
  if (!host) {
    ++cluster.stats->cx_none_healthy;
    charge(stream, parts_.profile.reply(Failure::no_healthy_upstream).status);
    return answer_locally(handle, stream, Failure::no_healthy_upstream);
  }
  if (stream.attempts < Stream::tried_max) stream.tried_hosts[stream.attempts] = *host;
  stream.place = {stream.cluster, *host, stream.worker};
  stream.endpoint = cluster.hosts.at(*host).endpoint;
  stream.has_host = true;
  stream.is_upstream = true;
  stream.is_sent = false;
  http::Request request = stream.request;
  const bool from_arrival = stream.direction == Direction::ingress && stream.attempts == 0;
  request.handed = from_arrival ? stream.arrived : parts_.engine.now();
  if (stream.segment != 0) request.trace.parent = stream.segment;
  ++stream.attempts;
  if (const Duration limit = stream.route->retry.per_try_timeout; limit > 0ns) {
    stream.per_try_timeout = parts_.timeouts.of(limit).start(
        sim::call<&Router::on_per_try_timeout>(*this, handle.packed()));
  }
  upstream_->start(stream.place, handle, request);
}

// --- Retries ----------------------------------------------------------------------------------

bool Router::may_retry(Stream& stream, bool is_retriable) {
  if (!stream.route->has_retry_policy) return false;
  if (!is_retriable) {
    if (stream.attempts > 1) ++stats(stream).rq_retry_success;
    return false;
  }
  if (stream.attempts <= stream.route->retry.retries_max) return true;
  stream.flags = stream.flags | Flag::upstream_retry_limit_exceeded;
  ++stats(stream).rq_retry_limit_exceeded;
  return false;
}

void Router::retry(Handle handle, Stream& stream) {
  ++stats(stream).rq_retry;
  ++stats(stream).rq_retry_backoff_exponential;
  const std::uint64_t doubled = back_off_base_ms << std::min(stream.attempts - 1, 8U);
  const std::uint64_t wait = parts_.rng.below(std::min(doubled, back_off_max_ms));
  stream.back_off =
      parts_.engine.after(std::chrono::milliseconds(wait),
                          sim::call<&Router::on_back_off_over>(*this, handle.packed()));
}

void Router::on_back_off_over(std::uint64_t word) {
  if (parts_.suspension.is_on()) {
    return parts_.suspension.keep_timer([this, word] { on_back_off_over(word); });
  }
  const Handle handle = Handle::unpack(word);
  if (Stream* stream = parts_.streams.find(handle)) attempt(handle, *stream);
}

// --- Answers ----------------------------------------------------------------------------------

void Router::on_upstream_sent(Handle handle, const Endpoint& endpoint, std::uint16_t own_port) {
  Stream& stream = parts_.streams.get(handle);
  stream.is_sent = true;
  stream.sent = parts_.engine.now();
  stream.endpoint = endpoint;
  stream.own_port = own_port;
}

void Router::on_upstream_failure(Handle handle, Failure failure) {
  Stream& stream = parts_.streams.get(handle);
  // An open circuit breaker is not the host's fault.
  if (failure != Failure::overflow) report(stream, true);
  fail_attempt(handle, stream, failure);
}

void Router::fail_attempt(Handle handle, Stream& stream, Failure failure) {
  stream.is_upstream = false;
  cancel(stream.route->retry.per_try_timeout, stream.per_try_timeout);
  const LocalReply& reply = parts_.profile.reply(failure);
  const RetryPolicy& policy = stream.route->retry;
  const bool is_retriable = (reply.is_connect_failure && policy.on_connect_failure) ||
                            (reply.is_reset && policy.on_reset);
  if (may_retry(stream, is_retriable)) return retry(handle, stream);
  charge(stream, reply.status);
  answer_locally(handle, stream, failure);
}

void Router::on_upstream_response(Handle handle, const http::Response& response) {
  Stream& stream = parts_.streams.get(handle);
  stream.is_upstream = false;
  cancel(stream.route->retry.per_try_timeout, stream.per_try_timeout);
  report(stream, response.status >= 500);
  const vpc::ConnectionHops& hops = parts_.clusters.at(stream.cluster).settings.hops;
  if (stream.direction == Direction::egress) {
    parts_.network.hop_done(hops.response, response.handed);
  }
  const bool is_cut_short = response.damage != http::Response::Damage::none;
  if (is_cut_short) stream.flags = stream.flags | Flag::upstream_connection_termination;
  const bool is_retriable =
      !is_cut_short && std::ranges::find(stream.route->retry.status_codes, response.status) !=
                           stream.route->retry.status_codes.end();
  if (may_retry(stream, is_retriable)) {
    stats(stream).retried_codes.add(response.status);
    return retry(handle, stream);
  }
  cancel_timers(stream);
  charge(stream, response.status);
  stream.response = response;
  stream.response.closes_connection = false;  // It was about the connection that it came by.
  const Duration taken = response.head_arrived - stream.routed;
  stream.response.upstream_service_time_ms = static_cast<std::int32_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(taken).count());
  if (stream.target != WeightedCluster::missing) charge_target(stream, response);
  if (!is_cut_short) {
    times(stream).rq_time.record(whole_milliseconds(parts_.engine.now() - stream.routed));
  }
  user_.on_answer(handle, stream);
}

void Router::on_route_timeout(std::uint64_t word) {
  if (parts_.suspension.is_on()) {
    return parts_.suspension.keep_timer([this, word] { on_route_timeout(word); });
  }
  const Handle handle = Handle::unpack(word);
  Stream* stream = parts_.streams.find(handle);
  if (stream == nullptr || !stream->timeout.is_set()) return;
  if (stream->is_upstream) {
    // During a back-off nobody waits for an upstream, and none is to blame.
    ++stats(*stream).rq_timeout;
    ++host_stats(*stream).rq_timeout;
    report(*stream, true);
    charge(*stream, parts_.profile.reply(Failure::response_timeout).status);
    upstream_->reset(stream->place, handle);
  }
  answer_locally(handle, *stream, Failure::response_timeout);
}

void Router::on_per_try_timeout(std::uint64_t word) {
  if (parts_.suspension.is_on()) {
    return parts_.suspension.keep_timer([this, word] { on_per_try_timeout(word); });
  }
  const Handle handle = Handle::unpack(word);
  Stream* stream = parts_.streams.find(handle);
  if (stream == nullptr || !stream->per_try_timeout.is_set()) return;
  stream->per_try_timeout = {};
  ++stats(*stream).rq_per_try_timeout;
  ++host_stats(*stream).rq_timeout;
  report(*stream, true);
  upstream_->reset(stream->place, handle);
  fail_attempt(handle, *stream, Failure::per_try_timeout);
}

void Router::on_idle_timeout(std::uint64_t word) {
  if (parts_.suspension.is_on()) {
    return parts_.suspension.keep_timer([this, word] { on_idle_timeout(word); });
  }
  const Handle handle = Handle::unpack(word);
  Stream* stream = parts_.streams.find(handle);
  if (stream == nullptr || !stream->idle_timeout.is_set()) return;
  if (stream->is_upstream) upstream_->reset(stream->place, handle);
  answer_locally(handle, *stream, Failure::stream_idle_timeout);
}

void Router::answer_locally(Handle handle, Stream& stream, Failure failure) {
  const LocalReply& reply = parts_.profile.reply(failure);
  cancel_timers(stream);
  stream.is_upstream = false;
  stream.flags = stream.flags | reply.flag;
  stream.reply = &reply;
  stream.response = {};
  stream.response.status = reply.status;
  stream.response.body = stream.attempts > 1 ? reply.body_after_retry : reply.body;
  stream.response.handed = parts_.engine.now();
  user_.on_local_reply(handle, stream);
}

// The router charges an answer to its cluster when it is there, be the caller there or not.
void Router::charge(const Stream& stream, int status) {
  ClusterStats& cluster = stats(stream);
  ++cluster.rq_completed;
  cluster.codes.add(status);
  if (stream.target == WeightedCluster::missing) return;
  TargetStats& target = parts_.stats.targets[stream.target];
  ++target.requests;
  ++target.classes[static_cast<std::size_t>(status / 100) % target.classes.size()];
}

// Source: App Mesh User Guide, "Metrics extension". Assumed: of several attempts, the last counts.
void Router::charge_target(const Stream& stream, const http::Response& response) {
  parts_.stats.targets[stream.target].bytes +=
      http::wire_size(stream.request) + http::wire_size(response);
  parts_.stats.target_times[stream.target].record(
      whole_milliseconds(parts_.engine.now() - stream.sent));
}

void Router::report(const Stream& stream, bool is_error) {
  ClusterAtWork& cluster = parts_.clusters.at(stream.cluster);
  HostStats& counts = cluster.hosts.at(stream.place.host).stats;
  ++(is_error ? counts.rq_error : counts.rq_success);
  const auto& detector = cluster.outlier_detector;
  if (detector != nullptr) detector->put(stream.place.host, is_error);
}

// --- The end ----------------------------------------------------------------------------------

void Router::abandon(Handle handle, Stream& stream) {
  if (stream.is_upstream) upstream_->reset(stream.place, handle);
  cancel_timers(stream);
}

void Router::cancel(sim::Duration length, sim::TimeoutQueue::Id& timeout) {
  if (timeout.is_set()) parts_.timeouts.of(length).cancel(std::exchange(timeout, {}));
}

void Router::cancel_timers(Stream& stream) {
  if (stream.route == nullptr) return;
  cancel(stream.route->timeout, stream.timeout);
  cancel(stream.route->idle_timeout, stream.idle_timeout);
  cancel(stream.route->retry.per_try_timeout, stream.per_try_timeout);
  parts_.engine.cancel(stream.back_off);
}

}  // namespace hoplab::models::envoy
