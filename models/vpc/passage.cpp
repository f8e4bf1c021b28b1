// What packets meet on their way: rules, tables, paths.
#include <algorithm>

#include "models/vpc/network.hpp"
#include "sim/random.hpp"

namespace hoplab::models::vpc {

using tcp::index;
using tcp::other;

bool Network::is_reachable(const Connection& connection) const {
  for (const Interface* end : connection.ends) {
    if (end == nullptr || !end->attached) return false;
    if (!end->outside && !engine_.platform().is_on(end->host)) return false;
  }
  return true;
}

bool Network::may_pass_rules(Connection& connection, Side from) {
  if (connection.loopback) return !is_dropped_within(connection, from);
  if (!is_remembered(connection)) return false;
  const std::uint32_t current = epoch_ + groups_.version();
  if (connection.epoch == current) return true;
  if (!is_reachable(connection) || is_dropped_within(connection, from)) return false;
  if (connection.outside) return true;
  if (!rules_let_pass(connection, from)) return false;
  if (rules_let_pass(connection, other(from)) && !is_dropped_within(connection, other(from))) {
    connection.epoch = current;
  }
  return true;
}

// A tracker has forgotten a flow that was silent for too long; what comes then is dropped, and
// nobody remembers it for that.
bool Network::is_remembered(Connection& connection) {
  const SimTime now = engine_.now();
  if (now - connection.last_packet <= tracking_.idle_timeout()) {
    connection.last_packet = now;
    return true;
  }
  return connection.outside || (!connection.tracked[0] && !connection.tracked[1]);
}

// Only an untracked end asks its rules again; a reply meets the client's ingress rules, at the
// ephemeral port it came from.
bool Network::rules_let_pass(const Connection& connection, Side from) const {
  if (!subnets_let_pass(connection, from)) return false;
  const Interface& client = *connection.ends[0];
  const Interface& server = *connection.ends[1];
  if (from == Side::server) {
    return connection.tracked[0] ||
           groups_.admits_ingress(client.groups, {server.address, &server.groups},
                                  connection.client_port);
  }
  if (!connection.tracked[0] &&
      !groups_.admits_egress(client.groups, {server.address, &server.groups}, connection.port)) {
    return false;
  }
  return connection.tracked[1] ||
         groups_.admits_ingress(server.groups, {client.address, &client.groups}, connection.port);
}

bool Network::subnets_let_pass(const Connection& connection, Side from) const {
  const Interface& source = *connection.ends[index(from)];
  const Interface& target = *connection.ends[index(other(from))];
  return subnets_.lets_pass(source.subnet, source.address, target.subnet, target.address,
                            from == Side::client ? connection.port : connection.client_port);
}

// By an iptables rule in either end's namespace. The rule sees the port that the redirect has made
// of the one that was dialled.
bool Network::is_dropped_within(const Connection& connection, Side from) {
  const Interface& source = *connection.ends[index(from)];
  const Interface& target = *connection.ends[index(other(from))];
  if (source.control == nullptr && target.control == nullptr) return false;
  const std::uint16_t port = from == Side::client ? connection.port : connection.client_port;
  if (source.control && source.control->drops(port, true, target.address)) return true;
  const bool is_redirected = from == Side::client && !connection.loopback;
  const std::uint16_t behind = is_redirected ? target.port_behind_redirect(port) : port;
  return target.control && target.control->drops(behind, false, source.address);
}

// --- Paths ------------------------------------------------------------------------------------

OutgoingFlow Network::flow_of(const Connection& connection, Side from) {
  const Ipv4 peer = connection.ends[index(other(from))]->address;
  const std::uint64_t ports = std::uint64_t{connection.client_port} << 16 | connection.port;
  return {peer, sim::mixed(std::uint64_t{peer.bits} << 32 | ports)};
}

TrafficControl* Network::control_of(const Connection& connection, Side from) {
  if (connection.loopback || connection.ends[1] == nullptr) return nullptr;
  return connection.ends[index(from)]->control.get();
}

Path* Network::path_of(const Connection& connection, Side from) {
  if (connection.loopback || connection.ends[1] == nullptr) return nullptr;
  return paths_.find(connection.ends[index(from)]->host, connection.ends[index(other(from))]->host);
}

SimTime Network::arrival(Connection& connection, Side from, sim::Bytes size) {
  if (connection.loopback) return connection.head = engine_.now() + loopback_;
  const sim::HostId source = connection.ends[index(from)]->host;
  const sim::HostId target = connection.ends[index(other(from))]->host;
  // Two tasks of one machine: the packet leaves one interface and enters the other on the host.
  SimTime plain = source == target ? engine_.now() + loopback_
                                   : engine_.platform().message_arrival(source, target, size);
  Path* path = source == target ? nullptr : paths_.find(source, target);
  TrafficControl* control = control_of(connection, from);
  connection.head = plain;
  if (path == nullptr && control == nullptr) return plain;
  if (control != nullptr) plain += control->draw_delay(flow_of(connection, from));
  if (path != nullptr) {
    connection.head = path->head_arrival(plain, std::min(size, http::head_size));
    plain = path->arrival(plain, size);
  }
  SimTime& latest = connection.latest[index(from)];
  latest = std::max(latest, plain);
  return latest;
}

// Of a packet that waits for no other one, without what chance adds.
Duration Network::delay(const Connection& connection, Side from) const {
  const sim::HostId source = connection.ends[index(from)]->host;
  const sim::HostId target = connection.ends[index(other(from))]->host;
  const bool stays = connection.loopback || source == target;
  const Duration plain = stays ? loopback_ : engine_.platform().latency(source, target);
  const TrafficControl* control = control_of(connection, from);
  return control == nullptr ? plain : plain + control->delay(flow_of(connection, from));
}

}  // namespace hoplab::models::vpc
