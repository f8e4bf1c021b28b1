// The command operators of Envoy's access logs: their names, what each takes, who has them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace hoplab::scenarios {

/// What a piece of a log format prints.
enum class LogValue : std::uint8_t {
  literal,  ///< Text of the format itself.
  absent,   ///< Something that no request of a mesh without TLS, gRPC and filters has.
  zero,     ///< A count of what never comes.
  // Times.
  start_time,
  duration,
  request_duration,
  request_tx_duration,
  response_duration,
  response_tx_duration,
  // The request and its answer.
  request_header,
  response_header,
  protocol,
  upstream_protocol,
  response_code,
  response_code_details,
  response_flags,
  bytes_received,
  bytes_sent,
  request_headers_bytes,
  response_headers_bytes,
  upstream_wire_bytes_sent,
  upstream_wire_bytes_received,
  upstream_header_bytes_sent,
  upstream_header_bytes_received,
  downstream_wire_bytes_sent,
  downstream_wire_bytes_received,
  local_reply_body,
  request_id,
  // The way it took.
  upstream_host,
  upstream_cluster,
  upstream_local_address,
  upstream_transport_failure_reason,
  upstream_request_attempt_count,
  downstream_remote_address,
  downstream_local_address,
  connection_id,
  access_log_type,
  // The process.
  hostname,
  environment,
};

/// Of an operator that prints an address: what of it.
enum class AddressPart : std::uint8_t { whole, address, port };

struct LogOperator {
  std::string_view name;  ///< "RESPONSE_CODE".
  LogValue value = LogValue::absent;
  int since = 0;  ///< The minor version of Envoy that brought it, where that is known: 16 is v1.16.
  enum class Argument : std::uint8_t { none, optional, required } argument = Argument::none;
  bool takes_length = false;
  bool is_number = false;  ///< In typed JSON.
  AddressPart part = AddressPart::whole;
};

/// Those of Envoy v1.15 to v1.29, by name.
///
/// Source: Envoy docs, "Access logging", command operators; the release notes of v1.16 to v1.26 for
///         which version has which.
/// Limits: operators of formatter extensions (METADATA, REQ_WITHOUT_QUERY) are none of these: App
///         Mesh configures none.
[[nodiscard]] std::span<const LogOperator> log_operators();

/// The operator of that name, or null.
[[nodiscard]] const LogOperator* find_log_operator(std::string_view name);

/// The minor version in "v1.29": 29.
[[nodiscard]] int minor_version(std::string_view envoy_profile);

}  // namespace hoplab::scenarios
