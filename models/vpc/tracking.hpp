// Connection tracking: how many flows a host's interfaces remember, and for how long.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/platform.hpp"
#include "sim/units.hpp"

namespace hoplab::models::vpc {

/// The tables of all hosts. A flow that security groups track takes a place in the table of either
/// end's host from its first packet until it is closed. In a full table no new flow finds a place
/// and its packets are dropped; so is a packet of a flow that was silent for longer than the idle
/// time-out: nobody remembers it.
///
/// Source: Amazon EC2 User Guide, "Security group connection tracking", "Network performance
/// metrics
///         for the ENA driver" (conntrack_allowance_exceeded).
/// Assumed: how many flows an instance type tracks; AWS publishes none. An interface's own entry is
///          given up when its host knows of the close.
class ConnectionTracking {
 public:
  void set_limit(sim::HostId host, std::uint32_t flows) { table(host).limit = flows; }
  [[nodiscard]] std::uint32_t limit(sim::HostId host) { return table(host).limit; }
  void set_idle_timeout(sim::Duration timeout) { idle_timeout_ = timeout; }
  [[nodiscard]] sim::Duration idle_timeout() const { return idle_timeout_; }

  /// False where the table is full; that is counted.
  [[nodiscard]] bool take(sim::HostId host) {
    Table& places = table(host);
    if (places.taken >= places.limit) {
      ++places.exceeded;
      return false;
    }
    ++places.taken;
    return true;
  }
  void release(sim::HostId host) { --table(host).taken; }
  [[nodiscard]] std::uint32_t taken(sim::HostId host) { return table(host).taken; }
  /// conntrack_allowance_exceeded: packets dropped so far.
  [[nodiscard]] std::uint64_t exceeded(sim::HostId host) { return table(host).exceeded; }

 private:
  struct Table {
    std::uint32_t limit = ~std::uint32_t{0};
    std::uint32_t taken = 0;
    std::uint64_t exceeded = 0;
  };
  Table& table(sim::HostId host) {
    if (host.index >= tables_.size()) tables_.resize(host.index + std::size_t{1});
    return tables_[host.index];
  }

  std::vector<Table> tables_;  ///< By host.
  sim::Duration idle_timeout_ = std::chrono::seconds(432'000);
};

}  // namespace hoplab::models::vpc
