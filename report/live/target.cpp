#include "report/live/target.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include <array>
#include <charconv>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "report/live/network_trouble.hpp"

namespace hoplab::report::live {
namespace {

constexpr std::array<std::pair<std::string_view, Protocol>, 3> protocols = {
    {{"statsd", Protocol::statsd}, {"xray", Protocol::xray}, {"otlp", Protocol::otlp}}};

std::optional<std::uint16_t> port_in(std::string_view text) {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, port);
  const bool is_good = error == std::errc() && at == end && port != 0;
  return is_good ? std::optional(port) : std::nullopt;
}

bool is_address(const std::string& host) {
  in6_addr room{};
  return ::inet_pton(AF_INET, host.c_str(), &room) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), &room) == 1;
}

bool is_loopback(const std::string& ip) {
  in_addr four{};
  if (::inet_pton(AF_INET, ip.c_str(), &four) == 1) return (ntohl(four.s_addr) >> 24U) == 127;
  return ip == "::1";
}

bool is_host_name(std::string_view host) {
  constexpr std::string_view allowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
  return !host.empty() && host.find_first_not_of(allowed) == std::string_view::npos;
}

/// Splits "HOST:PORT", "[::1]:PORT", ":PORT" or, where a port alone will do, "PORT".
bool take_host_and_port(std::string_view text, Target& target) {
  std::string_view host;
  std::string_view port;
  if (text.starts_with('[')) {
    const auto bracket = text.find("]:");
    if (bracket == std::string_view::npos) return false;
    host = text.substr(1, bracket - 1);
    port = text.substr(bracket + 2);
    if (!is_address(std::string(host))) return false;
  } else {
    const auto colon = text.find(':');
    if (colon != std::string_view::npos) host = text.substr(0, colon);
    port = colon == std::string_view::npos ? text : text.substr(colon + 1);
    if (!host.empty() && !is_host_name(host)) return false;
  }
  const auto number = port_in(port);
  if (!number) return false;
  if (!host.empty()) target.host = host;
  target.port = *number;
  return true;
}

std::string take_url(std::string_view text, Target& target) {
  constexpr std::string_view scheme = "http://";
  const std::string wanted = fmt::format(
      "want otlp=http://HOST:PORT, such as otlp=http://127.0.0.1:4318, not \"{}\"", text);
  if (text.starts_with("https://")) return "otlp goes over http only, there is no TLS: " + wanted;
  if (!text.starts_with(scheme)) return wanted;
  text.remove_prefix(scheme.size());
  const auto slash = text.find('/');
  std::string authority(text.substr(0, slash));
  std::string_view path = slash == std::string_view::npos ? "" : text.substr(slash);
  while (path.ends_with('/')) path.remove_suffix(1);
  if (path.find_first_of(" ?#\r\n") != std::string_view::npos) return wanted;
  target.path = path;
  const auto colon = authority.rfind(':');
  const bool has_port =
      colon != std::string::npos && authority.find(']', colon) == std::string::npos;
  if (!has_port) authority += ":80";
  if (authority == ":80" || !take_host_and_port(authority, target)) return wanted;
  return "";
}

}  // namespace

std::string_view to_string(Protocol protocol) {
  return protocols[static_cast<std::size_t>(protocol)].first;
}

std::variant<Target, std::string> parse_target(std::string_view text) {
  const auto equals = text.find('=');
  Target target;
  for (const auto& [word, protocol] : protocols) {
    if (equals == std::string_view::npos || text.substr(0, equals) != word) continue;
    target.protocol = protocol;
    const std::string_view place = text.substr(equals + 1);
    if (protocol == Protocol::otlp) {
      std::string mistake = take_url(place, target);
      return mistake.empty() ? std::variant<Target, std::string>(target) : std::move(mistake);
    }
    if (take_host_and_port(place, target)) return target;
    return fmt::format("want {}=HOST:PORT, such as {}=127.0.0.1:{}, not \"{}\"", word, word,
                       protocol == Protocol::statsd ? 8125 : 2000, text);
  }
  return fmt::format("want statsd=HOST:PORT, xray=HOST:PORT or otlp=URL, not \"{}\"", text);
}

std::string to_string(const Target& target) {
  const bool is_six = target.host.find(':') != std::string::npos;
  const std::string host = is_six ? "[" + target.host + "]" : target.host;
  return fmt::format("{}={}{}:{}{}", to_string(target.protocol),
                     target.protocol == Protocol::otlp ? "http://" : "", host, target.port,
                     target.path);
}

Address resolve(const Target& target) {
  if (is_address(target.host)) return {target.host, target.port};
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(target.host.c_str(), nullptr, &hints, &found);
  if (error != 0) {
    throw NetworkTrouble(fmt::format("cannot resolve {} of --emit {}: {}", target.host,
                                     to_string(target), ::gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  std::string other;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    char ip[NI_MAXHOST] = {};
    if (::getnameinfo(entry->ai_addr, entry->ai_addrlen, ip, sizeof ip, nullptr, 0,
                      NI_NUMERICHOST) != 0) {
      continue;
    }
    if (is_loopback(ip)) return {ip, target.port};
    other = ip;
  }
  throw BadTarget(fmt::format(
      "--emit {}: {} is {}, another machine; write its address if telemetry shall go there",
      to_string(target), target.host, other));
}

}  // namespace hoplab::report::live
