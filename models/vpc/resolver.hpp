// The VPC's DNS resolver as one interface has it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

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
/// than it may be true. A trouble is with every name, or with one.
///
/// Source: resolv.conf(5) (timeout:5 attempts:2); Amazon VPC User Guide, "DNS quotas"; RFC 2308.
/// Limits: while it works an answer takes no time; security groups and ACLs do not filter it, as in
///         AWS; a process keeps no answers of its own.
class Resolver {
 public:
  enum class Trouble : std::uint8_t { no_such_name, server_failure, silence };

  /// `name`: "b.local"; "": every name.
  void begin(Trouble trouble, std::string_view name = {}) { ++count(trouble, name); }
  void end(Trouble trouble, std::string_view name = {}) { --count(trouble, name); }
  void set_negative_ttl(sim::Duration ttl) { negative_ttl_ = ttl; }

  /// `is_cut_off`: nothing leaves for port 53.
  [[nodiscard]] LookUp look_up(sim::SimTime now, bool is_cut_off, std::string_view name = {});
  /// linklocal_allowance_exceeded: packets dropped so far.
  [[nodiscard]] std::uint64_t exceeded() const { return exceeded_; }

 private:
  /// Of one name, or of all.
  struct Troubles {
    std::array<std::uint16_t, 3> counts{};  ///< How many want each.
    sim::SimTime denied_until{};
    [[nodiscard]] bool has(Trouble trouble) const {
      return counts[static_cast<std::size_t>(trouble)] > 0;
    }
  };
  [[nodiscard]] std::uint16_t& count(Trouble trouble, std::string_view name);
  [[nodiscard]] bool is_denied(Troubles& troubles, sim::SimTime now) const;
  [[nodiscard]] bool is_allowed(sim::SimTime now);

  Troubles of_all_;
  std::map<std::string, Troubles, std::less<>> of_names_;
  std::uint32_t packets_in_second_ = 0;
  std::int64_t second_ = -1;
  sim::Duration negative_ttl_ = std::chrono::seconds(900);
  std::uint64_t exceeded_ = 0;
};

}  // namespace hoplab::models::vpc
