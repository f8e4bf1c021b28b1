// What an instance type may send: a baseline for ever, bursts while its credits last.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "sim/engine.hpp"

namespace hoplab::models::ec2 {

/// Source: Amazon EC2 User Guide, network performance of general-purpose, compute- and
///         memory-optimized instances. t2 and m3: assumed, since AWS says "low to moderate".
struct NetworkPerformance {
  sim::BytesPerSecond baseline{0};
  sim::BytesPerSecond burst{0};
};

/// Nothing for a type that is not in the table.
[[nodiscard]] std::optional<NetworkPerformance> network_performance(std::string_view type);

/// The bucket of one host's outgoing traffic. It fills at the baseline and is drained by what the
/// host sends, messages and transfers; empty, it leaves the host its baseline until there are
/// credits again. Looked at ten times a second.
///
/// Source: EC2 User Guide, "Amazon EC2 instance network bandwidth": bursts last 5 to 60 minutes.
/// Assumed: a full bucket lasts for 5 minutes of a full burst.
/// Limits: what comes in is not limited; packets that wait are counted by their bytes.
class NetworkAllowance {
 public:
  /// `credits`: share of the bucket at the start.
  NetworkAllowance(sim::Engine& engine, sim::HostId host, NetworkPerformance performance,
                   double credits);
  NetworkAllowance(const NetworkAllowance&) = delete;
  NetworkAllowance& operator=(const NetworkAllowance&) = delete;

  [[nodiscard]] bool is_throttled() const { return is_throttled_; }
  /// bw_out_allowance_exceeded: packets that were queued so far.
  [[nodiscard]] std::uint64_t exceeded() const { return exceeded_; }

 private:
  void look();
  void throttle(bool is_throttled);

  sim::Engine& engine_;
  sim::HostId host_;
  NetworkPerformance performance_;
  double capacity_ = 0;  ///< Bytes beyond the baseline.
  double credits_ = 0;
  bool is_throttled_ = false;
  std::uint64_t exceeded_ = 0;
};

}  // namespace hoplab::models::ec2
