#include "models/vpc/network.hpp"

#include <algorithm>
#include <utility>

namespace hoplab::models::vpc {
namespace {

using namespace std::chrono_literals;

constexpr sim::Bytes control_segment{60};  // SYN, RST, FIN: headers only.
constexpr Duration syn_timeout_initial = 1s;
// Linux: the retransmission time-out is the smoothed round trip + at least 200 ms, doubled each
// time up to 120 s; tcp_retries2 = 15 gives up after about 924 s.
constexpr Duration rto_floor = 200ms;
constexpr Duration rto_max = 120s;
constexpr std::uint16_t ephemeral_port = 32'768;  // Any of Linux' range stands for all.
constexpr std::uint8_t syn_retries = 6;
constexpr std::uint8_t data_retries = 15;
constexpr std::uint8_t orphan_retries = 8;  // Linux: tcp_orphan_retries.
// Source: Linux, tcp_schedule_loss_probe(): 2 x SRTT, and two ticks where several are under way.
constexpr Duration probe_slack = 8ms;
constexpr std::int64_t segment_size = 1448;  // Of an MTU of 1500, with time stamps.

constexpr std::size_t index(Side side) { return side == Side::client ? 0 : 1; }
constexpr Side other(Side side) { return side == Side::client ? Side::server : Side::client; }

}  // namespace

void Interface::stop_listening(const Acceptor& acceptor) {
  std::erase_if(listeners, [&](const auto& entry) { return entry.second == &acceptor; });
}

Network::Network(sim::Engine& engine, SecurityGroups& groups, telemetry::Sink& sink,
                 Duration loopback)
    : engine_(engine), groups_(groups), sink_(sink), loopback_(loopback), paths_(engine) {}

Interface& Network::add_interface(Interface interface) {
  interfaces_.push_back(std::make_unique<Interface>(std::move(interface)));
  Interface& added = *interfaces_.back();
  // An address may be another's once its last holder is gone.
  Interface*& holder = by_address_[added.address];
  HOPLAB_ASSERT(holder == nullptr || !holder->attached, "two interfaces share an address");
  holder = &added;
  return added;
}

Interface* Network::find(Ipv4 address) {
  const auto place = by_address_.find(address);
  return place == by_address_.end() ? nullptr : place->second;
}

// --- Opening ----------------------------------------------------------------------------------

Handle Network::connect(const ConnectRequest& wish) {
  const Handle handle = slab_.make();
  Connection& connection = slab_.get(handle);
  begin(connection, wish);
  connection.sent = engine_.now();
  send_syn(handle, connection);
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
}

void Network::send_syn(Handle handle, Connection& connection) {
  if (loses(connection, Side::client)) return repeat_syn(handle, connection);
  const SimTime there = connection.ends[1] == nullptr
                            ? engine_.now()
                            : arrival(connection, Side::client, control_segment);
  engine_.at(there, sim::call<&Network::on_syn_arrival>(*this, handle.packed()));
}

void Network::repeat_syn(Handle handle, Connection& connection) {
  const Duration wait = syn_timeout_initial * (1 << connection.tries);
  connection.sent = connection.sent + wait;
  // After the last try: ETIMEDOUT, 127 s after the first, unless the client gave up before.
  const bool is_last = connection.tries++ >= syn_retries;
  engine_.at(std::max(connection.sent, engine_.now()),
             is_last ? sim::call<&Network::on_refusal>(*this, handle.packed())
                     : sim::call<&Network::resend_syn>(*this, handle.packed()));
}

void Network::on_syn_arrival(std::uint64_t word) {
  const Handle handle = Handle::unpack(word);
  Connection* connection = slab_.find(handle);
  if (connection == nullptr || connection->closed[0]) return;
  // Silence, unless the FIN or RST that is under way tells the client first.
  if (connection->closed[1]) return repeat_syn(handle, *connection);
  // A repeated SYN, whose answer was lost, meets the connection that it made.
  const bool is_new = !connection->established;
  if (is_new && !answer_syn(handle, *connection)) return repeat_syn(handle, *connection);
  if (loses(*connection, Side::server)) return repeat_syn(handle, *connection);
  connection->tries = 0;
  const SimTime back = arrival(*connection, Side::server, control_segment);
  engine_.at(back, connection->established ? sim::call<&Network::on_syn_answer>(*this, word)
                                           : sim::call<&Network::on_refusal>(*this, word));
}

// Whether there is an answer at all; if so, `established` tells which.
bool Network::answer_syn(Handle handle, Connection& connection) {
  if (!may_open(connection)) return false;
  Acceptor* acceptor = acceptor_for(connection);
  const auto answer = acceptor == nullptr
                          ? Acceptor::Answer::refused
                          : acceptor->on_syn(handle, connection.users[1], connection.tags[1]);
  if (answer == Acceptor::Answer::dropped) return false;
  connection.established = answer == Acceptor::Answer::accepted;
  track(connection);
  return true;
}

// The rules that let the first packet through decide whether the flow is tracked.
void Network::track(Connection& connection) {
  if (connection.loopback || connection.outside) return;
  connection.tracked[0] =
      !groups_.is_untracked_outbound(connection.ends[0]->groups, connection.port);
  connection.tracked[1] =
      !groups_.is_untracked_inbound(connection.ends[1]->groups, connection.port);
}

void Network::resend_syn(std::uint64_t word) {
  const Handle handle = Handle::unpack(word);
  if (Connection* connection = slab_.find(handle); connection != nullptr && !connection->closed[0])
    send_syn(handle, *connection);
}

void Network::on_syn_answer(std::uint64_t word) {
  const Handle handle = Handle::unpack(word);
  Connection* connection = slab_.find(handle);
  if (connection == nullptr || connection->closed[0]) return;
  connection->users[0]->on_connected(handle, connection->tags[0]);
}

void Network::on_refusal(std::uint64_t word) {
  const Handle handle = Handle::unpack(word);
  Connection* connection = slab_.find(handle);
  if (connection == nullptr) return;
  const Connection gone = *connection;
  slab_.free(handle);
  if (!gone.closed[0]) gone.users[0]->on_refused(handle, gone.tags[0]);
  // The server accepted, but its answers never arrived.
  if (gone.established && !gone.closed[1]) gone.users[1]->on_peer_closed(handle, gone.tags[1]);
}

Acceptor* Network::acceptor_for(const Connection& connection) const {
  const Interface& server = *connection.ends[1];
  std::uint16_t port = connection.port;
  if (!connection.loopback &&
      std::ranges::find(server.redirected_ports, port) != server.redirected_ports.end()) {
    port = server.redirect_port;
  }
  for (const auto& [listening, acceptor] : server.listeners) {
    if (listening == port) return acceptor;
  }
  return nullptr;
}

// --- What packets meet ------------------------------------------------------------------------

bool Network::is_reachable(const Connection& connection) const {
  for (const Interface* end : connection.ends) {
    if (end == nullptr || !end->attached) return false;
    if (!end->outside && !engine_.platform().is_on(end->host)) return false;
  }
  return true;
}

bool Network::may_open(const Connection& connection) const {
  if (connection.loopback) return connection.ends[0]->attached;
  if (!is_reachable(connection)) return false;
  if (connection.outside) return true;
  const Interface& client = *connection.ends[0];
  const Interface& server = *connection.ends[1];
  return groups_.admits_egress(client.groups, {server.address, &server.groups}, connection.port) &&
         groups_.admits_ingress(server.groups, {client.address, &client.groups}, connection.port);
}

bool Network::may_pass(Connection& connection, Side from) {
  if (connection.loopback) return true;
  const std::uint32_t current = epoch_ + groups_.version();
  if (connection.epoch == current) return true;
  if (!is_reachable(connection)) return false;
  if (connection.outside) return true;
  if (!rules_let_pass(connection, from)) return false;
  if (rules_let_pass(connection, other(from))) connection.epoch = current;
  return true;
}

// Only an untracked end asks its rules again; a reply meets the client's ingress rules, at the
// ephemeral port it came from.
bool Network::rules_let_pass(const Connection& connection, Side from) const {
  const Interface& client = *connection.ends[0];
  const Interface& server = *connection.ends[1];
  if (from == Side::server) {
    return connection.tracked[0] ||
           groups_.admits_ingress(client.groups, {server.address, &server.groups}, ephemeral_port);
  }
  if (!connection.tracked[0] &&
      !groups_.admits_egress(client.groups, {server.address, &server.groups}, connection.port)) {
    return false;
  }
  return connection.tracked[1] ||
         groups_.admits_ingress(server.groups, {client.address, &client.groups}, connection.port);
}

SimTime Network::arrival(Connection& connection, Side from, sim::Bytes size) {
  if (connection.loopback) return engine_.now() + loopback_;
  const sim::HostId source = connection.ends[index(from)]->host;
  const sim::HostId target = connection.ends[index(other(from))]->host;
  // Two tasks of one machine: the packet leaves one interface and enters the other on the host.
  if (source == target) return engine_.now() + loopback_;
  const SimTime plain = engine_.platform().message_arrival(source, target, size);
  Path* path = paths_.find(source, target);
  if (path == nullptr) return plain;
  SimTime& latest = connection.latest[index(from)];
  latest = std::max(latest, path->arrival(plain, size));
  return latest;
}

// --- What gets lost ---------------------------------------------------------------------------

Path* Network::path_of(const Connection& connection, Side from) {
  if (connection.loopback || connection.ends[1] == nullptr) return nullptr;
  return paths_.find(connection.ends[index(from)]->host, connection.ends[index(other(from))]->host);
}

bool Network::loses(const Connection& connection, Side from) {
  Path* path = path_of(connection, from);
  return path != nullptr && path->is_lossy() && path->lose(1).lost > 0;
}

// A first try carries the whole message, a later one the segments that were lost.
sim::Bytes Network::size_to_send(const Connection& connection, Side from) {
  const sim::Bytes whole =
      http::head_size + (from == Side::client ? connection.request.body : connection.response.body);
  if (connection.missing == 0) return whole;
  return std::min(sim::Bytes(connection.missing * segment_size), whole);
}

// What does not get through is sent again; then only that, and it may be lost again.
bool Network::loses_segments(Handle handle, Connection& connection, Side from, sim::Bytes size) {
  Path* path = path_of(connection, from);
  if (path == nullptr) connection.missing = 0;  // A perfect line by now: all of it gets through.
  if (path == nullptr || (!path->is_lossy() && connection.missing == 0)) return false;
  const std::uint32_t whole =
      static_cast<std::uint32_t>((size.count() + segment_size - 1) / segment_size);
  const std::uint32_t segments = connection.missing > 0 ? connection.missing : whole;
  const SegmentLoss loss = path->lose(segments);
  connection.missing = loss.lost;
  if (loss.lost == 0) return false;
  static_cast<void>(arrival(connection, from, size));  // It was on the wire all the same.
  Duration wait = retransmission_timeout(connection, connection.tries);
  if (connection.tries == 0 && segments > 1) {
    const Duration noticed =
        loss.is_noticed_at_once ? round_trip(connection) : 2 * round_trip(connection) + probe_slack;
    wait = std::min(wait, noticed);
  }
  repeat_message(handle, connection, wait);
  return true;
}

Duration Network::round_trip(const Connection& connection) const {
  const sim::HostId client = connection.ends[0]->host;
  const sim::HostId server = connection.ends[1]->host;
  if (client == server) return 2 * loopback_;
  return engine_.platform().latency(client, server) + engine_.platform().latency(server, client);
}

Duration Network::retransmission_timeout(const Connection& connection, int tries) const {
  return std::min<Duration>((rto_floor + round_trip(connection)) * (1 << tries), rto_max);
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
  connection->response = response;
  connection->progress = Progress::response_sent;
  connection->tries = 0;
  connection->missing = 0;
  connection->sent = engine_.now();
  send_message(handle, *connection, Side::server);
}

void Network::send_message(Handle handle, Connection& connection, Side from) {
  const sim::Bytes size = size_to_send(connection, from);
  const sim::Callback arrived =
      from == Side::client ? sim::call<&Network::on_request_arrival>(*this, handle.packed())
                           : sim::call<&Network::on_response_arrival>(*this, handle.packed());
  const bool on_wire = !connection.loopback && connection.ends[0]->host != connection.ends[1]->host;
  if (loses_segments(handle, connection, from, size)) return;
  const bool is_bulk =
      size > http::head_size + bulk_above && on_wire && path_of(connection, from) == nullptr;
  if (is_bulk && may_pass(connection, from)) {
    engine_.transfer(connection.ends[index(from)]->host, connection.ends[index(other(from))]->host,
                     size, [this, handle, arrived](sim::TransferOutcome outcome) {
                       Connection* open = slab_.find(handle);
                       if (open == nullptr) return;
                       if (outcome == sim::TransferOutcome::delivered) return arrived();
                       lose_message(handle, *open);
                     });
    return;
  }
  engine_.at(arrival(connection, from, size), arrived);
}

void Network::lose_message(Handle handle, Connection& connection) {
  repeat_message(handle, connection, retransmission_timeout(connection, connection.tries));
}

void Network::repeat_message(Handle handle, Connection& connection, Duration wait) {
  if (connection.tries >= data_retries) {
    // ETIMEDOUT at the sender. The far end, whom nothing reaches, would keep its half for longer;
    // both are told at once, so that neither keeps a connection that is gone.
    connection.missing = 0;
    engine_.after(rto_max, sim::call<&Network::on_silent_close>(*this, handle.packed()));
    return;
  }
  ++connection.tries;
  connection.sent = connection.sent + wait;
  engine_.at(std::max(connection.sent, engine_.now()),
             sim::call<&Network::resend_message>(*this, handle.packed()));
}

void Network::resend_message(std::uint64_t word) {
  const Handle handle = Handle::unpack(word);
  Connection* connection = slab_.find(handle);
  if (connection == nullptr) return;
  const bool is_request = connection->progress == Progress::request_sent;
  // Whoever waited for it may have given up meanwhile.
  if (!is_request && connection->progress != Progress::response_sent) return;
  const Side from = is_request ? Side::client : Side::server;
  // The kernel goes on for a process that has closed, but not where the interface is gone.
  if (connection->ends[index(from)]->attached) return send_message(handle, *connection, from);
  connection->missing = 0;
}

void Network::on_request_arrival(std::uint64_t word) {
  const Handle handle = Handle::unpack(word);
  Connection* connection = slab_.find(handle);
  if (connection == nullptr || connection->closed[0]) return;
  if (!may_pass(*connection, Side::client)) return lose_message(handle, *connection);
  if (connection->closed[1]) return;  // The FIN or RST that is under way tells the client.
  connection->progress = Progress::at_server;
  connection->users[1]->on_request(handle, connection->tags[1]);
}

void Network::on_response_arrival(std::uint64_t word) {
  const Handle handle = Handle::unpack(word);
  Connection* connection = slab_.find(handle);
  if (connection == nullptr || connection->closed[0]) return;
  if (!may_pass(*connection, Side::server)) return lose_message(handle, *connection);
  connection->progress = Progress::idle;
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
  const bool had_peer = connection.established && !connection.closed[index(other(side))];
  connection.closed[index(side)] = true;
  // A response that was sent before this FIN arrives before it; if not, the FIN's arrival counts
  // it.
  const bool is_ahead = side == Side::server && connection.progress == Progress::response_sent;
  if (!had_peer || !is_ahead) {
    end_exchange(connection);
    connection.progress = Progress::idle;
    connection.missing = 0;
  }
  if (!had_peer) {
    slab_.free(handle);
    return;
  }
  send_fin(handle.packed());
}

// The kernel goes on for the end that closed, which has lost its owner, and gives up sooner.
void Network::send_fin(std::uint64_t word) {
  Connection* connection = slab_.find(Handle::unpack(word));
  if (connection == nullptr) return;
  const Side side = connection->closed[0] ? Side::client : Side::server;
  if (!may_pass(*connection, side) || connection->fins_lost > orphan_retries) {
    // Nobody will ever hear of it. The far end keeps its half until its own time-outs.
    engine_.after(rto_max, sim::call<&Network::on_silent_close>(*this, word));
    return;
  }
  if (loses(*connection, side)) {
    const Duration wait = retransmission_timeout(*connection, connection->fins_lost);
    ++connection->fins_lost;
    engine_.after(wait, sim::call<&Network::send_fin>(*this, word));
    return;
  }
  engine_.at(arrival(*connection, side, control_segment),
             sim::call<&Network::on_close_arrival>(*this, word));
}

void Network::on_close_arrival(std::uint64_t word) {
  const Handle handle = Handle::unpack(word);
  Connection* connection = slab_.find(handle);
  if (connection == nullptr) return;
  // The end of a stream does not overtake the answer that is being sent again.
  if (connection->closed[1] && connection->progress == Progress::response_sent &&
      connection->missing > 0) {
    engine_.after(rto_floor, sim::call<&Network::on_close_arrival>(*this, word));
    return;
  }
  end_exchange(*connection);
  const Connection gone = *connection;
  slab_.free(handle);
  for (const std::size_t end : {0U, 1U}) {
    if (!gone.closed[end]) gone.users[end]->on_peer_closed(handle, gone.tags[end]);
  }
}

void Network::on_silent_close(std::uint64_t word) {
  // After two minutes without an answer the half-closed connection is as good as gone for its
  // server too: Envoy's and the application's own time-outs have long run out.
  on_close_arrival(word);
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
      if (end == 1 && !connection.established) continue;
      connection.closed[end] = true;
      if (connection.closed[1 - end] || connection.loopback) return slab_.free(handle);
    }
  });
}

}  // namespace hoplab::models::vpc
