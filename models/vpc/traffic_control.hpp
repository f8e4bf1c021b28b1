// What is put into a task's network namespace to disturb it: netem on its interface, ports that
// drop.
#pragma once

#include <cstdint>
#include <list>
#include <vector>

#include "models/vpc/address.hpp"
#include "models/vpc/path.hpp"
#include "sim/random.hpp"
#include "sim/units.hpp"

namespace hoplab::models::vpc {

/// A connection as its sender's rules see it.
struct OutgoingFlow {
  Ipv4 peer;
  std::uint64_t hash = 0;  ///< Of addresses and ports: the same for all packets of the flow.
};

/// `tc qdisc ... netem delay DELAY JITTER loss LOSS` behind filters.
struct NetemSpec {
  sim::Duration delay{0};
  sim::Duration jitter{0};            ///< Up to so much more or less, evenly.
  sim::Ratio loss;                    ///< Of packets, each by itself.
  std::vector<Cidr> peers;            ///< Whose packets it is about; empty: all.
  std::vector<Cidr> spared;           ///< Of these, those that it leaves alone.
  std::uint32_t flows_percent = 100;  ///< 1 to 100: the share of the flows.
};

/// The `iptables` rule `-p tcp --dport PORT -j DROP` of one chain.
struct BlackholePort {
  std::uint16_t port = 0;
  bool is_egress = false;
  bool is_udp = false;       ///< `-p udp`.
  std::vector<Cidr> spared;  ///< Of peers.
  bool operator==(const BlackholePort&) const = default;
};

/// Netem acts on what leaves through the interface alone: nothing that arrives, nothing within the
/// task. A port that drops does so for every packet to it, within the task too, established
/// connections included; answers, which go to another port, are not touched. Where a redirect has
/// changed a packet's port, the rule sees the new one.
///
/// Source: amazon-ecs-agent, ecs-agent/tmds/handlers/fault/v1; AWSFIS-Run-Network-*; tc-netem(8).
class TrafficControl {
 public:
  class Netem {
   public:
    Netem(NetemSpec spec, sim::Rng rng) : spec_(std::move(spec)), rng_(rng) {}

    [[nodiscard]] bool is_about(const OutgoingFlow& flow) const;
    [[nodiscard]] bool is_lossy() const { return spec_.loss.value() > 0; }
    [[nodiscard]] SegmentLoss lose(std::uint32_t segments);
    /// What a message takes longer.
    [[nodiscard]] sim::Duration draw_delay();
    [[nodiscard]] sim::Duration delay() const { return spec_.delay; }

   private:
    NetemSpec spec_;
    sim::Rng rng_;
  };

  /// Stays good until it is removed.
  Netem& add(NetemSpec spec, sim::Rng rng) { return netems_.emplace_back(std::move(spec), rng); }
  void remove(const Netem& netem);
  void add(BlackholePort port) { ports_.push_back(std::move(port)); }
  void remove(const BlackholePort& port);
  [[nodiscard]] bool is_idle() const { return netems_.empty() && ports_.empty(); }

  [[nodiscard]] bool drops(std::uint16_t port, bool is_egress, Ipv4 peer) const;
  /// Does nothing leave for port 53?
  [[nodiscard]] bool drops_dns() const;
  [[nodiscard]] bool is_lossy(const OutgoingFlow& flow) const;
  [[nodiscard]] SegmentLoss lose(const OutgoingFlow& flow, std::uint32_t segments);
  [[nodiscard]] sim::Duration draw_delay(const OutgoingFlow& flow);
  /// Without the jitter.
  [[nodiscard]] sim::Duration delay(const OutgoingFlow& flow) const;

 private:
  std::list<Netem> netems_;
  std::vector<BlackholePort> ports_;
};

}  // namespace hoplab::models::vpc
