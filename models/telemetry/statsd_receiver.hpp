// Who listens on a task's statsd port: the CloudWatch agent.
#pragma once

#include <cstdint>
#include <string_view>

namespace hoplab::models::telemetry {

class StatsdReceiver {
 public:
  virtual ~StatsdReceiver() = default;
  /// `memo` is the receiver's own, one for all datagrams that differ in their value alone.
  virtual void receive(std::string_view datagram, std::uint32_t& memo) = 0;
  /// One of a datagram for which it has set a memo before.
  virtual void receive_value(std::uint64_t value, std::uint32_t memo) = 0;
};

}  // namespace hoplab::models::telemetry
