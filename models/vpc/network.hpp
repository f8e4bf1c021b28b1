// TCP connections between processes, at message level: what arrives, when, and what silence means.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "models/http/message.hpp"
#include "models/slab.hpp"
#include "models/telemetry/sink.hpp"
#include "models/vpc/flow_logs.hpp"
#include "models/vpc/interface.hpp"
#include "models/vpc/path.hpp"
#include "models/vpc/security_group.hpp"
#include "models/vpc/subnet_rules.hpp"
#include "models/vpc/tcp.hpp"
#include "models/vpc/tracking.hpp"
#include "sim/engine.hpp"

namespace hoplab::models::vpc {

using sim::Duration;
using sim::SimTime;

/// The hop names of a connection's two directions, for the simulator's own statistics.
struct ConnectionHops {
  telemetry::HopId request;
  telemetry::HopId response;
};

/// What a process dialled, where iptables sent it elsewhere (SO_ORIGINAL_DST).
struct Dialled {
  Ipv4 address;
  std::uint16_t port = 0;
};

struct ConnectRequest {
  Interface* from = nullptr;
  Interface* to = nullptr;  ///< Null: nobody has the address; packets vanish.
  std::uint16_t port = 0;
  bool loopback = false;  ///< Within one namespace: no rule, no link, no redirect.
  ConnectionUser* user = nullptr;
  std::uint32_t tag = 0;
  ConnectionHops hops;
  Dialled dialled = {};
};

/// Why connect() failed.
enum class ConnectFailure : std::uint8_t {
  refused,    ///< RST: ECONNREFUSED.
  timed_out,  ///< Nobody answered: ETIMEDOUT.
  no_port     ///< Every ephemeral port to there is taken: EADDRNOTAVAIL.
};

/// All connections of the world.
///
/// The server's kernel makes the handshake; the process hears of a connection when it has ended:
///
///            SYN, room in the accept queue        ACK or data, room
///   nothing ------------------------------> received -----------------> established
///      ^   \  no room: dropped, or RST         |  ^ |  no room: dropped
///      |    `- no listener: RST                |  `-'  (tcp_abort_on_overflow = 0)
///      `--------- five SYN-ACKs in vain -------'
///
/// The client's connection stands when it has a SYN-ACK: one whose ACK found the accept queue full
/// sends its request, which is dropped like the ACK, and waits. A SYN crosses: the client's
/// security group (egress), ACLs and routes, the path, the server's security group (ingress), the
/// connection-tracking tables of both hosts, the namespace's redirect. One that gets no answer is
/// sent again (tcp::handshake_retry); a lost message after RTT + 200 ms, doubling to 120 s. The
/// client's own time-outs decide when to give up.
///
/// Connection tracking: a flow's verdict is asked once, at its first packet, unless the flow is
/// untracked (see SecurityGroups), in which case every packet is asked. Network ACLs and routes are
/// asked by every packet.
///
/// On a path that loses packets (Paths, TrafficControl) each segment of a message may be lost, a
/// SYN or its answer too. What is lost, and no more, is sent again: after a round trip when three
/// later segments tell the sender, else after the tail-loss probe or the retransmission time-out.
/// Messages of one connection never overtake each other. After 15 retransmissions both ends are
/// told that it is gone.
///
/// Bodies above 64 KiB travel as bulk transfers that share the links' bandwidth; smaller ones are
/// messages. Of a body that takes time the head arrives first (Response::head_arrived).
///
/// Errors: use of a connection that is gone is a broken invariant.
/// Source: Linux (tcp_ipv4.c, tcp_minisocks.c, tcp_timer.c); RFC 6298; EC2 User Guide (connection
///         tracking).
/// Limits: no congestion window; an exchange is one request and one response at a time (HTTP/1.1
///         without pipelining); a bulk body's transfer is reliable once begun, and on a path that
///         is no perfect line at that instant a bulk body is a message like any other. Pure
///         acknowledgements are never lost by chance, since the data behind them tells the same.
class Network {
 public:
  static constexpr sim::Bytes bulk_above{std::int64_t{64} * 1024};

  Network(sim::Engine& engine, SecurityGroups& groups, telemetry::Sink& sink, Duration loopback);
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  /// How many SYNs are sent a second apart before the gaps double; tcp::syn_linear_timeouts, or 0.
  void set_syn_linear_timeouts(std::uint8_t count) { syn_linear_ = count; }

  /// The world's interfaces live here; references stay good.
  Interface& add_interface(Interface interface);
  [[nodiscard]] Interface* find(Ipv4 address);
  /// Those between hosts that are no perfect lines.
  [[nodiscard]] Paths& paths() { return paths_; }
  [[nodiscard]] SubnetRules& subnets() { return subnets_; }
  [[nodiscard]] ConnectionTracking& tracking() { return tracking_; }
  [[nodiscard]] FlowLogs& flow_logs() { return flow_logs_; }
  /// Interfaces count what goes through them, and the flow logs, if they are on, tell.
  void count_packets() { counts_packets_ = true; }

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
  [[nodiscard]] Dialled dialled(Handle connection) { return slab_.get(connection).dialled; }
  /// The ephemeral one of its client; 0 where none was free.
  [[nodiscard]] std::uint16_t client_port(Handle connection) {
    return slab_.get(connection).client_port;
  }
  /// The one that its client asked for.
  [[nodiscard]] std::uint16_t server_port(Handle connection) { return slab_.get(connection).port; }
  [[nodiscard]] bool is_alive(Handle connection) { return slab_.find(connection) != nullptr; }
  /// Of the connection that ConnectionUser::on_refused is being told of.
  [[nodiscard]] ConnectFailure failure() const { return failure_; }

  /// The process that owned these ends was killed: its kernel closes every one of them.
  void close_all(const ConnectionUser& user);
  /// The interface is gone (task deprovisioned, host lost): its connections end in silence.
  void detach(Interface& interface);
  /// Nothing leaves the host or reaches it, until every silence has ended.
  void silence(sim::HostId host);
  void end_silence(sim::HostId host);
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
  enum class Handshake : std::uint8_t { nothing, received, established };
  enum class Progress : std::uint8_t { idle, request_sent, at_server, response_sent };
  struct Connection {
    ConnectionUser* users[2] = {nullptr, nullptr};
    std::uint32_t tags[2] = {0, 0};
    Interface* ends[2] = {nullptr, nullptr};
    std::uint16_t port = 0;
    std::uint16_t client_port = 0;  ///< 0: none was free.
    bool loopback = false;
    bool outside = false;
    bool connected = false;                    ///< As the client's kernel has it.
    Handshake handshake = Handshake::nothing;  ///< As the server's kernel has it.
    bool tracked[2] = {true, true};
    bool holds_place[2] = {false, false};  ///< In the tracking tables of the ends' hosts.
    bool closed[2] = {false, false};
    ConnectFailure failure = ConnectFailure::refused;
    Progress progress = Progress::idle;
    std::uint8_t syns_repeated = 0;
    std::uint8_t syn_acks_repeated = 0;
    bool repeats_syn = false;      ///< The client's timer is set.
    bool repeats_syn_ack = false;  ///< The server's timer is set.
    bool is_reset = false;         ///< The end that closed first sent RST.
    std::uint8_t tries = 0;        ///< Of the message that is under way.
    std::uint8_t fins_lost = 0;
    std::uint32_t missing = 0;  ///< Segments of the message that have been lost so far.
    std::uint32_t epoch = 0;    ///< When both ends' verdicts were last good.
    SimTime opened{};           ///< The first SYN.
    SimTime answered{};         ///< The first SYN-ACK.
    SimTime sent{};             ///< First try of the message that is under way.
    SimTime head{};             ///< When the head of the message under way is there.
    SimTime last_packet{};      ///< That trackers saw.
    SimTime latest[2]{};        ///< Arrival of what each end sent last, on a path that has jitter.
    ConnectionHops hops;
    Dialled dialled;
    FlowRef flow;
    sim::Bytes under_way{0};  ///< Size of the message that is, or of what is sent of it again.
    http::Request request;
    http::Response response;
  };

  // Opening (handshake.cpp).
  void on_syn_arrival(std::uint64_t word);
  void on_syn_ack_arrival(std::uint64_t word);
  void on_syn_ack_timer(std::uint64_t word);
  void on_ack_arrival(std::uint64_t word);
  void on_reset_arrival(std::uint64_t word);
  void on_refusal(std::uint64_t word);
  void resend_syn(std::uint64_t word);
  void begin(Connection& connection, const ConnectRequest& wish);
  void send_syn(Handle handle, Connection& connection);
  void repeat_syn(Handle handle, Connection& connection);
  void receive_syn(Handle handle, Connection& connection);
  void send_syn_ack(Handle handle, Connection& connection);
  void repeat_syn_ack(Handle handle, Connection& connection);
  void send_ack(Handle handle, Connection& connection);
  [[nodiscard]] bool establish(Handle handle, Connection& connection);
  void reset_client(Handle handle, Connection& connection);
  [[nodiscard]] bool may_open(Connection& connection);
  [[nodiscard]] bool track(Connection& connection);
  [[nodiscard]] Acceptor* acceptor_for(const Connection& connection) const;

  // Exchanges and the end (network.cpp).
  void on_request_arrival(std::uint64_t word);
  void on_response_arrival(std::uint64_t word);
  void on_close_arrival(std::uint64_t word);
  void on_silent_close(std::uint64_t word);
  void end_connection(std::uint64_t word, bool is_told);
  void send_fin(std::uint64_t word);
  void send_message(Handle handle, Connection& connection, Side from);
  void send_bulk(Handle handle, Connection& connection, Side from, sim::Callback arrived);
  void end_exchange(const Connection& connection);
  void forget(Handle handle, Connection& connection);

  // What packets meet (passage.cpp).
  [[nodiscard]] bool may_pass(Connection& connection, Side from) {
    // Most messages stay within a namespace that drops nothing.
    if (connection.loopback && connection.ends[0]->control == nullptr) return true;
    return may_pass_rules(connection, from);
  }
  [[nodiscard]] bool may_pass_rules(Connection& connection, Side from);
  [[nodiscard]] bool rules_let_pass(const Connection& connection, Side from) const;
  [[nodiscard]] bool subnets_let_pass(const Connection& connection, Side from) const;
  [[nodiscard]] static bool is_dropped_within(const Connection& connection, Side from);
  [[nodiscard]] bool is_remembered(Connection& connection);
  [[nodiscard]] bool is_reachable(const Connection& connection) const;
  [[nodiscard]] SimTime arrival(Connection& connection, Side from, sim::Bytes size);
  [[nodiscard]] Duration delay(const Connection& connection, Side from) const;
  [[nodiscard]] Path* path_of(const Connection& connection, Side from);
  [[nodiscard]] static TrafficControl* control_of(const Connection& connection, Side from);
  [[nodiscard]] static OutgoingFlow flow_of(const Connection& connection, Side from);

  // What gets lost (retransmission.cpp).
  void resend_message(std::uint64_t word);
  void lose_message(Handle handle, Connection& connection);
  void repeat_message(Handle handle, Connection& connection, Duration wait);
  [[nodiscard]] static sim::Bytes size_to_send(const Connection& connection, Side from);
  [[nodiscard]] bool loses_segments(Handle handle, Connection& connection, Side from,
                                    sim::Bytes size);
  [[nodiscard]] bool loses(Connection& connection, Side from);
  [[nodiscard]] Duration round_trip(const Connection& connection) const;
  [[nodiscard]] Duration retransmission_timeout(const Connection& connection, int tries) const;

  // What interfaces see of it (counting.cpp). `size` is of one packet.
  enum class Refusal : std::uint8_t { none, at_source, between, at_target };
  struct SegmentTally {
    std::uint32_t arrived = 0;
    std::uint32_t lost_on_path = 0;
  };
  [[nodiscard]] bool counts(const Connection& connection) const {
    return counts_packets_ && !connection.loopback;
  }
  void count_message(Connection& connection, Side from);
  void count_refused_message(Connection& connection, Side from);
  void count_passed(Connection& connection, Side from, sim::Bytes size);
  void count_refused(Connection& connection, Side from, sim::Bytes size);
  void count_refused_syn(Connection& connection);
  void count_late_ack(Connection& connection);
  void count_close(Connection& connection);
  void count_losses(Connection& connection, Side from, SegmentTally tally);
  void count_lost(Connection& connection, Side from, PacketCount packets);
  void count_where_it_gets(Connection& connection, Side from, PacketCount packets, bool is_first);
  void count_both(Connection& connection, Side from, PacketCount there, PacketCount back);
  [[nodiscard]] bool is_open_both_ways(const Connection& connection) const;
  [[nodiscard]] Refusal refusal_of(const Connection& connection, Side from, bool is_first) const;
  [[nodiscard]] static FlowEnds flow_ends(const Connection& connection);
  [[nodiscard]] static std::uint16_t port_to(const Connection& connection, Side from);

  sim::Engine& engine_;
  SecurityGroups& groups_;
  telemetry::Sink& sink_;
  FlowLogs flow_logs_;
  Duration loopback_;
  std::uint8_t syn_linear_ = 0;
  bool hops_recorded_ = true;
  bool counts_packets_ = false;
  ConnectFailure failure_ = ConnectFailure::refused;
  std::uint32_t epoch_ = 1;
  Slab<Connection> slab_;
  std::vector<std::unique_ptr<Interface>> interfaces_;
  /// Looked up, never walked: a large mesh asks for each connection.
  std::unordered_map<std::uint32_t, Interface*> by_address_;
  std::map<sim::HostId, int> silences_;
  Paths paths_;
  SubnetRules subnets_;
  ConnectionTracking tracking_;
};

}  // namespace hoplab::models::vpc
