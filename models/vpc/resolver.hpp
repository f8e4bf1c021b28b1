// The VPC's DNS resolver as one interface has it.
#pragma once

#include <array>
#include <cstdint>

#include "sim/units.hpp"

namespace hoplab::models::vpc {

/// What getaddrinfo() of a process comes back with, and when.
struct LookUp {
  enum class Outcome : std::uint8_t {
    found,
    no_such_name,  ///< EAI_NONAME, in other words ENOTFOUND.
    try_again      ///< EAI_AGAIN: no answer, or one that says that the server failed.
  };
  Outcome outcome = Outcome::found;
  sim::Duration after{0};
};

/// Looks names up over the link-local address, 1024 packets a second at most: those beyond are
/// dropped, and their look-ups wait 5 s for the next try. A resolver that says nothing costs two
/// tries of 5 s; one that says that it failed, or that there is no such name, costs nothing. The
/// VPC's resolver remembers that there was no such name, for the negative TTL of the zone, longer
/// than it may be true.
///
/// Source: resolv.conf(5) (timeout:5 attempts:2); Amazon VPC User Guide, "DNS quotas"; RFC 2308.
/// Limits: while it works an answer takes no time; security groups and ACLs do not filter it, as in
///         AWS; a process keeps no answers of its own.
class Resolver {
 public:
  enum class Trouble : std::uint8_t { no_such_name, server_failure, silence };

  void begin(Trouble trouble) { ++troubles_[static_cast<std::size_t>(trouble)]; }
  void end(Trouble trouble) { --troubles_[static_cast<std::size_t>(trouble)]; }
  void set_negative_ttl(sim::Duration ttl) { negative_ttl_ = ttl; }

  /// `is_cut_off`: nothing leaves for port 53.
  [[nodiscard]] LookUp look_up(sim::SimTime now, bool is_cut_off);
  /// linklocal_allowance_exceeded: packets dropped so far.
  [[nodiscard]] std::uint64_t exceeded() const { return exceeded_; }

 private:
  [[nodiscard]] bool has(Trouble trouble) const {
    return troubles_[static_cast<std::size_t>(trouble)] > 0;
  }
  [[nodiscard]] bool is_allowed(sim::SimTime now);

  std::array<std::uint16_t, 3> troubles_{};  ///< How many want each.
  std::uint32_t packets_in_second_ = 0;
  std::int64_t second_ = -1;
  sim::Duration negative_ttl_ = std::chrono::seconds(900);
  sim::SimTime denied_until_{};
  std::uint64_t exceeded_ = 0;
};

}  // namespace hoplab::models::vpc
