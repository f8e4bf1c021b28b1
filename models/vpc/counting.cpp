// Which packets the interfaces at both ends see, and which of them a rule refuses: the counters of
// the namespaces' interfaces and the flow logs.
#include "models/vpc/network.hpp"

namespace hoplab::models::vpc {

using tcp::index;
using tcp::other;
using Action = FlowLogs::Action;

namespace {

PacketCount control_packets(std::uint32_t packets, sim::Bytes each) {
  return {packets, sim::Bytes(packets * each.count())};
}

/// A receiver says at once that every second segment is there (RFC 5681, 4.2). The last one of a
/// request is confirmed with the answer; the last one of an answer waits in vain for a next
/// request.
std::uint32_t pure_acks(Side from, std::uint32_t segments) {
  return from == Side::client ? segments / 2 : (segments + 1) / 2;
}

std::uint32_t segments_of(sim::Bytes size) {
  return static_cast<std::uint32_t>((size.count() + tcp::segment_size - 1) / tcp::segment_size);
}

PacketCount data_packets(std::uint32_t segments, sim::Bytes payload) {
  return {segments, sim::Bytes(payload.count() + segments * tcp::header_size)};
}

}  // namespace

FlowEnds Network::flow_ends(const Connection& connection) {
  return {connection.ends[0], connection.ends[1], connection.client_port, connection.port};
}

// Both ways are open, and nobody needs to ask.
bool Network::is_open_both_ways(const Connection& connection) const {
  return connection.outside || connection.epoch == epoch_ + groups_.version();
}

void Network::count_both(Connection& connection, Side from, PacketCount there, PacketCount back) {
  Interface& source = *connection.ends[index(from)];
  Interface& target = *connection.ends[index(other(from))];
  source.traffic.send(there);
  target.traffic.receive(there);
  if (back.packets > 0) {
    target.traffic.send(back);
    source.traffic.receive(back);
  }
  if (flow_logs_.is_on()) {
    flow_logs_.passed(connection.flow, flow_ends(connection), from, there, back);
  }
}

void Network::count_message(Connection& connection, Side from) {
  if (!counts(connection)) return;
  const std::uint32_t segments = segments_of(connection.under_way);
  const PacketCount there = data_packets(segments, connection.under_way);
  const PacketCount back = control_packets(pure_acks(from, segments), sim::Bytes(tcp::header_size));
  if (is_open_both_ways(connection)) return count_both(connection, from, there, back);
  count_both(connection, from, there, {});
  if (back.packets > 0) count_where_it_gets(connection, other(from), back, false);
}

void Network::count_refused_message(Connection& connection, Side from) {
  if (!counts(connection)) return;
  const PacketCount packets = data_packets(segments_of(connection.under_way), connection.under_way);
  count_where_it_gets(connection, from, packets, false);
}

void Network::count_refused(Connection& connection, Side from, sim::Bytes size) {
  if (counts(connection)) count_where_it_gets(connection, from, {1, size}, false);
}

void Network::count_refused_syn(Connection& connection) {
  if (!counts(connection)) return;
  count_where_it_gets(connection, Side::client, {1, tcp::control_segment}, true);
}

void Network::count_passed(Connection& connection, Side from, sim::Bytes size) {
  if (counts(connection)) count_both(connection, from, {1, size}, {});
}

// The answer took longer than its acknowledgement could wait.
void Network::count_late_ack(Connection& connection) {
  if (!counts(connection) || engine_.now() - connection.last_packet <= tcp::delayed_ack) return;
  const PacketCount ack{1, sim::Bytes(tcp::header_size)};
  if (is_open_both_ways(connection)) return count_both(connection, Side::server, ack, {});
  count_where_it_gets(connection, Side::server, ack, false);
}

// FIN; the other end's FIN, which confirms it; and the last ACK. Or RST.
void Network::count_close(Connection& connection) {
  if (!counts(connection)) return;
  const Side from = connection.closed[0] ? Side::client : Side::server;
  if (connection.is_reset) return count_passed(connection, from, tcp::reset_segment);
  const PacketCount one{1, sim::Bytes(tcp::header_size)};
  if (is_open_both_ways(connection)) {
    return count_both(connection, from, control_packets(2, sim::Bytes(tcp::header_size)), one);
  }
  count_both(connection, from, one, {});
  count_where_it_gets(connection, other(from), one, false);
}

// Of a message of which some segments are lost: what is left of it arrives, what the path lost had
// left the sender's interface, what its own queue dropped had not.
void Network::count_losses(Connection& connection, Side from, SegmentTally tally) {
  if (!counts(connection)) return;
  const PacketCount arrived =
      data_packets(tally.arrived, sim::Bytes(tally.arrived * tcp::segment_size));
  const PacketCount lost =
      data_packets(tally.lost_on_path, sim::Bytes(tally.lost_on_path * tcp::segment_size));
  if (lost.packets > 0) count_lost(connection, from, lost);
  if (arrived.packets == 0) return;
  if (is_open_both_ways(connection)) return count_both(connection, from, arrived, {});
  count_where_it_gets(connection, from, arrived, false);
}

void Network::count_lost(Connection& connection, Side from, PacketCount packets) {
  if (!counts(connection)) return;
  connection.ends[index(from)]->traffic.send(packets);
  if (!flow_logs_.is_on()) return;
  flow_logs_.seen_at(connection.flow, flow_ends(connection), from, from, Action::accept, packets);
}

// The slow way: each place that packets pass, in turn. What nobody keeps back has passed.
void Network::count_where_it_gets(Connection& connection, Side from, PacketCount packets,
                                  bool is_first) {
  if (connection.ends[1] == nullptr) return;  // To an address of nobody: no tuple to write.
  Interface& source = *connection.ends[index(from)];
  Interface& target = *connection.ends[index(other(from))];
  const sim::Platform& platform = engine_.platform();
  if (!source.attached || (!source.outside && !platform.is_on(source.host))) return;
  if (source.control && source.control->drops(port_to(connection, from), true, target.address)) {
    return;
  }
  source.traffic.send(packets);
  const auto tell = [&](Side at, Action action) {
    if (!flow_logs_.is_on()) return;
    flow_logs_.seen_at(connection.flow, flow_ends(connection), from, at, action, packets);
  };
  const Refusal refusal =
      connection.outside ? Refusal::none : refusal_of(connection, from, is_first);
  tell(from, refusal == Refusal::at_source ? Action::reject : Action::accept);
  if (refusal == Refusal::at_source || refusal == Refusal::between) return;
  if (!target.attached || (!target.outside && !platform.is_on(target.host))) return;
  tell(other(from), refusal == Refusal::at_target ? Action::reject : Action::accept);
  if (refusal == Refusal::none) target.traffic.receive(packets);
}

std::uint16_t Network::port_to(const Connection& connection, Side from) {
  return from == Side::client ? connection.port : connection.client_port;
}

// A packet leaves by the group, then the ACL; it takes a route; it enters by the ACL, then the
// group. `is_first`: no tracker knows its flow yet.
Network::Refusal Network::refusal_of(const Connection& connection, Side from, bool is_first) const {
  const Interface& source = *connection.ends[index(from)];
  const Interface& target = *connection.ends[index(other(from))];
  const bool asks_source = is_first || !connection.tracked[index(from)];
  const bool asks_target = is_first || !connection.tracked[index(other(from))];
  const std::uint16_t port = port_to(connection, from);
  if (from == Side::client && asks_source &&
      !groups_.admits_egress(source.groups, {target.address, &target.groups}, port)) {
    return Refusal::at_source;
  }
  const auto way = subnets_.way(source.subnet, source.address, target.subnet, target.address, port);
  if (way == SubnetRules::Way::denied_on_leaving) return Refusal::at_source;
  if (way == SubnetRules::Way::leads_nowhere) return Refusal::between;
  if (way == SubnetRules::Way::denied_on_entering) return Refusal::at_target;
  const bool is_forgotten = !is_first &&
                            engine_.now() - connection.last_packet > tracking_.idle_timeout() &&
                            (connection.tracked[0] || connection.tracked[1]);
  if (is_forgotten) return Refusal::at_target;
  if (asks_target &&
      !groups_.admits_ingress(target.groups, {source.address, &source.groups}, port)) {
    return Refusal::at_target;
  }
  return Refusal::none;
}

}  // namespace hoplab::models::vpc
