#include "models/envoy/profile.hpp"

#include <array>

namespace hoplab::models::envoy {
namespace {

struct FlagName {
  Flag flag;
  std::string_view text;
};

constexpr auto flag_names = std::to_array<FlagName>({
    {Flag::failed_local_health_check, "LH"},
    {Flag::no_healthy_upstream, "UH"},
    {Flag::upstream_request_timeout, "UT"},
    {Flag::local_reset, "LR"},
    {Flag::upstream_remote_reset, "UR"},
    {Flag::upstream_connection_failure, "UF"},
    {Flag::upstream_connection_termination, "UC"},
    {Flag::upstream_overflow, "UO"},
    {Flag::no_route_found, "NR"},
    {Flag::downstream_connection_termination, "DC"},
    {Flag::upstream_retry_limit_exceeded, "URX"},
    {Flag::upstream_protocol_error, "UPE"},
});

constexpr LocalReply terminated{
    .status = 503,
    .flag = Flag::upstream_connection_termination,
    .details = "upstream_reset_before_response_started{connection_termination}",
    .body = sim::Bytes(95),
    .body_after_retry = sim::Bytes(118),
    .is_connect_failure = false,
    .is_reset = true,
};
constexpr LocalReply no_http{
    .status = 502,
    .flag = Flag::upstream_protocol_error,
    .details = "upstream_reset_before_response_started{protocol_error}",
    .body = sim::Bytes(87),
    .body_after_retry = sim::Bytes(110),
    .is_connect_failure = false,
    .is_reset = true,
};
constexpr LocalReply unhealthy{
    .status = 503,
    .flag = Flag::no_healthy_upstream,
    .details = "no_healthy_upstream",
    .body = sim::Bytes(19),
    .body_after_retry = sim::Bytes(19),
};
constexpr LocalReply unrouted{
    .status = 404, .flag = Flag::no_route_found, .details = "route_not_found"};

/// The details of a response time-out: what running Envoys print, not what the page says.
constexpr LocalReply timed_out{
    .status = 504,
    .flag = Flag::upstream_request_timeout,
    .details = "response_timeout",
    .body = sim::Bytes(24),
    .body_after_retry = sim::Bytes(24),
};

/// A failed connect: what it is called and how long the body is tells the version.
constexpr LocalReply connect_failure(std::string_view details, std::int64_t body) {
  return {
      .status = 503,
      .flag = Flag::upstream_connection_failure,
      .details = details,
      .body = sim::Bytes(body),
      .body_after_retry = sim::Bytes(body + 23),  // "retried and the latest "
      .is_connect_failure = true,
      .is_reset = true,
  };
}

constexpr std::string_view refused_details =
    "upstream_reset_before_response_started{connection_failure,delayed_connect_error:_111}";
constexpr std::string_view plain_failure_details =
    "upstream_reset_before_response_started{connection_failure}";

// Rows of `replies` in the order of Failure.
constexpr auto profiles = std::to_array<Profile>({
    {"v1.29",
     {connect_failure("upstream_reset_before_response_started{connection_timeout}", 91),
      connect_failure(refused_details, 145), terminated, timed_out, unhealthy, unrouted, no_http}},
    {"v1.22",
     {connect_failure(plain_failure_details, 91), connect_failure(plain_failure_details, 91),
      terminated, timed_out, unhealthy, unrouted, no_http}},
    // The era of the talk: a connect time-out is a local reset, which connect-failure does not
    // cover, so it is never retried. Source: envoy#15968.
    {"v1.15",
     {{.status = 503,
       .flag = Flag::local_reset,
       .details = "upstream_reset_before_response_started{local reset}",
       .body = sim::Bytes(84),
       .body_after_retry = sim::Bytes(84)},
      connect_failure(plain_failure_details, 91),
      terminated,
      timed_out,
      unhealthy,
      unrouted,
      terminated}},  // It had no word for it yet.
});

}  // namespace

void append_flags(std::string& out, Flag flags) {
  if (flags == Flag::none) {
    out.push_back('-');
    return;
  }
  bool is_first = true;
  for (const auto& [flag, text] : flag_names) {
    if (!has(flags, flag)) continue;
    if (!is_first) out.push_back(',');
    out += text;
    is_first = false;
  }
}

const Profile* find_profile(std::string_view name) {
  for (const Profile& profile : profiles) {
    if (profile.name == name) return &profile;
  }
  return nullptr;
}

}  // namespace hoplab::models::envoy
