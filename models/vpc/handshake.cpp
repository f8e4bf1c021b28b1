// How connections come to be: SYN, SYN-ACK, ACK, and what becomes of each that is lost or finds no
// room. Source: Linux, tcp_conn_request(), tcp_check_req(), reqsk_timer_handler().
#include <algorithm>

#include "models/vpc/network.hpp"

namespace hoplab::models::vpc {

using namespace std::chrono_literals;
using tcp::index;

Handle Network::connect(const ConnectRequest& wish) {
  const Handle handle = slab_.make();
  Connection& connection = slab_.get(handle);
  begin(connection, wish);
  connection.opened = engine_.now();
  if (connection.client_port != 0) {
    send_syn(handle, connection);
  } else {
    connection.failure = ConnectFailure::no_port;
    engine_.after(0ns, sim::call<&Network::on_refusal>(*this, handle.packed()));
  }
  return handle;
}

void Network::begin(Connection& connection, const ConnectRequest& wish) {
  connection.users[0] = wish.user;
  connection.tags[0] = wish.tag;
  connection.ends[0] = wish.from;
  connection.ends[1] = wish.to;
  connection.port = wish.port;
  connection.loopback = wish.loopback;
  connection.outside = wish.from->outside;
  connection.hops = wish.hops;
  connection.dialled = wish.dialled;
  const Destination destination{wish.to == nullptr ? Ipv4{} : wish.to->address, wish.port};
  EphemeralPorts& ports = wish.from->ports;
  // A load is many clients behind one name.
  connection.client_port = wish.from->outside ? ports.take_any(destination)
                                              : ports.take(destination, engine_.now()).value_or(0);
}

// --- The client's side ------------------------------------------------------------------------

void Network::send_syn(Handle handle, Connection& connection) {
  if (loses(connection, Side::client)) return repeat_syn(handle, connection);
  const SimTime there = connection.ends[1] == nullptr
                            ? engine_.now()
                            : arrival(connection, Side::client, tcp::control_segment);
  engine_.at(there, sim::call<&Network::on_syn_arrival>(*this, handle.packed()));
}

void Network::repeat_syn(Handle handle, Connection& connection) {
  if (connection.repeats_syn) return;
  connection.repeats_syn = true;
  const SimTime when =
      connection.opened + tcp::handshake_retry(++connection.syns_repeated, syn_linear_);
  // After the last one: ETIMEDOUT, 127 s after the first, unless the client gave up before.
  const bool is_over = connection.syns_repeated > tcp::syn_retries + syn_linear_;
  if (is_over) connection.failure = ConnectFailure::timed_out;
  engine_.at(std::max(when, engine_.now()),
             is_over ? sim::call<&Network::on_refusal>(*this, handle.packed())
                     : sim::call<&Network::resend_syn>(*this, handle.packed()));
}

void Network::resend_syn(std::uint64_t word) {
  const Handle handle = Handle::unpack(word);
  Connection* connection = slab_.find(handle);
  if (connection == nullptr || connection->closed[0] || connection->connected) return;
  connection->repeats_syn = false;
  send_syn(handle, *connection);
}

void Network::on_syn_ack_arrival(std::uint64_t word) {
  const Handle handle = Handle::unpack(word);
  Connection* connection = slab_.find(handle);
  if (connection == nullptr || connection->closed[0]) return;
  if (!may_pass(*connection, Side::server)) {
    count_refused(*connection, Side::server, tcp::control_segment);
    repeat_syn_ack(handle, *connection);
    if (!connection->connected) repeat_syn(handle, *connection);
    return;
  }
  count_passed(*connection, Side::server, tcp::control_segment);
  send_ack(handle, *connection);
  if (connection->connected) return;  // The ACK was for nothing: another one.
  connection->connected = true;
  connection->users[0]->on_connected(handle, connection->tags[0]);
}

void Network::send_ack(Handle handle, Connection& connection) {
  engine_.after(delay(connection, Side::client),
                sim::call<&Network::on_ack_arrival>(*this, handle.packed()));
}

void Network::on_reset_arrival(std::uint64_t word) {
  const Handle handle = Handle::unpack(word);
  Connection* connection = slab_.find(handle);
  if (connection == nullptr || connection->closed[0]) return;
  if (!may_pass(*connection, Side::server)) {
    count_refused(*connection, Side::server, tcp::reset_segment);
    return repeat_syn(handle, *connection);
  }
  count_passed(*connection, Side::server, tcp::reset_segment);
  on_refusal(word);
}

void Network::on_refusal(std::uint64_t word) {
  const Handle handle = Handle::unpack(word);
  Connection* connection = slab_.find(handle);
  if (connection == nullptr || connection->connected) return;
  const Connection gone = *connection;
  forget(handle, *connection);
  if (gone.closed[0]) return;
  failure_ = gone.failure;
  gone.users[0]->on_refused(handle, gone.tags[0]);
}

// --- The server's side ------------------------------------------------------------------------

void Network::on_syn_arrival(std::uint64_t word) {
  const Handle handle = Handle::unpack(word);
  Connection* connection = slab_.find(handle);
  if (connection == nullptr || connection->closed[0] || connection->connected) return;
  if (!may_open(*connection)) {
    count_refused_syn(*connection);
    return repeat_syn(handle, *connection);
  }
  if (connection->handshake != Handshake::nothing) {
    count_passed(*connection, Side::client, tcp::control_segment);
    return send_syn_ack(handle, *connection);
  }
  receive_syn(handle, *connection);
}

void Network::receive_syn(Handle handle, Connection& connection) {
  Acceptor* acceptor = acceptor_for(connection);
  const auto answer = acceptor == nullptr ? Acceptor::Answer::refused : acceptor->on_syn(handle);
  const bool has_room = answer != Acceptor::Answer::dropped;
  if (has_room && !track(connection)) return repeat_syn(handle, connection);
  count_passed(connection, Side::client, tcp::control_segment);
  if (!has_room) return repeat_syn(handle, connection);
  if (answer == Acceptor::Answer::refused) {
    if (loses(connection, Side::server)) return repeat_syn(handle, connection);
    engine_.at(arrival(connection, Side::server, tcp::control_segment),
               sim::call<&Network::on_reset_arrival>(*this, handle.packed()));
    return;
  }
  connection.handshake = Handshake::received;
  connection.answered = engine_.now();
  connection.syn_acks_repeated = 0;
  send_syn_ack(handle, connection);
}

void Network::send_syn_ack(Handle handle, Connection& connection) {
  if (loses(connection, Side::server)) {
    repeat_syn_ack(handle, connection);
    if (!connection.connected) repeat_syn(handle, connection);
    return;
  }
  engine_.at(arrival(connection, Side::server, tcp::control_segment),
             sim::call<&Network::on_syn_ack_arrival>(*this, handle.packed()));
}

// The timer runs from the first SYN-ACK on. It matters only where one was of no use, so it is set
// only then.
void Network::repeat_syn_ack(Handle handle, Connection& connection) {
  if (connection.handshake != Handshake::received || connection.repeats_syn_ack) return;
  SimTime when{};
  do {
    when = connection.answered + tcp::handshake_retry(++connection.syn_acks_repeated, 0);
  } while (when <= engine_.now());
  connection.repeats_syn_ack = true;
  engine_.at(when, sim::call<&Network::on_syn_ack_timer>(*this, handle.packed()));
}

void Network::on_syn_ack_timer(std::uint64_t word) {
  const Handle handle = Handle::unpack(word);
  Connection* connection = slab_.find(handle);
  if (connection == nullptr || connection->handshake != Handshake::received) return;
  connection->repeats_syn_ack = false;
  if (connection->syn_acks_repeated > tcp::syn_ack_retries) {
    connection->handshake = Handshake::nothing;
    return;
  }
  repeat_syn_ack(handle, *connection);
  if (!connection->ends[1]->attached || loses(*connection, Side::server)) return;
  engine_.at(arrival(*connection, Side::server, tcp::control_segment),
             sim::call<&Network::on_syn_ack_arrival>(*this, handle.packed()));
}

void Network::on_ack_arrival(std::uint64_t word) {
  const Handle handle = Handle::unpack(word);
  Connection* connection = slab_.find(handle);
  if (connection == nullptr || connection->handshake != Handshake::received) return;
  if (!may_pass(*connection, Side::client)) {
    count_refused(*connection, Side::client, sim::Bytes(tcp::header_size));
    return repeat_syn_ack(handle, *connection);
  }
  count_passed(*connection, Side::client, sim::Bytes(tcp::header_size));
  static_cast<void>(establish(handle, *connection));
}

// The ACK is here, or data that says the same. False where there is no room for the connection.
bool Network::establish(Handle handle, Connection& connection) {
  Acceptor* acceptor = acceptor_for(connection);
  const auto answer = acceptor == nullptr ? Acceptor::Answer::refused : acceptor->on_syn(handle);
  if (answer == Acceptor::Answer::dropped) {
    repeat_syn_ack(handle, connection);
    return false;
  }
  if (answer == Acceptor::Answer::refused) {
    reset_client(handle, connection);
    return false;
  }
  connection.handshake = Handshake::established;
  acceptor->on_established(handle, connection.users[1], connection.tags[1]);
  return true;
}

// The client believes that the connection stands; the server knows of none.
void Network::reset_client(Handle handle, Connection& connection) {
  connection.handshake = Handshake::nothing;
  connection.closed[1] = true;
  connection.is_reset = true;
  if (connection.closed[0]) return;  // Its FIN is under way, and ends it.
  engine_.at(arrival(connection, Side::server, tcp::control_segment),
             sim::call<&Network::on_close_arrival>(*this, handle.packed()));
}

Acceptor* Network::acceptor_for(const Connection& connection) const {
  const Interface& server = *connection.ends[1];
  return server.listener(connection.loopback ? connection.port
                                             : server.port_behind_redirect(connection.port));
}

// The rules that let the first packet through decide whether the flow is tracked. False where a
// table has no place for it.
bool Network::track(Connection& connection) {
  if (connection.loopback || connection.outside) return true;
  connection.tracked[0] =
      !groups_.is_untracked_outbound(connection.ends[0]->groups, connection.port);
  connection.tracked[1] =
      !groups_.is_untracked_inbound(connection.ends[1]->groups, connection.port);
  for (const std::size_t end : {0U, 1U}) {
    if (!connection.tracked[end] || connection.holds_place[end]) continue;
    if (!tracking_.take(connection.ends[end]->host)) return false;
    connection.holds_place[end] = true;
  }
  connection.last_packet = engine_.now();
  return true;
}

bool Network::may_open(Connection& connection) {
  if (connection.loopback) {
    return connection.ends[0]->attached && !is_dropped_within(connection, Side::client);
  }
  if (!is_reachable(connection) || is_dropped_within(connection, Side::client)) return false;
  if (connection.outside) return true;
  const Interface& client = *connection.ends[0];
  const Interface& server = *connection.ends[1];
  return groups_.admits_egress(client.groups, {server.address, &server.groups}, connection.port) &&
         subnets_let_pass(connection, Side::client) &&
         groups_.admits_ingress(server.groups, {client.address, &client.groups}, connection.port);
}

}  // namespace hoplab::models::vpc
