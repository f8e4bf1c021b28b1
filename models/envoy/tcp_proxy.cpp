#include "models/envoy/tcp_proxy.hpp"

#include <utility>

namespace hoplab::models::envoy {

template <typename Event>
void TcpProxy::tell(std::uint32_t slot, const Event& event) {
  const Handle handle = sessions_.handle_of(slot);
  if (!parts_.suspension.is_on()) return event(handle, sessions_.at(slot));
  parts_.suspension.keep_socket_event([this, handle, event] {
    if (Session* session = sessions_.find(handle)) event(handle, *session);
  });
}

// --- Downstream -------------------------------------------------------------------------------

std::uint32_t TcpProxy::accept(Handle connection) {
  Session session;
  session.downstream = connection;
  session.cluster = cluster_;
  session.hops = parts_.network.hops(connection);
  const Handle made = sessions_.make(std::move(session));
  tell(made.slot,
       [this, destination = parts_.network.dialled(connection)](Handle handle, Session& it) {
         ++parts_.stats.cx_total;
         ++parts_.stats.cx_active;
         it.is_counted = true;
         it.opened = parts_.engine.now();
         dial(handle, it, destination);
       });
  return made.slot;
}

// The process closes what its kernel has accepted.
std::uint32_t TcpProxy::refuse(Handle connection) {
  const auto close_it = [this, connection] {
    ++parts_.stats.no_filter_chain_match;
    close(connection, vpc::Side::server);
  };
  if (parts_.suspension.is_on()) {
    parts_.suspension.keep_socket_event(close_it);
  } else {
    parts_.engine.after(Duration(0), close_it);
  }
  return refused;
}

void TcpProxy::on_request(Handle connection, std::uint32_t tag) {
  if (tag == refused) return;
  tell(tag, [this, came = parts_.network.request(connection)](Handle, Session& session) {
    http::Request request = came;
    parts_.network.hop_done(session.hops.request, request.handed);
    parts_.stats.cx_rx_bytes += http::wire_size(request);
    request.handed = parts_.engine.now();  // The wait for a connection belongs to the next hop.
    if (session.is_dialling) return session.waiting.push_back(request);
    forward(session, request);
  });
}

void TcpProxy::forward(const Session& session, const http::Request& request) {
  cluster(session).stats->cx_tx_bytes += http::wire_size(request);
  if (parts_.network.is_alive(session.upstream)) {
    parts_.network.send_request(session.upstream, request);
  }
}

// --- Upstream ---------------------------------------------------------------------------------

void TcpProxy::dial(Handle handle, Session& session, vpc::Dialled destination) {
  ClusterAtWork& cluster = this->cluster(session);
  static_cast<void>(cluster.host_at({destination.address, destination.port}));
  ++cluster.stats->cx_total;
  ++cluster.stats->cx_active;
  session.connect_timeout =
      parts_.timeouts.of(cluster.settings.connect_timeout)
          .start(sim::call<&TcpProxy::on_connect_timeout>(*this, handle.packed()));
  session.upstream = parts_.network.connect({
      .from = &parts_.interface,
      .to = parts_.network.find(destination.address),
      .port = destination.port,
      .loopback = false,
      .user = this,
      .tag = handle.slot,
      .hops = cluster.settings.hops,
  });
}

void TcpProxy::on_connected(Handle /*connection*/, std::uint32_t tag) {
  tell(tag, [this](Handle, Session& session) {
    cancel_connect_timeout(session);
    session.is_dialling = false;
    cluster(session).times->cx_connect_ms.record(
        whole_milliseconds(parts_.engine.now() - session.opened));
    for (const http::Request& request : std::exchange(session.waiting, {})) {
      forward(session, request);
    }
  });
}

void TcpProxy::on_response(Handle connection, std::uint32_t tag) {
  tell(tag, [this, answer = parts_.network.response(connection)](Handle, Session& session) {
    http::Response response = answer;
    parts_.network.hop_done(cluster(session).settings.hops.response, response.handed);
    response.handed = parts_.engine.now();
    cluster(session).stats->cx_rx_bytes += http::wire_size(response);
    parts_.stats.cx_tx_bytes += http::wire_size(response);
    parts_.network.send_response(session.downstream, response);
  });
}

// --- The end ----------------------------------------------------------------------------------

void TcpProxy::cancel_connect_timeout(Session& session) {
  if (!session.connect_timeout.is_set()) return;
  parts_.timeouts.of(cluster(session).settings.connect_timeout)
      .cancel(std::exchange(session.connect_timeout, {}));
}

void TcpProxy::on_connect_timeout(std::uint64_t word) {
  if (parts_.suspension.is_on()) {
    return parts_.suspension.keep_timer([this, word] { on_connect_timeout(word); });
  }
  const Handle handle = Handle::unpack(word);
  Session* session = sessions_.find(handle);
  if (session == nullptr || !session->is_dialling) return;
  ClusterStats& counts = *cluster(*session).stats;
  ++counts.cx_connect_timeout;
  ++counts.cx_connect_fail;
  ++counts.cx_connect_attempts_exceeded;
  end(handle, *session);
}

void TcpProxy::on_refused(Handle /*connection*/, std::uint32_t tag) {
  tell(tag, [this](Handle handle, Session& session) {
    ++cluster(session).stats->cx_connect_fail;
    ++cluster(session).stats->cx_connect_attempts_exceeded;
    end(handle, session);
  });
}

void TcpProxy::on_peer_closed(Handle /*connection*/, std::uint32_t tag) {
  if (tag == refused) return;
  tell(tag, [this](Handle handle, Session& session) { end(handle, session); });
}

void TcpProxy::close(Handle connection, vpc::Side side) {
  if (connection.is_set() && parts_.network.is_alive(connection)) {
    parts_.network.close(connection, side);
  }
}

void TcpProxy::end(Handle handle, Session& session) {
  cancel_connect_timeout(session);
  for (const http::Request& request : session.waiting) {
    parts_.network.hop_failed(cluster(session).settings.hops.request, request.handed);
  }
  ClusterStats& counts = *cluster(session).stats;
  ++counts.cx_destroy;
  --counts.cx_active;
  const std::uint64_t length = whole_milliseconds(parts_.engine.now() - session.opened);
  cluster(session).times->cx_length_ms.record(length);
  if (session.is_counted) {
    ++parts_.stats.cx_destroy;
    --parts_.stats.cx_active;
    parts_.cx_length_ms.record(length);
  }
  const Handle upstream = session.upstream;
  const Handle downstream = session.downstream;
  sessions_.free(handle);
  close(upstream, vpc::Side::client);
  close(downstream, vpc::Side::server);
}

void TcpProxy::close_all() {
  sessions_.for_each([this](Handle handle, Session& session) {
    cancel_connect_timeout(session);
    close(session.upstream, vpc::Side::client);
    close(session.downstream, vpc::Side::server);
    sessions_.free(handle);
  });
}

}  // namespace hoplab::models::envoy
