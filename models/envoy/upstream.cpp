#include "models/envoy/upstream.hpp"

#include <algorithm>
#include <utility>

namespace hoplab::models::envoy {

namespace {

using namespace std::chrono_literals;

/// Source: conn_pool_base.cc, tryCreateNewConnections().
constexpr int connections_at_once = 3;
/// From the look at the limit until the connection counts: socket(), connect(), buffers. Assumed.
constexpr Duration socket_making = 50us;

}  // namespace

Upstream::Upstream(sim::Engine& engine, vpc::Network& network, vpc::Interface& interface,
                   Timeouts& timeouts, Suspension& suspension, UpstreamUser& user,
                   ClusterManager& clusters, std::uint32_t workers)
    : engine_(engine),
      network_(network),
      interface_(interface),
      timeouts_(timeouts),
      suspension_(suspension),
      user_(user),
      clusters_(clusters),
      workers_(workers) {}

void Upstream::Pool::take_away(std::uint32_t slot) {
  const auto place = std::ranges::find(ready, slot);
  if (place != ready.end()) ready.erase(place);
}

Upstream::Pool& Upstream::pool(const Place& place) {
  return pools_[place.cluster][place.host * workers_ + place.worker];
}

// --- Hosts come and go ------------------------------------------------------------------------

void Upstream::on_hosts_joined(ClusterIndex cluster) {
  if (pools_.size() <= cluster) pools_.resize(cluster + std::size_t{1});
  pools_[cluster].resize(clusters_.at(cluster).hosts.size() * workers_);
  constexpr SimTime never{-std::chrono::hours(1)};
  if (opened_.size() <= cluster) opened_.resize(cluster + std::size_t{1});
  opened_[cluster].resize(workers_, never);
}

void Upstream::on_host_left(ClusterIndex cluster, HostIndex host) {
  for (std::uint32_t worker = 0; worker < workers_; ++worker) {
    Pool& pool = this->pool({cluster, host, worker});
    pool.is_draining = true;
    for (const std::uint32_t slot : std::exchange(pool.ready, {})) close(slot);
  }
}

// --- Streams and connections ------------------------------------------------------------------

void Upstream::start(Place place, Handle stream, const http::Request& request) {
  Pool& pool = this->pool(place);
  if (!pool.ready.empty()) {
    const std::uint32_t slot = pool.ready.back();
    pool.ready.pop_back();
    return attach(slot, {stream, request});
  }
  ClusterAtWork& cluster = this->cluster(place);
  ClusterStats& counts = *cluster.stats;
  if (counts.rq_pending_active >= cluster.settings.circuit_breakers.pending_requests_max) {
    ++counts.rq_pending_overflow;
    network_.hop_failed(cluster.settings.hops.request, request.handed);
    return user_.on_upstream_failure(stream, Failure::overflow);
  }
  ++counts.rq_pending_total;
  count_pending(cluster, 1);
  pool.waiting.push_back({stream, request});
  open_for_waiting(place);
}

void Upstream::count_pending(ClusterAtWork& cluster, std::int64_t change) {
  ClusterStats& counts = *cluster.stats;
  counts.rq_pending_active += static_cast<std::uint64_t>(change);
  const bool is_open =
      counts.rq_pending_active >= cluster.settings.circuit_breakers.pending_requests_max;
  counts.rq_pending_open = is_open ? 1 : 0;
}

// Of other workers, those whose last socket is being made just now.
std::uint64_t Upstream::unseen_connections(const Place& place) const {
  const std::vector<SimTime>& opened = opened_[place.cluster];
  std::uint64_t unseen = 0;
  for (std::uint32_t worker = 0; worker < workers_; ++worker) {
    const bool is_being_made = engine_.now() - opened[worker] < socket_making;
    if (worker != place.worker && is_being_made) ++unseen;
  }
  return unseen;
}

bool Upstream::may_open(const Place& place) {
  ClusterAtWork& cluster = this->cluster(place);
  const std::uint64_t limit = cluster.settings.circuit_breakers.connections_max;
  if (cluster.stats->cx_active < limit) return true;
  if (cluster.stats->cx_active - unseen_connections(place) < limit) return true;
  ++cluster.stats->cx_overflow;
  return pool(place).clients == 0;
}

void Upstream::open_for_waiting(const Place& place) {
  const Pool& pool = this->pool(place);
  for (int opened = 0; opened < connections_at_once; ++opened) {
    if (pool.connecting >= pool.waiting.size() || !may_open(place)) return;
    open(place);
  }
}

void Upstream::open(const Place& place) {
  ClusterAtWork& cluster = this->cluster(place);
  Host& host = cluster.hosts.at(place.host);
  const Endpoint& endpoint = host.endpoint;
  const Handle handle =
      clients_.make(Client{place, endpoint, {}, {}, true, {}, {}, 0, 0, engine_.now()});
  Client& client = clients_.get(handle);
  Pool& pool = this->pool(place);
  ++pool.connecting;
  ++pool.clients;
  opened_[place.cluster][place.worker] = engine_.now();
  ++cluster.stats->cx_total;
  ++cluster.stats->cx_http1_total;
  ++cluster.stats->cx_active;
  ++host.stats.cx_total;
  ++host.stats.cx_active;
  const bool is_full =
      cluster.stats->cx_active >= cluster.settings.circuit_breakers.connections_max;
  cluster.stats->cx_open = is_full ? 1 : 0;
  client.connect_timeout =
      timeouts_.of(cluster.settings.connect_timeout)
          .start(sim::call<&Upstream::on_connect_timeout>(*this, handle.packed()));
  client.connection = network_.connect({
      .from = &interface_,
      .to = cluster.settings.is_local ? &interface_ : network_.find(endpoint.address),
      .port = endpoint.port,
      .loopback = cluster.settings.is_local,
      .user = this,
      .tag = handle.slot,
      .hops = cluster.settings.hops,
  });
  client.own_port = network_.client_port(client.connection);
}

void Upstream::attach(std::uint32_t slot, const Waiting& waiting) {
  Client& client = clients_.at(slot);
  const std::uint32_t stream = waiting.stream.slot;
  if (stream >= client_of_stream_.size()) client_of_stream_.resize(stream + std::size_t{1});
  client_of_stream_[stream] = slot;
  ClusterAtWork& cluster = this->cluster(client.place);
  ++cluster.stats->rq_total;
  ++cluster.stats->rq_active;
  Host& host = cluster.hosts.at(client.place.host);
  ++host.requests_active;
  ++host.stats.rq_total;
  client.stream = waiting.stream;
  ++client.requests;
  user_.on_upstream_sent(waiting.stream, client.endpoint, client.own_port);
  // A process that stood still may write to a connection of whose end it hears next.
  cluster.stats->cx_tx_bytes += http::wire_size(waiting.request);
  if (network_.is_alive(client.connection)) {
    network_.send_request(client.connection, waiting.request);
  }
}

void Upstream::make_ready(std::uint32_t slot) {
  Client& client = clients_.at(slot);
  Pool& pool = this->pool(client.place);
  if (pool.waiting.empty()) {
    if (pool.is_draining) return close(slot);
    pool.ready.push_back(slot);
    return rest(slot);
  }
  const Waiting oldest = pool.waiting.front();
  pool.waiting.pop_front();
  count_pending(cluster(client.place), -1);
  attach(slot, oldest);
}

// One timer for all of them: it looks round when the first that rests now may have rested too long.
void Upstream::rest(std::uint32_t slot) {
  Client& client = clients_.at(slot);
  client.idle_since = engine_.now();
  if (has_idle_timer_) return;
  const Duration limit = cluster(client.place).settings.connection_idle_timeout;
  if (limit == 0ns) return;
  has_idle_timer_ = true;
  idle_timer_ = engine_.after(limit, sim::call<&Upstream::on_idle_timer>(*this));
}

void Upstream::on_idle_timer() {
  if (suspension_.is_on()) return suspension_.keep_timer([this] { on_idle_timer(); });
  has_idle_timer_ = false;
  Duration next = Duration::max();
  clients_.for_each([&](Handle handle, const Client& client) {
    if (client.is_connecting || client.stream.is_set()) return;
    const Duration limit = cluster(client.place).settings.connection_idle_timeout;
    if (limit == 0ns) return;
    const Duration left = client.idle_since + limit - engine_.now();
    if (left > 0ns) {
      next = std::min(next, left);
      return;
    }
    ++stats(client.place).cx_idle_timeout;
    pool(client.place).take_away(handle.slot);
    close(handle.slot);
  });
  if (next == Duration::max()) return;
  has_idle_timer_ = true;
  idle_timer_ = engine_.after(next, sim::call<&Upstream::on_idle_timer>(*this));
}

void Upstream::close(std::uint32_t slot) {
  Client& client = clients_.at(slot);
  count_closed(client, false);
  if (network_.is_alive(client.connection)) {
    network_.close(client.connection, vpc::Side::client);
  }
  clients_.free(clients_.handle_of(slot));
}

void Upstream::cancel_connect_timeout(Client& client) {
  timeouts_.of(cluster(client.place).settings.connect_timeout).cancel(client.connect_timeout);
}

// --- What the sockets tell --------------------------------------------------------------------

void Upstream::on_connected(Handle /*connection*/, std::uint32_t tag) {
  if (suspension_.is_on()) {
    return suspension_.keep_socket_event([this, tag] { take_connected(tag); });
  }
  take_connected(tag);
}

void Upstream::take_connected(std::uint32_t slot) {
  Client& client = clients_.at(slot);
  cancel_connect_timeout(client);
  client.is_connecting = false;
  times(client.place).cx_connect_ms.record(whole_milliseconds(engine_.now() - client.opened));
  --pool(client.place).connecting;
  make_ready(slot);
}

void Upstream::on_refused(Handle connection, std::uint32_t tag) {
  if (suspension_.is_on()) {
    return suspension_.keep_socket_event([this, connection, tag] { on_refused(connection, tag); });
  }
  cancel_connect_timeout(clients_.at(tag));
  fail_connect(tag, Failure::connect_refused);
}

void Upstream::on_connect_timeout(std::uint64_t word) {
  if (suspension_.is_on()) {
    return suspension_.keep_timer([this, word] { on_connect_timeout(word); });
  }
  const Handle handle = Handle::unpack(word);
  const Client* client = clients_.find(handle);
  if (client == nullptr || !client->is_connecting) return;
  if (network_.is_alive(client->connection)) {
    network_.close(client->connection, vpc::Side::client);
  }
  fail_connect(handle.slot, Failure::connect_timeout);
}

void Upstream::fail_connect(std::uint32_t slot, Failure failure) {
  const Place place = clients_.at(slot).place;
  count_closed(clients_.at(slot), failure == Failure::connect_refused);
  ++stats(place).cx_connect_fail;
  ++cluster(place).hosts.at(place.host).stats.cx_connect_fail;
  if (failure == Failure::connect_timeout) ++stats(place).cx_connect_timeout;
  clients_.free(clients_.handle_of(slot));
  Pool& pool = this->pool(place);
  --pool.connecting;
  // The streams may start again at once, in this very pool: purge a list of their own.
  Fifo<Waiting> purged = std::exchange(pool.waiting, {});
  stats(place).rq_pending_failure_eject += purged.size();
  count_pending(cluster(place), -static_cast<std::int64_t>(purged.size()));
  for (const Waiting& waiting : purged) {
    network_.hop_failed(cluster(place).settings.hops.request, waiting.request.handed);
    user_.on_upstream_failure(waiting.stream, failure);
  }
}

void Upstream::on_request(Handle /*connection*/, std::uint32_t /*tag*/) {
  HOPLAB_ASSERT(false, "a pool owns client ends only");
}

void Upstream::on_response(Handle connection, std::uint32_t tag) {
  const http::Response response = network_.response(connection);
  if (suspension_.is_on()) {
    return suspension_.keep_socket_event([this, tag, response] { take_response(tag, response); });
  }
  take_response(tag, response);
}

void Upstream::take_response(std::uint32_t slot, const http::Response& response) {
  Client& client = clients_.at(slot);
  ClusterAtWork& cluster = this->cluster(client.place);
  --cluster.stats->rq_active;
  cluster.stats->cx_rx_bytes += http::wire_size(response);
  --cluster.hosts.at(client.place.host).requests_active;
  const Handle stream = std::exchange(client.stream, {});
  using Damage = http::Response::Damage;
  const Place place = client.place;
  if (response.damage == Damage::garbage) {
    network_.hop_failed(cluster.settings.hops.response, response.handed);
    ++cluster.stats->cx_protocol_error;
    close(slot);
    open_for_waiting(place);
    return user_.on_upstream_failure(stream, Failure::protocol_error);
  }
  const bool is_worn = client.requests == cluster.settings.max_requests_per_connection;
  if (is_worn) ++cluster.stats->cx_max_requests;
  if (response.closes_connection || response.damage == Damage::truncated || is_worn) {
    close(slot);
    open_for_waiting(place);
  } else {
    make_ready(slot);
  }
  user_.on_upstream_response(stream, response);
}

void Upstream::on_peer_closed(Handle /*connection*/, std::uint32_t tag) {
  if (suspension_.is_on()) {
    return suspension_.keep_socket_event([this, tag] { take_close(tag); });
  }
  take_close(tag);
}

void Upstream::take_close(std::uint32_t slot) {
  Client& client = clients_.at(slot);
  const Handle stream = client.stream;
  Pool& pool = this->pool(client.place);
  pool.take_away(slot);
  if (client.is_connecting) {
    cancel_connect_timeout(client);
    return fail_connect(slot, Failure::connect_refused);
  }
  const Place place = client.place;
  count_closed(client, true);
  if (stream.is_set()) ++stats(place).rq_rx_reset;
  clients_.free(clients_.handle_of(slot));
  open_for_waiting(place);
  if (stream.is_set()) user_.on_upstream_failure(stream, Failure::connection_terminated);
}

void Upstream::count_closed(const Client& client, bool by_remote) {
  ClusterAtWork& cluster = this->cluster(client.place);
  ClusterStats& counts = *cluster.stats;
  ++counts.cx_destroy;
  ++(by_remote ? counts.cx_destroy_remote : counts.cx_destroy_local);
  --counts.cx_active;
  --cluster.hosts.at(client.place.host).stats.cx_active;
  counts.cx_open = counts.cx_active >= cluster.settings.circuit_breakers.connections_max ? 1 : 0;
  --pool(client.place).clients;
  cluster.times->cx_length_ms.record(whole_milliseconds(engine_.now() - client.opened));
  if (!client.is_connecting) cluster.times->rq_per_cx.record(client.requests);
  if (!client.stream.is_set()) return;
  ++counts.cx_destroy_with_active_rq;
  --counts.rq_active;
  --cluster.hosts.at(client.place.host).requests_active;
  ++(by_remote ? counts.cx_destroy_remote_with_active_rq : counts.cx_destroy_local_with_active_rq);
}

void Upstream::reset(Place place, Handle stream) {
  Pool& pool = this->pool(place);
  const auto waits = std::ranges::find(pool.waiting, stream, &Waiting::stream);
  if (waits != pool.waiting.end()) {
    network_.hop_failed(cluster(place).settings.hops.request, waits->request.handed);
    pool.waiting.erase(waits);
    ++stats(place).rq_cancelled;
    return count_pending(cluster(place), -1);
  }
  const std::uint32_t slot = client_of_stream_[stream.slot];
  HOPLAB_ASSERT(clients_.at(slot).stream == stream,
                "a stream that neither waits nor exchanges is reset");
  ++stats(place).rq_tx_reset;
  close(slot);
  open_for_waiting(place);
}

void Upstream::close_all() {
  engine_.cancel(idle_timer_);
  clients_.for_each([&](Handle handle, Client& client) {
    if (client.is_connecting) cancel_connect_timeout(client);
    if (network_.is_alive(client.connection)) {
      network_.close(client.connection, vpc::Side::client);
    }
    clients_.free(handle);
  });
  for (ClusterIndex index = 0; index < pools_.size(); ++index) {
    for (Pool& pool : pools_[index]) {
      for (const Waiting& waiting : pool.waiting) {
        network_.hop_failed(clusters_.at(index).settings.hops.request, waiting.request.handed);
      }
      pool = {};
    }
  }
}

}  // namespace hoplab::models::envoy
