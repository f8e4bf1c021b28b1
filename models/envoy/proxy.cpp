#include "models/envoy/proxy.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace hoplab::models::envoy {
namespace {

using namespace std::chrono_literals;

// How the CPU of a request is spent (decision 8 of the design).
constexpr double share_request = 0.4;
constexpr double share_response = 0.2;
constexpr double share_after = 0.4;

/// The version digits of request ids: of a random UUID, and of one that Envoy marks as traced.
constexpr unsigned uuid_random = 4;
constexpr unsigned uuid_traced = 9;

constexpr std::uint64_t back_off_base_ms = 25;
constexpr std::uint64_t back_off_max_ms = 250;
constexpr int host_selection_attempts = 5;

}  // namespace

class Proxy::Listener final : public vpc::Acceptor {
 public:
  Listener(Proxy& proxy, Direction direction) : proxy_(proxy), direction_(direction) {}

  Answer on_syn(Handle connection, vpc::ConnectionUser*& user, std::uint32_t& tag) override {
    user = &proxy_;
    tag = proxy_.accept(connection, direction_);
    return Answer::accepted;
  }

 private:
  Proxy& proxy_;
  Direction direction_;
};

Proxy::Proxy(sim::Engine& engine, vpc::Network& network, Timeouts& timeouts, ProxySpec spec)
    : engine_(engine), network_(network), timeouts_(timeouts), spec_(spec) {}

Proxy::~Proxy() = default;

void Proxy::apply(Snapshot snapshot) {
  HOPLAB_ASSERT(upstream_ == nullptr, "a proxy takes one configuration");
  snapshot_ = std::move(snapshot);
  for (const Cluster& cluster : snapshot_.clusters) {
    stats_.clusters.emplace_back().membership_total = cluster.endpoints.size();
  }
  upstream_ = std::make_unique<Upstream>(network_, *spec_.interface, timeouts_, *this,
                                         snapshot_.clusters, stats_.clusters, spec_.workers);
  for (const Cluster& cluster : snapshot_.clusters) {
    for (std::uint32_t worker = 0; worker < spec_.workers; ++worker) {
      // Each worker's round robin starts anywhere, or all of them would hit the same host first.
      const std::size_t size = std::max<std::size_t>(cluster.endpoints.size(), 1);
      next_endpoint_.push_back(static_cast<std::uint32_t>(spec_.rng.below(size)));
    }
  }
  const auto open = [this](Direction direction, std::uint16_t port) {
    listeners_.push_back(std::make_unique<Listener>(*this, direction));
    spec_.interface->listen(port, *listeners_.back());
  };
  open(Direction::ingress, snapshot_.ingress.port);
  open(Direction::egress, snapshot_.egress.port);
}

// --- Downstream -------------------------------------------------------------------------------

std::uint32_t Proxy::accept(Handle connection, Direction direction) {
  const auto worker = static_cast<std::uint32_t>(spec_.rng.below(spec_.workers));
  ++http_stats(direction).cx_total;
  ++http_stats(direction).cx_active;
  return downstreams_
      .make({.connection = connection,
             .stream = {},
             .direction = direction,
             .worker = worker,
             .hops = network_.hops(connection),
             .peer = network_.client_address(connection)})
      .slot;
}

void Proxy::on_connected(Handle /*connection*/, std::uint32_t /*tag*/) {
  HOPLAB_ASSERT(false, "a listener owns server ends only");
}
void Proxy::on_refused(Handle /*connection*/, std::uint32_t /*tag*/) {
  HOPLAB_ASSERT(false, "a listener owns server ends only");
}
void Proxy::on_response(Handle /*connection*/, std::uint32_t /*tag*/) {
  HOPLAB_ASSERT(false, "a listener owns server ends only");
}

void Proxy::on_request(Handle connection, std::uint32_t tag) {
  Downstream& downstream = downstreams_.at(tag);
  const Handle handle = streams_.make();
  Stream& stream = streams_.get(handle);
  stream.downstream = tag;
  stream.request = network_.request(connection);
  stream.direction = downstream.direction;
  stream.worker = downstream.worker;
  stream.arrived = engine_.now();
  downstream.stream = handle;
  ++http_stats(stream.direction).rq_total;
  ++http_stats(stream.direction).rq_active;
  if (!stream.request.id.is_set()) {
    const std::uint64_t high = spec_.rng.bits();
    const std::uint64_t low = spec_.rng.bits();
    stream.request.id =
        http::make_uuid(high, low, spec_.tracer == nullptr ? uuid_random : uuid_traced);
  }
  if (spec_.tracer != nullptr) stream.segment = spec_.tracer->begin(stream.request);
  if (stream.direction == Direction::ingress) {
    network_.hop_done(network_.hops(connection).request, stream.request.handed);
  }
  after_work(share_request, handle, sim::call<&Proxy::on_decoded>(*this, handle.packed()));
}

void Proxy::on_peer_closed(Handle /*connection*/, std::uint32_t tag) {
  const Downstream& downstream = downstreams_.at(tag);
  const Handle handle = downstream.stream;
  HttpStats& counts = http_stats(downstream.direction);
  ++counts.cx_destroy;
  --counts.cx_active;
  if (Stream* stream = streams_.find(handle)) {
    if (stream->is_upstream) upstream_->reset(stream->place, handle);
    stream->flags = stream->flags | Flag::downstream_connection_termination;
    stream->response.body = sim::Bytes(0);
    stream->response.upstream_service_time_ms = -1;
    ++counts.rq_rx_reset;
    tell(*stream, 0);
    fail_hop(*stream);
    forget(handle, *stream);
  }
  downstreams_.free(downstreams_.handle_of(tag));
}

void Proxy::after_work(double share, Handle /*stream*/, sim::Callback next) {
  const double work = static_cast<double>(spec_.service_time.count()) * share;
  if (work < 1) return next();
  spec_.cpu->start(spec_.container, Duration(static_cast<std::int64_t>(work)), next);
}

// --- Routing ----------------------------------------------------------------------------------

const Route* Proxy::find_route(const Stream& stream) const {
  const ListenerConfig& listener =
      stream.direction == Direction::ingress ? snapshot_.ingress : snapshot_.egress;
  const auto match = std::ranges::find_if(listener.routes, [&](const Route& route) {
    if (route.matches_any) return true;
    if (route.authority != stream.request.authority) return false;
    // Every path begins with "/"; the text is looked up only where it matters.
    return route.prefix == "/" || spec_.names->text(stream.request.path).starts_with(route.prefix);
  });
  return match == listener.routes.end() ? nullptr : &*match;
}

// Source: Envoy, router/config_impl.cc: a random number below the sum of the weights.
std::uint32_t Proxy::choose_cluster(const Route& route) {
  if (route.clusters.size() == 1) return route.clusters.front().cluster;
  std::uint64_t sum = 0;
  for (const WeightedCluster& choice : route.clusters) sum += choice.weight;
  std::uint64_t left = spec_.rng.below(sum);
  for (const WeightedCluster& choice : route.clusters) {
    if (left < choice.weight) return choice.cluster;
    left -= choice.weight;
  }
  HOPLAB_ASSERT(false, "a draw below the sum of the weights lies within one of them");
}

void Proxy::on_decoded(std::uint64_t word) {
  const Handle handle = Handle::unpack(word);
  Stream* stream = streams_.find(handle);
  if (stream == nullptr) return;
  stream->routed = engine_.now();
  if (stream->direction == Direction::egress) {
    const Downstream& downstream = downstreams_.at(stream->downstream);
    network_.hop_done(network_.hops(downstream.connection).request, stream->request.handed);
  }
  stream->route = find_route(*stream);
  if (stream->route == nullptr) return answer_locally(handle, *stream, Failure::no_route);
  stream->cluster = choose_cluster(*stream->route);
  if (const Duration timeout = stream->route->timeout; timeout > 0ns) {
    stream->timeout = timeouts_.of(timeout).start(sim::call<&Proxy::on_route_timeout>(*this, word));
  }
  attempt(handle, *stream);
}

std::uint32_t Proxy::choose_endpoint(const Stream& stream) {
  const auto size = static_cast<std::uint32_t>(snapshot_.clusters[stream.cluster].endpoints.size());
  std::uint32_t& next = next_endpoint_[stream.cluster * spec_.workers + stream.worker];
  const std::span<const std::uint32_t> tried(stream.tried.data(),
                                             std::min<std::size_t>(stream.attempts, tried_max));
  std::uint32_t chosen = 0;
  for (int draw = 0; draw < host_selection_attempts; ++draw) {
    chosen = next % size;
    next = chosen + 1;
    if (std::ranges::find(tried, chosen) == tried.end()) break;
  }
  return chosen;
}

void Proxy::attempt(Handle handle, Stream& stream) {
  const Cluster& cluster = snapshot_.clusters[stream.cluster];
  if (cluster.endpoints.empty()) {
    return answer_locally(handle, stream, Failure::no_healthy_upstream);
  }
  const std::uint32_t endpoint = choose_endpoint(stream);
  if (stream.attempts < tried_max) stream.tried[stream.attempts] = endpoint;
  stream.place = {stream.cluster, endpoint, stream.worker};
  stream.has_host = true;
  stream.is_upstream = true;
  http::Request request = stream.request;
  const bool from_arrival = stream.direction == Direction::ingress && stream.attempts == 0;
  request.handed = from_arrival ? stream.arrived : engine_.now();
  if (stream.segment != 0) request.trace.parent = stream.segment;
  ++stream.attempts;
  upstream_->start(stream.place, handle, request);
}

// --- Answers ----------------------------------------------------------------------------------

bool Proxy::may_retry(Stream& stream, bool is_retriable) {
  if (!stream.route->has_retry_policy) return false;
  if (!is_retriable) {
    if (stream.attempts > 1) ++stats_.clusters[stream.cluster].rq_retry_success;
    return false;
  }
  if (stream.attempts <= stream.route->retry.retries_max) return true;
  stream.flags = stream.flags | Flag::upstream_retry_limit_exceeded;
  ++stats_.clusters[stream.cluster].rq_retry_limit_exceeded;
  return false;
}

void Proxy::retry(Handle handle, Stream& stream) {
  ++stats_.clusters[stream.cluster].rq_retry;
  const std::uint64_t doubled = back_off_base_ms << (stream.attempts - 1);
  const std::uint64_t wait = spec_.rng.below(std::min(doubled, back_off_max_ms));
  stream.back_off = engine_.after(std::chrono::milliseconds(wait),
                                  sim::call<&Proxy::on_back_off_over>(*this, handle.packed()));
}

void Proxy::on_back_off_over(std::uint64_t word) {
  const Handle handle = Handle::unpack(word);
  if (Stream* stream = streams_.find(handle)) attempt(handle, *stream);
}

void Proxy::on_upstream_failure(Handle handle, Failure failure) {
  Stream& stream = streams_.get(handle);
  stream.is_upstream = false;
  const LocalReply& reply = spec_.profile->reply(failure);
  const RetryPolicy& policy = stream.route->retry;
  const bool is_retriable = (reply.is_connect_failure && policy.on_connect_failure) ||
                            (reply.is_reset && policy.on_reset);
  if (may_retry(stream, is_retriable)) return retry(handle, stream);
  answer_locally(handle, stream, failure);
}

void Proxy::on_upstream_response(Handle handle, const http::Response& response) {
  Stream& stream = streams_.get(handle);
  stream.is_upstream = false;
  const vpc::ConnectionHops& hops = snapshot_.clusters[stream.cluster].hops;
  if (stream.direction == Direction::egress) network_.hop_done(hops.response, response.handed);
  const bool is_retriable = std::ranges::find(stream.route->retry.status_codes, response.status) !=
                            stream.route->retry.status_codes.end();
  if (may_retry(stream, is_retriable)) return retry(handle, stream);
  cancel_timeout(stream);
  charge(stream, response.status);
  stream.response = response;
  const Duration taken = engine_.now() - stream.routed;
  stream.response.upstream_service_time_ms = static_cast<std::int32_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(taken).count());
  // The way home to the own application begins here; to another host, after the work.
  if (stream.direction == Direction::egress) stream.response.handed = engine_.now();
  stream.is_encoding = true;
  after_work(share_response, handle, sim::call<&Proxy::on_encoded>(*this, handle.packed()));
}

void Proxy::on_encoded(std::uint64_t word) {
  const Handle handle = Handle::unpack(word);
  Stream* stream = streams_.find(handle);
  if (stream == nullptr) return;
  if (stream->direction == Direction::ingress) {
    const vpc::ConnectionHops& hops = snapshot_.clusters[stream->cluster].hops;
    network_.hop_done(hops.response, stream->response.handed);
    stream->response.handed = engine_.now();
  }
  finish(handle, *stream);
}

void Proxy::on_route_timeout(std::uint64_t word) {
  const Handle handle = Handle::unpack(word);
  Stream* stream = streams_.find(handle);
  if (stream == nullptr) return;
  if (stream->is_upstream) {
    // During a back-off nobody waits for an upstream.
    ++stats_.clusters[stream->cluster].rq_timeout;
    upstream_->reset(stream->place, handle);
  }
  engine_.cancel(stream->back_off);
  answer_locally(handle, *stream, Failure::response_timeout);
}

void Proxy::answer_locally(Handle handle, Stream& stream, Failure failure) {
  const LocalReply& reply = spec_.profile->reply(failure);
  cancel_timeout(stream);
  if (stream.route != nullptr) charge(stream, reply.status);
  stream.is_upstream = false;
  stream.flags = stream.flags | reply.flag;
  stream.response.status = reply.status;
  stream.response.body = stream.attempts > 1 ? reply.body_after_retry : reply.body;
  stream.response.upstream_service_time_ms = -1;
  stream.response.handed = engine_.now();
  finish(handle, stream);
}

void Proxy::finish(Handle handle, Stream& stream) {
  Downstream& downstream = downstreams_.at(stream.downstream);
  downstream.stream = {};
  network_.send_response(downstream.connection, stream.response);
  tell(stream, stream.response.status);
  const double work = static_cast<double>(spec_.service_time.count()) * share_after;
  if (work >= 1) {
    spec_.cpu->start(spec_.container, Duration(static_cast<std::int64_t>(work)),
                     {[](void*, std::uint64_t) {}, nullptr, 0});
  }
  streams_.free(handle);
}

void Proxy::tell(const Stream& stream, int status) {
  count(stream, status);
  if (spec_.access_log != nullptr) write_log(stream, status);
  if (stream.segment != 0) write_segment(stream, status);
}

void Proxy::count(const Stream& stream, int status) {
  HttpStats& http = http_stats(stream.direction);
  --http.rq_active;
  if (status != 0) {
    ++http.rq_completed;
    http.codes.add(status);
  }
  if (has(stream.flags, Flag::no_route_found)) ++http.no_route;
}

// The router charges an answer to its cluster when it is there, be the caller there or not.
void Proxy::charge(const Stream& stream, int status) {
  ClusterStats& cluster = stats_.clusters[stream.cluster];
  ++cluster.rq_completed;
  cluster.codes.add(status);
}

void Proxy::write_segment(const Stream& stream, int status) {
  const Downstream& downstream = downstreams_.at(stream.downstream);
  const bool is_routed = stream.route != nullptr;
  spec_.tracer->write({
      .id = stream.segment,
      .start = is_routed ? stream.routed : stream.arrived,
      .request = &stream.request,
      .direction = stream.direction,
      .peer = downstream.peer,
      .upstream_cluster = is_routed ? std::string_view(snapshot_.clusters[stream.cluster].name)
                                    : std::string_view{},
      .status = status,
      .flags = stream.flags,
      .sent = stream.response.body,
  });
}

void Proxy::write_log(const Stream& stream, int status) {
  std::optional<Endpoint> host;
  if (stream.has_host) {
    host = snapshot_.clusters[stream.place.cluster].endpoints[stream.place.endpoint];
  }
  spec_.access_log->write({
      .start = stream.arrived,
      .duration = engine_.now() - stream.arrived,
      .request = &stream.request,
      .status = status,
      .flags = stream.flags,
      .sent = stream.response.body,
      .upstream_service_time_ms = stream.response.upstream_service_time_ms,
      .upstream_host = host,
  });
}

// A stream that dies in this process, at work on the request or on the answer, dies on the hop that
// ends with that work. With the pool or the network, whoever holds it counts.
void Proxy::fail_hop(const Stream& stream) {
  if (stream.is_upstream) return;
  const vpc::ConnectionHops& downstream = downstreams_.at(stream.downstream).hops;
  const bool is_ingress = stream.direction == Direction::ingress;
  if (stream.is_encoding) {
    network_.hop_failed(
        is_ingress ? snapshot_.clusters[stream.cluster].hops.response : downstream.response,
        stream.response.handed);
  } else if (stream.route == nullptr) {
    const Route* route = find_route(stream);
    if (route == nullptr) return;
    network_.hop_failed(is_ingress
                            ? snapshot_.clusters[route->clusters.front().cluster].hops.request
                            : downstream.request,
                        is_ingress ? stream.arrived : stream.request.handed);
  }
}

void Proxy::cancel_timeout(const Stream& stream) {
  if (stream.timeout.is_set()) timeouts_.of(stream.route->timeout).cancel(stream.timeout);
}

void Proxy::forget(Handle handle, Stream& stream) {
  cancel_timeout(stream);
  engine_.cancel(stream.back_off);
  streams_.free(handle);
}

// --- The end ----------------------------------------------------------------------------------

void Proxy::kill() {
  if (!running_) return;
  running_ = false;
  if (spec_.access_log != nullptr) spec_.access_log->lose_buffer();
  for (const auto& listener : listeners_) spec_.interface->stop_listening(*listener);
  spec_.cpu->cancel_all(spec_.container);
  streams_.for_each([this](Handle handle, Stream& stream) {
    fail_hop(stream);
    forget(handle, stream);
  });
  upstream_->close_all();
  network_.close_all(*this);
  downstreams_.for_each([this](Handle handle, Downstream&) { downstreams_.free(handle); });
}

void Proxy::exit_cleanly() {
  if (running_ && spec_.access_log != nullptr) spec_.access_log->flush();
  kill();
}

}  // namespace hoplab::models::envoy
