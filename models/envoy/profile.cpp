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
constexpr std::string_view words_of_retry = "retried and the latest ";
constexpr std::string_view before_reason =
    "upstream connect error or disconnect/reset before "
    "headers. ";

/// A reset that the router tells downstream: its name in `details` and how long the body is tell
/// the version.
constexpr LocalReply reset(int status, Flag flag, std::string_view details, std::string_view text,
                           bool says_retried) {
  const auto length = static_cast<std::int64_t>(text.size());
  const auto more = says_retried ? static_cast<std::int64_t>(words_of_retry.size()) : 0;
  return {
      .status = status,
      .flag = flag,
      .details = details,
      .text = text,
      .body = sim::Bytes(length),
      .body_after_retry = sim::Bytes(length + more),
      .is_reset = true,
  };
}

constexpr LocalReply connect_failure(std::string_view details, std::string_view text,
                                     std::string_view transport, bool says_retried) {
  LocalReply reply = reset(503, Flag::upstream_connection_failure, details, text, says_retried);
  reply.transport = transport;
  reply.is_connect_failure = true;
  return reply;
}

constexpr LocalReply terminated(std::string_view details, bool says_retried) {
  return reset(503, Flag::upstream_connection_termination, details,
               "upstream connect error or disconnect/reset before headers. "
               "reset reason: connection termination",
               says_retried);
}
constexpr LocalReply overflowed(bool says_retried) {
  LocalReply reply =
      reset(503, Flag::upstream_overflow, "upstream_reset_before_response_started{overflow}",
            "upstream connect error or disconnect/reset before headers. "
            "reset reason: overflow",
            says_retried);
  reply.is_reset = false;  // Never tried again.
  return reply;
}
constexpr LocalReply no_http = reset(
    502, Flag::upstream_protocol_error, "upstream_reset_before_response_started{protocol_error}",
    "upstream connect error or disconnect/reset before headers. reset reason: protocol error",
    true);

/// An answer of the router's own that names no reset.
constexpr LocalReply plain(int status, Flag flag, std::string_view details, std::string_view text) {
  const sim::Bytes length(static_cast<std::int64_t>(text.size()));
  return {
      .status = status,
      .flag = flag,
      .details = details,
      .text = text,
      .body = length,
      .body_after_retry = length,
  };
}
constexpr LocalReply unhealthy =
    plain(503, Flag::no_healthy_upstream, "no_healthy_upstream", "no healthy upstream");
constexpr LocalReply unrouted = plain(404, Flag::no_route_found, "route_not_found", "");

/// Logs of Istio 1.13 and 1.14 (Envoy 1.21, 1.22; July and August 2022) have the first, those of
/// 1.17 (Envoy 1.25, March 2023) and later the second.
constexpr LocalReply timed_out(std::string_view details) {
  return plain(504, Flag::upstream_request_timeout, details, "upstream request timeout");
}
constexpr std::string_view old_timeout_details = "upstream_response_timeout";
constexpr std::string_view timeout_details = "response_timeout";

/// A retry policy with `reset` covers it: no answer at all came from the upstream.
constexpr LocalReply timed_out_trying() {
  LocalReply reply = timed_out("upstream_per_try_timeout");
  reply.is_reset = true;
  return reply;
}
constexpr LocalReply idled =
    plain(504, Flag::stream_idle_timeout, "stream_idle_timeout", "stream timeout");
constexpr LocalReply clusterless(Flag flag) { return plain(503, flag, "cluster_not_found", ""); }

// The reason of a failed socket is in the body and the details since a version behind v1.22; in
// v1.15 the names in the details still have their spaces, as in "{local reset}" (envoy#15968,
// v1.15.2) and "{connection termination}" (envoy#14981, May 2021).
constexpr std::string_view failure_text =
    "upstream connect error or disconnect/reset before headers. reset reason: connection failure";
constexpr std::string_view refused_text =
    "upstream connect error or disconnect/reset before headers. reset reason: connection failure, "
    "transport failure reason: delayed connect error: 111";
constexpr std::string_view timeout_text =
    "upstream connect error or disconnect/reset before headers. reset reason: connection timeout";
constexpr std::string_view local_reset_text =
    "upstream connect error or disconnect/reset before headers. reset reason: local reset";

constexpr std::string_view plain_failure_details =
    "upstream_reset_before_response_started{connection_failure}";
constexpr std::string_view terminated_details =
    "upstream_reset_before_response_started{connection_termination}";
constexpr std::string_view old_terminated_details =
    "upstream_reset_before_response_started{connection termination}";

// Rows of `replies` in the order of Failure.
constexpr auto profiles = std::to_array<Profile>({
    {.name = "v1.29",
     .minor = 29,
     .replies = {connect_failure("upstream_reset_before_response_started{connection_timeout}",
                                 timeout_text, "", true),
                 connect_failure("upstream_reset_before_response_started{connection_failure,"
                                 "delayed_connect_error:_111}",
                                 refused_text, "delayed connect error: 111", true),
                 terminated(terminated_details, true), timed_out(timeout_details),
                 timed_out_trying(), idled, overflowed(true), unhealthy, unrouted,
                 clusterless(Flag::no_cluster_found), no_http}},
    {.name = "v1.22",
     .minor = 22,
     .takes_no_such_name = false,
     .replies = {connect_failure(plain_failure_details, failure_text, "", true),
                 connect_failure(plain_failure_details, failure_text, "", true),
                 terminated(terminated_details, true), timed_out(old_timeout_details),
                 timed_out_trying(), idled, overflowed(true), unhealthy, unrouted,
                 clusterless(Flag::no_cluster_found), no_http}},
    // The era of the talk: a connect time-out is a local reset, which connect-failure does not
    // cover, so the policy of 2020 never retries it; `reset` would. Source: envoy#15968. It had no
    // word for what is no HTTP yet.
    {.name = "v1.15",
     .minor = 15,
     .cut_short_details = "upstream_reset_after_response_started{connection termination}",
     .forgets_ejections = false,
     .takes_no_such_name = false,
     .backlog = 128,
     .listens_per_worker = false,
     .replies = {reset(503, Flag::local_reset,
                       "upstream_reset_before_response_started{local reset}", local_reset_text,
                       false),
                 connect_failure("upstream_reset_before_response_started{connection failure}",
                                 failure_text, "", false),
                 terminated(old_terminated_details, false), timed_out(old_timeout_details),
                 timed_out_trying(), idled, overflowed(false), unhealthy, unrouted,
                 clusterless(Flag::none), terminated(old_terminated_details, false)}},
});

}  // namespace

void append_flags(sim::Text& out, Flag flags) {
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

void append_local_body(sim::Text& out, const LocalReply& reply, bool is_after_retry) {
  if (!is_after_retry || reply.body_after_retry == reply.body) {
    out += reply.text;
    return;
  }
  out += reply.text.substr(0, before_reason.size());
  out += words_of_retry;
  out += reply.text.substr(before_reason.size());
}

const Profile* find_profile(std::string_view name) {
  for (const Profile& profile : profiles) {
    if (profile.name == name) return &profile;
  }
  return nullptr;
}

}  // namespace hoplab::models::envoy
