// The ephemeral ports of a host's or task's outgoing connections.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include <boost/container/flat_map.hpp>

#include "models/fifo.hpp"
#include "models/vpc/address.hpp"
#include "sim/units.hpp"

namespace hoplab::models::vpc {

/// Where a connection goes: ports may be used once for each.
using Destination = std::pair<Ipv4, std::uint16_t>;

/// Hands out ports of 32768 to 60999 for each destination. One that its client closed first stays
/// taken for 60 s more (TIME_WAIT): a client that opens a connection for every request runs out at
/// 470 a second to one destination.
///
/// Source: Linux, __inet_hash_connect(): an offset of the destination's own, then every second
///         port.
/// Limits: which port comes next does not skip those in use, of which only the number is known.
class EphemeralPorts {
 public:
  /// Nothing when all of them are taken: EADDRNOTAVAIL.
  [[nodiscard]] std::optional<std::uint16_t> take(Destination destination, sim::SimTime now);
  /// For those who have more than one address: never runs out.
  [[nodiscard]] std::uint16_t take_any(Destination destination);
  void release(Destination destination, bool must_wait, sim::SimTime now);

 private:
  struct Use {
    std::uint32_t next = 0;
    std::uint32_t open = 0;
    Fifo<sim::SimTime> waiting;  ///< When each is free again, in order.
  };
  boost::container::flat_map<Destination, Use> uses_;
};

}  // namespace hoplab::models::vpc
