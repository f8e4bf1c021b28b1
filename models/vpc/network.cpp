#include "models/vpc/network.hpp"

#include <algorithm>
#include <utility>

namespace hoplab::models::vpc {

using namespace std::chrono_literals;
using tcp::index;
using tcp::other;

Network::Network(sim::Engine& engine, SecurityGroups& groups, telemetry::Sink& sink,
                 Duration loopback)
    : engine_(engine),
      groups_(groups),
      sink_(sink),
      flow_logs_(engine, sink),
      loopback_(loopback),
      paths_(engine) {}

Interface& Network::add_interface(Interface interface) {
  interfaces_.push_back(std::make_unique<Interface>(std::move(interface)));
  Interface& added = *interfaces_.back();
  // An address may be another's once its last holder is gone.
  Interface*& holder = by_address_[added.address.bits];
  HOPLAB_ASSERT(holder == nullptr || !holder->attached, "two interfaces share an address");
  holder = &added;
  return added;
}

Interface* Network::find(Ipv4 address) {
  const auto place = by_address_.find(address.bits);
  return place == by_address_.end() ? nullptr : place->second;
}

void Network::silence(sim::HostId host) {
  ++silences_[host];
  engine_.platform().set_host_on(host, false);
  packets_meet_a_change();
}

void Network::end_silence(sim::HostId host) {
  if (--silences_[host] == 0) engine_.platform().set_host_on(host, true);
  packets_meet_a_change();
}

// --- Exchanges --------------------------------------------------------------------------------

void Network::send_request(Handle handle, const http::Request& request) {
  Connection& connection = slab_.get(handle);
  connection.request = request;
  connection.progress = Progress::request_sent;
  connection.tries = 0;
  connection.missing = 0;
  connection.sent = engine_.now();
  send_message(handle, connection, Side::client);
}

void Network::send_response(Handle handle, const http::Response& response) {
  Connection* connection = slab_.find(handle);
  // The caller has gone and its FIN or RST has been seen: the write fails, nobody minds.
  if (connection == nullptr || connection->closed[1]) return;
  count_late_ack(*connection);
  connection->response = response;
  connection->progress = Progress::response_sent;
  connection->tries = 0;
  connection->missing = 0;
  connection->sent = engine_.now();
  send_message(handle, *connection, Side::server);
}

void Network::send_message(Handle handle, Connection& connection, Side from) {
  const sim::Callback arrived =
      from == Side::client ? sim::call<&Network::on_request_arrival>(*this, handle.packed())
                           : sim::call<&Network::on_response_arrival>(*this, handle.packed());
  // Most messages stay within a namespace: no link, nothing that loses or delays them.
  if (connection.loopback) {
    connection.missing = 0;
    connection.head = engine_.now() + loopback_;
    engine_.at(connection.head, arrived);
    return;
  }
  const sim::Bytes size = size_to_send(connection, from);
  connection.under_way = size;
  if (loses_segments(handle, connection, from, size)) return;
  const bool on_wire = connection.ends[0]->host != connection.ends[1]->host;
  const bool is_bulk = size > http::head_size + bulk_above && on_wire &&
                       path_of(connection, from) == nullptr &&
                       control_of(connection, from) == nullptr;
  if (is_bulk && may_pass(connection, from)) return send_bulk(handle, connection, from, arrived);
  engine_.at(arrival(connection, from, size), arrived);
}

void Network::send_bulk(Handle handle, Connection& connection, Side from, sim::Callback arrived) {
  connection.head = engine_.now() + delay(connection, from);
  engine_.transfer(connection.ends[index(from)]->host, connection.ends[index(other(from))]->host,
                   size_to_send(connection, from),
                   [this, handle, arrived](sim::TransferOutcome outcome) {
                     Connection* open = slab_.find(handle);
                     if (open == nullptr) return;
                     if (outcome == sim::TransferOutcome::delivered) return arrived();
                     lose_message(handle, *open);
                   });
}

void Network::on_request_arrival(std::uint64_t word) {
  const Handle handle = Handle::unpack(word);
  Connection* connection = slab_.find(handle);
  if (connection == nullptr || connection->closed[0]) return;
  if (!may_pass(*connection, Side::client)) {
    count_refused_message(*connection, Side::client);
    return lose_message(handle, *connection);
  }
  count_message(*connection, Side::client);
  if (connection->closed[1]) return;  // The FIN or RST that is under way tells the client.
  if (connection->handshake != Handshake::established) {
    // The server has given the handshake up: no socket wants this.
    if (connection->handshake == Handshake::nothing) return reset_client(handle, *connection);
    if (!establish(handle, *connection)) {
      if (!connection->closed[1]) lose_message(handle, *connection);
      return;
    }
  }
  connection->progress = Progress::at_server;
  connection->users[1]->on_request(handle, connection->tags[1]);
}

void Network::on_response_arrival(std::uint64_t word) {
  const Handle handle = Handle::unpack(word);
  Connection* connection = slab_.find(handle);
  if (connection == nullptr || connection->closed[0]) return;
  if (!may_pass(*connection, Side::server)) {
    count_refused_message(*connection, Side::server);
    return lose_message(handle, *connection);
  }
  count_message(*connection, Side::server);
  connection->progress = Progress::idle;
  connection->response.head_arrived = std::min(connection->head, engine_.now());
  connection->users[0]->on_response(handle, connection->tags[0]);
}

// --- Closing ----------------------------------------------------------------------------------

void Network::end_exchange(const Connection& connection) {
  if (connection.progress == Progress::request_sent) {
    hop_failed(connection.hops.request, connection.request.handed);
  } else if (connection.progress == Progress::response_sent) {
    hop_failed(connection.hops.response, connection.response.handed);
  }
}

void Network::close(Handle handle, Side side) {
  Connection& connection = slab_.get(handle);
  const bool had_peer = connection.handshake != Handshake::nothing &&
                        !connection.closed[index(other(side))] && connection.connected;
  connection.closed[index(side)] = true;
  connection.is_reset = connection.progress != Progress::idle;
  // A response that was sent before this FIN arrives before it; if not, the FIN's arrival counts
  // it.
  const bool is_ahead = side == Side::server && connection.progress == Progress::response_sent;
  if (!had_peer || !is_ahead) {
    end_exchange(connection);
    connection.progress = Progress::idle;
    connection.missing = 0;
  }
  if (!had_peer) return forget(handle, connection);
  send_fin(handle.packed());
}

// The kernel goes on for the end that closed, which has lost its owner, and gives up sooner.
void Network::send_fin(std::uint64_t word) {
  Connection* connection = slab_.find(Handle::unpack(word));
  if (connection == nullptr) return;
  const Side side = connection->closed[0] ? Side::client : Side::server;
  const bool may_go = may_pass(*connection, side);
  if (!may_go) count_refused(*connection, side, sim::Bytes(tcp::header_size));
  if (!may_go || connection->fins_lost > tcp::orphan_retries) {
    // Nobody will ever hear of it. The far end keeps its half until its own time-outs.
    engine_.after(tcp::rto_max, sim::call<&Network::on_silent_close>(*this, word));
    return;
  }
  if (loses(*connection, side)) {
    const Duration wait = retransmission_timeout(*connection, connection->fins_lost);
    ++connection->fins_lost;
    engine_.after(wait, sim::call<&Network::send_fin>(*this, word));
    return;
  }
  engine_.at(arrival(*connection, side, tcp::control_segment),
             sim::call<&Network::on_close_arrival>(*this, word));
}

void Network::on_close_arrival(std::uint64_t word) { end_connection(word, true); }

void Network::end_connection(std::uint64_t word, bool is_told) {
  const Handle handle = Handle::unpack(word);
  Connection* connection = slab_.find(handle);
  if (connection == nullptr) return;
  // The end of a stream does not overtake the answer that is being sent again.
  if (connection->closed[1] && connection->progress == Progress::response_sent &&
      connection->missing > 0) {
    engine_.after(tcp::rto_floor, is_told ? sim::call<&Network::on_close_arrival>(*this, word)
                                          : sim::call<&Network::on_silent_close>(*this, word));
    return;
  }
  end_exchange(*connection);
  if (is_told) count_close(*connection);
  const Connection gone = *connection;
  forget(handle, *connection);
  for (const std::size_t end : {0U, 1U}) {
    // A server whose handshake never ended knows of nothing.
    if (gone.closed[end] || gone.users[end] == nullptr) continue;
    gone.users[end]->on_peer_closed(handle, gone.tags[end]);
  }
}

// The end that closed first keeps its port for a while, unless it sent RST.
void Network::forget(Handle handle, Connection& connection) {
  if (connection.client_port != 0) {
    const Interface* server = connection.ends[1];
    const bool client_closed = connection.closed[0] && !connection.closed[1];
    const bool must_wait = client_closed && connection.connected && !connection.is_reset;
    connection.ends[0]->ports.release(
        {server == nullptr ? Ipv4{} : server->address, connection.port},
        must_wait && !connection.outside, engine_.now());
  }
  for (const std::size_t end : {0U, 1U}) {
    if (connection.holds_place[end]) tracking_.release(connection.ends[end]->host);
  }
  slab_.free(handle);
}

void Network::on_silent_close(std::uint64_t word) {
  // After two minutes without an answer the half-closed connection is as good as gone for its
  // server too: Envoy's and the application's own time-outs have long run out.
  end_connection(word, false);
}

void Network::close_all(const ConnectionUser& user) {
  slab_.for_each([&](Handle handle, Connection& connection) {
    if (connection.users[0] == &user && !connection.closed[0]) return close(handle, Side::client);
    if (connection.users[1] == &user && !connection.closed[1]) return close(handle, Side::server);
  });
}

void Network::detach(Interface& interface) {
  interface.attached = false;
  interface.listeners.clear();
  packets_meet_a_change();
  slab_.for_each([&](Handle handle, Connection& connection) {
    for (const std::size_t end : {0U, 1U}) {
      if (connection.ends[end] != &interface || connection.closed[end]) continue;
      // A SYN that nobody has answered yet goes on being repeated, until its client gives up.
      if (end == 1 && !connection.connected) continue;
      const bool has_server = connection.handshake == Handshake::established;
      connection.closed[end] = true;
      if (connection.closed[1 - end] || connection.loopback || (end == 0 && !has_server)) {
        return forget(handle, connection);
      }
    }
  });
}

}  // namespace hoplab::models::vpc
