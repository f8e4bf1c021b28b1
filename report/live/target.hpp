// Where live telemetry goes: the words of --emit.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace hoplab::report::live {

enum class Protocol : std::uint8_t { statsd, xray, otlp };

/// "statsd", "xray", "otlp".
[[nodiscard]] std::string_view to_string(Protocol protocol);

/// One receiver, as it was written.
struct Target {
  Protocol protocol = Protocol::statsd;
  std::string host = "127.0.0.1";  ///< An address (IPv6 without brackets) or a name.
  std::uint16_t port = 0;
  std::string path = {};  ///< otlp: in front of "/v1/traces"; "" or "/x".
  bool operator==(const Target&) const = default;
};

/// "statsd=HOST:PORT", "xray=HOST:PORT" or "otlp=http://HOST:PORT[/PATH]". HOST may be left out, it
/// is 127.0.0.1 then ("statsd=:8125", "statsd=8125", "otlp=http://:4318"); an IPv6 address stands
/// in brackets. A URL without a port means 80. The other alternative says what is wrong.
[[nodiscard]] std::variant<Target, std::string> parse_target(std::string_view text);

/// "statsd=127.0.0.1:8125", as parse_target would read it again.
[[nodiscard]] std::string to_string(const Target& target);

/// An address of the network, ready to be used.
struct Address {
  std::string ip;  ///< "127.0.0.1" or "::1".
  std::uint16_t port = 0;
};

/// Looks a name up, once. An address that was written out is taken as it is; a name may lead to
/// this machine only, so that nothing leaves it unless its address was given.
///
/// Errors: NetworkTrouble when the name is not known, BadTarget when it leads elsewhere.
[[nodiscard]] Address resolve(const Target& target);

}  // namespace hoplab::report::live
