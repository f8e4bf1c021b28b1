// Network interfaces of tasks, and who listens and talks through them.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "models/slab.hpp"
#include "models/vpc/ports.hpp"
#include "models/vpc/resolver.hpp"
#include "models/vpc/security_group.hpp"
#include "models/vpc/subnet_rules.hpp"
#include "models/vpc/tcp.hpp"
#include "models/vpc/traffic_control.hpp"
#include "sim/platform.hpp"

namespace hoplab::models::vpc {

/// The owner of one end of connections. `tag` is the owner's own word for the connection.
class ConnectionUser {
 public:
  virtual ~ConnectionUser() = default;
  /// Client end: the connection stands.
  virtual void on_connected(Handle connection, std::uint32_t tag) = 0;
  /// Client end: there is none, for the reason that Network::failure gives; it is gone.
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
  /// A SYN is here, or the ACK that ends its handshake: is there room in the accept queue?
  virtual Answer on_syn(Handle connection) = 0;
  /// The handshake has ended. Fills in who owns the server end.
  virtual void on_established(Handle connection, ConnectionUser*& user, std::uint32_t& tag) = 0;
};

/// What has gone through the network namespace's interface since it was made; IP headers included.
struct InterfaceTraffic {
  std::uint64_t received_packets = 0;
  std::uint64_t received_bytes = 0;
  std::uint64_t sent_packets = 0;
  std::uint64_t sent_bytes = 0;

  void receive(PacketCount more) {
    received_packets += more.packets;
    received_bytes += static_cast<std::uint64_t>(more.bytes.count());
  }
  void send(PacketCount more) {
    sent_packets += more.packets;
    sent_bytes += static_cast<std::uint64_t>(more.bytes.count());
  }
};

/// An elastic network interface and the network namespace behind it; one per awsvpc task.
struct Interface {
  sim::HostId host;
  Ipv4 address;
  SubnetRef subnet;
  std::vector<GroupRef> groups;
  bool attached = true;
  /// A load client outside the mesh: no rule, no fault, always there.
  bool outside = false;
  /// Listening sockets by port; few, so a plain list.
  std::vector<std::pair<std::uint16_t, Acceptor*>> listeners;
  /// iptables: connections from elsewhere to these ports go to `redirect_port`.
  std::vector<std::uint16_t> redirected_ports;
  std::uint16_t redirect_port = 0;
  EphemeralPorts ports;
  Resolver resolver;
  std::unique_ptr<TrafficControl> control;  ///< Null: nothing was put into the namespace.
  InterfaceTraffic traffic;
  std::uint32_t flow_log = ~std::uint32_t{0};  ///< FlowLogs' number of it; none has this.

  void listen(std::uint16_t port, Acceptor& acceptor) { listeners.emplace_back(port, &acceptor); }
  void stop_listening(const Acceptor& acceptor);
  /// A process behind it asks for the address of a name ("b.local").
  [[nodiscard]] LookUp look_up(sim::SimTime now, std::string_view name) {
    return resolver.look_up(now, control != nullptr && control->drops_dns(), name);
  }
  /// Where a connection from elsewhere to `port` arrives.
  [[nodiscard]] std::uint16_t port_behind_redirect(std::uint16_t port) const;
  /// Null where nobody listens.
  [[nodiscard]] Acceptor* listener(std::uint16_t port) const;
};

}  // namespace hoplab::models::vpc
