#include "models/envoy/proxy.hpp"

#include <algorithm>
#include <utility>

namespace hoplab::models::envoy {
namespace {

// How the CPU of a request is spent (decision 8 of the design).
constexpr double share_request = 0.4;
constexpr double share_response = 0.2;
constexpr double share_after = 0.4;

Duration part_of(Duration service_time, double share) {
  return Duration(static_cast<std::int64_t>(static_cast<double>(service_time.count()) * share));
}

/// The version digits of request ids: of a random UUID, and of one that Envoy marks as traced.
constexpr unsigned uuid_random = 4;
constexpr unsigned uuid_traced = 9;

/// Of a request without a cluster; older versions have no flag for it.
constexpr int clusterless_status = 503;

}  // namespace

class Proxy::Listener final : public vpc::Acceptor {
 public:
  Listener(Proxy& proxy, Direction direction, std::uint16_t port)
      : proxy_(proxy), direction_(direction), port_(port) {
    proxy_.spec_.interface->listen(port, *this);
  }
  ~Listener() override { close(); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  Answer on_syn(Handle /*connection*/) override {
    const bool is_full = proxy_.is_paused() && unaccepted_ >= proxy_.accept_queue();
    return is_full ? Answer::dropped : Answer::accepted;
  }
  void on_established(Handle connection, vpc::ConnectionUser*& user, std::uint32_t& tag) override {
    user = &proxy_;
    if (proxy_.is_paused()) ++unaccepted_;
    if (direction_ == Direction::egress && proxy_.others_) {
      const Chain chain = proxy_.chain_for(proxy_.network_.dialled(connection).port);
      if (chain != Chain::http) {
        user = &proxy_.tcp_proxy_;
        tag = chain == Chain::tcp ? proxy_.tcp_proxy_.accept(connection)
                                  : proxy_.tcp_proxy_.refuse(connection);
        return;
      }
    }
    tag = proxy_.accept(connection, direction_);
  }
  void close() { proxy_.spec_.interface->stop_listening(*this); }
  /// The process stands still from now on. What its clients close stays in the queue, unaccepted.
  void begin_queue() { unaccepted_ = 0; }
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  Proxy& proxy_;
  Direction direction_;
  std::uint16_t port_;
  std::uint32_t unaccepted_ = 0;  ///< Connections that its kernel holds for a paused process.
};

Proxy::Proxy(sim::Engine& engine, vpc::Network& network, Timeouts& timeouts, ProxySpec spec)
    : engine_(engine),
      network_(network),
      spec_(spec),
      work_{part_of(spec.service_time, share_request), part_of(spec.service_time, share_response),
            part_of(spec.service_time, share_after)},
      started_(engine.now()),
      router_({.engine = engine,
               .network = network,
               .timeouts = timeouts,
               .profile = *spec.profile,
               .suspension = suspension_,
               .clusters = clusters_,
               .streams = streams_,
               .rng = spec_.rng,
               .stats = stats_},
              *this),
      upstream_(engine, network, *spec.interface, timeouts, suspension_, router_, clusters_,
                spec.workers),
      clusters_({.engine = engine,
                 .network = network,
                 .interface = *spec.interface,
                 .suspension = suspension_,
                 .profile = *spec.profile,
                 .stats = stats_,
                 .names = spec.resolver,
                 .workers = spec.workers,
                 .rng = spec_.rng},
                upstream_),
      tcp_proxy_({.engine = engine,
                  .network = network,
                  .interface = *spec.interface,
                  .timeouts = timeouts,
                  .suspension = suspension_,
                  .clusters = clusters_,
                  .stats = stats_.tcp,
                  .cx_length_ms = stats_.listener_cx_length_ms[1]}) {
  router_.attach(upstream_);
  stats_.workers = spec.workers;
  stats_.started = engine.now();
  ++stats_.control_plane.update_attempt;  // Each subscription begins with one.
}

Proxy::~Proxy() = default;

// --- Configuration ----------------------------------------------------------------------------

void Proxy::apply(const Snapshot& snapshot) {
  if (state_ == State::gone) return;
  if (suspension_.is_on()) {
    return suspension_.keep_socket_event([this, snapshot] { apply(snapshot); });
  }
  count_configuration(snapshot);
  const auto indices = clusters_.apply(snapshot.clusters);
  for (const Direction direction : {Direction::ingress, Direction::egress}) {
    const ListenerConfig& listener =
        direction == Direction::ingress ? snapshot.ingress : snapshot.egress;
    routes_[static_cast<std::size_t>(direction)] =
        &tables_.emplace_back(with_targets(listener.routes, snapshot), indices, *spec_.names);
    open_listener(direction, listener.port);
    watch_idle(direction, listener.connection_idle_timeout);
  }
  others_ = snapshot.egress.others;
  http_ports_ = snapshot.egress.http_ports;
  if (snapshot.egress.pass_through != WeightedCluster::missing) {
    tcp_proxy_.set_cluster(indices[snapshot.egress.pass_through]);
  }
  if (state_ == State::initialising) state_ = State::live;
}

std::optional<std::uint16_t> Proxy::listener_port(Direction direction) const {
  const auto& listener = listeners_[static_cast<std::size_t>(direction)];
  return listener == nullptr ? std::nullopt : std::optional(listener->port());
}

void Proxy::count_configuration(const Snapshot& snapshot) {
  ControlPlaneStats& counts = stats_.control_plane;
  ++counts.update_attempt;
  ++counts.update_success;
  counts.updated = engine_.now();
  stats_.update_duration.record(0);
  stats_.passes_tcp = snapshot.egress.others == ListenerConfig::Others::pass;
  stats_.listeners = {ListenerFacts{snapshot.ingress.port, snapshot.ingress.route_configs},
                      ListenerFacts{snapshot.egress.port, snapshot.egress.route_configs}};
  counts.clusters_added += snapshot.idle_clusters.size() - stats_.idle_clusters.size();
  stats_.idle_clusters = snapshot.idle_clusters;
  if (state_ != State::initialising) return;
  stats_.initialization_time_ms.record(whole_milliseconds(engine_.now() - stats_.started));
}

// What is off costs a request nothing: its route names no target then.
std::vector<Route> Proxy::with_targets(std::vector<Route> routes, const Snapshot& snapshot) {
  if (!spec_.has_metrics_extension) return routes;
  for (Route& route : routes) {
    if (route.virtual_service.empty()) continue;
    for (WeightedCluster& choice : route.clusters) {
      if (choice.cluster == WeightedCluster::missing) continue;
      const std::string& node = snapshot.clusters[choice.cluster].virtual_node;
      const auto known = std::ranges::find_if(stats_.targets, [&](const TargetStats& target) {
        return target.service == route.virtual_service && target.node == node;
      });
      choice.target = static_cast<std::uint32_t>(known - stats_.targets.begin());
      if (known != stats_.targets.end()) continue;
      stats_.targets.push_back({.service = route.virtual_service, .node = node});
      stats_.target_times.emplace_back();
    }
  }
  return routes;
}

void Proxy::open_listener(Direction direction, std::uint16_t port) {
  std::unique_ptr<Listener>& listener = listeners_[static_cast<std::size_t>(direction)];
  if (listener != nullptr && listener->port() == port) return;
  listener = std::make_unique<Listener>(*this, direction, port);
}

void Proxy::set_endpoints(std::string_view cluster, const std::vector<Endpoint>& endpoints) {
  if (state_ == State::gone) return;
  if (suspension_.is_on()) {
    return suspension_.keep_socket_event(
        [this, name = std::string(cluster), endpoints] { set_endpoints(name, endpoints); });
  }
  static_cast<void>(clusters_.set_endpoints(cluster, endpoints));
}

Proxy::Chain Proxy::chain_for(std::uint16_t port) const {
  if (std::ranges::find(http_ports_, port) != http_ports_.end()) return Chain::http;
  return *others_ == ListenerConfig::Others::pass ? Chain::tcp : Chain::none;
}

// --- Downstream -------------------------------------------------------------------------------

// The kernel's part. The process hears of it at once, unless it stands still.
std::uint32_t Proxy::accept(Handle connection, Direction direction) {
  const auto worker = static_cast<std::uint32_t>(spec_.rng.below(spec_.workers));
  const vpc::Dialled dialled =
      direction == Direction::egress
          ? network_.dialled(connection)
          : vpc::Dialled{spec_.interface->address, network_.server_port(connection)};
  const std::uint32_t slot = downstreams_
                                 .make({.connection = connection,
                                        .stream = {},
                                        .direction = direction,
                                        .worker = worker,
                                        .hops = network_.hops(connection),
                                        .peer = network_.client_address(connection),
                                        .peer_port = network_.client_port(connection),
                                        .number = ++connections_,
                                        .dialled = dialled,
                                        .idle_since = engine_.now(),
                                        .opened = engine_.now()})
                                 .slot;
  if (suspension_.is_on()) {
    suspension_.keep_socket_event([this, slot] { count_accepted(slot); });
  } else {
    count_accepted(slot);
  }
  return slot;
}

void Proxy::count_accepted(std::uint32_t downstream) {
  HttpStats& counts = http_stats(downstreams_.at(downstream).direction);
  ++counts.cx_total;
  ++counts.cx_active;
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
  if (suspension_.is_on()) {
    return suspension_.keep_socket_event(
        [this, tag, request = network_.request(connection)] { take_request(tag, request); });
  }
  take_request(tag, network_.request(connection));
}

void Proxy::take_request(std::uint32_t tag, const http::Request& request) {
  Downstream& downstream = downstreams_.at(tag);
  const Handle handle = streams_.make();
  Stream& stream = streams_.get(handle);
  stream.downstream = tag;
  stream.request = request;
  stream.direction = downstream.direction;
  stream.worker = downstream.worker;
  stream.dialled = downstream.dialled;
  stream.arrived = engine_.now();
  downstream.stream = handle;
  HttpStats& counts = http_stats(stream.direction);
  ++counts.rq_total;
  ++counts.rq_active;
  counts.cx_rx_bytes += http::wire_size(request);
  if (!downstream.has_codec) {
    downstream.has_codec = true;
    ++counts.cx_http1_total;
    ++counts.cx_http1_active;
  }
  if (!stream.request.id.is_set()) {
    const std::uint64_t high = spec_.rng.bits();
    const std::uint64_t low = spec_.rng.bits();
    stream.request.id =
        http::make_uuid(high, low, spec_.tracer == nullptr ? uuid_random : uuid_traced);
  }
  if (spec_.tracer != nullptr) {
    stream.segment = spec_.tracer->begin(stream.request);
    ++counts.tracing_random_sampling;
  }
  if (stream.direction == Direction::ingress) {
    network_.hop_done(downstream.hops.request, stream.request.handed);
  }
  after_work(work_.request, sim::call<&Proxy::on_decoded>(*this, handle.packed()));
}

void Proxy::on_peer_closed(Handle /*connection*/, std::uint32_t tag) {
  if (suspension_.is_on()) {
    return suspension_.keep_socket_event([this, tag] { take_close(tag); });
  }
  take_close(tag);
}

void Proxy::take_close(std::uint32_t tag) {
  const Downstream& downstream = downstreams_.at(tag);
  const Handle handle = downstream.stream;
  HttpStats& counts = http_stats(downstream.direction);
  count_closed(downstream, true);
  if (Stream* stream = streams_.find(handle)) {
    ++counts.cx_destroy_remote_active_rq;
    const bool was_upstream = stream->is_upstream;
    router_.abandon(handle, *stream);
    stream->flags = stream->flags | Flag::downstream_connection_termination;
    stream->response.body = sim::Bytes(0);
    stream->response.upstream_service_time_ms = -1;
    ++counts.rq_rx_reset;
    tell(*stream, 0);
    if (!was_upstream) fail_hop(*stream);
    streams_.free(handle);
  }
  downstreams_.free(downstreams_.handle_of(tag));
}

// One timer for each listener: it looks round when a connection may have idled for too long.
void Proxy::watch_idle(Direction direction, Duration limit) {
  const auto index = static_cast<std::size_t>(direction);
  if (idle_limits_[index] == limit) return;
  idle_limits_[index] = limit;
  engine_.cancel(idle_timers_[index]);
  if (limit == Duration(0)) return;
  idle_timers_[index] = engine_.after(limit, sim::call<&Proxy::on_idle_timer>(*this, index));
}

void Proxy::on_idle_timer(std::uint64_t direction) {
  if (suspension_.is_on()) {
    return suspension_.keep_timer([this, direction] { on_idle_timer(direction); });
  }
  const Duration limit = idle_limits_[direction];
  Duration next = limit;
  downstreams_.for_each([&](Handle handle, const Downstream& downstream) {
    if (static_cast<std::size_t>(downstream.direction) != direction) return;
    if (downstream.stream.is_set()) return;
    const Duration left = downstream.idle_since + limit - engine_.now();
    if (left <= Duration(0)) return close_idle(handle, downstream);
    next = std::min(next, left);
  });
  idle_timers_[direction] = engine_.after(next, sim::call<&Proxy::on_idle_timer>(*this, direction));
}

void Proxy::close_idle(Handle handle, const Downstream& downstream) {
  ++http_stats(downstream.direction).cx_idle_timeout;
  count_closed(downstream, false);
  if (network_.is_alive(downstream.connection)) {
    network_.close(downstream.connection, vpc::Side::server);
  }
  downstreams_.free(handle);
}

void Proxy::after_work(Duration work, sim::Callback next) {
  if (work == Duration(0)) return next();
  spec_.cpu->start(spec_.container, work, next);
}

void Proxy::on_decoded(std::uint64_t word) {
  if (suspension_.is_on()) {
    return suspension_.keep_socket_event([this, word] { on_decoded(word); });
  }
  const Handle handle = Handle::unpack(word);
  Stream* stream = streams_.find(handle);
  if (stream == nullptr) return;
  stream->routed = engine_.now();
  ++http_stats(stream->direction).rq_routed;
  if (stream->direction == Direction::egress) {
    network_.hop_done(downstreams_.at(stream->downstream).hops.request, stream->request.handed);
  }
  router_.begin(handle, *stream, find_route(*stream));
}

// --- Answers ----------------------------------------------------------------------------------

void Proxy::on_answer(Handle handle, Stream& stream) {
  // The way home to the own application begins here; to another host, after the work.
  if (stream.direction == Direction::egress) stream.response.handed = engine_.now();
  stream.is_encoding = true;
  after_work(work_.response, sim::call<&Proxy::on_encoded>(*this, handle.packed()));
}

void Proxy::on_encoded(std::uint64_t word) {
  if (suspension_.is_on()) {
    return suspension_.keep_socket_event([this, word] { on_encoded(word); });
  }
  const Handle handle = Handle::unpack(word);
  Stream* stream = streams_.find(handle);
  if (stream == nullptr) return;
  if (stream->direction == Direction::ingress) {
    network_.hop_done(cluster_of(*stream).hops.response, stream->response.handed);
    stream->response.handed = engine_.now();
  }
  finish(handle, *stream);
}

void Proxy::on_local_reply(Handle handle, Stream& stream) { finish(handle, stream); }

void Proxy::finish(Handle handle, Stream& stream) {
  Downstream& downstream = downstreams_.at(stream.downstream);
  downstream.stream = {};
  downstream.idle_since = engine_.now();
  stream.response.closes_connection = state_ == State::draining;
  network_.send_response(downstream.connection, stream.response);
  tell(stream, stream.response.status);
  if (work_.after > Duration(0)) spec_.cpu->start(spec_.container, work_.after, {});
  const bool is_cut_short = stream.response.damage != http::Response::Damage::none;
  HttpStats& counts = http_stats(stream.direction);
  counts.cx_tx_bytes += http::wire_size(stream.response);
  if (stream.response.closes_connection) ++counts.cx_drain_close;
  if (is_cut_short) {
    ++counts.rq_tx_reset;
  } else {
    http_times(stream.direction).rq_time.record(whole_milliseconds(engine_.now() - stream.arrived));
  }
  const std::uint32_t slot = stream.downstream;
  streams_.free(handle);
  if (is_cut_short) hang_up(slot);
}

// Downstream hears that the body was cut short in the only way that HTTP/1.1 has.
void Proxy::hang_up(std::uint32_t slot) {
  const Downstream& downstream = downstreams_.at(slot);
  count_closed(downstream, false);
  network_.close(downstream.connection, vpc::Side::server);
  downstreams_.free(downstreams_.handle_of(slot));
}

void Proxy::count_closed(const Downstream& downstream, bool by_remote) {
  HttpStats& counts = http_stats(downstream.direction);
  ++counts.cx_destroy;
  ++(by_remote ? counts.cx_destroy_remote : counts.cx_destroy_local);
  --counts.cx_active;
  if (downstream.has_codec) --counts.cx_http1_active;
  const std::uint64_t length = whole_milliseconds(engine_.now() - downstream.opened);
  http_times(downstream.direction).cx_length_ms.record(length);
  stats_.listener_cx_length_ms[static_cast<std::size_t>(downstream.direction)].record(length);
}

// --- What is told of a request ----------------------------------------------------------------

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
  if (stream.route != nullptr) {
    if (has(stream.flags, Flag::stream_idle_timeout)) ++http.rq_idle_timeout;
    return;
  }
  if (has(stream.flags, Flag::no_route_found)) {
    ++http.no_route;
  } else if (status == clusterless_status) {
    ++http.no_cluster;
  }
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
      .upstream_cluster =
          is_routed ? std::string_view(cluster_of(stream).name) : std::string_view{},
      .status = status,
      .flags = stream.flags,
      .sent = stream.response.body,
  });
}

std::string_view Proxy::details_of(const Stream& stream) const {
  if (has(stream.flags, Flag::downstream_connection_termination)) return downstream_gone;
  if (stream.reply != nullptr) return stream.reply->details;
  const bool is_cut_short = stream.response.damage != http::Response::Damage::none;
  return is_cut_short ? spec_.profile->cut_short_details : via_upstream;
}

void Proxy::write_log(const Stream& stream, int status) {
  const Downstream& downstream = downstreams_.at(stream.downstream);
  AccessLogEntry entry{
      .start = stream.arrived,
      .end = engine_.now(),
      .request = &stream.request,
      .response = &stream.response,
      .status = status,
      .flags = stream.flags,
      .reply = stream.reply,
      .details = details_of(stream),
      .attempts = stream.attempts,
      .peer = {downstream.peer, downstream.peer_port},
      .asked = {downstream.dialled.address, downstream.dialled.port},
      .connection = downstream.number,
      .segment = stream.segment,
      .direction = stream.direction,
  };
  if (stream.has_host) entry.upstream_host = stream.endpoint;
  if (stream.route != nullptr) entry.upstream_cluster = cluster_of(stream).name;
  if (stream.is_sent) {
    entry.sent = stream.sent;
    entry.upstream_own = {
        cluster_of(stream).is_local ? vpc::loopback_address : spec_.interface->address,
        stream.own_port};
  }
  if (stream.reply == nullptr && stream.response.head_arrived != SimTime{}) {
    entry.answered = stream.response.head_arrived;
  }
  // A retry that found no host is one all the same.
  const bool has_no_host = has(stream.flags, Flag::no_healthy_upstream);
  if (has_no_host && stream.attempts > 0) ++entry.attempts;
  spec_.access_log->write(entry);
}

// A stream that dies in this process, at work on the request or on the answer, dies on the hop that
// ends with that work. With the pool or the network, whoever holds it counts.
void Proxy::fail_hop(const Stream& stream) {
  const vpc::ConnectionHops& downstream = downstreams_.at(stream.downstream).hops;
  const bool is_ingress = stream.direction == Direction::ingress;
  if (stream.is_encoding) {
    network_.hop_failed(is_ingress ? cluster_of(stream).hops.response : downstream.response,
                        stream.response.handed);
  } else if (stream.route == nullptr) {
    const Route* route = find_route(stream);
    if (route == nullptr || route->clusters.front().cluster == WeightedCluster::missing) return;
    network_.hop_failed(is_ingress
                            ? clusters_.at(route->clusters.front().cluster).settings.hops.request
                            : downstream.request,
                        is_ingress ? stream.arrived : stream.request.handed);
  }
}

// --- Life and end -----------------------------------------------------------------------------

void Proxy::pause() {
  if (state_ == State::gone || suspension_.is_on()) return;
  suspension_.begin();
  for (auto& listener : listeners_) {
    if (listener != nullptr) listener->begin_queue();
  }
  stats_.is_paused = true;
  if (spec_.access_log != nullptr) spec_.access_log->pause();
}

void Proxy::resume() {
  stats_.is_paused = false;
  if (spec_.access_log != nullptr) spec_.access_log->resume();
  suspension_.end();
}

std::uint32_t Proxy::accept_queue() const {
  const std::uint32_t sockets = spec_.profile->listens_per_worker ? spec_.workers : 1;
  return (spec_.profile->backlog + 1) * sockets;
}

void Proxy::drain() {
  if (state_ == State::live) state_ = State::draining;
}

void Proxy::kill() {
  if (state_ == State::gone) return;
  state_ = State::gone;
  suspension_.forget();
  if (spec_.access_log != nullptr) spec_.access_log->lose_buffer();
  for (auto& listener : listeners_) {
    if (listener != nullptr) listener->close();
  }
  for (const sim::EventId timer : idle_timers_) engine_.cancel(timer);
  clusters_.stop();
  spec_.cpu->cancel_all(spec_.container);
  streams_.for_each([this](Handle handle, Stream& stream) {
    if (!stream.is_upstream) fail_hop(stream);
    router_.cancel_timers(stream);
    streams_.free(handle);
  });
  upstream_.close_all();
  tcp_proxy_.close_all();
  network_.close_all(*this);
  downstreams_.for_each([this](Handle handle, Downstream&) { downstreams_.free(handle); });
}

void Proxy::exit_cleanly() {
  if (state_ != State::gone && spec_.access_log != nullptr) spec_.access_log->finish();
  kill();
}

}  // namespace hoplab::models::envoy
