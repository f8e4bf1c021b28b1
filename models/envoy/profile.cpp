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
    {Flag::stream_idle_timeout, "SI"},
    {Flag::upstream_protocol_error, "UPE"},
    {Flag::no_cluster_found, "NC"},
});

/// Versions about v1.20 and later say "retried and the latest " before the reason of a retry that
/// failed. Observed: 91 bytes with UF,URX in v1.18 (envoy#17432), 118 with UC in v1.28.
constexpr std::int64_t retried_words = 23;

constexpr LocalReply terminated(std::int64_t words_of_retry) {
  return {
      .status = 503,
      .flag = Flag::upstream_connection_termination,
      .details = "upstream_reset_before_response_started{connection_termination}",
      .body = sim::Bytes(95),
      .body_after_retry = sim::Bytes(95 + words_of_retry),
      .is_connect_failure = false,
      .is_reset = true,
  };
}
constexpr LocalReply overflowed(std::int64_t words_of_retry) {
  return {
      .status = 503,
      .flag = Flag::upstream_overflow,
      .details = "upstream_reset_before_response_started{overflow}",
      .body = sim::Bytes(81),
      .body_after_retry = sim::Bytes(81 + words_of_retry),
  };
}
constexpr LocalReply no_http(std::int64_t words_of_retry) {
  return {
      .status = 502,
      .flag = Flag::upstream_protocol_error,
      .details = "upstream_reset_before_response_started{protocol_error}",
      .body = sim::Bytes(87),
      .body_after_retry = sim::Bytes(87 + words_of_retry),
      .is_connect_failure = false,
      .is_reset = true,
  };
}
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

/// A retry policy with `reset` covers it: no answer at all came from the upstream.
constexpr LocalReply timed_out_trying{
    .status = 504,
    .flag = Flag::upstream_request_timeout,
    .details = "upstream_per_try_timeout",
    .body = sim::Bytes(24),
    .body_after_retry = sim::Bytes(24),
    .is_connect_failure = false,
    .is_reset = true,
};
constexpr LocalReply idled{
    .status = 504,
    .flag = Flag::stream_idle_timeout,
    .details = "stream_idle_timeout",
    .body = sim::Bytes(14),  // "stream timeout"
    .body_after_retry = sim::Bytes(14),
};
constexpr LocalReply clusterless(Flag flag) {
  return {.status = 503, .flag = flag, .details = "cluster_not_found"};
}

/// A failed connect: what it is called and how long the body is tells the version.
constexpr LocalReply connect_failure(std::string_view details, std::int64_t body,
                                     std::int64_t words_of_retry) {
  return {
      .status = 503,
      .flag = Flag::upstream_connection_failure,
      .details = details,
      .body = sim::Bytes(body),
      .body_after_retry = sim::Bytes(body + words_of_retry),
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
    {.name = "v1.29",
     .replies = {connect_failure("upstream_reset_before_response_started{connection_timeout}", 91,
                                 retried_words),
                 connect_failure(refused_details, 145, retried_words), terminated(retried_words),
                 timed_out, timed_out_trying, idled, overflowed(retried_words), unhealthy, unrouted,
                 clusterless(Flag::no_cluster_found), no_http(retried_words)}},
    {.name = "v1.22",
     .takes_no_such_name = false,
     .replies = {connect_failure(plain_failure_details, 91, retried_words),
                 connect_failure(plain_failure_details, 91, retried_words),
                 terminated(retried_words), timed_out, timed_out_trying, idled,
                 overflowed(retried_words), unhealthy, unrouted,
                 clusterless(Flag::no_cluster_found), no_http(retried_words)}},
    // The era of the talk: a connect time-out is a local reset, which connect-failure does not
    // cover, so the policy of 2020 never retries it; `reset` would. Source: envoy#15968.
    {.name = "v1.15",
     .forgets_ejections = false,
     .takes_no_such_name = false,
     .backlog = 128,
     .listens_per_worker = false,
     .replies = {{.status = 503,
                  .flag = Flag::local_reset,
                  .details = "upstream_reset_before_response_started{local reset}",
                  .body = sim::Bytes(84),
                  .body_after_retry = sim::Bytes(84),
                  .is_connect_failure = false,
                  .is_reset = true},
                 connect_failure(plain_failure_details, 91, 0),
                 terminated(0),
                 timed_out,
                 timed_out_trying,
                 idled,
                 overflowed(0),
                 unhealthy,
                 unrouted,
                 clusterless(Flag::none),
                 terminated(0)}},  // It had no word for what is no HTTP yet.
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
