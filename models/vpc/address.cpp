#include "models/vpc/address.hpp"

#include <fmt/format.h>

#include <charconv>

namespace hoplab::models::vpc {
namespace {

/// A decimal number in [0, limit] that uses up all of `text`.
std::optional<std::uint32_t> parse_number(std::string_view text, std::uint32_t limit) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > limit) return {};
  return value;
}

}  // namespace

std::string to_string(Ipv4 address) {
  return fmt::format("{}.{}.{}.{}", address.bits >> 24, (address.bits >> 16) & 255U,
                     (address.bits >> 8) & 255U, address.bits & 255U);
}

std::string private_dns_name(Ipv4 address) {
  std::string text = to_string(address);
  for (char& letter : text) {
    if (letter == '.') letter = '-';
  }
  return "ip-" + text + ".ec2.internal";
}

std::optional<Cidr> parse_cidr(std::string_view text) {
  Cidr cidr{.base = {}, .prefix_length = 32};
  if (const auto slash = text.find('/'); slash != std::string_view::npos) {
    const auto length = parse_number(text.substr(slash + 1), 32);
    if (!length) return {};
    cidr.prefix_length = static_cast<int>(*length);
    text = text.substr(0, slash);
  }
  for (int octet = 0; octet < 4; ++octet) {
    const auto dot = octet < 3 ? text.find('.') : text.size();
    if (dot == std::string_view::npos) return {};
    const auto value = parse_number(text.substr(0, dot), 255);
    if (!value) return {};
    cidr.base.bits = (cidr.base.bits << 8) | *value;
    text = text.substr(octet < 3 ? dot + 1 : dot);
  }
  return cidr;
}

}  // namespace hoplab::models::vpc
