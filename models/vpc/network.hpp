// TCP connections between processes, at message level: what arrives, when, and what silence means.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "models/http/message.hpp"
#include "models/slab.hpp"
#include "models/telemetry/sink.hpp"
#include "models/vpc/path.hpp"
#include "models/vpc/security_group.hpp"
#include "sim/engine.hpp"

namespace hoplab::models::vpc {

using sim::Duration;
using sim::SimTime;

enum class Side : std::uint8_t { client, server };

/// The owner of one end of connections. `tag` is the owner's own word for the connection.
class ConnectionUser {
 public:
  virtual ~ConnectionUser() = default;
  /// Client end: the connection stands.
  virtual void on_connected(Handle connection, std::uint32_t tag) = 0;
  /// Client end: the other kernel answered RST; the connection is gone.
  virtual void on_refused(Handle connection, std::uint32_t tag) = 0;
  /// Server end: a whole request is here (Network::request). `tag` is the one given on accept.
  virtual void on_request(Handle connection, std::uint32_t tag) = 0;
  /// Client end: a whole response is here (Network::response).
  virtual void on_response(Handle connection, std::uint32_t tag) = 0;
  /// The other end closed (FIN or RST), or nothing gets through to it; the connection is gone.
  virtual void on_peer_closed(Handle connection, std::uint32_t tag) = 0;
};

/// A listening socket.
class Acceptor {
 public:
  enum class Answer { accepted, dropped, refused };
  virtual ~Acceptor() = default;
  /// A SYN is here. On `accepted`, fills in who owns the server end.
  virtual Answer on_syn(Handle connection, ConnectionUser*& user, std::uint32_t& tag) = 0;
};

/// An elastic network interface and the network namespace behind it; one per awsvpc task.
struct Interface {
  sim::HostId host;
  Ipv4 address;
  std::vector<GroupRef> groups;
  bool attached = true;
  /// A load client outside the mesh: no rule, no fault, always there.
  bool outside = false;
  /// Listening sockets by port; few, so a plain list.
  std::vector<std::pair<std::uint16_t, Acceptor*>> listeners;
  /// iptables: connections from elsewhere to these ports go to `redirect_port`.
  std::vector<std::uint16_t> redirected_ports;
  std::uint16_t redirect_port = 0;

  void listen(std::uint16_t port, Acceptor& acceptor) { listeners.emplace_back(port, &acceptor); }
  void stop_listening(const Acceptor& acceptor);
};

/// The hop names of a connection's two directions, for the simulator's own statistics.
struct ConnectionHops {
  telemetry::HopId request;
  telemetry::HopId response;
};

struct ConnectRequest {
  Interface* from = nullptr;
  Interface* to = nullptr;  ///< Null: nobody has the address; packets vanish.
  std::uint16_t port = 0;
  bool loopback = false;  ///< Within one namespace: no rule, no link, no redirect.
  ConnectionUser* user = nullptr;
  std::uint32_t tag = 0;
  ConnectionHops hops;
};

/// All connections of the world.
///
/// A SYN crosses: the client's security group (egress), the path, the server's security group
/// (ingress), the namespace's redirect, and finds a listening socket, a full accept queue
/// (silence) or none (RST). A lost SYN is sent again after 1, 3, 7, ... s; a lost message after
/// RTT + 200 ms, doubling to 120 s. The client's own time-outs decide when to give up.
///
/// Connection tracking: a flow's verdict is asked once, at its first packet, unless the flow is
/// untracked (see SecurityGroups), in which case every packet is asked.
///
/// On a path that loses packets (Paths) each segment of a message may be lost, a SYN or its answer
/// too. What is lost, and no more, is sent again: after a round trip when three later segments tell
/// the sender, else after the tail-loss probe or the retransmission time-out. Messages of one
/// connection never overtake each other. After 15 retransmissions both ends are told that it is
/// gone.
///
/// Bodies above 64 KiB travel as bulk transfers that share the links' bandwidth; smaller ones are
/// messages.
///
/// Errors: use of a connection that is gone is a broken invariant.
/// Source: EC2 User Guide (connection tracking); RFC 6298 and Linux for the retransmission times.
/// Limits: no congestion window; an exchange is one request and one response at a time (HTTP/1.1
///         without pipelining); a bulk body's transfer is reliable once begun, and on a path that
///         is no perfect line at that instant a bulk body is a message like any other.
class Network {
 public:
  static constexpr sim::Bytes bulk_above{std::int64_t{64} * 1024};

  Network(sim::Engine& engine, SecurityGroups& groups, telemetry::Sink& sink, Duration loopback);
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  /// The world's interfaces live here; references stay good.
  Interface& add_interface(Interface interface);
  [[nodiscard]] Interface* find(Ipv4 address);
  /// Those between hosts that are no perfect lines.
  [[nodiscard]] Paths& paths() { return paths_; }

  Handle connect(const ConnectRequest& request);
  void send_request(Handle connection, const http::Request& request);
  void send_response(Handle connection, const http::Response& response);
  /// Closes one end: FIN, or RST where an exchange is open. The other end learns it one way later;
  /// where it is lost, after one of eight retransmissions.
  void close(Handle connection, Side side);

  [[nodiscard]] http::Request& request(Handle connection) { return slab_.get(connection).request; }
  [[nodiscard]] http::Response& response(Handle connection) {
    return slab_.get(connection).response;
  }
  [[nodiscard]] const ConnectionHops& hops(Handle connection) { return slab_.get(connection).hops; }
  [[nodiscard]] Ipv4 client_address(Handle connection) {
    return slab_.get(connection).ends[0]->address;
  }
  [[nodiscard]] bool is_alive(Handle connection) { return slab_.find(connection) != nullptr; }

  /// The process that owned these ends was killed: its kernel closes every one of them.
  void close_all(const ConnectionUser& user);
  /// The interface is gone (task deprovisioned, host lost): its connections end in silence.
  void detach(Interface& interface);
  /// Something changed that packets meet (a rule, a host, a link).
  void packets_meet_a_change() { ++epoch_; }

  /// Statistics: a message reached its hop's end, or a piece of work ended.
  void hop_done(telemetry::HopId hop, SimTime began) {
    if (hops_recorded_ && hop.is_recorded()) {
      sink_.hop(hop, engine_.now(), engine_.now() - began, false);
    }
  }
  void hop_failed(telemetry::HopId hop, SimTime began) {
    if (hops_recorded_ && hop.is_recorded()) {
      sink_.hop(hop, engine_.now(), engine_.now() - began, true);
    }
  }
  void record_no_hops() { hops_recorded_ = false; }

 private:
  enum class Progress : std::uint8_t { idle, request_sent, at_server, response_sent };
  struct Connection {
    ConnectionUser* users[2] = {nullptr, nullptr};
    std::uint32_t tags[2] = {0, 0};
    Interface* ends[2] = {nullptr, nullptr};
    std::uint16_t port = 0;
    bool loopback = false;
    bool outside = false;
    bool established = false;
    bool tracked[2] = {true, true};
    bool closed[2] = {false, false};
    Progress progress = Progress::idle;
    std::uint8_t tries = 0;  ///< Of the packet that is under way.
    std::uint8_t fins_lost = 0;
    std::uint32_t missing = 0;  ///< Segments of the message that have been lost so far.
    std::uint32_t epoch = 0;    ///< When both ends' verdicts were last good.
    SimTime sent{};             ///< First try of the packet that is under way.
    SimTime latest[2]{};        ///< Arrival of what each end sent last, on a path that has jitter.
    ConnectionHops hops;
    http::Request request;
    http::Response response;
  };

  void on_syn_arrival(std::uint64_t word);
  void on_syn_answer(std::uint64_t word);
  void on_refusal(std::uint64_t word);
  void on_request_arrival(std::uint64_t word);
  void on_response_arrival(std::uint64_t word);
  void on_close_arrival(std::uint64_t word);
  void on_silent_close(std::uint64_t word);
  void send_fin(std::uint64_t word);
  void resend_syn(std::uint64_t word);
  void resend_message(std::uint64_t word);

  void send_syn(Handle handle, Connection& connection);
  void repeat_syn(Handle handle, Connection& connection);
  [[nodiscard]] bool answer_syn(Handle handle, Connection& connection);
  void send_message(Handle handle, Connection& connection, Side from);
  void lose_message(Handle handle, Connection& connection);
  void repeat_message(Handle handle, Connection& connection, Duration wait);
  [[nodiscard]] static sim::Bytes size_to_send(const Connection& connection, Side from);
  [[nodiscard]] bool loses_segments(Handle handle, Connection& connection, Side from,
                                    sim::Bytes size);
  [[nodiscard]] Path* path_of(const Connection& connection, Side from);
  [[nodiscard]] bool loses(const Connection& connection, Side from);
  [[nodiscard]] Duration round_trip(const Connection& connection) const;
  [[nodiscard]] Duration retransmission_timeout(const Connection& connection, int tries) const;
  [[nodiscard]] bool may_open(const Connection& connection) const;
  [[nodiscard]] bool may_pass(Connection& connection, Side from);
  [[nodiscard]] bool rules_let_pass(const Connection& connection, Side from) const;
  [[nodiscard]] bool is_reachable(const Connection& connection) const;
  [[nodiscard]] SimTime arrival(Connection& connection, Side from, sim::Bytes size);
  [[nodiscard]] Acceptor* acceptor_for(const Connection& connection) const;
  static void begin(Connection& connection, const ConnectRequest& wish);
  void track(Connection& connection);
  void end_exchange(const Connection& connection);

  sim::Engine& engine_;
  SecurityGroups& groups_;
  telemetry::Sink& sink_;
  Duration loopback_;
  bool hops_recorded_ = true;
  std::uint32_t epoch_ = 1;
  Slab<Connection> slab_;
  std::vector<std::unique_ptr<Interface>> interfaces_;
  std::map<Ipv4, Interface*> by_address_;
  Paths paths_;
};

}  // namespace hoplab::models::vpc
