#include "models/envoy/upstream.hpp"

#include <algorithm>
#include <utility>

namespace hoplab::models::envoy {

Upstream::Upstream(vpc::Network& network, vpc::Interface& interface, Timeouts& timeouts,
                   UpstreamUser& user, const std::vector<Cluster>& clusters,
                   std::vector<ClusterStats>& stats, std::uint32_t workers)
    : network_(network),
      interface_(interface),
      timeouts_(timeouts),
      user_(user),
      clusters_(clusters),
      stats_(stats),
      workers_(workers) {
  for (const Cluster& cluster : clusters) {
    pools_.emplace_back(cluster.endpoints.size() * workers);
  }
}

Upstream::Pool& Upstream::pool(const Place& place) {
  return pools_[place.cluster][place.endpoint * workers_ + place.worker];
}

void Upstream::start(Place place, Handle stream, const http::Request& request) {
  Pool& pool = this->pool(place);
  if (!pool.ready.empty()) {
    const std::uint32_t slot = pool.ready.back();
    pool.ready.pop_back();
    return attach(slot, {stream, request});
  }
  ++stats(place).rq_pending_total;
  ++stats(place).rq_pending_active;
  pool.waiting.push_back({stream, request});
  if (pool.connecting < pool.waiting.size()) open(place);
}

void Upstream::open(const Place& place) {
  const Cluster& cluster = clusters_[place.cluster];
  const Endpoint& endpoint = cluster.endpoints[place.endpoint];
  const Handle handle = clients_.make(Client{place, {}, {}, true, {}});
  Client& client = clients_.get(handle);
  ++pool(place).connecting;
  ++stats(place).cx_total;
  ++stats(place).cx_active;
  client.connect_timeout = timeouts_.of(cluster.connect_timeout)
                               .start(sim::call<&Upstream::on_connect_timeout>(*this, handle.slot));
  client.connection = network_.connect({
      .from = &interface_,
      .to = cluster.is_local ? &interface_ : network_.find(endpoint.address),
      .port = endpoint.port,
      .loopback = cluster.is_local,
      .user = this,
      .tag = handle.slot,
      .hops = cluster.hops,
  });
}

void Upstream::attach(std::uint32_t slot, const Waiting& waiting) {
  Client& client = clients_.at(slot);
  const std::uint32_t stream = waiting.stream.slot;
  if (stream >= client_of_stream_.size()) client_of_stream_.resize(stream + std::size_t{1});
  client_of_stream_[stream] = slot;
  ++stats(client.place).rq_total;
  ++stats(client.place).rq_active;
  client.stream = waiting.stream;
  network_.send_request(client.connection, waiting.request);
}

void Upstream::make_ready(std::uint32_t slot) {
  Client& client = clients_.at(slot);
  Pool& pool = this->pool(client.place);
  if (pool.waiting.empty()) return pool.ready.push_back(slot);
  const Waiting oldest = pool.waiting.front();
  pool.waiting.pop_front();
  --stats(client.place).rq_pending_active;
  attach(slot, oldest);
}

void Upstream::on_connected(Handle /*connection*/, std::uint32_t tag) {
  Client& client = clients_.at(tag);
  timeouts_.of(clusters_[client.place.cluster].connect_timeout).cancel(client.connect_timeout);
  client.is_connecting = false;
  --pool(client.place).connecting;
  make_ready(tag);
}

void Upstream::on_refused(Handle /*connection*/, std::uint32_t tag) {
  timeouts_.of(clusters_[clients_.at(tag).place.cluster].connect_timeout)
      .cancel(clients_.at(tag).connect_timeout);
  fail_connect(tag, Failure::connect_refused);
}

void Upstream::on_connect_timeout(std::uint64_t word) {
  const auto slot = static_cast<std::uint32_t>(word);
  network_.close(clients_.at(slot).connection, vpc::Side::client);
  fail_connect(slot, Failure::connect_timeout);
}

void Upstream::fail_connect(std::uint32_t slot, Failure failure) {
  const Place place = clients_.at(slot).place;
  count_closed(clients_.at(slot), failure == Failure::connect_refused);
  ++stats(place).cx_connect_fail;
  if (failure == Failure::connect_timeout) ++stats(place).cx_connect_timeout;
  clients_.free(clients_.handle_of(slot));
  Pool& pool = this->pool(place);
  --pool.connecting;
  // The streams may start again at once, in this very pool: purge a list of their own.
  const std::deque<Waiting> purged = std::exchange(pool.waiting, {});
  stats(place).rq_pending_failure_eject += purged.size();
  stats(place).rq_pending_active -= purged.size();
  for (const Waiting& waiting : purged) {
    network_.hop_failed(clusters_[place.cluster].hops.request, waiting.request.handed);
    user_.on_upstream_failure(waiting.stream, failure);
  }
}

void Upstream::on_request(Handle /*connection*/, std::uint32_t /*tag*/) {
  HOPLAB_ASSERT(false, "a pool owns client ends only");
}

void Upstream::on_response(Handle connection, std::uint32_t tag) {
  Client& client = clients_.at(tag);
  --stats(client.place).rq_active;
  const Handle stream = std::exchange(client.stream, {});
  const http::Response response = network_.response(connection);
  make_ready(tag);
  user_.on_upstream_response(stream, response);
}

void Upstream::on_peer_closed(Handle /*connection*/, std::uint32_t tag) {
  Client& client = clients_.at(tag);
  const Handle stream = client.stream;
  Pool& pool = this->pool(client.place);
  std::erase(pool.ready, tag);
  if (client.is_connecting) {
    timeouts_.of(clusters_[client.place.cluster].connect_timeout).cancel(client.connect_timeout);
    return fail_connect(tag, Failure::connect_refused);
  }
  count_closed(client, true);
  clients_.free(clients_.handle_of(tag));
  if (stream.is_set()) user_.on_upstream_failure(stream, Failure::connection_terminated);
}

void Upstream::count_closed(const Client& client, bool by_remote) {
  ClusterStats& counts = stats(client.place);
  ++counts.cx_destroy;
  ++(by_remote ? counts.cx_destroy_remote : counts.cx_destroy_local);
  --counts.cx_active;
  if (!client.stream.is_set()) return;
  --counts.rq_active;
  ++(by_remote ? counts.cx_destroy_remote_with_active_rq : counts.cx_destroy_local_with_active_rq);
}

void Upstream::reset(Place place, Handle stream) {
  Pool& pool = this->pool(place);
  const auto waits = std::ranges::find(pool.waiting, stream, &Waiting::stream);
  if (waits != pool.waiting.end()) {
    network_.hop_failed(clusters_[place.cluster].hops.request, waits->request.handed);
    pool.waiting.erase(waits);
    ++stats(place).rq_cancelled;
    --stats(place).rq_pending_active;
    return;
  }
  const std::uint32_t slot = client_of_stream_[stream.slot];
  Client& client = clients_.at(slot);
  HOPLAB_ASSERT(client.stream == stream, "a stream that neither waits nor exchanges is reset");
  count_closed(client, false);
  ++stats(place).rq_tx_reset;
  network_.close(client.connection, vpc::Side::client);
  clients_.free(clients_.handle_of(slot));
}

void Upstream::close_all() {
  clients_.for_each([&](Handle handle, Client& client) {
    if (client.is_connecting) {
      timeouts_.of(clusters_[client.place.cluster].connect_timeout).cancel(client.connect_timeout);
    }
    network_.close(client.connection, vpc::Side::client);
    clients_.free(handle);
  });
  for (std::size_t cluster = 0; cluster < pools_.size(); ++cluster) {
    for (Pool& pool : pools_[cluster]) {
      for (const Waiting& waiting : pool.waiting) {
        network_.hop_failed(clusters_[cluster].hops.request, waiting.request.handed);
      }
      pool = {};
    }
  }
}

}  // namespace hoplab::models::envoy
