// Hosts, zones, links and routes: where things are and what connects them. SimGrid holds them and
// shares their bandwidth among bulk flows; small messages are computed here.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/units.hpp"

namespace hoplab::sim {

class Engine;

/// Index of a host, in order of creation.
struct HostId {
  std::uint32_t index = 0;
  auto operator<=>(const HostId&) const = default;
};

/// What one host's network interface can do.
struct HostSpec {
  std::string name;
  BytesPerSecond bandwidth{1'250'000'000};  ///< Each direction on its own (10 Gbit/s).
};

/// Hosts on one network. Between two hosts lie the sender's uplink, a path with a one-way latency,
/// and the receiver's downlink. The latency has a default for all pairs and may be set per pair
/// and direction. Loopback never touches a link.
///
/// A message takes: waiting for the sender's uplink (its own next-free time), its serialisation at
/// the capacity that flows leave free (but at least the fair share of the messages that wait, were
/// each one more flow), and the latency. Flows get what messages leave (an exponentially weighted
/// mean over 100 ms, applied when it moves by more than 1 %; never less than 1 % of the link).
///
/// The SimGrid platform is built when the first transfer starts; hosts and links cannot be added
/// after that. Worlds without transfers never touch SimGrid.
///
/// Errors: an unknown host is a broken invariant.
/// Limits: messages queue at the uplink only (a receiver's downlink is shared by flows alone).
class Platform {
 public:
  explicit Platform(Engine& engine);
  ~Platform();
  Platform(const Platform&) = delete;
  Platform& operator=(const Platform&) = delete;

  HostId add_host(HostSpec spec);
  [[nodiscard]] const std::string& name(HostId host) const;
  [[nodiscard]] std::size_t host_count() const;

  /// One-way latency of every pair without one of its own. Default: zero.
  void set_default_latency(Duration one_way);
  /// One direction of one pair. Takes effect for messages sent from now on, and for new flows.
  void set_latency(HostId from, HostId to, Duration one_way);
  [[nodiscard]] Duration latency(HostId from, HostId to) const;
  /// Both directions of a host's interface.
  void set_bandwidth(HostId host, BytesPerSecond bandwidth);
  [[nodiscard]] BytesPerSecond bandwidth(HostId host) const;
  /// What one transfer gets at most, however wide the links are; for those that begin from now on.
  void set_transfer_rate_max(BytesPerSecond rate);
  /// 0: no limit.
  [[nodiscard]] BytesPerSecond transfer_rate_max() const;

  /// A host that is off neither sends nor receives; flows that touch it fail at once.
  void set_host_on(HostId host, bool on);
  [[nodiscard]] bool is_on(HostId host) const;

  /// When a message of `size` that `from` hands to its interface now is wholly at `to`. Books the
  /// uplink. Requires from != to; does not look at is_on (the caller decides what silence means).
  [[nodiscard]] SimTime message_arrival(HostId from, HostId to, Bytes size);

  /// What messages put on a host's uplink: the weighted mean over the last 100 ms.
  [[nodiscard]] BytesPerSecond message_rate(HostId from);
  /// The share of a host's uplink that flows hold now, as bytes per second.
  [[nodiscard]] BytesPerSecond flow_rate(HostId from) const;

  struct Impl;
  [[nodiscard]] Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace hoplab::sim
