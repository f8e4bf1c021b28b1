// One line of an Envoy access log, taken apart.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace hoplab::report::recording {

/// The fifteen fields of Envoy's default access-log format, as text and, where they are numbers,
/// as numbers, and one that other formats add. Views point into the line, or into its reader.
/// Source: Envoy documentation, "Access logging", default format string.
struct AccessLine {
  std::string_view start_time;  ///< "2026-01-05T12:00:00.123Z".
  std::string_view method;
  std::string_view path;
  std::string_view protocol;
  std::string_view code;
  std::string_view response_flags;  ///< "-", "UF", "UF,URX"; empty where a format has none.
  std::string_view bytes_received;
  std::string_view bytes_sent;
  std::string_view duration;
  std::string_view upstream_service_time;
  std::string_view x_forwarded_for;
  std::string_view user_agent;
  std::string_view request_id;
  std::string_view authority;
  std::string_view upstream_host;
  std::string_view details;  ///< %RESPONSE_CODE_DETAILS%; empty where a format has none.

  std::int64_t start_ms = 0;     ///< Milliseconds since 1970.
  std::int64_t duration_ms = 0;  ///< START_TIME to the last byte out.
  int code_number = 0;           ///< 0: no response was begun.

  /// True when `flag` is one of the comma-separated flags; "-" asks for none at all.
  [[nodiscard]] bool has_flag(std::string_view flag) const;
  /// "b.demo.local" of "b.demo.local:8080".
  [[nodiscard]] std::string_view authority_host() const;
  /// The first label of the authority's host: "b" of "b.demo.local:8080"; an IP address whole.
  [[nodiscard]] std::string_view authority_label() const;
  /// The proxy handed the request to its own task (ingress) and not to another one (egress).
  [[nodiscard]] bool upstream_is_local() const;
};

/// Sets the numbers of a line from its `code` and `duration`. False when they are none.
[[nodiscard]] bool read_numbers(AccessLine& line);

/// Takes apart a line in the default format: what the expression that AWS publishes for Fluent
/// Bit's `envoy` parser matches, and nothing else (what stands behind it is passed over); besides,
/// START_TIME must be Envoy's default (UTC, milliseconds) and code and duration must be numbers.
/// Nothing for other lines, such as Envoy's own messages. Cost: one pass, no allocation.
[[nodiscard]] std::optional<AccessLine> parse_access_line(std::string_view line);

}  // namespace hoplab::report::recording
