// IPv4 addresses and blocks.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hoplab::models::vpc {

struct Ipv4 {
  std::uint32_t bits = 0;
  auto operator<=>(const Ipv4&) const = default;
};

/// "10.0.1.17".
[[nodiscard]] std::string to_string(Ipv4 address);

/// The name that EC2's resolver gives an address: "ip-10-0-1-17.ec2.internal".
[[nodiscard]] std::string private_dns_name(Ipv4 address);

inline constexpr Ipv4 loopback_address{0x7F000001};

struct Cidr {
  Ipv4 base;
  int prefix_length = 0;

  [[nodiscard]] bool contains(Ipv4 address) const {
    const std::uint32_t mask = prefix_length == 0 ? 0 : ~std::uint32_t{0} << (32 - prefix_length);
    return (address.bits & mask) == (base.bits & mask);
  }
  [[nodiscard]] bool is_anywhere() const { return prefix_length == 0; }
  bool operator==(const Cidr&) const = default;
};

/// "10.0.0.0/16" or a bare address (a /32). Nothing when malformed.
[[nodiscard]] std::optional<Cidr> parse_cidr(std::string_view text);

}  // namespace hoplab::models::vpc
